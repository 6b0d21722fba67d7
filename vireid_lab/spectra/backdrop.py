"""What stands behind a person: walls, windows, vegetation, floors and loose objects, as labels and surface detail."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import materials
from .labels import BACKGROUND
from .painter import HEIGHT, WIDTH, Painter

CLUTTER = ("wood", "metal", "paint_a", "paint_b", "vegetation", "glass", "plaster", "concrete", "brick")


@dataclass(frozen=True)
class Backdrop:
    """The place a camera looks at. Arrays are larger than an image, which is a window on them.

    Attributes:
        labels: (h, w) uint8.
        detail: (h, w) float32, variation of reflectance and light over a material, about 1.
        pitch: angle by which the camera looks down, radians.
        reflectances: (len(BACKGROUND), L).
        warmth: (len(BACKGROUND),) degrees C of each material above the air.
    """

    labels: np.ndarray
    detail: np.ndarray
    pitch: float
    reflectances: np.ndarray
    warmth: np.ndarray


def _street(p: Painter, base: float) -> None:
    wall = p.box(0, 0, WIDTH, base)
    p.fill(wall, "brick")
    p.joints(wall, 0.028, 0.075, True, "mortar")
    p.windows(0.08, 0.36, p.rng.uniform(0.4, 0.6), "plaster")
    p.uprights(2, 0.14, 0.3, base, "wood")
    p.floor("asphalt", base)
    p.fill(p.box(0, base, WIDTH, base + 0.07), "concrete", 0.9)
    p.uprights(2, 0.03, 0, base + 0.06, "metal")
    p.signs(3, 0.1, base)


def _park(p: Painter, base: float) -> None:
    p.fill(p.box(0, 0, WIDTH, base), "vegetation", 0.7)
    p.uprights(5, 0.07, 0, base, "wood")
    p.hedge(0.35, base)
    p.floor("soil", base)
    p.fill(p.box(0, base + 0.1, WIDTH, HEIGHT), "concrete")
    p.hedge(base - 0.03, base + 0.06, 0.02)
    p.uprights(2, 0.025, 0.1, base + 0.05, "metal")


def _corridor(p: Painter, base: float) -> None:
    p.fill(p.box(0, 0, WIDTH, base), "plaster")
    p.fill(p.box(0, base * 0.6, WIDTH, base), "paint_a", 0.95)
    p.fill(p.box(0, base - 0.03, WIDTH, base), "wood", 0.8)
    for left in p.rng.uniform(0, WIDTH - 0.3, 3):
        p.fill(p.box(left - 0.02, 0.1, left + 0.28, base), "metal")
        p.fill(p.box(left, 0.12, left + 0.26, base), "wood")
        p.fill(p.box(left + 0.09, 0.2, left + 0.17, 0.4), "glass")
    p.signs(6, 0.08, base * 0.6)
    p.floor("tile", base, "mortar", 0.06)


def _plaza(p: Painter, base: float) -> None:
    p.fill(p.box(0, 0, WIDTH, base), "concrete")
    p.windows(0.05, base - 0.1, 0.32, "metal")
    p.signs(4, 0.1, base)
    p.floor("concrete", base, "mortar", 0.07)
    p.hedge(base - 0.12, base + 0.03, 0.05)
    p.fill(p.box(0, base - 0.01, WIDTH * 0.6, base + 0.06), "brick", 0.9)
    p.uprights(3, 0.06, 0, base + 0.04, "concrete")


def _garage(p: Painter, base: float) -> None:
    p.fill(p.box(0, 0, WIDTH, base), "concrete", 0.8)
    p.fill(p.box(0, 0.25, WIDTH, 0.32), "paint_b")
    p.floor("asphalt", base)
    for left in np.arange(p.rng.uniform(0, 0.3), WIDTH - 0.3, 0.75):
        material = str(p.rng.choice(["paint_a", "metal", "paint_b"]))
        p.fill(p.box(left, base - 0.22, left + 0.5, base), material)
        p.fill(p.box(left + 0.06, base - 0.34, left + 0.42, base - 0.2), material, 1.1)
        p.fill(p.box(left + 0.09, base - 0.32, left + 0.39, base - 0.22), "glass")
        p.fill(p.box(left + 0.05, base - 0.06, left + 0.14, base + 0.03), "asphalt", 0.4)
        p.fill(p.box(left + 0.36, base - 0.06, left + 0.45, base + 0.03), "asphalt", 0.4)
        p.fill(p.box(left + 0.6, base + 0.05, left + 0.63, HEIGHT), "plaster")
    p.uprights(3, 0.13, 0, base + 0.02, "concrete")


def _station(p: Painter, base: float) -> None:
    wall = p.box(0, 0, WIDTH, base)
    p.fill(wall, "tile")
    p.joints(wall, 0.05, 0.05, False, "mortar", 0.1)
    p.fill(p.box(0, 0.18, WIDTH, 0.25), "paint_a")
    p.signs(6, 0.28, base)
    p.uprights(4, 0.09, 0, base + 0.03, "metal")
    p.floor("tile", base, "mortar", 0.09)
    p.fill(p.box(0, base + 0.12, WIDTH, base + 0.16), "paint_b")


def _garden(p: Painter, base: float) -> None:
    fence = p.box(0, 0.2, WIDTH, base)
    p.fill(p.box(0, 0, WIDTH, 0.25), "vegetation", 0.9)
    p.fill(fence, "wood")
    p.joints(fence, 0.6, 0.06, False, "soil", 0.05)
    p.hedge(base - 0.2, base + 0.02, 0.1)
    p.floor("vegetation", base)
    p.fill(p.box(0, base + 0.15, WIDTH, HEIGHT), "soil", 1.1)
    p.uprights(3, 0.05, 0, base, "wood")


def _warehouse(p: Painter, base: float) -> None:
    p.fill(p.box(0, 0, WIDTH, base), "metal", 0.6)
    for top in np.arange(0.02, base, 0.22):
        for left in np.arange(p.rng.uniform(0, 0.1), WIDTH, 0.22):
            material = str(p.rng.choice(["wood", "paint_a", "paint_b", "plaster", "metal"]))
            p.fill(p.box(left, top + p.rng.uniform(0, 0.1), left + 0.18, top + 0.2), material, p.rng.uniform(0.6, 1.1))
        p.fill(p.box(0, top + 0.2, WIDTH, top + 0.22), "metal")
    p.uprights(7, 0.025, 0, base, "metal")
    p.floor("concrete", base)


BACKDROPS = {
    "street": _street, "park": _park, "corridor": _corridor, "plaza": _plaza, "garage": _garage,
    "station": _station, "garden": _garden, "warehouse": _warehouse,
}  # fmt: skip
INDOORS = ("corridor", "garage", "station", "warehouse")


def _reflectances(rng: np.random.Generator) -> np.ndarray:
    """(len(BACKGROUND), L): every place has its own brick, plants and paints."""

    def paint(strength: float, carbon: float) -> np.ndarray:
        return materials.paint(rng.uniform(0, strength, 3), carbon=rng.uniform(0.1, carbon))

    def measured(*names: str) -> np.ndarray:
        return np.clip(materials.background(str(rng.choice(names))) * rng.uniform(0.75, 1.25), 0, 1)

    table = {
        "asphalt": measured("asphalt", "paving", "roofing"), "concrete": measured("concrete", "pale concrete"),
        "brick": measured("brick", "dark brick", "tan brick", "grey brick"), "mortar": measured("concrete"),
        "plaster": paint(0.3, 0.7), "tile": paint(0.5, 1.2), "soil": measured("soil", "dry grass"),
        "vegetation": measured("vegetation"), "wood": measured("wood", "plywood", "cardboard"),
        "glass": measured("glass"), "metal": measured("painted metal", "coated steel", "metal"),
        "paint_a": paint(2.5, 0.5), "paint_b": paint(2.5, 2.0), "occluder": paint(1.5, 2.0),
    }  # fmt: skip
    return np.stack([table[name] for name in BACKGROUND])


def build_backdrop(rng: np.random.Generator, kind: str, height: int) -> Backdrop:
    """Builds a place.

    Args:
        rng: the place's generator.
        kind: a name in BACKDROPS.
        height: of the images in pixels, as drawn.
    """
    reflectances, warmth = _reflectances(rng), rng.normal(0, 2.5, len(BACKGROUND))
    pitch, base = float(rng.uniform(0.05, 0.28)), float(rng.uniform(0.6, 0.84))
    painter = Painter(rng, height)
    BACKDROPS[kind](painter, base)
    return Backdrop(painter.labels, painter.detail, pitch, reflectances, warmth)
