"""CAL's parts on the image: the regions of DRM, and where one part query looks in both modalities (Fig. 4)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from vireid_lab.analysis.correspondence import Correspondence, effective_positions
from vireid_lab.data.records import MODALITY_NAMES

from .heat_maps import ENDS, draw_scale, overlay
from .samples import draw_montage
from .style import DOUBLE, drawn

VERSION = 1
SIGNS = "VI"  # a part is named by its modality and its number from 1, such as V1, I3


def part_name(modality: int, part: int) -> str:
    """Such as I3: the third infrared part."""
    return f"{SIGNS[modality]}{part + 1}"


def on_image(image: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """An image (H, W, 3) uint8 under a map (h, w), each cell of it drawn as it is, its largest value brightest."""
    rows, columns = (np.arange(side) * cells // side for side, cells in zip(image.shape[:2], heat.shape, strict=True))
    return overlay(image, heat[rows][:, columns] / max(heat.max(), 1e-12))


@drawn
def region_sheet(pairs: Sequence[Correspondence], rows: Sequence[str]) -> Figure:
    """The positions that DRM selects for each part; infrared parts stand in the order of the visible ones (M̂).

    Args:
        pairs: of a model with regions.
        rows: their labels.
    """
    columns, cells = [], []
    for pair in pairs:
        shown = [[(m, p if m == 0 else pair.counterpart(0, p)) for p in range(pair.parts)] for m in (0, 1)]
        cells.append(
            [
                c
                for m in (0, 1)
                for c in (pair.images[m], *(on_image(pair.images[m], pair.regions[each]) for each in shown[m]))
            ]
        )
        columns = [t for m in (0, 1) for t in (MODALITY_NAMES[m], *(part_name(*each) for each in shown[m]))]
    return with_bar(cells, rows, columns)


@drawn
def attention_sheet(pair: Correspondence) -> Figure:
    """What each part asks for: its region, where it looks in its own image, and where in the other one.

    A row is a visible part and the infrared part that it is compared with.
    """
    columns = [
        f"{MODALITY_NAMES[m]}\n{what}"
        for m in (0, 1)
        for what in ("region", "looks here", f"in {MODALITY_NAMES[1 - m]}")
    ]
    cells, rows = [], []
    for part in range(pair.parts):
        asked = (part, pair.counterpart(0, part))
        cells.append([])
        for m, p in enumerate(asked):
            region = pair.images[m] if pair.regions is None else on_image(pair.images[m], pair.regions[m, p])
            looks = [on_image(pair.images[other], pair.answers[m, other, p]) for other in (m, 1 - m)]
            cells[-1] += [region, *looks]
        rows.append("\n".join(part_name(m, p) for m, p in enumerate(asked)))
    return with_bar(cells, rows, columns)


def with_bar(cells: list[list[np.ndarray]], rows: Sequence[str], columns: Sequence[str]) -> Figure:
    """A montage with the scale of its maps beside it."""
    figure, axes = draw_montage(cells, rows, columns, DOUBLE, right=0.75)
    draw_scale(axes, ("0", ENDS[1]))
    return figure


def describe_parts(pairs: Sequence[Correspondence]) -> str:
    """How unlike the parts are, and how closely they look, means over pairs of images; a line for each modality."""
    lines = []
    for m, name in enumerate(MODALITY_NAMES):
        maps = np.stack([pair.answers[m, :, : pair.parts] for pair in pairs])  # (N, answers, N_p, h, w)
        cells = maps.shape[-2] * maps.shape[-1]
        own, other = (effective_positions(maps[:, a]).mean() for a in (m, 1 - m))
        words = f"attention over {own:.1f} of {cells} positions here, {other:.1f} in the other image"
        if pairs[0].regions is not None:
            shared = overlap(np.stack([pair.regions[m] for pair in pairs]) > 0)
            words = f"two regions share {100 * shared:.0f} % of their positions; {words}"
        same = overlap(maps[:, m])
        lines.append(f"{name} parts: {words}; two parts' attention overlaps by {100 * same:.0f} %")
    return "\n".join(lines)


def overlap(maps: np.ndarray) -> float:
    """Mean overlap of two of the parts: sum of the smaller values over sum of the larger ones (sets: IoU).

    Args:
        maps: (N, N_p, h, w), not negative.
    """
    flat = maps.reshape(*maps.shape[:2], -1).astype(np.float64)
    first, second = np.triu_indices(flat.shape[1], 1)
    both = np.minimum(flat[:, first], flat[:, second]).sum(2)
    return float((both / np.maximum(flat[:, first], flat[:, second]).sum(2)).mean())
