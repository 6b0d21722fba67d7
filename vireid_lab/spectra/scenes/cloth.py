"""Made things as flat cut-outs: clothes on a rail, folded stacks, cars."""

from __future__ import annotations

import numpy as np

from .textures import picture
from .things import Sketch
from .view import Cutout, Sun

# Outlines as shares of width and height, from the upper left clockwise
TEE = (
    (0.36, 0.03), (0.44, 0.075), (0.56, 0.075), (0.64, 0.03), (0.82, 0.1), (0.99, 0.34), (0.84, 0.42), (0.77, 0.3),
    (0.78, 0.99), (0.22, 0.99), (0.23, 0.3), (0.16, 0.42), (0.01, 0.34), (0.18, 0.1),
)  # fmt: skip
JUMPER = (
    (0.38, 0.03), (0.44, 0.06), (0.56, 0.06), (0.62, 0.03), (0.78, 0.09), (0.86, 0.3), (0.93, 0.8), (0.83, 0.83),
    (0.76, 0.4), (0.76, 0.97), (0.24, 0.97), (0.24, 0.4), (0.17, 0.83), (0.07, 0.8), (0.14, 0.3), (0.22, 0.09),
)  # fmt: skip
TROUSERS = (
    (0.24, 0.02), (0.76, 0.02), (0.82, 0.35), (0.79, 0.99), (0.55, 0.99), (0.5, 0.42), (0.45, 0.99), (0.21, 0.99),
    (0.18, 0.35),
)  # fmt: skip
TOWEL = ((0.08, 0.02), (0.92, 0.02), (0.93, 0.99), (0.07, 0.99))
GARMENTS = {"tee": TEE, "jumper": JUMPER, "trousers": TROUSERS, "towel": TOWEL}


def garment(
    rng: np.random.Generator, sun: Sun, scale: float, kind: str, width: float, height: float, label: int
) -> Cutout:
    """Cloth that hangs from its upper edge, with folds that deepen downwards; sizes in metres."""
    sketch = Sketch(width * scale, height * scale)
    w, h = sketch.width, sketch.height
    sketch.shape(np.array(GARMENTS[kind]) * (w, h), label, gloss=0.15)
    y, x = np.linspace(0, 1, h)[:, None], np.linspace(0, 1, w)[None]
    fold, tone = np.zeros((h, w)), np.ones((h, w))
    for _ in range(8):
        middle, sharp = rng.uniform(0.1, 0.9), rng.uniform(0.025, 0.08)
        bent = (x - middle - rng.normal(0, 0.12) * y - 0.02 * np.sin(7 * y + rng.uniform(0, 6))) / sharp
        fold += rng.choice([-1, 1]) * bent * np.exp(-(bent**2)) * np.clip(1.6 * y, 0.1, 1)
    crease = picture("cloud", (h, w), scale / 90, int(rng.integers(512)))
    if kind in ("tee", "jumper"):
        edge = 0.235 if kind == "tee" else 0.245
        for side in (edge, 1 - edge):  # sleeves
            tone *= 1 - 0.45 * np.exp(-(((x - side) / 0.012) ** 2)) * (y > 0.12)
        tone *= 1 - 0.4 * np.exp(-(((y - 0.065 - 0.16 * np.clip(0.09 - np.abs(x - 0.5), 0, 1) / 0.3) / 0.008) ** 2)) * (
            np.abs(x - 0.5) < 0.14
        )
    if kind == "trousers":
        tone *= 1 - 0.4 * np.exp(-(((y - 0.06) / 0.006) ** 2)) - 0.4 * np.exp(-(((x - 0.5) / 0.012) ** 2)) * (y < 0.42)
    tone *= 1 - 0.35 * np.exp(-(((y - 0.95) / 0.005) ** 2))  # hem
    return sketch.cutout(sun, (0.9 * fold + 0.1 * crease[1], 0.08 * crease[2]), tone * sketch.grain(0.06))


def folded(rng: np.random.Generator, sun: Sun, scale: float, width: float, labels: list[int]) -> Cutout:
    """A stack of folded cloths, each 8 cm high."""
    high = 0.08 * len(labels)
    sketch = Sketch(width * scale, high * scale)
    w, h = sketch.width, sketch.height
    bulge = np.zeros((h, w))
    for number, label in enumerate(labels):
        top, bottom = number * h / len(labels), (number + 1) * h / len(labels)
        left, right = rng.uniform(0, 0.07) * w, w * (1 - rng.uniform(0, 0.07))
        cut = 0.2 * (bottom - top)
        corners = [
            (left + cut, top),
            (right - cut, top),
            (right, top + cut),
            (right, bottom - cut),
            (right - cut, bottom - 1),
            (left + cut, bottom - 1),
            (left, bottom - cut),
            (left, top + cut),
        ]
        sketch.shape(np.array(corners), label, gloss=0.1)
        rows = np.arange(h)
        inside = (rows >= top) & (rows < bottom)
        share = (rows[inside] - top) / (bottom - top)
        bulge[inside] = (0.9 * np.cos(np.pi * share) - 0.8 * (np.abs(share - 0.5) < 0.06))[:, None]
    return sketch.cutout(sun, (0.0, bulge), sketch.grain(0.08))


def car(sun: Sun, scale: float, regions: dict[str, int]) -> Cutout:
    """A car of 4.2 m seen from its side; `regions` names body, window, tyre, rim and lamp."""
    sketch = Sketch(4.2 * scale, 1.46 * scale)
    size = np.array([sketch.width, sketch.height])
    body = (
        (0.0, 0.62), (0.02, 0.5), (0.19, 0.43), (0.32, 0.1), (0.4, 0.03), (0.62, 0.01), (0.74, 0.06), (0.9, 0.4),
        (0.98, 0.45), (1.0, 0.7), (0.98, 0.84), (0.02, 0.84),
    )  # fmt: skip
    sketch.shape(np.array(body) * size, regions["body"], gloss=1.0)
    front = ((0.24, 0.42), (0.345, 0.13), (0.41, 0.09), (0.515, 0.08), (0.515, 0.42))
    rear = ((0.535, 0.42), (0.535, 0.08), (0.63, 0.08), (0.71, 0.12), (0.82, 0.42))
    for window in (front, rear):
        sketch.shape(np.array(window) * size, regions["window"], (0, 0.35, -0.94), gloss=1.0)
    for x in (0.2, 0.79):
        sketch.disc(x * size[0], 0.79 * size[1], 0.235 * size[1], regions["tyre"], albedo=0.6)
        sketch.disc(x * size[0], 0.785 * size[1], 0.2 * size[1], regions["tyre"])
        sketch.disc(x * size[0], 0.785 * size[1], 0.12 * size[1], regions["rim"], gloss=1.0)
        sketch.disc(x * size[0], 0.785 * size[1], 0.035 * size[1], regions["tyre"])
    sketch.box(0.0, 0.52, 0.05, 0.58, regions["lamp"], gloss=1.0)
    sketch.box(0.46, 0.5, 0.5, 0.52, regions["tyre"])
    sketch.box(0.75, 0.5, 0.79, 0.52, regions["tyre"])
    y, x = np.linspace(0, 1, sketch.height)[:, None], np.linspace(0, 1, sketch.width)[None]
    bulge = np.interp(y, (0, 0.1, 0.4, 0.45, 0.62, 0.85, 1), (0.9, 0.3, 0.1, 0.6, 0.05, -0.55, -0.6))
    seams = sum(np.exp(-(((x - at) / 0.0022) ** 2)) for at in (0.27, 0.525, 0.8)) * ((y > 0.42) & (y < 0.8))
    return sketch.cutout(sun, (0.0, bulge), 1 - 0.5 * seams)
