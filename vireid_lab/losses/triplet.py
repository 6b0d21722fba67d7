"""Triplet losses over all pairs of a batch.

Both compare Euclidean distances of the features as they come (in re-ID: not normalised, before the neck). Pairs are
taken over the whole batch: a positive is any other row of the same identity and a negative any row of another one,
whatever their modalities, as in AGW. An anchor without a positive or without a negative is left out of the mean;
where no anchor is left the loss is a zero that still back-propagates.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vireid_lab.runtime import unknown

from .distance import euclidean
from .mean import mean_or_zero


def _anchors(features: Tensor, ids: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Distances (A, B), positives (A, B) and negatives (A, B) of the A rows that have both."""
    same = ids[:, None] == ids[None, :]
    positive, negative = same & ~torch.eye(len(ids), dtype=torch.bool, device=ids.device), ~same
    valid = positive.any(1) & negative.any(1)
    return euclidean(features, features)[valid], positive[valid], negative[valid]


class BatchHardTriplet(nn.Module):
    """max(0, margin + farthest positive - nearest negative), mean over the anchors (Hermans et al. 2017, Eq. 5).

    Args:
        margin: in the unit of the features' Euclidean distance.
    """

    def __init__(self, margin: float = 0.3):
        super().__init__()
        self.margin = margin

    def forward(self, features: Tensor, ids: Tensor, modality: Tensor) -> Tensor:
        """Returns the scalar loss of features (B, d) with ids (B,); modality (B,) is not looked at."""
        distances, positive, negative = _anchors(features, ids)
        farthest = distances.masked_fill(~positive, -torch.inf).amax(1)
        nearest = distances.masked_fill(~negative, torch.inf).amin(1)
        return mean_or_zero(F.relu(self.margin + farthest - nearest))


class WeightedRegularizationTriplet(nn.Module):
    """log(1 + exp(weighted positives - weighted negatives)), mean over the anchors (AGW; TMPA, Eq. 15).

    The weights are softmaxes over the distances of an anchor's pairs; gradients flow through them.

    TMPA prints softmax(+d) for the negatives too, so that the easiest weigh most; here, as in its own reference AGW:
    softmax(-d), so that the nearest weigh most, and the printed form as an option. The paper does not say whether an
    anchor is its own positive (in AGW's code it is, at distance 0); here: it is not.

    Args:
        negatives: "nearest" or "as_printed".
    """

    def __init__(self, negatives: str = "nearest"):
        super().__init__()
        signs = {"nearest": -1, "as_printed": 1}
        if negatives not in signs:
            raise unknown("negatives", negatives, signs)
        self.sign = signs[negatives]

    def forward(self, features: Tensor, ids: Tensor, modality: Tensor) -> Tensor:
        """Returns the scalar loss of features (B, d) with ids (B,); modality (B,) is not looked at."""
        distances, positive, negative = _anchors(features, ids)
        w_p = distances.masked_fill(~positive, -torch.inf).softmax(1)  # W_{P,i}
        w_n = (self.sign * distances).masked_fill(~negative, -torch.inf).softmax(1)  # W_{N,i}
        return mean_or_zero(F.softplus((w_p * distances).sum(1) - (w_n * distances).sum(1)))
