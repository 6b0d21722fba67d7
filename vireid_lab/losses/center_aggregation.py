"""Marginal aggregation around learned centers of classes: identities (ICA) or cameras (CCA)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .distance import euclidean


class CenterAggregation(nn.Module):
    """Pulls images to the learned center of their class, pushes centers apart, up to margins (Hao et al. 2021, MCLNet).

    [mean of (d(x, c_y) - smallest d of an image of class y) - σ]_+ + [ρ - mean over the images of d(c_y, nearest other
    center)]_+, d being the squared distance. By the authors' public code: σ = 8, ρ = 4500 and centers from N(0, 1), all
    for features of 2048 channels; here both margins are scaled with the width of the features. The nearest other center
    is looked for among the classes of the batch (in their code: among all).

    Args:
        n_classes: number of centers.
        dim: width d of the features.
    """

    def __init__(self, n_classes: int, dim: int):
        super().__init__()
        self.centers = nn.Parameter(torch.randn(n_classes, dim))
        self.pull_margin, self.push_margin = 8 * dim / 2048, 4500 * dim / 2048  # σ, ρ

    def forward(self, features: Tensor, classes: Tensor) -> Tensor:
        """Returns the scalar loss of features (B, d) of classes (B,), 0..n_classes-1."""
        present, row = classes.unique(return_inverse=True)
        centers = self.centers[present]
        squared = (features - centers[row]).square().sum(1)
        smallest = squared.new_full((len(present),), torch.inf).scatter_reduce(0, row, squared, "amin")
        pull = F.relu((squared - smallest[row]).mean() - self.pull_margin)
        if len(present) == 1:
            return pull
        itself = torch.eye(len(present), dtype=torch.bool, device=features.device)
        nearest = euclidean(centers, centers).masked_fill(itself, torch.inf).amin(1).square()
        return pull + F.relu(self.push_margin - nearest[row].mean())
