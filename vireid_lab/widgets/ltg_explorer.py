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
    VBox,
    link,
)
from traitlets import Int

from vireid_lab.augment.ltg_draw import Beta, Constant, LTGDraw, Uniform
from vireid_lab.runtime import InputError

from .explorer import SMALL, Explorer
from .ltg_played import Embed
from .ltg_view import LTGView, render_ltg

NOTE = "The orange frame is the newest rectangle. In training p is 0.5: about half of the images stay as they are."
FACTORS = {"Beta(a, b)": (Beta, ("a", "b")), "uniform": (Uniform, ()), "constant": (Constant, ("value",))}
NAMES = {"description_width": "75px"}  # all names end at one line
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
        self.play = Play(min=0, interval=600, show_repeat=False, tooltip="show the rectangles one by one")
        self.play.layout = Layout(flex="none", width="90px")
        tooltip = "how many are shown: drag, press the arrow keys, or play"
        self.slider = _control(IntSlider, "rectangles", tooltip, min=0, continuous_update=False)
        self.slider.layout.flex = "1 1 auto"
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
        self.slider.max = max(self.last, 1)  # a slider needs two ends
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
        self.factor = _control(Dropdown, "factor f_g", "distribution of the factors", options=list(FACTORS))
        controls = {
            "image": _control(Dropdown, "image", "which pair of images", options=list(images)),
            "seed": _control(BoundedIntText, "seed", "of both draws", value=0, max=2**31 - 1),
            "rectangles": self.rectangles,
            "p": _slider(FloatSlider, "p", 1.0, (0, 1, 0.05), "probability that an image is changed at all"),
            "s": _slider(FloatRangeSlider, "area s", FIRST.s, (0.01, 1, 0.01), "lowest and highest share of the image"),
            "r": _slider(FloatRangeSlider, "aspect r", FIRST.r, (0.1, 6, 0.05), "lowest and highest height over width"),
            "t_min": _slider(FloatLogSlider, "t_min", FIRST.t_min, (-12, -1, 1), "ends when min(M) is at or under it"),
            "factor": self.factor,
            "a": _slider(FloatSlider, "a", FIRST.factor.a, (0.05, 3, 0.05), "the smaller, the more factors near 0"),
            "b": _slider(FloatSlider, "b", FIRST.factor.b, (0.05, 3, 0.05), "the smaller, the more factors near 1"),
            "value": _slider(FloatSlider, "value", 0.5, (0, 1, 0.05), "the constant factor; 0 blackens"),
            "once": _check("once", FIRST.once, "one rectangle only, whatever M is"),
            "per_channel": _check("per channel", FIRST.per_channel, "a factor for each channel; else grey stays grey"),
        }
        controls["t_min"].readout_format = ".0e"
        self.factor.observe(self._show_numbers, "value")

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
        self._show_numbers()

    def arrange(self) -> list[DOMWidget]:
        by_name = self.controls
        names = ("image", "seed", "rectangles", "p", "s", "r", "t_min", "factor", "a", "b", "value")
        flags = HBox([by_name["once"], by_name["per_channel"]], layout=Layout(margin="0 0 0 80px"))
        chosen = VBox([*(by_name[name] for name in names), flags, HTML(SMALL.format(NOTE))])
        chosen.layout = Layout(width="400px", margin="0 12px 0 0")
        return [HBox([chosen, self.picture], layout=Layout(flex_flow="row wrap")), self.readout, self.foot()]

    def _show(self, view: LTGView) -> None:
        self.rectangles.last = view.rectangles
        super()._show(view)

    def _show_numbers(self, _=None) -> None:
        """Only the numbers of the chosen factor are on the page."""
        for factor, (_, names) in FACTORS.items():
            for name in names:
                self.controls[name].layout.display = None if factor == self.factor.value else "none"


def options_of(factor: str, a: float, b: float, value: float, once: bool, per_channel: bool, **rest) -> LTGDraw:
    """The options that controls stand for."""
    kind, names = FACTORS[factor]
    numbers = {"a": a, "b": b, "value": value}
    chosen = kind(*(_short(numbers[name]) for name in names))
    rest = {name: _short(number) for name, number in rest.items()}
    return LTGDraw(**rest, factor=chosen, once=once, per_channel=per_channel)


def _short(number: float | tuple[float, ...]) -> float | tuple[float, ...]:
    """Sliders give 0.30000000000000004; this is 0.3."""
    return tuple(map(_short, number)) if isinstance(number, tuple) else float(f"{number:.6g}")


def _control(kind: type, name: str, tooltip: str, **options) -> DOMWidget:
    return kind(description=name, tooltip=tooltip, layout=Layout(width="auto"), style=NAMES, **options)


def _slider(kind: type, name: str, value: float | tuple, ends: tuple[float, float, float], tooltip: str) -> DOMWidget:
    """A slider; `ends` is lowest, highest, step (of the exponent, where it is logarithmic)."""
    low, high, step = ends
    return _control(kind, name, tooltip, value=value, min=low, max=high, step=step, continuous_update=False)


def _check(name: str, value: bool, tooltip: str) -> Checkbox:
    narrow = {"indent": False, "layout": Layout(width="auto", margin="2px 20px 2px 0")}
    return Checkbox(value, description=name, tooltip=tooltip, **narrow)
