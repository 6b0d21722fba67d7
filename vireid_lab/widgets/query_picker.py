"""Choosing a query among thumbnails, page by page."""

from __future__ import annotations

import numpy as np
from ipywidgets import BoundedIntText, Dropdown, Layout, VBox
from matplotlib.colors import to_rgb
from PIL import Image
from traitlets import Int

from vireid_lab.data.transforms import resize
from vireid_lab.figures.style import BLUE

from .picture_pointer import PicturePointer
from .retrieval_search import ANY, Search

ROWS, COLUMNS = 2, 8
THUMBNAIL, GAP = (96, 48), 4  # pixels; the gap lies around each one
FRAME = tuple(round(255 * part) for part in to_rgb(BLUE))


class QueryPicker(VBox):
    """A page of thumbnails, a filter by camera and modality, and the number of the page.

    Attributes:
        query: the chosen one, from 0, in the order of `Search.queries`; the page and the filter follow it.
    """

    query = Int(0)

    def __init__(self, search: Search) -> None:
        wide = {"layout": Layout(width="auto"), "style": {"description_width": "60px"}}
        self.seen = Dropdown(description="queries", tooltip="queries of which camera or modality", **wide)
        self.page = BoundedIntText(1, 1, 1, description="page", tooltip="of the thumbnails", **wide)
        size = ROWS * (THUMBNAIL[0] + 2 * GAP), COLUMNS * (THUMBNAIL[1] + 2 * GAP), 3
        self.pointer = PicturePointer(np.zeros(size, np.uint8), "", mode="point", layout=Layout(width="100%"))
        self.pointer.add_class("vireid-cells")
        super().__init__([self.seen, self.page, self.pointer])
        self.seen.observe(self._follow, "value")
        self.page.observe(self._turn, "value")
        self.pointer.observe(self._take, "point")
        self.observe(self._follow, "query")
        self.offer(search)

    def offer(self, search: Search) -> None:
        """Offers the queries of a search; the number of the chosen one stays where there is such a query."""
        self.search = search
        self.filters = search.seen_by(search.queries)
        choose(self.seen, list(self.filters))
        self.query = min(self.query, len(search.queries) - 1)
        self._follow()

    @property
    def offered(self) -> np.ndarray:
        """Numbers of the queries that pass the filter."""
        return np.flatnonzero(self.filters[self.seen.value])

    def _follow(self, change=None) -> None:
        """The page of the chosen query; a query that the filter hides gives way to the first one that it shows."""
        if self.query not in self.offered:
            if change and change["owner"] is self.seen:
                self.query = int(self.offered[0])
            else:
                self.seen.value = ANY
            return
        offered, place = self.offered, int(np.searchsorted(self.offered, self.query))
        number, place = divmod(place, ROWS * COLUMNS)
        self.page.unobserve(self._turn, "value")
        self.page.max = -(-len(offered) // (ROWS * COLUMNS))
        self.page.value = number + 1
        self.page.observe(self._turn, "value")
        shown = offered[number * ROWS * COLUMNS :][: ROWS * COLUMNS]
        first = number * ROWS * COLUMNS + 1
        self.pointer.unobserve(self._take, "point")
        self.pointer.title = f"queries {first} to {first + len(shown) - 1} of {len(offered)}: choose one"
        name = self.search.name(self.search.queries[self.query])
        sheet = thumbnails(self.search.images[self.search.queries[shown]], place)
        self.pointer.show(sheet, f"thumbnails of queries; chosen: {name}", cells=(ROWS, COLUMNS))
        self.pointer.point = divmod(place, COLUMNS)
        self.pointer.observe(self._take, "point")

    def _turn(self, change) -> None:
        self._choose(self.pointer.point, change["new"])

    def _take(self, change) -> None:
        self._choose(change["new"], self.page.value)

    def _choose(self, cell: tuple[int, int], page: int) -> None:
        """The query of a cell of a page; of an empty cell, the last one."""
        row, column = cell
        place = min((page - 1) * ROWS * COLUMNS + row * COLUMNS + column, len(self.offered) - 1)
        self.query = int(self.offered[place])
        self._follow()  # an empty cell may choose the query that was chosen


def choose(dropdown: Dropdown, options: list[str]) -> None:
    """Gives a dropdown other options; its value stays where it is one of them, else it is the first."""
    if tuple(dropdown.options) != tuple(options):
        before = dropdown.value
        dropdown.options = options
        dropdown.value = before if before in options else options[0]


def thumbnails(images: np.ndarray, chosen: int) -> np.ndarray:
    """Sheet of ROWS x COLUMNS equal cells of at most as many images (n, H, W, 3) uint8, the chosen one framed."""
    height, width = THUMBNAIL[0] + 2 * GAP, THUMBNAIL[1] + 2 * GAP
    sheet = np.full((ROWS * height, COLUMNS * width, 3), 255, np.uint8)
    for place, image in enumerate(images):
        row, column = divmod(place, COLUMNS)
        cell = sheet[row * height : (row + 1) * height, column * width : (column + 1) * width]
        if place == chosen:
            cell[:] = FRAME
        cell[GAP:-GAP, GAP:-GAP] = resize(Image.fromarray(image), THUMBNAIL)
    return sheet
