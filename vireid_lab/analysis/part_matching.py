"""CAL's matching where the answer is known, and its retrieval beside a comparison of each pair by itself."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from vireid_lab.data.transforms import from_pictures
from vireid_lab.evaluate.metrics import score_queries
from vireid_lab.models.cal import CAL
from vireid_lab.models.inference import inference
from vireid_lab.models.pair_refinement import pair_similarity
from vireid_lab.models.query_matching import MatchRecord, agreement
from vireid_lab.runtime import InputError


def plant(model: CAL, order: Sequence[int]) -> CAL:
    """A copy whose infrared modality mines the visible one's regions under other numbers; nothing is matched in it.

    Args:
        model: with a scorer for each modality, and with matching.
        order: infrared part u shows what visible part order[u] shows.

    Raises:
        InputError: the model has no two scorers or no matching, or `order` is no permutation of its parts.
    """
    scorer = getattr(model.regions, "scorer", None)
    if not hasattr(scorer, "infrared") or model.record is None:
        raise InputError("a permutation is planted in a model with head=drm:N+alpha:A+match: this one is another")
    parts = len(model.necks)
    if sorted(order) != list(range(parts)):
        raise InputError(f"order={list(order)}: give each of 0 to {parts - 1} once")
    planted = copy.deepcopy(model)
    prototypes = planted.regions.scorer
    with torch.no_grad():
        prototypes.infrared.prototypes.weight.copy_(prototypes.visible.prototypes.weight[list(order)])
    planted.record = MatchRecord(parts).to(prototypes.visible.prototypes.weight.device)
    return planted


@dataclass(frozen=True)
class Matches:
    """How the parts of N pairs of images were matched, both images of each pair counted.

    Attributes:
        agreement: share of all matched edges that lie on the most frequent one-to-one match.
        found: for each visible part v the infrared part u of that match.
        exact: share of the images whose own match is that one.
    """

    agreement: float
    found: tuple[int, ...]
    exact: float


def count_matches(model: CAL, images: np.ndarray) -> Matches:
    """Matches the parts of N pairs and puts them on the model's record.

    Args:
        model: with matching.
        images: (N, 2, H, W, 3) uint8, the visible image first.
    """
    with inference(model) as device:
        pixels, modality = pairs_batch(images, device)
        match = model(pixels, modality).match
    model.record.add(match, modality)
    found = model.record.infrared_parts()
    of_infrared = found.argsort()  # for each infrared part its visible one
    expected = torch.where(modality[:, None] == 1, of_infrared, found)
    return Matches(agreement(match, modality), tuple(found.tolist()), float((match == expected).all(1).float().mean()))


def pairs_batch(images: np.ndarray, device: torch.device) -> tuple[Tensor, Tensor]:
    """Normalised images (2N, 3, H, W) and their modality, visible ones first, from pairs (N, 2, H, W, 3) uint8."""
    pixels = from_pictures(images.swapaxes(0, 1)).flatten(0, 1)
    return pixels.to(device), torch.arange(2, device=device).repeat_interleave(len(images))


def search(similarity: np.ndarray, visible_ids: np.ndarray, infrared_ids: np.ndarray) -> dict[str, float]:
    """`QueryScores.metrics` of a similarity (V, I) of visible (the gallery) and infrared images (the queries)."""
    return score_queries(1 - similarity.T.astype(np.float64), infrared_ids, visible_ids).metrics()


def describe_search(metrics: dict[str, float]) -> str:
    """Such as "rank-1 51.2 %, mAP 60.1 %"."""
    return f"rank-1 {100 * metrics['rank1']:.1f} %, mAP {100 * metrics['mAP']:.1f} %"


def similarities(model: CAL, images: np.ndarray) -> dict[str, np.ndarray]:
    """Similarity (N, N) of the visible and the infrared images of N pairs, compared in three ways.

    "self-refined": as retrieval does, the parts in the order of M̂. "as numbered": the same without M̂. "cross-refined":
    each pair by the parts of one another, what the paper calls infeasible on a large gallery.

    Args:
        model: trained, with matching.
        images: (N, 2, H, W, 3) uint8, the visible image first.
    """
    with inference(model) as device:
        pixels, modality = pairs_batch(images, device)
        visible, matched = F.normalize(model.embed(pixels, modality), dim=1).chunk(2)
        cross = pair_similarity(
            model, *(model.describe(pixels[modality == m], modality[modality == m]) for m in (0, 1))
        )
    own_order = model.record.infrared_parts().argsort()
    numbered = matched.unflatten(1, (len(own_order), -1))[:, own_order].flatten(1)
    made = {"self-refined": visible @ matched.T, "as numbered": visible @ numbered.T, "cross-refined": cross}
    return {name: values.cpu().numpy() for name, values in made.items()}
