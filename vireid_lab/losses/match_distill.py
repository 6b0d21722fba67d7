"""What CAL's parts learn from each other and to be: knowledge exchange between matched parts, diverse regions."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def kd_attention(weights: Tensor, match: Tensor) -> Tensor:
    """L_kd1: minus the weight of the matched edges (Wu et al. 2023, Eq. 18), mean over the images of both modalities.

    It is least, -N_p, where both parts of every edge look at one and the same position: as printed it asks for narrow
    attention as much as for alike attention, and more so on small maps (two even maps of L positions weigh 1 / L).
    In 600 steps of preset `tiny` it takes over once the identities are learned: all parts then look at one position.

    Args:
        weights: (B, N_p, N_p); row u, a part of the partner; column v, a part of the image.
        match: (B, N_p) int64, for each v its u.
    """
    return -weights.take_along_dim(match[:, None], 1).sum(2).mean()


def kd_logits(cross_logits: Tensor, logits: Tensor, match: Tensor) -> Tensor:
    """L_kd2: KL of the cross-refined parts' identities to those of the matched self-refined ones (Eq. 19).

    Sum over the parts, mean over the images of both modalities. The cross-refined side teaches: it gets no gradient,
    which the paper does not say.

    Args:
        cross_logits: (B, N_p, N) of the partner's parts u.
        logits: (B, N_p, N) of the image's own parts v.
        match: (B, N_p) int64, for each v its u.
    """
    teacher = cross_logits.detach().take_along_dim(match[..., None], 1).log_softmax(2)
    divergence = F.kl_div(logits.log_softmax(2), teacher, reduction="none", log_target=True)
    return divergence.sum((1, 2)).mean()


def diversity(selected: Tensor) -> Tensor:
    """L_div: overlap of the selected regions, summed over the pairs of parts (Eq. 5), mean over the images.

    Args:
        selected: Ŝ (B, L, N_p).
    """
    return torch.triu(selected.transpose(1, 2) @ selected, diagonal=1).sum((1, 2)).mean()
