"""What a query finds: the nearest gallery images with right and wrong ones marked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from vireid_lab.data.images import read_image
from vireid_lab.data.records import UNKNOWN
from vireid_lab.data.transforms import resize
from vireid_lab.evaluate.features import Features
from vireid_lab.evaluate.search import Found, Index

from .samples import draw_montage
from .style import DOUBLE, RIGHT, WRONG, drawn

VERSION = 1
PICTURED = (192, 96)  # pixels of an image that is read for a picture
GAP = 0.29  # between images, in widths of an image: room for the boxes and what is written below


def right_matches(indices: np.ndarray, query_ids: np.ndarray, gallery_ids: np.ndarray) -> np.ndarray:
    """(Q, k) bool: whether each found image shows the query's identity; False where nothing was found (index -1)."""
    return (gallery_ids[indices] == query_ids[:, None]) & (indices >= 0)


@drawn
def retrieval_strips(
    queries: np.ndarray,
    gallery: np.ndarray,
    indices: np.ndarray,
    query_ids: np.ndarray | None,
    gallery_ids: np.ndarray,
    rows: Sequence[str],
    distances: np.ndarray | None = None,
    cams: np.ndarray | None = None,
) -> Figure:
    """One row a query: the query, then what it found, nearest first.

    Right images have a solid green box and a tick, wrong ones a dashed red box and a cross.

    Args:
        queries: (Q, H, W, 3) uint8.
        gallery: (G, H, W, 3) uint8.
        indices: (Q, k) positions in the gallery without the entries that the protocol removes, nearest first; -1
            where fewer than k are left (`TopMatches.indices`).
        query_ids: (Q,) identities; None where they are not known, and nothing is marked.
        gallery_ids: (G,) identities.
        rows: Q labels, such as "id 65, cam 3".
        distances: (Q, k), written below each image if given.
        cams: (G,) cameras, written before the distances if given.
    """
    found = [[None if i < 0 else gallery[i] for i in row] for row in indices]
    cells = [[query, *row] for query, row in zip(queries, found, strict=True)]
    columns = ["query", *map(str, range(1, indices.shape[1] + 1))]
    height, width = queries.shape[1:3]
    gap = round(GAP * width)
    figure, axes = draw_montage(cells, rows, columns, DOUBLE, gap, bottom=0.15)
    axes.axvline(width + gap / 2, color="0.6", linewidth=0.6)
    right = None if query_ids is None else right_matches(indices, query_ids, gallery_ids)
    for (row, column), index in np.ndenumerate(indices):
        if index >= 0:
            x, y = (column + 1) * (width + gap), row * (height + gap)
            if right is not None:
                _mark(axes, x, y, width, height, right[row, column])
            if distances is not None:
                centre = {"ha": "center", "va": "center", "fontsize": 5.5}
                camera = "" if cams is None else f"cam {cams[index]}, "
                axes.text(x + width / 2, y + height + gap / 2, f"{camera}{distances[row, column]:.2f}", **centre)
    return figure


def found_strips(queries: Features, root: str | Path, index: Index, found: Found) -> Figure:
    """The same for what an index has found, at 192x96 pixels an image; nothing is marked where a query is not known.

    Args:
        queries: Q of them.
        root: folder of their images.
        index: what was searched; its `root` is known.
        found: (Q, k), from `index.search`.

    Raises:
        InputError: an image cannot be read.
    """

    def read(folder: str | Path, paths: Sequence[str]) -> np.ndarray:
        return np.stack([np.asarray(resize(read_image(Path(folder) / path), PICTURED)) for path in paths])

    rows, places = np.unique(found.indices[found.indices >= 0], return_inverse=True)
    shown = found.indices.copy()
    shown[shown >= 0] = places
    known = (queries.ids != UNKNOWN).all()
    return retrieval_strips(
        read(root, queries.paths),
        read(index.root, [index.gallery.paths[row] for row in rows]),
        shown,
        queries.ids if known else None,
        index.gallery.ids[rows],
        [f"id {pid}" if known else f"query {row}" for row, pid in enumerate(queries.ids, start=1)],
        found.distances,
    )


def _mark(axes: Axes, x: float, y: float, width: int, height: int, right: bool) -> None:
    """Draws the box and the tick or cross of the image whose corner lies at (x, y)."""
    colour, line, sign = (RIGHT, "-", "✓") if right else (WRONG, (0, (3, 1.5)), "✗")
    frame = (x - 1.5, y - 1.5), width + 2, height + 2
    axes.add_patch(Rectangle(*frame, fill=False, linewidth=1.4, edgecolor=colour, linestyle=line, clip_on=False))
    disc = {"boxstyle": "circle,pad=0.12", "facecolor": colour, "edgecolor": "white", "linewidth": 0.4}
    centre = {"ha": "center", "va": "center", "color": "white", "fontsize": 6.5, "fontweight": "bold"}
    axes.text(x + 11 / 12 * width, y + 5 / 48 * width, sign, bbox=disc, **centre)
