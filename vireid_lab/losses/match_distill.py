"""What CAL's parts learn from each other and to be: knowledge exchange between matched parts, diverse regions."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

PAPER_POSITIONS = 288  # of layer 4 at 384x192


def kd_attention(weights: Tensor, match: Tensor, positions: int) -> Tensor:
    """L_kd1: minus the weight of the matched edges (Wu et al. 2023, Eq. 18), mean over the images of both modalities.

    Eq. 18 is least where both parts of every edge look at one and the same position: it asks for narrow attention as
    much as for alike attention, and more so on small maps, where two even ones weigh 1 / L. Taken as printed on the 18
    positions of preset `tiny`, all parts came to look at one position once the identities were learned. Here it is
    scaled by L / 288, so that even attention costs at every size what it costs at the paper's, where this is Eq. 18.

    Args:
        weights: (B, N_p, N_p); row u, a part of the partner; column v, a part of the image.
        match: (B, N_p) int64, for each v its u.
        positions: L of the maps that the weights are the overlap of.
    """
    return -weights.take_along_dim(match[:, None], 1).sum(2).mean() * positions / PAPER_POSITIONS


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
