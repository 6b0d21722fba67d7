"""A page of pictures side by side: one axes whose unit is an inch, because many axes take far longer to draw."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

DPI = 160


class Place(NamedTuple):
    """Where a picture lies on the page, inches: its left and upper edge, and the side of a pixel."""

    left: float
    top: float
    pixel: float


def open_page(inches: tuple[float, float]) -> Axes:
    """An empty page, (width, height) inches."""
    page = Figure(figsize=inches, dpi=DPI).add_axes((0, 0, 1, 1), xlim=(0, inches[0]), ylim=(0, inches[1]))
    page.set_autoscale_on(False)
    page.set_axis_off()
    return page


def put(page: Axes, pixels: np.ndarray, left: float, top: float, box: tuple[float, float], title: str) -> Place:
    """Puts an image (H, W, 3) below its title, as large as fits into a box (width, height) and in its middle."""
    height, width = pixels.shape[:2]
    pixel = min(box[0] / width, box[1] / height)
    left += (box[0] - width * pixel) / 2
    page.imshow(pixels, extent=(left, left + width * pixel, top - height * pixel, top), aspect="auto")
    page.text(left + width * pixel / 2, top + 0.05, title, ha="center", va="bottom", fontsize=7)
    return Place(left, top, pixel)


def pixels_on_screen(figure: Figure) -> np.ndarray:
    """(h, w, 3) uint8: a figure as it looks."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3]
