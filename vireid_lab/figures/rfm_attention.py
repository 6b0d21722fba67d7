"""Where RFM's spatial attention looks (Tan et al. 2022, Fig. 10), and how much of it lies on the person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import nn

from vireid_lab.data.transforms import from_pictures
from vireid_lab.models.inference import inference
from vireid_lab.runtime import InputError

from .heat_maps import ENDS, draw_scale, overlay, person_cover, stretch
from .samples import draw_montage
from .style import DOUBLE, drawn

VERSION = 1
MAPS = ("original", "attention", "weighted")


@dataclass(frozen=True)
class AttentionMaps:
    """Maps of N images at the size (h, w) of the feature map, none of them negative.

    Attributes:
        original: (N, h, w) the feature map F, mean over its channels.
        attention: (N, h, w) weights of the places.
        weighted: (N, h, w) F after the attention, mean over its channels.
    """

    original: np.ndarray
    attention: np.ndarray
    weighted: np.ndarray


def attention_maps(model: nn.Module, images: np.ndarray, modality: Iterable[int], batch: int = 64) -> AttentionMaps:
    """The maps of an RFM in evaluation mode, computed where its weights are.

    Args:
        model: a `models.rfm.RFM`.
        images: (N, H, W, 3) uint8.
        modality: N numbers, 0 visible, 1 infrared.
        batch: images at a time.

    Raises:
        InputError: the model has no attention.
    """
    kinds, parts = torch.tensor(list(modality)), []
    with inference(model) as device:
        for some, kind in zip(from_pictures(images).split(batch), kinds.split(batch), strict=True):
            output = model(some.to(device), kind.to(device))
            if output.attention is None:
                raise InputError("this model has no attention: train with attention=mam or attention=cbam")
            maps = output.maps.mean(1), output.attention[:, 0], output.weighted.mean(1)
            parts.append([each.float().cpu().numpy() for each in maps])
    return AttentionMaps(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def person_shares(maps: AttentionMaps, masks: np.ndarray) -> dict[str, np.ndarray]:
    """How much of each map lies on the person, by the true masks.

    A place of the map counts as person to the share of its pixels that show one. "area" is the share of the image that
    the person covers: what a map that is the same everywhere has.

    Args:
        maps: of N images.
        masks: (N, H, W) material labels.

    Returns:
        "area" and the names of MAPS -> (N,) in [0, 1].
    """
    covered = person_cover(masks, maps.original.shape[1:])
    shares = {"area": covered.mean((1, 2))}
    for name in MAPS:
        values = getattr(maps, name).astype(np.float64)
        shares[name] = (values * covered).sum((1, 2)) / values.sum((1, 2))
    return shares


@drawn
def attention_sheet(images: np.ndarray, maps: AttentionMaps, rows: Sequence[str]) -> Figure:
    """Fig. 10: input, F, attention and F after it, for a visible and an infrared image of each person.

    Each map is stretched from its smallest to its largest value, so that the brightest place of each is white.

    Args:
        images: (2 N, H, W, 3) uint8, person after person, visible before infrared.
        maps: of these images.
        rows: N labels.
    """
    cells: list[list[np.ndarray]] = [[] for _ in rows]
    for place, image in enumerate(images):
        heats = (stretch(getattr(maps, name)[place], image.shape[:2]) for name in MAPS)
        cells[place // 2] += [image, *(overlay(image, heat) for heat in heats)]
    names = ["feature\nmap F", "attention", "F after\nattention"]
    figure, axes = draw_montage(cells, rows, ["(a) visible", *names, "(b) infrared", *names], DOUBLE, right=0.65)
    draw_scale(axes, ENDS, room=0.58, margin=0.15)
    return figure


def describe_range(maps: AttentionMaps) -> str:
    """How much of its range from 0 to 1 the attention uses, in words."""
    low, high = (end(maps.attention, axis=(1, 2)) for end in (np.min, np.max))
    ratio = (high / low).max()
    return f"attention from {low.min():.3f} to {high.max():.3f}, inside one image at most {ratio:.2f} : 1"


def describe_shares(shares: dict[str, np.ndarray]) -> str:
    """Mean shares in percent, and in how many images the attention moves F towards the person."""
    means = ", ".join(f"{name} {100 * values.mean():.1f} %" for name, values in shares.items())
    gains = shares["weighted"] - shares["original"]
    more = f"more in {(gains > 0).sum()} of {len(gains)} images"
    return f"{means}; after the attention {more}, {100 * gains.mean():+.2f} points"
