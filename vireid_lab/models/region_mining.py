"""Where part features come from: mined regions (DRM), and the rivals of CAL's Table 4.

All give, from the tokens T of an image (the positions of its feature map, row by row), the features P of its parts: the
mean of T under the weights Ŝ of the positions in each part (Wu et al. 2023, Eq. 3). Learned vectors have no Ŝ.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vireid_lab.runtime import InputError

from .backbone import TwoStream
from .precision import full_precision


def aggregate(selected: Tensor, tokens: Tensor) -> Tensor:
    """Part features P (B, N_p, C): tokens T (B, L, C) averaged under the weights Ŝ (B, L, N_p) (Eq. 3)."""
    return selected.transpose(1, 2) @ tokens / selected.sum(1)[..., None]


def select_tokens(scores: Tensor, alpha: float) -> Tensor:
    """Keeps the N_k = ceil(α L / N_p) highest scores of each part and sets the others to 0 (Eq. 3).

    Args:
        scores: S (B, L, N_p).
        alpha: selection ratio α, in (0, 1].

    Returns:
        Ŝ (B, L, N_p).

    Raises:
        InputError: there are more parts than tokens.
    """
    length, parts = scores.shape[1:]
    require_tokens(parts, length)
    kept = math.ceil(alpha * length / parts)  # N_k
    top = scores.topk(kept, dim=1).indices
    return scores * torch.zeros_like(scores).scatter(1, top, 1.0)


def require_tokens(parts: int, length: int) -> None:
    """Checks that N_p parts can be found among L tokens."""
    if parts > length:
        raise InputError(
            f"{parts} parts need as many tokens and the feature map has {length}: lower the number in head, or take a "
            "larger image (one token for 16x16 pixels)"
        )


class PartScorer(nn.Module):
    """Scores of N_p parts for each token: max-pools of several sizes, a point-wise convolution, softmax over positions.

    The paper's "upsampled" is what stride 1 with padding does: the pools keep the size of the map. The prototypes start
    from N(0, 1) and the scores are scaled by 1 / sqrt(3 C), as Eq. 6 and 9 scale theirs: the same scorer, but started
    small and unscaled a step of the optimiser moves it so far that all parts end at the same positions.

    Args:
        channels: C of the map.
        parts: N_p.
        pools: sizes of the pools; 1 is the map itself.
    """

    def __init__(self, channels: int, parts: int, pools: tuple[int, ...] = (1, 3, 5)):
        super().__init__()
        self.pools = pools
        self.prototypes = nn.Conv2d(len(pools) * channels, parts, 1, bias=False)  # the softmax takes a bias away
        self.reset()

    def reset(self) -> None:
        """Draws the prototypes anew."""
        nn.init.normal_(self.prototypes.weight)

    def forward(self, maps: Tensor) -> Tensor:
        """Maps (B, C, h, w) to S (B, h w, N_p); each part's scores sum to 1 over the positions."""
        scales = [F.max_pool2d(maps, k, stride=1, padding=k // 2) if k > 1 else maps for k in self.pools]
        scores = full_precision(self.prototypes(torch.cat(scales, 1))) * self.prototypes.in_channels**-0.5
        return scores.flatten(2).softmax(2).transpose(1, 2)


class RegionMining(nn.Module):
    """Discriminative Region Mining, DRM (Wu et al. 2023, Sec. 3.2.1).

    Each modality has its own scorer. They start unlike, so which part of one answers which of the other is not given.

    Args:
        channels: C of the map.
        parts: N_p.
        alpha: selection ratio α.
        shared: one scorer for both modalities (a row of Table 4).

    Raises:
        InputError: α is not in (0, 1].
    """

    def __init__(self, channels: int, parts: int, alpha: float = 0.6, shared: bool = False):
        super().__init__()
        if not 0 < alpha <= 1:
            raise InputError(f"alpha={alpha:g}: give a selection ratio above 0 and up to 1, e.g. 0.6")
        self.alpha, self.shared = alpha, shared
        self.scorer = PartScorer(channels, parts)
        if not shared:
            self.scorer = TwoStream(self.scorer)
            self.scorer.infrared.reset()

    def forward(self, maps: Tensor, tokens: Tensor, modality: Tensor) -> tuple[Tensor, Tensor]:
        """From maps (B, C, h, w), their tokens T (B, L, C) and modality (B,): P (B, N_p, C) and Ŝ (B, L, N_p).

        Raises:
            InputError: N_p exceeds the number of tokens.
        """
        scores = self.scorer(maps) if self.shared else self.scorer(maps, modality)
        selected = select_tokens(scores, self.alpha)
        return aggregate(selected, tokens), selected


class Stripes(nn.Module):
    """Horizontal stripes in the place of mined regions ("HS" of Table 4); as equal as the rows of the map allow.

    Args:
        parts: number of stripes n.
    """

    def __init__(self, parts: int):
        super().__init__()
        self.parts = parts

    def forward(self, maps: Tensor, tokens: Tensor, modality: Tensor) -> tuple[Tensor, Tensor]:
        """As `RegionMining`; Ŝ is the same for all images, and each stripe's sums to 1.

        Raises:
            InputError: there are more stripes than rows.
        """
        rows, columns = maps.shape[2:]
        if self.parts > rows:
            raise InputError(f"stripes:{self.parts} and the feature map has {rows} rows: give at most {rows}")
        stripe = torch.arange(rows, device=maps.device) * self.parts // rows
        inside = F.one_hot(stripe, self.parts).repeat_interleave(columns, 0).to(tokens.dtype)  # (L, n)
        selected = (inside / inside.sum(0)).expand(len(tokens), -1, -1)
        return aggregate(selected, tokens), selected


class LearnedParts(nn.Module):
    """N_p learned vectors for each modality in the place of mined regions ("LV" of Table 4).

    The paper does not say whether the modalities share them; here they do not, as with DRM. They have no tokens that
    they come from: where these are asked for (Eq. 7), it is those of the image that the vectors are used with.

    Args:
        channels: C of the map.
        parts: N_p.
    """

    def __init__(self, channels: int, parts: int):
        super().__init__()
        self.vectors = nn.Parameter(torch.randn(2, parts, channels))

    def forward(self, maps: Tensor, tokens: Tensor, modality: Tensor) -> tuple[Tensor, None]:
        """As `RegionMining`, but there is no Ŝ."""
        return self.vectors[modality], None
