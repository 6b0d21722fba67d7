"""Sheets of images: who a data set holds, seen by which camera, and the true material masks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from vireid_lab.data.loader import image_loader
from vireid_lab.data.records import MODALITY_NAMES, Dataset, Record

from .style import COLOURS, DOUBLE, SINGLE, drawn

VERSION = 1
GAP = 3  # pixels of white between images
PARTS = {  # in the order of the colours
    "upper": ("upper", "upper_trim", "inner"),
    "upper pattern": ("upper_pattern",),
    "lower": ("lower", "belt"),
    "occluder": ("occluder",),
    "bag": ("bag", "bag_trim"),
    "hair": ("hair",),
    "hat, glasses": ("hat", "hat_trim", "glasses"),
    "skin": ("skin", "lips", "eye"),
    "shoes, socks": ("shoes", "sole", "socks"),
    "lower pattern": ("lower_pattern",),
}


def read_images(
    dataset: Dataset, records: Sequence[Record], size: tuple[int, int], masks: bool = False
) -> tuple[np.ndarray, np.ndarray | None]:
    """Images (N, H, W, 3) uint8 of records, and their material masks (N, H, W) uint8 if wanted.

    Raises:
        InputError: an image or mask is missing or unreadable.
    """
    batch = next(iter(image_loader(dataset, records, size, batch_size=len(records), masks=masks)))
    return batch.images.permute(0, 2, 3, 1).numpy(), None if batch.masks is None else batch.masks.numpy()


def one_of_each(records: Sequence[Record], pids: Sequence[int]) -> tuple[list[list[Record | None]], list[str]]:
    """The first image of each identity (rows) and camera (columns: all visible ones first), and the columns' names."""
    columns = sorted({(record.modality, record.camid) for record in records})
    first: dict[tuple[int, int, int], Record] = {}
    for record in records:
        first.setdefault((record.pid, record.modality, record.camid), record)
    names = [f"cam {camera}\n{MODALITY_NAMES[modality]}" for modality, camera in columns]
    return [[first.get((pid, *column)) for column in columns] for pid in pids], names


def montage(cells: Sequence[Sequence[np.ndarray | None]], gap: int = GAP) -> np.ndarray:
    """Images of one size in rows and columns on white; None leaves a cell white.

    Args:
        cells: R rows of at most C images (H, W, 3) uint8.
        gap: pixels between neighbours.

    Returns:
        (R * (H + gap) - gap, C * (W + gap) - gap, 3) uint8; cell (r, c) begins at (r * (H + gap), c * (W + gap)).
    """
    height, width = next(image.shape[:2] for row in cells for image in row if image is not None)
    columns = max(len(row) for row in cells)
    shape = (len(cells) * (height + gap) - gap, columns * (width + gap) - gap, 3)
    canvas = np.full(shape, 255, dtype=np.uint8)
    for r, row in enumerate(cells):
        for c, image in enumerate(row):
            if image is not None:
                y, x = r * (height + gap), c * (width + gap)
                canvas[y : y + height, x : x + width] = image
    return canvas


def draw_montage(
    cells: Sequence[Sequence[np.ndarray | None]],
    rows: Sequence[str],
    columns: Sequence[str],
    width: float,
    gap: int = GAP,
    right: float = 0.04,
    bottom: float = 0.04,
) -> tuple[Figure, Axes]:
    """A new figure that holds a montage with labels at the left and at the top.

    The places are set by hand: matplotlib's layouts cut labels off beside axes of a fixed aspect.

    Args:
        cells: R rows of C images (H, W, 3) uint8, or None.
        rows: R labels of at most seven letters a line.
        columns: C labels of at most two lines.
        width: of the figure, inches; its height follows.
        gap: pixels between images.
        right, bottom: margins, inches.
    """
    canvas = montage(cells, gap)
    height, cell_width = next(image.shape[:2] for row in cells for image in row if image is not None)
    left, top = 0.5, 0.36
    w = width - left - right
    h = w * canvas.shape[0] / canvas.shape[1]
    total = h + top + bottom
    figure = Figure(figsize=(width, total))
    axes = figure.add_axes((left / width, bottom / total, w / width, h / total))
    axes.imshow(canvas)
    axes.set_xticks(np.arange(len(columns)) * (cell_width + gap) + (cell_width - 1) / 2, columns)
    axes.set_yticks(np.arange(len(rows)) * (height + gap) + (height - 1) / 2, rows)
    axes.tick_params(length=0, top=False, labeltop=True, labelbottom=False)
    axes.spines[:].set_visible(False)
    return figure, axes


@drawn
def contact_sheet(
    cells: Sequence[Sequence[np.ndarray | None]], rows: Sequence[str], columns: Sequence[str], width: float = SINGLE
) -> Figure:
    """Identities by cameras.

    Args:
        cells: R rows of C images (H, W, 3) uint8, or None where there is no image.
        rows: R labels, such as "id 65".
        columns: C labels, such as "cam 1\\nvisible" (from `one_of_each`).
        width: inches.
    """
    return draw_montage(cells, rows, columns, width)[0]


def part_of_label(labels: Mapping[int, str], other: int) -> np.ndarray:
    """(256,) number in PARTS of each label of a mask; `other` where it is of none of them."""
    number = {name: part for part, names in enumerate(PARTS.values()) for name in names}
    table = np.full(256, other)
    for code, name in labels.items():
        table[code] = number.get(name, other)
    return table


def colour_parts(image: np.ndarray, mask: np.ndarray, labels: Mapping[int, str]) -> np.ndarray:
    """An image in grey with the parts of the person in colour.

    Args:
        image: (H, W, 3) uint8.
        mask: (H, W) uint8 material labels.
        labels: label -> name, as in masks/materials.json.

    Returns:
        (H, W, 3) uint8.
    """
    grey = image.mean(axis=2, keepdims=True)
    colours = 255 * np.array([to_rgb(colour) for colour in COLOURS])
    parts = part_of_label(labels, other=-1)[mask]
    painted = np.where((parts >= 0)[..., None], 0.25 * grey + 0.75 * colours[parts], 0.4 * grey + 140)
    return painted.round().astype(np.uint8)


@drawn
def mask_sheet(
    images: np.ndarray, masks: np.ndarray, labels: Mapping[int, str], columns: Sequence[str], width: float = DOUBLE
) -> Figure:
    """Images above their true material masks, with a legend of the parts that are seen.

    Args:
        images: (N, H, W, 3) uint8.
        masks: (N, H, W) uint8.
        labels: label -> name, as in masks/materials.json.
        columns: N labels.
        width: inches.
    """
    painted = [colour_parts(image, mask, labels) for image, mask in zip(images, masks, strict=True)]
    figure, _ = draw_montage([list(images), painted], ["image", "mask"], columns, width, bottom=0.4)
    seen = {labels[code] for code in np.unique(masks).tolist()}
    handles = [
        Patch(color=colour, label=part)
        for (part, names), colour in zip(PARTS.items(), COLOURS, strict=True)
        if seen & set(names)
    ]
    figure.legend(handles=handles, loc="lower center", ncols=5, borderaxespad=0.2)
    return figure
