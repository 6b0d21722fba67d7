"""Which image is whose partner, and which part which of its partner's: the matching of MatchDistill, and its record.

In the order of Wu et al. 2023: partners (Eq. 11), the graph between their parts (Eq. 16), its heaviest match M (Eq.
17), and what a training keeps of all matches, M̂ (end of Sec. 3.3). u is a part of the partner and v one of the image;
where the modalities are told apart, u is infrared and v visible (the sentence below Eq. 17 has it the other way round).
"""

from __future__ import annotations

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor, nn

from vireid_lab.runtime import InputError

from .precision import full_precision


def partners(modality: Tensor) -> Tensor:
    """For each image of a batch the row of its partner j (B,): the n-th visible and the n-th infrared image (Eq. 11).

    Raises:
        InputError: the modalities have different numbers of images.
    """
    visible, infrared = (torch.nonzero(modality == m).flatten() for m in (0, 1))
    if len(visible) != len(infrared):
        raise InputError(
            f"a batch of {len(visible)} visible and {len(infrared)} infrared images: each needs a partner in the other "
            "modality to learn from; take as many of both, or `embed`, which looks at each image alone"
        )
    partner = torch.empty_like(modality)
    partner[visible], partner[infrared] = infrared, visible
    return partner


def edge_weights(cross_attention: Tensor, own_attention: Tensor) -> Tensor:
    """The bipartite graph of each image: how much what two parts look at in it overlaps (Eq. 16).

    In float32 under autocast, too: nearly even maps overlap by nearly the same, which bfloat16 rounds away.

    Args:
        cross_attention: S(T, P of the partner) (B, N_p, L).
        own_attention: S(T, P of the image) (B, N_p, L).

    Returns:
        (B, N_p, N_p); row u, column v.
    """
    with torch.autocast(own_attention.device.type, enabled=False):
        return full_precision(cross_attention) @ full_precision(own_attention).transpose(1, 2)


def match_queries(weights: Tensor) -> Tensor:
    """The heaviest one-to-one match M of the graph of each image (Eq. 17, by Kuhn-Munkres).

    Args:
        weights: (B, N_p, N_p); row u, column v. No gradient flows through the match.

    Returns:
        (B, N_p) int64: for each v its u.

    Raises:
        InputError: the two sides have different numbers of parts, or a weight is not finite.
    """
    if weights.shape[1] != weights.shape[2]:
        raise InputError(
            f"{weights.shape[1]} parts of one modality cannot be matched with {weights.shape[2]} of the other: give "
            "both the same number"
        )
    if not weights.isfinite().all():
        raise InputError("the attention of the parts is no longer finite: lower lr or raise warmup")
    graphs = weights.detach().cpu().double().numpy()
    match = [heaviest(graph) for graph in graphs]
    return torch.from_numpy(np.stack(match)).to(weights.device)


def heaviest(weights: np.ndarray) -> np.ndarray:
    """For each column of weights (N, N) its row in the assignment of the largest sum."""
    return linear_sum_assignment(weights.T, maximize=True)[1]


def count_edges(match: Tensor, modality: Tensor) -> Tensor:
    """How often infrared part u and visible part v were matched: (N_p, N_p), row u, column v.

    Args:
        match: (B, N_p), for each own part the partner's.
        modality: (B,) of the images; each has a partner of the other modality.
    """
    parts = match.shape[1]
    own = torch.arange(parts, device=match.device).expand_as(match)
    infrared = modality[:, None] == 1
    u, v = torch.where(infrared, own, match), torch.where(infrared, match, own)
    return torch.bincount((u * parts + v).flatten(), minlength=parts**2).view(parts, parts)


def agreement(match: Tensor, modality: Tensor) -> float:
    """Share of a batch's matched edges, 1 / N_p to 1, that lie on its most frequent one-to-one match."""
    counts = count_edges(match, modality).cpu().numpy()
    return float(counts[heaviest(counts), np.arange(len(counts))].sum() / counts.sum())


class MatchRecord(nn.Module):
    """The match M̂ of the two modalities, counted over the last epoch of the training and kept in its checkpoint.

    M̂ is the assignment on the counts: the most frequent edges, taken one by one, need not be one-to-one. What was
    matched after the last whole epoch counts, too. Of a training in several processes, the batches of the first count.

    Args:
        parts: N_p.

    Attributes:
        steps_per_epoch: batches of an epoch, told by the training; 0: all that was ever matched counts.
    """

    if_lacking = "holds no match between the parts of the two modalities (M̂): train the run again"

    def __init__(self, parts: int):
        super().__init__()
        self.steps_per_epoch = 0
        self.register_buffer("counts", torch.zeros(2, parts, parts, dtype=torch.int64))  # last whole epoch, this one
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64))

    def add(self, match: Tensor, modality: Tensor) -> None:
        """Counts the match (B, N_p) of a training batch with modality (B,)."""
        self.counts[1] += count_edges(match, modality)
        self.steps += 1
        if self.steps_per_epoch and self.steps % self.steps_per_epoch == 0:
            self.counts[0] = self.counts[1]
            self.counts[1] = 0

    def infrared_parts(self) -> Tensor:
        """M̂ (N_p,): for each visible part v the infrared part u that shows the same.

        Raises:
            InputError: nothing was counted yet.
        """
        if not self.steps:
            raise InputError(
                "this model has no match between the parts of its modalities, because it was never trained: load the "
                "checkpoint of a run, or leave 'match' out of head"
            )
        return torch.from_numpy(heaviest(self.counts.sum(0).cpu().numpy())).to(self.counts.device)
