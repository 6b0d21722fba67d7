"""Explorer of CAL's correspondences: choose a part or click a place, see where the other modality answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ipywidgets import HTML, DOMWidget, Dropdown, HBox, Layout, ToggleButtons, VBox

from vireid_lab.analysis.correspondence import Correspondence
from vireid_lab.data.records import MODALITY_NAMES
from vireid_lab.runtime import InputError

from .correspondence_view import Query, render_correspondence
from .explorer import SMALL, Explorer, View
from .picture_pointer import PicturePointer

HINT = "Click a place of the picture (or arrow keys), or choose a part. Each map is as bright as its largest value."
PLACE = "the place clicked"


class CorrespondenceExplorer(Explorer):
    """A part or a place of one image asks; both images answer, and the counterpart in the other image asks back.

    Args:
        pairs: name -> a pair as a model sees it, from `analysis.correspondence.correspond`.
        variable: name of `pairs` in your notebook, for the code that reproduces the view.

    Raises:
        InputError: there are no pairs, or they have different numbers of parts.
    """

    def __init__(self, pairs: Mapping[str, Correspondence], variable: str = "pairs") -> None:
        if not pairs:
            raise InputError("CorrespondenceExplorer: `pairs` is empty, give name -> Correspondence")
        numbers = {pair.parts for pair in pairs.values()}
        if len(numbers) > 1:
            raise InputError(f"CorrespondenceExplorer: pairs with {sorted(numbers)} parts: give those of one model")
        self.pairs = pairs
        wide = {"layout": Layout(width="auto"), "style": {"description_width": "60px"}}
        self.pair = Dropdown(options=list(pairs), description="pair", tooltip="which two images", **wide)
        self.asks = ToggleButtons(
            options=MODALITY_NAMES, value="infrared", description="asks", layout=Layout(width="auto"),
            tooltips=["a query of the visible image", "a query of the infrared image"],
            tooltip="whose query it is", style={"description_width": "60px", "button_width": "110px"},
        )  # fmt: skip
        options = [(f"part {part}", part) for part in range(1, numbers.pop() + 1)]
        self.query = Dropdown(options=[*options, (PLACE, 0)], value=1, description="query", tooltip="what asks", **wide)
        self.pointer = PicturePointer(self._asking(), "", mode="point", layout=Layout(width="190px"))
        self._show_asking()
        for control in (self.pair, self.asks):  # before Explorer's own: the size of a pair comes first
            control.observe(self._show_asking, "value")
        self.pointer.observe(self._take_place, "point")

        def render(pair: str, asks: str, query: int, point: tuple[int, int]) -> View:
            return render_correspondence(pairs[pair], asks, query_of(query, point))

        def code(values: dict[str, Any]) -> str:
            chosen = query_of(values["query"], values["point"])
            call = f"render_correspondence({variable}[{values['pair']!r}], {values['asks']!r}, {chosen!r})"
            return f"from {render_correspondence.__module__} import render_correspondence\n{call}"

        controls = {"pair": self.pair, "asks": self.asks, "query": self.query, "point": self.pointer}
        super().__init__(render, controls, code)

    def reset(self) -> None:
        super().reset()
        self.query.value = self.start["query"]  # the point, set back, has chosen the place

    def arrange(self) -> list[DOMWidget]:
        self.picture.layout.width = "560px"
        chosen = VBox([self.pair, self.asks, self.query, self.pointer, HTML(SMALL.format(HINT))])
        chosen.layout = Layout(width="340px", margin="0 12px 0 0")
        return [HBox([chosen, self.picture], layout=Layout(flex_flow="row wrap")), self.readout, self.foot()]

    def _asking(self):
        return self.pairs[self.pair.value].images[MODALITY_NAMES.index(self.asks.value)]

    def _show_asking(self, _=None) -> None:
        self.pointer.title = self.asks.value
        self.pointer.show(self._asking(), f"{self.asks.value} image of {self.pair.value}")

    def _take_place(self, _=None) -> None:
        self.query.value = 0


def query_of(query: int, point: tuple[int, int]) -> Query:
    """The number of a part; 0 stands for the place clicked."""
    return query or tuple(point)
