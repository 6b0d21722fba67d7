"""Cross attention between the maps of two streams, as TMPA's modality feature transfer uses it."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn
from torch.nn import functional as F

from .backbone import TwoStream


class Projections(NamedTuple):
    """What 1x1 convolutions make of a specific and of the shared map.

    Attributes:
        query: (B, d, h, w) of the specific map, Q_sp.
        key, value: (B, d, h, w) of the shared map, K_sh and V_sh.
    """

    query: Tensor
    key: Tensor
    value: Tensor


class CrossAttention(nn.Module):
    """Each position of a specific map reads from all positions of the shared one (Guo et al. 2023, Eq. 10).

    One head of width d. The queries have a 1x1 convolution for each modality, keys and values one for both. The paper
    does not say how the result meets the output of the convolution blocks, which has more channels and may be smaller:
    here its means over 2x2 positions where it is twice as large, lifted by a 1x1 convolution.

    Args:
        channels: of the maps that are projected.
        dim: width d of queries, keys and values. Where it is `channels`, the projections start as the identity.
        out: channels of the result.
    """

    def __init__(self, channels: int, dim: int, out: int):
        super().__init__()
        query, self.key, self.value = (nn.Conv2d(channels, dim, 1, bias=False) for _ in range(3))
        if channels == dim:
            for conv in (query, self.key, self.value):
                nn.init.dirac_(conv.weight)
        self.query = TwoStream(query)
        self.lift = nn.Conv2d(dim, out, 1, bias=False)

    def forward(self, projected: Projections, rows: int) -> Tensor:
        """Returns F_CA (B, out, rows, columns), at the resolution of the convolution blocks' output."""
        tokens = (each.flatten(2).transpose(1, 2) for each in projected)  # (B, h * w, d)
        read = F.scaled_dot_product_attention(*tokens).transpose(1, 2).unflatten(2, projected.query.shape[2:])
        if rows < read.shape[2]:
            read = F.avg_pool2d(read, 2, ceil_mode=True)
        return self.lift(read)

    @staticmethod
    def weights(projected: Projections) -> Tensor:
        """softmax(Q K^T / sqrt(d)) of Eq. 10, (B, h, w, h, w): how much query (y, x) reads from each shared token."""
        query, key = (each.flatten(2).transpose(1, 2) for each in (projected.query, projected.key))
        weights = (query @ key.transpose(1, 2) / query.shape[2] ** 0.5).softmax(2)
        size = projected.query.shape[2:]
        return weights.unflatten(2, size).unflatten(1, size)
