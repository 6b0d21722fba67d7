"""Part-aligned center loss: what is seen with the same part query is gathered, what are other people is separated."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .center import modality_centers
from .distance import euclidean
from .mean import mean_or_zero


class PartCenter(nn.Module):
    """Part-aligned Center Loss, PCL (Wu et al. 2023, Eq. 13-15), averaged over the parts.

    The paper prints sums, and features as they come. Here each part has length 1 first (raw features of a ResNet lie so
    far apart that a margin of 0.6 does nothing), and each of the five terms of Eq. 14 is a mean: the two of gathering
    over the images, the three of separation over the pairs of identities. Centers are not brought to length 1 again.
    An identity that the batch has in one modality only contributes nothing.

    Args:
        margin: σ, in the unit of the distance between features of length 1.
    """

    def __init__(self, margin: float = 0.6):
        super().__init__()
        self.margin = margin

    def forward(self, self_refined: Tensor, cross_refined: Tensor, ids: Tensor, modality: Tensor) -> Tensor:
        """Returns the scalar loss.

        Args:
            self_refined: (B, N_p, C), f^{V,V} of visible images and f^{I,I} of infrared ones.
            cross_refined: (B, N_p, C), f^{V,I} of visible images and f^{I,V} of infrared ones.
            ids: (B,) of the images; an image's partner has the same.
            modality: (B,) of the images.
        """
        self_refined, cross_refined = (F.normalize(features, dim=2) for features in (self_refined, cross_refined))
        centers, both, row = modality_centers(self_refined.flatten(1), ids, modality)
        centers = centers.unflatten(2, self_refined.shape[1:])  # c (U, 2, N_p, C), Eq. 13
        used = both[row]
        # the queries of f^{V,I} are those of c^I, and those of f^{I,V} those of c^V
        away = torch.linalg.vector_norm(cross_refined[used] - centers[row[used], 1 - modality[used]], dim=2)
        gathering = sum(mean_or_zero(away[modality[used] == m]) for m in (0, 1))  # g of Eq. 15
        visible, infrared = centers[both].unbind(1)  # (U, N_p, C)
        pairs = ((infrared, visible), (infrared, infrared), (visible, visible))
        return gathering + sum(self.separation(*pair) for pair in pairs)  # Eq. 14

    def separation(self, first: Tensor, second: Tensor) -> Tensor:
        """Mean of s (Eq. 15) over the parts and the pairs of different identities, of centers (U, N_p, C)."""
        distances = euclidean(first.transpose(0, 1), second.transpose(0, 1))  # (N_p, U, U)
        other = ~torch.eye(len(first), dtype=torch.bool, device=first.device)
        return mean_or_zero(F.relu(self.margin - distances[:, other]))
