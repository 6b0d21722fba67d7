"""Painting of a place's materials on a backdrop: walls, windows, hedges, poles, signs and floors."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

from .labels import CODES

WIDTH, HEIGHT = 2.4, 1.15  # of a backdrop, in image heights: an image is a window on it


def texture(rng: np.random.Generator, shape: tuple[int, int], grain: float, contrast: float) -> np.ndarray:
    """(h, w) lognormal noise around 1 with spots of `grain` pixels."""
    noise = gaussian_filter(rng.standard_normal(shape, dtype=np.float32), grain, mode="wrap")
    return np.exp(contrast * noise / noise.std()).astype(np.float32)


class Painter:
    """Paints materials on a backdrop; positions are in image heights from its upper left corner."""

    def __init__(self, rng: np.random.Generator, height: int) -> None:
        self.rng, self.unit = rng, height
        rng = np.random.default_rng(rng.integers(1 << 32))  # the grain depends on the size, the layout must not
        shape = (round(HEIGHT * height), round(WIDTH * height))
        self.labels, self.detail = np.zeros(shape, np.uint8), np.ones(shape, np.float32)
        self.y, self.x = (np.arange(n, dtype=np.float32) / height for n in shape)
        self.fine = texture(rng, shape, 0.6, 0.1)
        self.coarse = texture(rng, shape, height / 60, 0.2)
        self.leaves = texture(rng, shape, height / 110, 0.55) * texture(rng, shape, height / 16, 0.3)

    def box(self, left: float, top: float, right: float, bottom: float) -> tuple[slice, slice]:
        left, top, right, bottom = (max(0, round(v * self.unit)) for v in (left, top, right, bottom))
        return slice(top, bottom), slice(left, right)

    def fill(self, box: tuple[slice, slice], material: str, light: float = 1.0) -> None:
        """Covers a rectangle with a material and its own grain."""
        grains = {"vegetation": self.leaves, "soil": self.leaves, "plaster": self.coarse, "wood": self.coarse}
        grain = grains.get(material, self.fine)
        self.labels[box] = CODES[material]
        self.detail[box] = light * grain[box] * (1.0 if material == "vegetation" else self.coarse[box] ** 0.5)

    def joints(
        self, box: tuple[slice, slice], course: float, length: float, bond: bool, label: str, gap: float = 0.16
    ) -> None:
        """Draws the joints of bricks, tiles or slabs: courses of a height, stones of a length."""
        y, x = self.y[box[0], None], self.x[None, box[1]]
        row = np.floor(y / course)
        lines = (np.mod(y / course, 1) < gap) | (np.mod(x / length + 0.5 * bond * row, 1) < gap * course / length)
        self.labels[box][lines] = CODES[label]
        stone = np.mod(np.sin(np.floor(x / length + 0.5 * bond * row) * 12.9 + row * 78.2) * 43758.5, 1)
        self.detail[box] *= (0.82 + 0.36 * stone) * np.where(lines, 0.85, 1)

    def hedge(self, top: float, bottom: float, rough: float = 0.06) -> None:
        """Vegetation with a ragged upper edge."""
        rng = np.random.default_rng(self.rng.integers(1 << 32))
        edge = gaussian_filter(rng.standard_normal(len(self.x)), self.unit / 30, mode="wrap")
        edge = top + rough * edge / edge.std() + 0.012 * rng.standard_normal(len(self.x))
        inside = (self.y[:, None] > edge[None]) & (self.y[:, None] < bottom)
        self.labels[inside] = CODES["vegetation"]
        self.detail[inside] = self.leaves[inside]

    def windows(self, top: float, bottom: float, pitch: float, frame: str, glass: str = "glass") -> None:
        """A row of windows with frames, sills and bright reflections."""
        start = self.rng.uniform(0, pitch)
        for left in np.arange(start, WIDTH - 0.1, pitch):
            right = left + pitch * 0.55
            self.fill(self.box(left - 0.015, top - 0.015, right + 0.015, bottom + 0.02), frame, 1.05)
            pane = self.box(left, top, right, bottom)
            self.fill(pane, glass)
            reflection = np.tri(*self.detail[pane].shape, dtype=np.float32)
            self.detail[pane] *= 0.5 + 1.1 * self.rng.random() + 0.5 * reflection
            middle = (left + right) / 2
            self.fill(self.box(middle - 0.006, top, middle + 0.006, bottom), frame)

    def uprights(self, count: int, width: float, top: float, bottom: float, material: str) -> None:
        """Round poles, trunks or pillars at random places."""
        for left in self.rng.uniform(0, WIDTH - width, count):
            wide = width * self.rng.uniform(0.7, 1.4)
            box = self.box(left, top, left + wide, bottom)
            self.fill(box, material)
            across = np.linspace(-1, 1, self.detail[box].shape[1], dtype=np.float32)
            self.detail[box] *= 1.1 - 0.6 * (across - 0.25) ** 2

    def signs(self, count: int, top: float, bottom: float) -> None:
        """Posters and notice boards of two paints."""
        for left in self.rng.uniform(0, WIDTH - 0.2, count):
            w, h = self.rng.uniform(0.08, 0.28), self.rng.uniform(0.1, 0.3)
            y = self.rng.uniform(top, max(top + 0.01, bottom - h))
            first, second = self.rng.permutation(["paint_a", "paint_b"])
            self.fill(self.box(left, y, left + w, y + h), first)
            for k in range(self.rng.integers(1, 4)):
                a = y + h * (0.1 + 0.28 * k)
                self.fill(self.box(left + 0.15 * w, a, left + w * self.rng.uniform(0.4, 0.9), a + 0.15 * h), second)

    def floor(self, material: str, base: float, seam: str | None = None, course: float = 0.05) -> None:
        """The ground from the foot of the wall downwards, darker near the wall."""
        box = self.box(0, base, WIDTH, HEIGHT)
        self.fill(box, material)
        if seam:
            self.joints(box, course, course * 3, True, seam, 0.1)
        rise = (self.y[box[0], None] - base) / (HEIGHT - base)
        self.detail[box] *= 0.75 + 0.35 * np.sqrt(rise.clip(0))
