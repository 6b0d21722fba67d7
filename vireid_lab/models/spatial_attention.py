"""Spatial attention of CBAM."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class SpatialAttention(nn.Module):
    """One weight a position from the map's own mean and maximum over channels (Woo et al. 2018, "CBAM", Eq. 3).

    Args:
        kernel: side of the convolution in positions, odd; 7 in CBAM.
    """

    def __init__(self, kernel: int = 7):
        super().__init__()
        self.conv = nn.Conv2d(2, 1, kernel, padding=kernel // 2, bias=False)

    def forward(self, maps: Tensor) -> Tensor:
        """Returns the weights (B, 1, h, w), in (0, 1), of maps (B, C, h, w)."""
        return self.conv(torch.cat([maps.mean(1, keepdim=True), maps.amax(1, keepdim=True)], 1)).sigmoid()
