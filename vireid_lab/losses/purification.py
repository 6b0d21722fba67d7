"""The two losses that guide the masks of IDKL's information purifier.

Gradients flow through both sides of a comparison: the paper does not say that the reference is held fixed.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from .center import modality_centers
from .mean import mean_or_zero


def entropy(logits: Tensor) -> Tensor:
    """Entropy (B,), in nats, of the softmax of logits (B, N): h of Eq. 10, which the paper does not define."""
    log_p = logits.log_softmax(1)
    return -(log_p.exp() * log_p).sum(1)


def discrimination_enhancing(enhanced: Tensor, specific: Tensor, released: bool = False) -> Tensor:
    """L_e = Softplus(h(C_sp(f^d+)) - h(C_sp(f_sp))), mean over the images (Ren and Zhang 2024, Eq. 10).

    Args:
        enhanced: (B, N) logits of the enhanced features f_sp^d+.
        specific: (B, N) logits of the specific features f_sp.
        released: exp(ReLU) - 1 in the place of Softplus, as the public code.
    """
    difference = entropy(enhanced) - entropy(specific)
    return (difference.relu().expm1() if released else F.softplus(difference)).mean()


def discrepancy_reducing(
    reduced: Tensor, normalised: Tensor, ids: Tensor, modality: Tensor, released: bool = False
) -> Tensor:
    """L_r = Softplus(d(f^_V^m-, f^_I^m-) - d(f^_V, f^_I)) (Ren and Zhang 2024, Eq. 11).

    d is the Euclidean distance of the means of the two modalities in the batch (the paper does not define it). A mask
    of small weights brings any two means together; L_reid of the purified features stands against it.

    Args:
        reduced: (B, d) masked normalised features.
        normalised: (B, d) normalised features.
        ids: (B,) int64.
        modality: (B,) int64, 0 visible and 1 infrared; the loss is 0 where one has no row.
        released: d for each identity, ReLU in the place of Softplus and the mean over the identities, as the public
            code; an identity of one modality is left out.
    """
    group = ids if released else torch.zeros_like(ids)

    def distances(features: Tensor) -> Tensor:
        centers, both, _ = modality_centers(features, group, modality)
        return torch.linalg.vector_norm(centers[both, 0] - centers[both, 1], dim=1)

    difference = distances(reduced) - distances(normalised)
    return mean_or_zero(difference.relu() if released else F.softplus(difference))
