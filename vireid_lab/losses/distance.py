"""Distances between embeddings."""

from __future__ import annotations

import torch
from torch import Tensor

from vireid_lab.models.precision import full_precision


def euclidean(a: Tensor, b: Tensor) -> Tensor:
    """Euclidean distances (not squared) between the rows of a (N, d) and of b (M, d): (N, M).

    Half precision is computed in float32. At distance zero the gradient is zero (the square root's own would be
    infinite). The differences are taken directly: |a|^2 + |b|^2 - 2 ab loses small distances between long vectors.
    """
    return torch.cdist(full_precision(a), full_precision(b), compute_mode="donot_use_mm_for_euclid_dist")
