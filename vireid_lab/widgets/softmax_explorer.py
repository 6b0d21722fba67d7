"""Explorer of SA-Softmax's geometry: points and prototypes in the plane, step by step, beside the softmax."""

from __future__ import annotations

from typing import Any

from ipywidgets import (
    HTML,
    BoundedIntText,
    DOMWidget,
    FloatSlider,
    HBox,
    IntSlider,
    Layout,
    Play,
    ToggleButtons,
    VBox,
    link,
)

from vireid_lab.analysis.softmax_toy import STEPS

from .explorer import SMALL, Explorer, View
from .softmax_view import render_toy

NOTE = (
    "Each point moves by itself; no network lies between images and features. The picture shows the geometry of the "
    "losses, and nothing about people who were not trained on."
)
FIRST_STEP = 10  # all points classified rightly by the softmax, and most queries answered wrongly
TERMS = {
    "sas": "L_sas alone (Eq. 7)",
    "sas_fm": "with the feature mask (Eq. 8)",
    "sas_fm_wm": "with the weight mask too (Eq. 12)",
}


class SoftmaxExplorer(Explorer):
    """Drag or play the steps; choose masks, α, β, the gap between the modalities, and the seed."""

    def __init__(self) -> None:
        wide = {"layout": Layout(width="auto"), "style": {"description_width": "75px"}}
        slow = {**wide, "continuous_update": False}
        self.steps = IntSlider(
            FIRST_STEP, 0, STEPS, 1, description="steps", tooltip="steps gone: drag, arrow keys, or play", **slow
        )
        self.steps.layout = Layout(flex="1 1 auto", width="auto")
        self.play = Play(
            min=0, max=STEPS, value=FIRST_STEP, step=2, interval=500, show_repeat=False,
            tooltip="go on step by step", layout=Layout(width="auto"),
        )  # fmt: skip
        link((self.play, "value"), (self.steps, "value"))
        controls = {
            "steps": self.steps,  # not "step": a slider has a trait of that name
            "term": ToggleButtons(
                description="L_sas", options=list(TERMS), tooltips=list(TERMS.values()), value="sas_fm",
                style={"button_width": "104px", "description_width": "75px"}, layout=Layout(width="auto"),
            ),
            "alpha": FloatSlider(
                0.7, min=0.1, max=1, step=0.1, description="α", tooltip="weight of L_sas; the softmax has 1 - α", **slow
            ),
            "beta": FloatSlider(
                1.0, min=0, max=2, step=0.25, description="β", tooltip="weight of the absolute-similarity term", **slow
            ),
            "gap": FloatSlider(
                70, min=0, max=110, step=5, description="gap (°)", tooltip="between a person's modalities", **slow
            ),
            "seed": BoundedIntText(0, 0, 2**31 - 1, description="seed", tooltip="of the points", **wide),
        }  # fmt: skip

        def render(steps: int, gap: float, seed: int, **losses: Any) -> View:
            return render_toy(slot_of(**losses), steps, gap, seed)

        def code(values: dict[str, Any]) -> str:
            steps, gap, seed = values.pop("steps"), round(values.pop("gap"), 6), values.pop("seed")
            arguments = f"{slot_of(**values)!r}, steps={steps}, gap={gap}, seed={seed}"
            return f"from {render_toy.__module__} import render_toy\nrender_toy({arguments})"

        super().__init__(render, controls, code)

    def arrange(self) -> list[DOMWidget]:
        by_name = self.controls
        chosen = [HBox([self.steps, self.play]), *(by_name[name] for name in by_name if name != "steps")]
        self.picture.layout.width = "720px"
        left = VBox([*chosen, HTML(SMALL.format(NOTE))], layout=Layout(width="400px", margin="0 12px 0 0"))
        return [HBox([left, self.picture], layout=Layout(flex_flow="row wrap")), self.readout, self.foot()]


def slot_of(term: str, alpha: float, beta: float) -> str:
    """The recipe's slot of α L_sas + (1 - α) L_softmax + β L_AST (Eq. 11); terms of weight 0 are left out."""
    weights = {"ce": round(1 - alpha, 6), term: round(alpha, 6), "ast": round(beta, 6)}
    return "+".join(f"{name}:{weight:g}" for name, weight in weights.items() if weight)
