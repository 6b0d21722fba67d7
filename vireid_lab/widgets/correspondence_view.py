"""What a part or a place of one image asks, and where the other modality answers, on one pair of images."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from vireid_lab.analysis.correspondence import Correspondence, effective_positions
from vireid_lab.data.records import MODALITY_NAMES
from vireid_lab.figures.cal_parts import on_image, part_name
from vireid_lab.figures.style import style
from vireid_lab.runtime import InputError, unknown

from .explorer import View
from .picture_page import Place, open_page, pixels_on_screen, put
from .picture_pointer import encode_png

INCHES = (4.6, 5.3)
BOX, LEFT, STEP, TOPS = (1.45, 2.25), 0.05, 1.525, (5.05, 2.4)  # of the images on the page, inches
Query = int | tuple[int, int]


def render_correspondence(pair: Correspondence, asks: str = "infrared", query: Query = 1) -> View:
    """Shows where a query looks in its own image and in the other one, and where its counterpart asks back.

    The counterpart of a part is the one that it is compared with in retrieval; of a place, the place of the other image
    that it looks at most.

    Args:
        pair: from `analysis.correspondence.correspond`.
        asks: "visible" or "infrared".
        query: number of a part, from 1, or a pixel (row, column), whose position of the feature map then asks.

    Raises:
        InputError: `asks` is unknown, or there is no such part or pixel.
    """
    if asks not in MODALITY_NAMES:
        raise unknown("modality", asks, MODALITY_NAMES)
    m = MODALITY_NAMES.index(asks)
    chosen = index_of(pair, query)
    back = counterpart(pair, m, chosen)
    rows = [(m, chosen), (1 - m, back)]
    words, alt = _words(pair, rows)
    return View(encode_png(_draw(pair, rows)), words, alt)


def index_of(pair: Correspondence, query: Query) -> int:
    """Which of the pair's queries a part's number or a pixel is.

    Raises:
        InputError: there is no such part or pixel.
    """
    if isinstance(query, int):
        if not 1 <= query <= pair.parts:
            raise InputError(f"part {query}: this model has the parts 1 to {pair.parts}")
        return query - 1
    size = pair.images.shape[1:3]
    if not all(0 <= place < length for place, length in zip(query, size, strict=True)):
        raise InputError(f"pixel {tuple(query)}: the images have {size[0]} rows and {size[1]} columns, from 0")
    cells = pair.answers.shape[3:]
    row, column = (place * n // length for place, n, length in zip(query, cells, size, strict=True))
    return pair.parts + row * cells[1] + column


def counterpart(pair: Correspondence, asks: int, query: int) -> int:
    """The query of the other image that stands for a query of modality `asks`."""
    if query < pair.parts:
        return pair.counterpart(asks, query)
    return pair.parts + int(pair.answers[asks, 1 - asks, query].argmax())


def query_name(pair: Correspondence, modality: int, query: int) -> str:
    """Such as "part I3", or "place (row 2, column 0) of the visible image"."""
    if query < pair.parts:
        return f"part {part_name(modality, query)}"
    row, column = divmod(query - pair.parts, pair.answers.shape[4])
    return f"place (row {row}, column {column}) of the {MODALITY_NAMES[modality]} map"


def _words(pair: Correspondence, rows: list[tuple[int, int]]) -> tuple[str, str]:
    """Read-out and alternative text."""
    names = [query_name(pair, *each) for each in rows]
    lines = []
    for (m, query), name in zip(rows, names, strict=True):
        own, other = pair.answers[m, m, query], pair.answers[m, 1 - m, query]
        row, column = np.unravel_index(other.argmax(), other.shape)
        lines.append(
            f"{name} -> {MODALITY_NAMES[1 - m]}: most at (row {row}, column {column}) of {other.shape[0]} x "
            f"{other.shape[1]}, over {effective_positions(other):.1f} positions (in its own image "
            f"{effective_positions(own):.1f})"
        )
    (m, chosen), (_, back) = rows
    if chosen < pair.parts:
        u, v = (chosen, back) if m == 1 else (back, chosen)
        rank = 1 + int((pair.weights > pair.weights[u, v]).sum())
        lines.append(
            f"weight of the edge {part_name(1, u)}-{part_name(0, v)}: {pair.weights[u, v]:#.3g}, rank {rank} of "
            f"{pair.weights.size} (Eq. 16; two even maps: {1 / pair.answers[0, 0, 0].size:#.3g})"
        )
    else:
        home = pair.answers[1 - m, m, back].reshape(-1)
        place = 1 + int((home > home[chosen - pair.parts]).sum())
        lines.append(f"asked back, the place that asked is number {place} of {home.size}")
    alt = f"{names[0]} asks and {names[1]} asks back: each with its region, and its attention in both images as heat"
    return "\n".join(lines), alt


def _draw(pair: Correspondence, rows: list[tuple[int, int]]) -> np.ndarray:
    """(h, w, 3) uint8: a row for each query: where it comes from, where it looks in its image, where in the other."""
    with style():
        page = open_page(INCHES)
        for top, (m, query) in zip(TOPS, rows, strict=True):
            here, there = MODALITY_NAMES[m], MODALITY_NAMES[1 - m]
            is_part = query < pair.parts
            region = pair.images[m]
            if is_part and pair.regions is not None:
                region = on_image(region, pair.regions[m, query])
            title = f"{part_name(m, query)}: region" if is_part else f"{here}, place"
            place = put(page, region, LEFT, top, BOX, title)
            if not is_part:
                _mark(page, place, pair, query)
            for column, (answers, words) in enumerate(((m, f"looks in {here}"), (1 - m, f"looks in {there}")), 1):
                heat = on_image(pair.images[answers], pair.answers[m, answers, query])
                put(page, heat, LEFT + column * STEP, top, BOX, words)
        return pixels_on_screen(page.figure)


def _mark(page: Axes, place: Place, pair: Correspondence, query: int) -> None:
    """A frame around the position of the map that asks."""
    cells, size = pair.answers.shape[3:], pair.images.shape[1:3]
    row, column = divmod(query - pair.parts, cells[1])
    height, width = (length * place.pixel / n for length, n in zip(size, cells, strict=True))
    corner = place.left + column * width, place.top - (row + 1) * height
    for thick, colour in ((2.8, "white"), (1.2, "black")):  # seen on bright and on dark pixels
        page.add_patch(Rectangle(corner, width, height, fill=False, linewidth=thick, edgecolor=colour))
