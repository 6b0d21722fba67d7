"""Where CAL's parts lie in a visible and an infrared image, and where each of them looks in both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from vireid_lab.data.transforms import from_pictures
from vireid_lab.models.cal import CAL
from vireid_lab.models.inference import inference
from vireid_lab.models.target_attention import PartQueries
from vireid_lab.runtime import InputError


@dataclass(frozen=True)
class Correspondence:
    """A visible (0) and an infrared (1) image as CAL sees them.

    Attributes:
        images: (2, H, W, 3) uint8.
        regions: (2, N_p, h, w) weights Ŝ of the positions in each part; None for learned vectors.
        answers: (2, 2, N_p + h * w, h, w) attention S, each map of sum 1: [who asks, who answers, query]. The queries
            are the parts of the asking image, then each of its positions, row by row.
        weights: (N_p, N_p) of the graph between infrared parts u and visible parts v: Eq. 16, mean over both images.
        match: (N_p,) for each visible part v the infrared part u that it is compared with: M̂, or v without matching.
    """

    images: np.ndarray
    regions: np.ndarray | None
    answers: np.ndarray
    weights: np.ndarray
    match: np.ndarray

    @property
    def parts(self) -> int:
        """N_p."""
        return len(self.match)

    def counterpart(self, asks: int, part: int) -> int:
        """The part of the other modality that a part of modality `asks` is compared with."""
        return int(self.match[part] if asks == 0 else np.flatnonzero(self.match == part)[0])


def correspond(model: CAL, images: np.ndarray) -> list[Correspondence]:
    """What a model sees in N pairs of images.

    Args:
        model: trained, or without matching.
        images: (N, 2, H, W, 3) uint8, the visible image first.

    Raises:
        InputError: the images are no pairs, or the model has matched nothing yet.
    """
    if images.ndim != 5 or images.shape[1] != 2 or images.shape[4] != 3:
        raise InputError(f"images of shape {images.shape}: give pairs (N, 2, H, W, 3), the visible image first")
    parts = len(model.necks)
    match = model.record.infrared_parts().cpu().numpy() if model.record else np.arange(parts)
    with inference(model) as device:
        pixels = from_pictures(images).flatten(0, 1).to(device)
        found = model.describe(pixels, torch.arange(2, device=device).repeat(len(images)))
        of_places = model.attention.queries(found.tokens, found.tokens).directions
        directions = torch.cat([found.queries.directions, of_places], 1)
        keys, tokens = found.keys.unflatten(0, (-1, 2)), found.tokens.unflatten(0, (-1, 2))
        answers = [
            [model.attention(tokens[:, other], keys[:, other], PartQueries(asking, None))[1] for other in (0, 1)]
            for asking in directions.unflatten(0, (-1, 2)).unbind(1)
        ]
    size = found.maps.shape[2:]
    answers = torch.stack([torch.stack(row, 1) for row in answers], 1).unflatten(4, size).cpu().numpy()
    regions = None
    if found.selected is not None:
        regions = found.selected.transpose(1, 2).unflatten(2, size).unflatten(0, (-1, 2)).cpu().numpy()
    return [
        Correspondence(pair, None if regions is None else regions[n], answers[n], graph(answers[n], parts), match)
        for n, pair in enumerate(images)
    ]


def graph(answers: np.ndarray, parts: int) -> np.ndarray:
    """Weights (N_p, N_p) of infrared parts u and visible parts v (Wu et al. 2023, Eq. 16), mean over both images."""
    maps = answers[:, :, :parts].reshape(2, 2, parts, -1)  # [who asks, in which image, part, position]
    return np.einsum("iul,ivl->uv", maps[1], maps[0]) / 2


def effective_positions(heat: np.ndarray) -> np.ndarray:
    """exp(entropy) of maps (..., h, w) of sum 1: how many positions are looked at, if they are looked at alike."""
    entropy = -(heat * np.log(np.maximum(heat, 1e-30))).sum((-2, -1))
    return np.exp(entropy)
