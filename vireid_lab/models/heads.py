"""Pooling and necks between a feature map and the losses."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from vireid_lab.runtime import InputError

from .precision import full_precision


class GeM(nn.Module):
    """Generalised mean pooling (Radenovic et al. 2019, Eq. 3): (mean of x^p)^(1/p) over the positions.

    p = 1 is the mean, a large p nears the maximum. Half precision is computed in float32, where x^p
    does not overflow.

    Args:
        p: exponent to start from; learned.
        eps: smaller values of the map (also negative ones) are raised to it.
    """

    def __init__(self, p: float = 3.0, eps: float = 1e-6):
        super().__init__()
        self.p = nn.Parameter(torch.tensor(float(p)))
        self.eps = eps

    def forward(self, maps: Tensor) -> Tensor:
        """Pools (B, C, h, w) to (B, C)."""
        return full_precision(maps).clamp(min=self.eps).pow(self.p).mean((2, 3)).pow(1 / self.p)


class PartPool(nn.Module):
    """Averages each of `parts` equal horizontal stripes (Sun et al. 2018, PCB).

    Args:
        parts: number of stripes K; it must divide the rows of the map.
    """

    def __init__(self, parts: int):
        super().__init__()
        if parts < 1:
            raise InputError(f"parts={parts}: give at least 1")
        self.parts = parts

    def forward(self, maps: Tensor) -> Tensor:
        """Pools (B, C, h, w) to (B, K, C), from top to bottom.

        Raises:
            InputError: K does not divide h.
        """
        rows = maps.shape[2]
        if rows % self.parts:
            fitting = [k for k in range(1, rows + 1) if rows % k == 0]
            raise InputError(
                f"parts={self.parts} does not divide the {rows} rows of the feature map: choose parts among {fitting}, "
                f"or an image height that is a multiple of {16 * self.parts} (at stride 16)"
            )
        return maps.unflatten(2, (self.parts, -1)).mean((3, 4)).transpose(1, 2)


def embed_parts(
    parts: Iterable[Tensor], reductions: nn.ModuleList, necks: nn.ModuleList
) -> tuple[Tensor, Tensor, Tensor]:
    """Reduces each part (B, C) and passes it through its neck.

    Returns:
        features and embedding (B, K * d), the parts side by side; logits (B, K, N).
    """
    features = [reduce(part) for reduce, part in zip(reductions, parts, strict=True)]
    embedding, logits = zip(*(neck(feature) for neck, feature in zip(necks, features, strict=True)), strict=True)
    return torch.cat(features, 1), torch.cat(embedding, 1), torch.stack(logits, 1)


class BNNeck(nn.Module):
    """Batch normalisation between the features of the triplet loss and the classifier (Luo et al. 2019).

    The shift (beta) of the normalisation is frozen at 0 and the classifier has no bias, so that both see directions
    from the origin. Starting values as in AGW: scale N(1, 0.01), classifier N(0, 0.001).

    Args:
        dim: width d of the features.
        n_ids: number of training identities N.
    """

    def __init__(self, dim: int, n_ids: int):
        super().__init__()
        self.bn = nn.BatchNorm1d(dim)
        self.bn.bias.requires_grad_(False)
        self.classifier = nn.Linear(dim, n_ids, bias=False)
        nn.init.normal_(self.bn.weight, 1.0, 0.01)
        nn.init.normal_(self.classifier.weight, 0.0, 0.001)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Maps features (B, d) to the embedding (B, d) and the logits (B, N)."""
        embedding = self.bn(features)
        return embedding, self.classifier(embedding)
