"""Losses on the centers of an identity: learned ones, or those of its two modalities in the batch.

The centers of a batch are the means of the features of an identity in each modality. An identity that the batch has in
one modality only contributes nothing; where none is left the loss is a zero that still back-propagates.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


def modality_centers(features: Tensor, ids: Tensor, modality: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Mean features of each identity in each modality.

    Args:
        features: (B, d).
        ids: (B,) int64.
        modality: (B,) int64, 0 visible and 1 infrared.

    Returns:
        centers (U, 2, d) of the U identities of the batch, zeros where there is no image; both (U,) bool, whether an
        identity has images of both modalities; row (B,), the identity 0..U-1 of each image.
    """
    _, row = ids.unique(return_inverse=True)
    group = 2 * row + modality
    number = 2 * (int(row.max()) + 1)
    sums = features.new_zeros(number, features.shape[1]).index_add(0, group, features)
    counts = torch.bincount(group, minlength=number).view(-1, 2)
    centers = sums.view(-1, 2, features.shape[1]) / counts.clamp(min=1)[..., None]
    return centers, (counts > 0).all(1), row


class CrossCenter(nn.Module):
    """Distance of each image to the center of its identity in the other modality (Tan et al. 2022, Eq. 5-6).

    1/2 (sum over visible of D(f, c^n) + sum over infrared of D(f, c^v)) / B, D being the Euclidean distance. The paper
    prints no division; here by the batch size B, as its text on Table IV says of this loss. The distance is not
    squared, as Eq. 6 says, and its gradient at 0 is 0.

    Args:
        detach_centers: no gradient flows into the centers (the paper does not say; by default it does).
    """

    def __init__(self, detach_centers: bool = False):
        super().__init__()
        self.detach_centers = detach_centers

    def forward(self, features: Tensor, ids: Tensor, modality: Tensor) -> Tensor:
        """Returns the scalar loss of features (B, d) with ids (B,) and modality (B,)."""
        centers, both, row = modality_centers(features, ids, modality)
        if self.detach_centers:
            centers = centers.detach()
        used = both[row]
        other = centers[row[used], 1 - modality[used]]
        return 0.5 * torch.linalg.vector_norm(features[used] - other, dim=1).sum() / len(features)


class HeteroCenter(nn.Module):
    """Squared distance of the two centers of each identity, summed over the identities (Zhu et al. 2020, HC loss).

    It is squared where cross-center is not, which confounds a comparison of the two (Tan et al. 2022, Table IV).

    Args:
        per_image: divide by the batch size B: HC* of that table.
    """

    def __init__(self, per_image: bool = False):
        super().__init__()
        self.per_image = per_image

    def forward(self, features: Tensor, ids: Tensor, modality: Tensor) -> Tensor:
        """Returns the scalar loss of features (B, d) with ids (B,) and modality (B,)."""
        centers, both, _ = modality_centers(features, ids, modality)
        total = (centers[both, 0] - centers[both, 1]).square().sum()
        return total / len(features) if self.per_image else total


class Center(nn.Module):
    """Squared distance of each image to the learned center of its identity, half the mean (Wen et al. 2016, Eq. 2).

    Wen et al. sum over the batch and move the centers by a rule of their own; here the mean, which is what Tan et al.
    2022 compare in Table IV, and the centers are parameters that the optimiser moves.

    Args:
        n_ids: number of training identities N.
        dim: width d of the features.
    """

    def __init__(self, n_ids: int, dim: int):
        super().__init__()
        self.centers = nn.Parameter(torch.zeros(n_ids, dim))

    def forward(self, features: Tensor, ids: Tensor, modality: Tensor) -> Tensor:
        """Returns the scalar loss of features (B, d) with labels ids (B,), 0..N-1; modality (B,) is not looked at."""
        return 0.5 * (features - self.centers[ids]).square().sum(1).mean()
