"""Explorer of IDKL's graph alignment: what sign and temperature do to the affinity matrices of a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from ipywidgets import HTML, Checkbox, DOMWidget, Dropdown, FloatLogSlider, HBox, Layout, ToggleButtons, VBox

from vireid_lab.losses.class_alignment import DIRECTIONS
from vireid_lab.runtime import InputError

from .explorer import SMALL, Explorer, View
from .graph_view import render_graph

NOTE = "The paper prints exp(+D): the far ones get the weight. Its code leaves the diagonal out and has T = 1."
SIGNS = {"+D, as printed": 1, "-D, the near ones": -1}
Pair = tuple[np.ndarray, np.ndarray, Sequence[int]]


class GraphExplorer(Explorer):
    """Choose features, sign and temperature; the three affinity matrices and the three KL terms follow.

    Args:
        features: name -> (a (N, d), b (N, d), ids (N,)), see `render_graph`; a name such as "shared V / shared I" says
            what a and b are.
        variable: name of `features` in your notebook, for the code that reproduces the view.

    Raises:
        InputError: there are no features, a name has no " / ", or the first ones cannot be shown.
    """

    def __init__(self, features: Mapping[str, Pair], variable: str = "features") -> None:
        if not features:
            raise InputError("GraphExplorer: `features` is empty, give 'a / b' -> (a, b, ids)")
        for name in features:
            if name.count(" / ") != 1:
                raise InputError(f"GraphExplorer: features '{name}': name them 'a / b', e.g. 'shared V / shared I'")
        wide = {"layout": Layout(width="auto"), "style": {"description_width": "85px"}}
        controls = {
            "pair": Dropdown(options=list(features), description="features", tooltip="what a and b are", **wide),
            "sign": ToggleButtons(
                options=list(SIGNS.items()), description="softmax of", tooltips=["the far ones weigh", "the near ones"],
                tooltip="sign of the distance in Eq. 15", layout=Layout(width="auto"),
                style={"description_width": "85px", "button_width": "145px"},
            ),
            "temperature": FloatLogSlider(
                1.0, min=-1, max=2, step=0.1, description="temperature", continuous_update=False, readout_format=".3g",
                tooltip="the distances are divided by it", **wide,
            ),
            "direction": Dropdown(
                options=list(DIRECTIONS), description="KL", tooltip="forward: KL(P || Q), as printed", **wide
            ),
            "diagonal": Checkbox(
                True, description="diagonal", tooltip="the pairs of a row with its own", indent=False,
                layout=Layout(width="auto", margin="2px 0 2px 92px"),
            ),
        }  # fmt: skip

        def render(pair: str, **values: Any) -> View:
            return render_graph(*features[pair], **options_of(pair, **values))

        def code(values: dict[str, Any]) -> str:
            arguments = ", ".join(f"{name}={value!r}" for name, value in options_of(**values).items())
            call = f"render_graph(*{variable}[{values['pair']!r}], {arguments})"
            return f"from {render_graph.__module__} import render_graph\n{call}"

        super().__init__(render, controls, code)

    def arrange(self) -> list[DOMWidget]:
        self.picture.layout.width = "760px"
        left = VBox([*self.controls.values(), HTML(SMALL.format(NOTE))], layout=Layout(width="400px"))
        left.layout.margin = "0 12px 0 0"
        return [HBox([left, self.picture], layout=Layout(flex_flow="row wrap")), self.readout, self.foot()]


def options_of(pair: str, temperature: float, **values: Any) -> dict[str, Any]:
    """The arguments of `render_graph` behind the features that controls stand for."""
    temperature = float(f"{temperature:.6g}")  # sliders give 0.30000000000000004
    return {"names": tuple(pair.split(" / ")), "temperature": temperature, **values}
