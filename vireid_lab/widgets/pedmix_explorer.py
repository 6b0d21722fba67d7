"""Explorer of PedMix: its boxes, ratios and patches on a pair of images, with the other mixes beside it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
from ipywidgets import (
    HTML,
    BoundedIntText,
    DOMWidget,
    Dropdown,
    FloatSlider,
    HBox,
    Layout,
    SelectionSlider,
    VBox,
)

from vireid_lab.augment.mixes import Attention
from vireid_lab.augment.mixing import ROWS
from vireid_lab.augment.pedmix import PedMix
from vireid_lab.runtime import InputError

from .explorer import SMALL, Explorer, View
from .pedmix_view import render_pedmix

NOTE = (
    "Φ1 is the box of the center, Φ2 that of the sub-center, as shares of the image; a patch belongs where its centre "
    "is. A ratio A is the share of a region's patches that change places, the same ones in both images."
)
WIDE = {"layout": Layout(width="auto"), "style": {"description_width": "75px"}}
SHARES = [(str(Fraction(n, ROWS)), n / ROWS) for n in range(1, ROWS + 1)]
BOXES = {"center": "Φ1", "sub_center": "Φ2"}
RATIOS = {"a_center": "ratio A_C", "a_sub_center": "ratio A_S", "a_outer": "ratio A_O"}
FIRST = PedMix()


class PedMixExplorer(Explorer):
    """Choose boxes, ratios, patch and seed of PedMix; both mixed images, the exchanged patches and their counts follow.

    Args:
        images: name -> (visible (H, W, 3), infrared (H, W) or (H, W, 3)), float in [0, 1], see `render_pedmix`.
        attention: of Attentive CutMix, see `render_pedmix`.
        variable: name of `images` in your notebook, for the code that reproduces the view; `attention` is called so
            there.

    Raises:
        InputError: there are no images, or the first ones are no pair.
    """

    def __init__(
        self,
        images: Mapping[str, tuple[np.ndarray, np.ndarray]],
        attention: Attention | None = None,
        variable: str = "images",
    ) -> None:
        if not images:
            raise InputError("PedMixExplorer: `images` is empty, give name -> (visible, infrared)")
        height, width = np.shape(next(iter(images.values()))[0])[:2]
        controls = {
            "image": Dropdown(options=list(images), description="image", tooltip="which pair of images", **WIDE),
            "seed": BoundedIntText(0, 0, 2**31 - 1, description="seed", tooltip="of the draws", **WIDE),
            "patch": BoundedIntText(
                first_patch(height, width), 1, 2**15 - 1, description="patch", tooltip="side of a patch, pixels", **WIDE
            ),
        }
        for box, label in BOXES.items():
            for side, share in zip(("height", "width"), getattr(FIRST, box), strict=True):
                controls[f"{box}_{side}"] = _share(f"{label} {side}", share, f"a share of the image's {side}")
        for (name, label), value in zip(RATIOS.items(), FIRST.ratios, strict=True):
            controls[name] = _ratio(label, value)

        def render(image: str, seed: int, **values) -> View:
            return render_pedmix(*images[image], PedMix(**options_of(**values)), seed, attention)

        def code(values: dict[str, Any]) -> str:
            image, seed = values.pop("image"), values.pop("seed")
            options = options_of(**values)
            boxes = ", ".join(f"{name}={fractions(options[name])}" for name in BOXES)
            last = ", attention=attention" if attention else ""
            return (
                f"from {PedMix.__module__} import PedMix\nfrom {render_pedmix.__module__} import render_pedmix\n"
                f"pedmix = PedMix(patch={options['patch']}, {boxes}, ratios={options['ratios']})\n"
                f"render_pedmix(*{variable}[{image!r}], pedmix, seed={seed}{last})"
            )

        super().__init__(render, controls, code)

    def arrange(self) -> list[DOMWidget]:
        self.picture.layout.width = "600px"
        chosen = [*self.controls.values(), HTML(SMALL.format(NOTE))]
        body = [VBox(chosen, layout=Layout(width="300px", margin="0 12px 0 0")), self.picture]
        return [HBox(body, layout=Layout(flex_flow="row wrap")), self.readout, self.foot()]


def options_of(patch: int, **values: float) -> dict[str, Any]:
    """The options of `PedMix` that controls stand for. Sliders give 0.7000000000000001, here that is 0.7."""
    boxes = {box: (values[f"{box}_height"], values[f"{box}_width"]) for box in BOXES}
    return {"patch": patch, **boxes, "ratios": tuple(round(values[name], 4) for name in RATIOS)}


def fractions(box: tuple[float, float]) -> str:
    """A box as code that a person can read: (2/3, 1/3)."""
    return "(" + ", ".join(str(Fraction(share).limit_denominator(ROWS)) for share in box) + ")"


def first_patch(height: int, width: int) -> int:
    """24 rows of patches where they fit, otherwise the largest patch that fits and makes at least 12 rows."""
    if height % ROWS == 0 and width % (height // ROWS) == 0:
        return height // ROWS
    common = math.gcd(height, width)
    return max(side for side in range(1, common + 1) if common % side == 0 and (side * 12 <= height or side == 1))


def _share(name: str, value: float, tooltip: str) -> SelectionSlider:
    return SelectionSlider(
        options=SHARES, value=value, description=name, tooltip=tooltip, continuous_update=False, **WIDE
    )


def _ratio(name: str, value: float) -> FloatSlider:
    tooltip = "share of the region's patches that change places"
    limits = {"min": 0, "max": 1, "step": 0.05}
    return FloatSlider(value, **limits, description=name, tooltip=tooltip, continuous_update=False, **WIDE)
