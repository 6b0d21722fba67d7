"""RFM's motivation as a picture (Tan et al. 2022, Fig. 5), from true materials instead of a drawing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from matplotlib import colormaps
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.random import Generator

from vireid_lab.augment.ltg import LTG
from vireid_lab.augment.material_ltg import MaterialLTG

from .samples import GAP, colour_parts
from .style import DOUBLE, drawn

VERSION = 1
FACTORS, DIVERGING = LogNorm(0.1, 10), "PuOr_r"  # purple darkens, orange brightens
BAR_TICKS = {0.1: "1/10", 0.3: "0.3", 1: "1", 3: "3", 10: "10"}


@dataclass(frozen=True)
class MaterialFactors:
    """The infrared image as the green channel of the visible one times a factor for each material.

    Attributes:
        factors: (H, W) the factor k of each pixel's material.
        predicted: (H, W) k · G, clipped to [0, 1].
        r2: centred R² of k · G for the infrared image.
        r2_one: the same with one factor for the whole image.
    """

    factors: np.ndarray
    predicted: np.ndarray
    r2: float
    r2_one: float


def material_factors(visible: np.ndarray, infrared: np.ndarray, mask: np.ndarray) -> MaterialFactors:
    """Least squares of N = k · G through the origin for each material (Tan et al. 2022, Eq. 4), in stored values.

    Args:
        visible: (H, W, 3) in [0, 1].
        infrared: (H, W) in [0, 1], of the same moment.
        mask: (H, W) whole numbers from 0, the material of each pixel.
    """
    green, n = visible[..., 1].ravel().astype(float), infrared.ravel().astype(float)
    label = mask.ravel()
    products, squares = np.bincount(label, n * green), np.bincount(label, green**2)
    k = products / np.where(squares > 0, squares, 1)
    spread = np.square(n - n.mean()).sum()
    fits = k[label] * green, products.sum() / squares.sum() * green
    r2, r2_one = (1 - np.square(n - fit).sum() / spread for fit in fits)
    return MaterialFactors(k[mask], fits[0].clip(0, 1).reshape(mask.shape), float(r2), float(r2_one))


@dataclass(frozen=True)
class Motivation:
    """One row of Fig. 5: a person in both modalities at one moment, and three ways to change the visible image.

    Attributes:
        visible: (H, W, 3) in [0, 1].
        infrared: (H, W) in [0, 1].
        mask: (H, W) labels of the true materials.
        true: the factors that lead from the visible image to the infrared one.
        random: (H, W) random factors of the green channel on true materials, and (H, W, 3) the image after them.
        ltg: the same on LTG's rectangles.
    """

    visible: np.ndarray
    infrared: np.ndarray
    mask: np.ndarray
    true: MaterialFactors
    random: tuple[np.ndarray, np.ndarray]
    ltg: tuple[np.ndarray, np.ndarray]


def motivation(visible: np.ndarray, infrared: np.ndarray, mask: np.ndarray, rng: Generator) -> Motivation:
    """One row of Fig. 5: fits the true factors, and draws once from `MaterialLTG` and once from `LTG`.

    Args:
        visible: (H, W, 3) uint8.
        infrared: (H, W, 3) uint8 with equal channels, of the same moment.
        mask: (H, W) uint8 labels of the true materials.
        rng: for the two draws.
    """
    seen, infrared = visible / 255, infrared[..., 0] / 255
    image = torch.from_numpy(seen).float().permute(2, 0, 1)
    materials, ltg = MaterialLTG(p=1), LTG(rng, p=1)
    changed = materials.apply(image[None], materials.draw((1, *image.shape), rng), torch.from_numpy(mask)[None])[0]
    factors = torch.where(image[1] > 0, changed[1] / image[1].clamp(min=1 / 255), 1)
    last = ltg.trace(image, ltg.draw(tuple(image.shape), rng))[-1]
    return Motivation(
        visible=seen,
        infrared=infrared,
        mask=mask,
        true=material_factors(seen, infrared, mask),
        random=(factors.numpy(), changed.permute(1, 2, 0).numpy()),
        ltg=(last.memory[1].numpy(), last.image.permute(1, 2, 0).numpy()),
    )


@drawn
def motivation_sheet(rows: Sequence[Motivation], labels: Mapping[int, str]) -> Figure:
    """Fig. 5 from true masks: (a) the factors of the spectrum, (b) random ones on materials, (c) on rectangles.

    Args:
        rows: people.
        labels: label -> name, as in masks/materials.json.
    """
    blocks = {
        "the scene": ["visible", "true\nmaterials"],
        "(a) the change of spectrum": ["factor k\nof each material", "k · G", "infrared\ncamera"],
        "(b) random factors on\ntrue materials": ["factor", "image"],
        "(c) LTG: random factors\non random rectangles": ["factor", "image"],
    }
    cells = []
    for row in rows:
        scene = [to_uint8(row.visible), colour_parts(to_uint8(row.visible), row.mask, labels)]
        spectrum = [as_colours(row.true.factors), to_uint8(row.true.predicted), to_uint8(row.infrared)]
        random, ltg = ([as_colours(factors), to_uint8(image)] for factors, image in (row.random, row.ltg))
        cells.append([*scene, None, *spectrum, None, *random, None, *ltg])
    return _blocks(cells, blocks)


def _blocks(cells: list[list[np.ndarray | None]], blocks: Mapping[str, Sequence[str]]) -> Figure:
    """A montage in which None is a narrow gap between blocks, with names above and the bar of factors below."""
    height, width = cells[0][0].shape[:2]
    narrow = np.full((height, width // 6, 3), 255, dtype=np.uint8)
    strips = [np.concatenate([pad(narrow if cell is None else cell, 1) for cell in row], axis=1) for row in cells]
    canvas = np.concatenate([pad(strip, 0) for strip in strips])
    starts = np.cumsum([0, *((narrow.shape[1] if cell is None else width) + GAP for cell in cells[0])])
    lefts = [start for start, cell in zip(starts, cells[0], strict=False) if cell is not None]
    side, top, bottom = 0.05, 0.78, 0.45
    tall = (DOUBLE - 2 * side) * canvas.shape[0] / canvas.shape[1]
    total = tall + top + bottom
    figure = Figure(figsize=(DOUBLE, total))
    axes = figure.add_axes((side / DOUBLE, bottom / total, 1 - 2 * side / DOUBLE, tall / total))
    axes.imshow(canvas, aspect="auto")
    axes.set_axis_off()
    inch = canvas.shape[1] / (DOUBLE - 2 * side)  # in pixels of the canvas
    for title, names in blocks.items():
        here, lefts = lefts[: len(names)], lefts[len(names) :]
        for left, name in zip(here, names, strict=True):
            axes.text(left + width / 2, -0.05 * inch, name, ha="center", va="bottom", fontsize=7)
        first, last = here[0], here[-1] + width
        axes.text((first + last) / 2, -0.41 * inch, title, ha="center", va="bottom", weight="bold")
        axes.add_line(Line2D([first, last], [-0.38 * inch] * 2, color="0.6", linewidth=0.7, clip_on=False))
    _factor_bar(figure, (0.35, 0.25 / total, 0.4, 0.09 / total))
    return figure


def pad(image: np.ndarray, axis: int) -> np.ndarray:
    """An image (H, W, 3) with a white gap at its lower (0) or right (1) end."""
    return np.pad(image, [(0, GAP if axis == i else 0) for i in range(3)], constant_values=255)


def _factor_bar(figure: Figure, place: tuple[float, float, float, float]) -> None:
    mappable = ScalarMappable(norm=FACTORS, cmap=DIVERGING)
    bar = figure.colorbar(mappable, cax=figure.add_axes(place), orientation="horizontal", extend="both")
    bar.set_ticks(list(BAR_TICKS), labels=list(BAR_TICKS.values()), minor=False)
    bar.minorticks_off()
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=6.5, pad=1.5)
    bar.ax.text(
        -0.08, 0.5, "factor on the\ngreen channel", transform=bar.ax.transAxes, ha="right", va="center", fontsize=7
    )


def describe_fits(rows: Sequence[Motivation]) -> str:
    """R² of the infrared images, with a factor for each material and with one factor, in words."""
    each, one = (", ".join(f"{getattr(row.true, name):.2f}" for row in rows) for name in ("r2", "r2_one"))
    return f"R² of the infrared image: a factor for each material {each}; one factor {one}"


def to_uint8(image: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 of an image (H, W, 3) or (H, W) in [0, 1]."""
    colour = image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=2)
    return (255 * colour).round().astype(np.uint8)


def as_colours(factors: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 of factors (H, W) from 0 on; what is under 0.1 or over 10 has the colour of the end."""
    shares = np.clip(FACTORS(np.maximum(factors, 1e-30)), 0, 1)
    return (255 * colormaps[DIVERGING](shares)[..., :3]).round().astype(np.uint8)
