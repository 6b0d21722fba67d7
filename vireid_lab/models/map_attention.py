"""Attention that changes a feature map by itself: the rivals of MFT in Table VI of TMPA."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .precision import full_precision
from .spatial_attention import SpatialAttention


class SqueezeExcitation(nn.Module):
    """One weight a channel from the channels' means (Hu et al. 2018, "SENet", Eq. 2-4).

    Args:
        channels: C of the map.
        reduction: the bottleneck has C / reduction channels; 16 in the paper.
    """

    def __init__(self, channels: int, reduction: int = 16):
        super().__init__()
        self.mlp = bottleneck(channels, reduction)

    def forward(self, maps: Tensor) -> Tensor:
        """Maps (B, C, h, w) to the same shape."""
        return maps * self.mlp(maps.mean((2, 3))).sigmoid()[..., None, None]


class CBAM(nn.Module):
    """A weight a channel, then a weight a position (Woo et al. 2018, "CBAM", Eq. 1-3).

    Args:
        channels: C of the map.
        reduction: the bottleneck has C / reduction channels; 16 in the paper.
    """

    def __init__(self, channels: int, reduction: int = 16):
        super().__init__()
        self.mlp = bottleneck(channels, reduction)
        self.spatial = SpatialAttention()

    def forward(self, maps: Tensor) -> Tensor:
        """Maps (B, C, h, w) to the same shape."""
        weights = (self.mlp(maps.mean((2, 3))) + self.mlp(maps.amax((2, 3)))).sigmoid()
        maps = maps * weights[..., None, None]
        return maps * self.spatial(maps)


class SpatialTransformer(nn.Module):
    """Samples the map on an affine grid of its own choice (Jaderberg et al. 2015, "STN", Eq. 1 and 5).

    TMPA does not say what its localisation network is; here a 3x3 convolution, means on 4x4 cells, and a linear layer
    that starts with the identity. Positions outside the map are 0.

    Args:
        channels: C of the map.
        width: channels of the localisation network.
    """

    def __init__(self, channels: int, width: int = 32):
        super().__init__()
        self.locate = nn.Sequential(
            nn.Conv2d(channels, width, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.AdaptiveAvgPool2d(4),
            nn.Flatten(),
            nn.Linear(16 * width, 6),
        )
        nn.init.zeros_(self.locate[-1].weight)
        with torch.no_grad():
            self.locate[-1].bias.copy_(torch.tensor([1.0, 0, 0, 0, 1, 0]))

    def forward(self, maps: Tensor) -> Tensor:
        """Maps (B, C, h, w) to the same shape."""
        theta = full_precision(self.locate(maps)).view(-1, 2, 3)
        grid = F.affine_grid(theta, list(maps.shape), align_corners=False)
        return F.grid_sample(full_precision(maps), grid, align_corners=False).to(maps.dtype)


MAP_ATTENTION = {"se": SqueezeExcitation, "stn": SpatialTransformer, "cbam": CBAM}


def bottleneck(channels: int, reduction: int) -> nn.Sequential:
    """The two-layer perceptron of SE and CBAM on (B, C); at least one channel is left between."""
    inner = max(channels // reduction, 1)
    return nn.Sequential(nn.Linear(channels, inner), nn.ReLU(inplace=True), nn.Linear(inner, channels))
