"""Explorer of the linear transformation generator (LTG): its options, its draw, and its rectangles one by one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from ipywidgets import (
    HTML,
    BoundedIntText,
    Checkbox,
    DOMWidget,
    Dropdown,
    FloatLogSlider,
    FloatRangeSlider,
    FloatSlider,
    HBox,
    IntSlider,
    Layout,
    Play,
    ToggleButtons,
    VBox,
    link,
)
from traitlets import Int

from vireid_lab.augment.ltg_draw import Beta, Constant, LTGDraw, Uniform
from vireid_lab.runtime import InputError

from .explorer import Explorer
from .ltg_played import Embed
from .ltg_view import LTGView, render_ltg

SMALL = '<div style="font-size:12px;line-height:1.3;color:var(--jp-ui-font-color2,#555)">{}</div>'
NOTE = "p = 1 here, so that both images change; in training an image is transformed with probability p (paper: 0.5)."
FACTORS = {"Beta": "Beta(a, b), the paper's", "uniform": "evenly over 0 to 1", "constant": "always the same value"}
WIDE = {"layout": Layout(width="auto"), "style": {"description_width": "75px"}}
FIRST = LTGDraw()


class StepSlider(HBox):
    """A slider with a play button over the rectangles of a draw.

    Attributes:
        rectangles: how many are shown; None for all, which is the slider's end.
        last: how many there are.
    """

    rectangles = Int(None, allow_none=True)
    last = Int(1)

    def __init__(self) -> None:
        self.description, self.tooltip = "rectangles", "how many are shown: drag, press the arrow keys, or play"
        slow = {"interval": 600, "show_repeat": False}
        self.play = Play(min=0, tooltip="show the rectangles one by one", layout=Layout(width="auto"), **slow)
        self.slider = IntSlider(min=0, description=self.description, tooltip=self.tooltip, **WIDE)
        self.slider.layout = Layout(flex="1 1 auto", width="auto")
        super().__init__([self.slider, self.play])
        link((self.play, "max"), (self.slider, "max"))
        link((self.play, "value"), (self.slider, "value"))
        self.slider.observe(self._lead, "value")
        self.observe(self._follow, ["rectangles", "last"])
        self._follow()

    def _lead(self, change) -> None:
        self.rectangles = None if change["new"] == self.last else change["new"]

    def _follow(self, _=None) -> None:
        self.slider.unobserve(self._lead, "value")  # a shorter draw cuts the slider, not the number that was chosen
        self.slider.max = self.last
        self.slider.value = self.last if self.rectangles is None else min(self.rectangles, self.last)
        self.slider.observe(self._lead, "value")


class LTGExplorer(Explorer):
    """Choose options and seed of LTG and play its rectangles; images, M, factors and the feature distance follow.

    Args:
        images: name -> (visible (H, W, 3), infrared (H, W) or (H, W, 3)), float in [0, 1], see `render_ltg`.
        embed: features for the distance, see `render_ltg`; None takes the pixels.
        variable: name of `images` in your notebook, for the code that reproduces the view; `embed` is called so there.

    Raises:
        InputError: there are no images, or LTG cannot take the first ones.
    """

    def __init__(
        self,
        images: Mapping[str, tuple[np.ndarray, np.ndarray]],
        embed: Embed | None = None,
        variable: str = "images",
    ) -> None:
        if not images:
            raise InputError("LTGExplorer: `images` is empty, give name -> (visible, infrared)")
        self.rectangles = StepSlider()
        self.factor = ToggleButtons(
            description="factor f_g", options=list(FACTORS), tooltips=list(FACTORS.values()), value="Beta",
            style={"button_width": "78px", "description_width": "75px"}, layout=Layout(width="auto"),
        )  # fmt: skip
        controls = {
            "image": Dropdown(options=list(images), description="image", tooltip="which pair of images", **WIDE),
            "seed": BoundedIntText(0, 0, 2**31 - 1, description="seed", tooltip="of both draws", **WIDE),
            "rectangles": self.rectangles,
            "s": _range("area s", FIRST.s, 0.01, 1, 0.01, "smallest and largest area, as a share of the image"),
            "r": _range("aspect r", FIRST.r, 0.1, 6, 0.05, "smallest and largest height over width"),
            "t_min": _slider(FloatLogSlider, "t_min", FIRST.t_min, -12, -1, 0.5, "ends when min(M) is at or under it"),
            "factor": self.factor,
            "a": _slider(FloatSlider, "a", FIRST.factor.a, 0.05, 3, 0.05, "of Beta(a, b): small a, many near 0"),
            "b": _slider(FloatSlider, "b", FIRST.factor.b, 0.05, 3, 0.05, "of Beta(a, b): small b, many near 1"),
            "value": _slider(FloatSlider, "value", 0.5, 0, 1, 0.05, "the constant factor; 0 blackens"),
            "once": _check("once", FIRST.once, "one rectangle only, whatever M is"),
            "per_channel": _check("per channel", FIRST.per_channel, "a factor for each channel; else grey stays grey"),
        }
        self.factor.observe(self._show_numbers, "value")
        self._numbers = {"Beta": [controls["a"], controls["b"]], "constant": [controls["value"]], "uniform": []}
        self._show_numbers()

        def render(image: str, seed: int, rectangles: int | None, **values) -> LTGView:
            return render_ltg(*images[image], options_of(**values), seed, rectangles, embed)

        def code(values: dict[str, Any]) -> str:
            image, seed, rectangles = (values.pop(name) for name in ("image", "seed", "rectangles"))
            options = options_of(**values)
            names = ", ".join(sorted(("LTGDraw", type(options.factor).__name__)))
            last = ", embed=embed" if embed else ""
            return (
                f"from {LTGDraw.__module__} import {names}\nfrom {render_ltg.__module__} import render_ltg\n"
                f"options = {options!r}\n"
                f"render_ltg(*{variable}[{image!r}], options, seed={seed}, rectangles={rectangles}{last})"
            )

        super().__init__(render, controls, code)

    def arrange(self) -> list[DOMWidget]:
        by_name = self.controls
        first = [by_name[name] for name in ("image", "seed", "rectangles", "s", "r", "t_min")]
        options = HBox([by_name["once"], by_name["per_channel"]], layout=Layout(margin="0 0 0 80px"))
        numbers = [by_name[name] for name in ("a", "b", "value")]
        chosen = [*first, options, self.factor, *numbers, HTML(SMALL.format(NOTE))]
        self.picture.layout.width = "640px"
        body = [VBox(chosen, layout=Layout(width="400px", margin="0 12px 0 0")), self.picture]
        return [HBox(body, layout=Layout(flex_flow="row wrap")), self.readout, self.foot()]

    def _show(self, view: LTGView) -> None:
        self.rectangles.last = view.rectangles
        super()._show(view)

    def _show_numbers(self, _=None) -> None:
        """Only the numbers of the chosen factor are on the page."""
        for name, sliders in self._numbers.items():
            for slider in sliders:
                slider.layout.display = None if name == self.factor.value else "none"


def options_of(factor: str, a: float, b: float, value: float, s: tuple, r: tuple, t_min: float, **flags) -> LTGDraw:
    """The options that controls stand for; p is 1. Sliders give 0.30000000000000004, here that is 0.3."""
    a, b, value, t_min = (float(f"{number:.6g}") for number in (a, b, value, t_min))
    s, r = (tuple(float(f"{number:.6g}") for number in ends) for ends in (s, r))
    chosen = {"Beta": lambda: Beta(a, b), "uniform": Uniform, "constant": lambda: Constant(value)}[factor]()
    return LTGDraw(p=1.0, s=s, r=r, t_min=t_min, factor=chosen, **flags)


def _slider(kind: type, name: str, value: float, low: float, high: float, step: float, tooltip: str) -> DOMWidget:
    look = {"layout": Layout(width="auto"), "style": WIDE["style"]}
    return kind(value=value, min=low, max=high, step=step, description=name, tooltip=tooltip, **look)


def _range(name: str, value: tuple, low: float, high: float, step: float, tooltip: str) -> FloatRangeSlider:
    return _slider(FloatRangeSlider, name, value, low, high, step, tooltip)


def _check(name: str, value: bool, tooltip: str) -> Checkbox:
    narrow = {"indent": False, "layout": Layout(width="auto", margin="2px 20px 2px 0")}
    return Checkbox(value, description=name, tooltip=tooltip, **narrow)
