"""The map of a search: a dot for each image, and which dot lies nearest to a place of the picture."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from vireid_lab.figures.embeddings import modality_handles
from vireid_lab.figures.style import MODALITY_MARKERS, RIGHT, WRONG, style

from .picture_page import DPI, open_page, pixels_on_screen
from .retrieval_search import Found, Search

INCHES = (3.4, 3.4)
MARGIN, LEGEND = 0.1, 0.42  # around the dots and above them, inches


def dot_places(points: np.ndarray) -> np.ndarray:
    """(N, 2) places (x, y) on the page, inches, of the points (N, 2) of a map; both axes have one scale."""
    room = np.array([INCHES[0], INCHES[1] - LEGEND]) - 2 * MARGIN
    low, high = points.min(0), points.max(0)
    scale = (room / np.maximum(high - low, 1e-12)).min()
    return MARGIN + room / 2 + (points - (low + high) / 2) * scale


def dot_pixels(points: np.ndarray) -> np.ndarray:
    """(N, 2) the same in pixels (row, column) of the picture."""
    x, y = dot_places(points).T
    return np.stack([(INCHES[1] - y) * DPI, x * DPI], axis=1).astype(int)


def nearest_image(points: np.ndarray, shown: np.ndarray, place: tuple[int, int]) -> int:
    """Number of the image whose dot is nearest to a pixel (row, column), among those shown (N,) bool."""
    far = ((dot_pixels(points) - place) ** 2).sum(1)
    return int(np.where(shown, far, far.max() + 1).argmin())


def draw_search(search: Search, query: int, found: Found, shown: np.ndarray) -> np.ndarray:
    """(h, w, 3) uint8: the images shown (N,) bool as dots; the query's person green, wrong finds crossed out in red."""
    asking, ids, modality = search.queries[query], search.features.ids, search.features.modality
    same = ids == ids[asking]
    wrong = np.zeros(len(ids), bool)
    wrong[found.images[~found.right]] = True
    places = dot_places(search.points)
    with style():
        page = open_page(INCHES)
        for kind, marker in enumerate(MODALITY_MARKERS):
            for chosen, colour, size in ((~same, "0.72", 9), (same, RIGHT, 20)):
                dots = places[shown & (modality == kind) & chosen]
                face = colour if kind == 0 else "none"
                page.scatter(*dots.T, s=size, marker=marker, facecolors=face, edgecolors=colour, linewidths=0.8)
        page.scatter(*places[wrong & shown].T, s=26, marker="x", color=WRONG, linewidths=1.2)
        page.scatter(*places[asking], s=70, marker="*", facecolors="black", edgecolors="white", linewidths=0.8)
        _legend(page)
        return pixels_on_screen(page)


def _legend(page: Axes) -> None:
    marks = (("s", RIGHT, "the query's person"), ("x", WRONG, "wrong finds"), ("*", "black", "query"))
    handles = [Line2D([], [], linestyle="", marker=mark, color=colour, label=name) for mark, colour, name in marks]
    page.legend(handles=[*modality_handles(), *handles], loc="upper center", ncols=3, borderaxespad=0.1, fontsize=7)
