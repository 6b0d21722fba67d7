"""Explorer of retrieval: choose a query, see what it finds and where it lies among all images."""

from __future__ import annotations

import base64
import html
from collections.abc import Mapping
from typing import Any

import numpy as np
from ipywidgets import HTML, Button, Checkbox, DOMWidget, Dropdown, HBox, Layout, VBox

from vireid_lab.runtime import InputError

from .explorer import SMALL, Explorer, View
from .picture_pointer import PicturePointer, encode_png
from .query_picker import QueryPicker, choose
from .retrieval_map import dot_pixels, draw_search, nearest_image
from .retrieval_search import ANY, Search
from .retrieval_view import render_retrieval

HINT = "Point at a dot, by mouse or arrow keys: its image stands beside. Distances between clusters mean nothing."
WIDE = {"layout": Layout(width="auto"), "style": {"description_width": "60px"}}


class RetrievalExplorer(Explorer):
    """Choose a query by its thumbnail: its ten nearest images, Grad-CAM, and a map whose dots show their images.

    Which gallery images count for a query is the protocol's decision; the filters only choose among those.

    Args:
        searches: name -> a search, such as both directions, or a model and raw pixels.
        variable: name of `searches` in your notebook, for the code that reproduces the view.

    Raises:
        InputError: there are no searches, or the first query finds nothing.
    """

    def __init__(self, searches: Mapping[str, Search], variable: str = "searches") -> None:
        if not searches:
            raise InputError("RetrievalExplorer: `searches` is empty, give name -> Search")
        self.searches = searches
        self.search = Dropdown(options=list(searches), description="search", tooltip="features and protocol", **WIDE)
        self.picker = QueryPicker(self._search)
        self.among = Dropdown(description="gallery", tooltip="find only images of this camera or modality", **WIDE)
        self.gradcam = Checkbox(
            description="Grad-CAM", indent=False, layout=Layout(width="auto", margin="2px 0 2px 64px"),
            tooltip="what speaks for the similarity: of each image found to the query, of the query to the nearest",
        )  # fmt: skip
        self.dots = Dropdown(description="map", tooltip="dots of which camera or modality", **WIDE)
        self.map = PicturePointer(np.zeros((1, 1)), "", mode="point", layout=Layout(width="100%"))
        self.pointed = HTML()
        self.search_button = Button(description="Search with it", tooltip="where it is a query of this search")
        self.search_button.layout = Layout(width="auto")
        self._offer()
        self.dots.observe(self._draw_map, "value")
        self.search_button.on_click(lambda _: self._search_with_dot())

        def render(search: str, **values: Any) -> View:
            return render_retrieval(searches[search], **values)

        def code(values: dict[str, Any]) -> str:
            rest = ", ".join(f"{name}={value!r}" for name, value in values.items() if name != "search")
            call = f"render_retrieval({variable}[{values['search']!r}], {rest})"
            return f"from {render_retrieval.__module__} import render_retrieval\n{call}"

        controls = {"search": self.search, "query": self.picker, "among": self.among, "gradcam": self.gradcam}
        super().__init__(render, controls, code)
        self.asked = None  # whose dot the pointer of the map was last put on
        self._draw_map()

    def update(self, change=None) -> None:
        if change and change["owner"] is self.search:
            with self.one_update():
                self.asked = None
                return self._offer()
        super().update()
        if not self._held:
            self._draw_map()

    def reset(self) -> None:
        self.asked = None
        with self.one_update():
            self.picker.seen.value = self.dots.value = ANY
            super().reset()

    def arrange(self) -> list[DOMWidget]:
        self.picture.layout.width = "auto"  # at 100 % its margin makes the page scroll
        chosen = VBox([self.search, self.picker, self.among, self.gradcam], layout=Layout(width="410px"))
        plane = VBox([self.dots, self.map, HTML(SMALL.format(HINT))], layout=Layout(width="350px", margin="0 12px"))
        beside = VBox([self.pointed, self.search_button], layout=Layout(width="130px", margin="36px 0 0 0"))
        tops = HBox([chosen, plane, beside], layout=Layout(flex_flow="row wrap"))
        return [tops, self.picture, self.readout, self.foot()]

    @property
    def _search(self) -> Search:
        return self.searches[self.search.value]

    @property
    def _shown(self) -> np.ndarray:
        """(N,) bool: the images that are dots; the query always is."""
        shown = self._search.seen_by(np.arange(len(self._search.images)))[self.dots.value].copy()
        shown[self._search.queries[self.picker.query]] = True
        return shown

    def _offer(self) -> None:
        """Offers what the search has; what is chosen stays where the search has it too."""
        search = self._search
        self.picker.offer(search)
        choose(self.among, list(search.seen_by(search.gallery)))
        choose(self.dots, list(search.seen_by(np.arange(len(search.images)))))
        self.gradcam.disabled = search.model is None
        self.gradcam.value = self.gradcam.value and not self.gradcam.disabled

    def _draw_map(self, _=None) -> None:
        search, query, shown = self._search, self.picker.query, self._shown
        asking = int(search.queries[query])
        picture = draw_search(search, query, search.find(query, self.among.value), shown)
        self.map.show(picture, f"map of {shown.sum()} images; the star is the query, {search.name(asking)}")
        if asking != self.asked:
            self.map.unobserve(self._take_dot, "point")  # another dot may lie on that of the query
            self.map.point = dot_pixels(search.points)[asking].tolist()
            self.map.observe(self._take_dot, "point")
            self.asked = asking
            self._show_dot(asking)

    def _take_dot(self, change) -> None:
        self._show_dot(nearest_image(self._search.points, self._shown, change["new"]))

    def _show_dot(self, image: int) -> None:
        search, self.dot = self._search, image
        role, query = role_of(search, image)
        data = base64.b64encode(encode_png(search.images[image])).decode()
        name = search.name(image)
        path = f'<span style="overflow-wrap:anywhere">{html.escape(search.features.paths[image])}</span>'
        picture = f'<img src="data:image/png;base64,{data}" alt="the dot: {name}" style="width:110px;display:block">'
        self.pointed.value = picture + SMALL.format("<br>".join([*name.split(", "), role, path]))
        self.search_button.disabled = query is None

    def _search_with_dot(self) -> None:
        self.picker.query = role_of(self._search, self.dot)[1]


def role_of(search: Search, image: int) -> tuple[str, int | None]:
    """What an image is in the search, in words, and its number among the queries if it is one."""
    (places,) = np.nonzero(search.queries == image)
    if len(places):
        return f"query {places[0]}", int(places[0])
    return ("in the gallery" if image in search.gallery else "not drawn in this trial"), None
