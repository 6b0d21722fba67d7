"""Heat maps: laid over an image, stretched to its size, with their scale beside them, and how much of one is person."""

from __future__ import annotations

import numpy as np
import torch
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from torch.nn import functional as F

from vireid_lab.spectra.labels import FIRST_PERSON

from .style import HEAT

ENDS = ("least\nof each\nmap", "most\nof each\nmap")  # of stretched maps


def overlay(image: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """An image in grey under a magma map: (H, W, 3) uint8 from (H, W, 3) uint8 and (H, W) in [0, 1]."""
    grey = image.mean(axis=2, keepdims=True) / 255
    colour = colormaps[HEAT](heat)[..., :3]
    return (255 * (0.4 * grey + 0.6 * colour)).round().astype(np.uint8)


def stretch(heat: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A map (h, w) from 0 at its least to 1 at its most, at the size of the image; 0 for one that is flat."""
    span = heat.max() - heat.min()
    values = (heat - heat.min()) / (span if span > 0 else 1)
    large = F.interpolate(torch.from_numpy(values)[None, None].float(), size, mode="bilinear", align_corners=False)
    return large[0, 0].numpy().clip(0, 1)


def draw_scale(
    axes: Axes, ends: tuple[str, str] | None = None, label: str = "", room: float = 0.68, margin: float = 0.2
) -> None:
    """The scale of the maps of a montage, at its right.

    Args:
        axes: of the montage.
        ends: what 0 and 1 are; None writes the numbers.
        label: what the numbers are.
        room: between the scale's left edge and the figure's right one, inches.
        margin: below and above the scale, as a share of the montage's height.
    """
    figure, place = axes.figure, axes.get_position()
    width = figure.get_figwidth()
    beside = (1 - room / width, place.y0 + margin * place.height, 0.1 / width, (1 - 2 * margin) * place.height)
    bar = figure.colorbar(ScalarMappable(cmap=HEAT), cax=figure.add_axes(beside), ticks=(0, 1) if ends else (0, 0.5, 1))
    if ends:
        bar.ax.set_yticklabels(ends)
    if label:
        bar.set_label(label, fontsize=7)
    bar.outline.set_visible(False)


def person_cover(masks: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(N, h, w) float64: the share of the pixels of each place of a map (h, w) that show a person.

    Args:
        masks: (N, H, W) material labels.
        size: (h, w) of the map.
    """
    person = torch.from_numpy((masks >= FIRST_PERSON).astype(np.float64))[:, None]
    return F.adaptive_avg_pool2d(person, size)[:, 0].numpy()
