"""The map of a search: a dot for each image, and which dot lies nearest to a place of the picture."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from vireid_lab.figures.embeddings import modality_handles
from vireid_lab.figures.style import BLUE, MODALITY_MARKERS, RIGHT, WRONG, style

from .picture_page import DPI, open_page, pixels_on_screen
from .retrieval_search import Found, Search

INCHES = (3.4, 3.4)
MARGIN, LEGEND = 0.1, 0.42  # around the dots and above them, inches
WRONG_FINDS = {"marker": "x", "color": WRONG}
FINDS = {"marker": "o", "facecolors": "none", "edgecolors": BLUE}


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
    """(h, w, 3) uint8: the images shown (N,) bool as dots.

    The query's person is green, wrong finds are crossed out in red. Where nobody knows who the query is, its finds have
    a blue ring.
    """
    asking, ids, modality = search.queries[query], search.features.ids, search.features.modality
    known = search.is_known(query)
    same = (ids == ids[asking]) & known
    rest = np.zeros(len(ids), bool)
    rest[found.images[~found.right]] = True
    looks = (WRONG_FINDS if known else FINDS) | {"linewidths": 1.2}
    places = dot_places(search.points)
    with style():
        page = open_page(INCHES)
        for kind, marker in enumerate(MODALITY_MARKERS):
            for chosen, colour, size in ((~same, "0.72", 9), (same, RIGHT, 20)):
                dots = places[shown & (modality == kind) & chosen]
                face = colour if kind == 0 else "none"
                page.scatter(*dots.T, s=size, marker=marker, facecolors=face, edgecolors=colour, linewidths=0.8)
        page.scatter(*places[rest & shown].T, s=26, **looks)
        page.scatter(*places[asking], s=70, marker="*", facecolors="black", edgecolors="white", linewidths=0.8)
        _legend(page, known)
        return pixels_on_screen(page.figure)


def _legend(page: Axes, known: bool) -> None:
    query = ("*", "black", "black", "query")
    marks = [("s", RIGHT, RIGHT, "the query's person"), ("x", WRONG, WRONG, "wrong finds"), query]
    marks = marks if known else [("o", "none", BLUE, "finds"), query]
    handles = [
        Line2D([], [], linestyle="", marker=mark, markerfacecolor=face, markeredgecolor=edge, label=name)
        for mark, face, edge, name in marks
    ]
    page.legend(handles=[*modality_handles(), *handles], loc="upper center", ncols=3, borderaxespad=0.1, fontsize=7)
