"""Explorer of the reflection prior: choose a rectangle in a scene pair and see whether it is one material."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from ipywidgets import HTML, Checkbox, DOMWidget, Dropdown, HBox, Layout, ToggleButtons, VBox, link
from matplotlib import colormaps

from vireid_lab.analysis.reflection import CHANNELS, band_ratios
from vireid_lab.figures.ratios import SHOWN
from vireid_lab.figures.style import MAP
from vireid_lab.runtime import InputError
from vireid_lab.spectra.srgb import linear_to_srgb

from .explorer import SMALL, Explorer, View
from .picture_pointer import PicturePointer, middle_third, pointer_sliders
from .region_view import render_region

Pair = tuple[np.ndarray, np.ndarray, np.ndarray]
HINT = "Drag to move the rectangle, at a corner to resize it, outside to draw a new one; or arrows, Shift + arrows."
NOTES = {
    True: "Values are linear light, as Eq. 4 asks; the pictures are shown with the sRGB curve.",
    False: "Values still hold the camera's gamma curve: Eq. 4 is no straight line in them. Read the pairs linearised.",
}


class RegionExplorer(Explorer):
    """Draw or move a rectangle in a pair; the scatter, the line NIR = k VIS, R², ratios and a verdict follow.

    Args:
        pairs: name -> (visible (H, W, 3), infrared (H, W), valid (H, W)), see `render_region`.
        rectangle: the first one, (row0, col0, row1, col1); None is the middle of the picture, or all of it where the
            middle is masked.
        linear: whether the values are linear light; only the note and the way the pictures are shown depend on it.
        variable: name of `pairs` in your notebook, for the code that reproduces the view.

    Raises:
        InputError: there are no pairs, or the first rectangle has no fit.
    """

    def __init__(
        self,
        pairs: Mapping[str, Pair],
        rectangle: tuple[int, int, int, int] | None = None,
        linear: bool = True,
        variable: str = "pairs",
    ) -> None:
        if not pairs:
            raise InputError("RegionExplorer: `pairs` is empty, give name -> (visible, infrared, valid)")
        self.pairs, self.linear = pairs, linear
        wide, half = Layout(width="auto"), {"width": "49%"}
        self.pair = Dropdown(options=list(pairs), description="pair", tooltip="which scene", layout=wide)
        self.channel = _choice("channel", CHANNELS, [f"NIR against {name}" for name in CHANNELS], "green")
        seconds = {"infrared": "the near-infrared image", "ratio": "infrared over the channel, masked pixels white"}
        self.second = _choice("right picture", list(seconds), list(seconds.values()), "infrared")
        narrow = {"indent": False, "layout": Layout(width="auto", margin="2px 20px 2px 0")}
        self.offset = Checkbox(description="offset", tooltip="fit NIR = k VIS + b; Eq. 4 has b = 0", **narrow)
        self.zoom = Checkbox(description="zoom", tooltip="axes end at the rectangle's brightest pixel", **narrow)
        visible, infrared, valid = pairs[self.pair.value]
        rectangle = rectangle or first_rectangle(valid)
        self.left = PicturePointer(visible, "visible image", rectangle=rectangle, layout=Layout(**half))
        self.right = PicturePointer(infrared, "near-infrared image", layout=Layout(**half))
        link((self.left, "rectangle"), (self.right, "rectangle"))
        self.sliders = pointer_sliders(self.left)
        self._show_pictures()
        for control in (self.pair, self.channel, self.second):  # before Explorer's own: the size of a pair comes first
            control.observe(self._show_pictures, "value")

        def render(pair: str, **values) -> View:
            return render_region(*pairs[pair], **values)

        def code(values: dict) -> str:
            rest = ", ".join(f"{name}={value!r}" for name, value in values.items() if name != "pair")
            call = f"render_region(*{variable}[{values['pair']!r}], {rest})"
            return f"from {render_region.__module__} import render_region\n{call}"

        controls = {"pair": self.pair, "rectangle": self.left, "channel": self.channel}
        super().__init__(render, {**controls, "offset": self.offset, "zoom": self.zoom}, code)

    def reset(self) -> None:
        self.second.value = "infrared"
        super().reset()

    def arrange(self) -> list[DOMWidget]:
        pictures = HBox([self.left, self.right], layout=Layout(justify_content="space-between", margin="4px 0"))
        choices = HBox([self.channel, self.second], layout=Layout(justify_content="space-between"))
        options = HBox([self.offset, self.zoom])
        hint, note = (HTML(SMALL.format(text)) for text in (HINT, NOTES[self.linear]))
        chosen = [self.pair, pictures, hint, *self.sliders, choices, options]
        body = [VBox(chosen, layout=Layout(width="480px", margin="0 12px 0 0")), self.picture]
        return [HBox(body, layout=Layout(flex_flow="row wrap")), self.readout, note, self.foot()]

    def _show_pictures(self, _=None) -> None:
        visible, infrared, valid = self.pairs[self.pair.value]
        name, c = self.channel.value, CHANNELS.index(self.channel.value)
        self.left.title = "visible"
        self.left.show(self._shown(visible), f"visible image of {self.pair.value}")
        if self.second.value == "infrared":
            self.right.title = "near infrared"
            self.right.show(self._shown(infrared), f"near-infrared image of {self.pair.value}")
            return
        self.right.title = f"NIR / {name}, log scale"
        ratio = band_ratios(visible, infrared, valid)[..., c]
        self.right.show(log_colours(ratio), f"infrared over {name} of {self.pair.value}, bright is high")

    def _shown(self, image: np.ndarray) -> np.ndarray:
        return linear_to_srgb(image) if self.linear else image


def first_rectangle(valid: np.ndarray) -> tuple[int, int, int, int]:
    """The middle third of a picture (H, W), or all of it where less than half of the middle may be used."""
    row0, col0, row1, col1 = middle = middle_third(*valid.shape)
    return middle if valid[row0:row1, col0:col1].mean() >= 0.5 else (0, 0, *valid.shape)


def _choice(name: str, options: Sequence[str], tooltips: Sequence[str], value: str) -> ToggleButtons:
    look = {"style": {"button_width": "78px", "description_width": "auto"}, "layout": Layout(width="auto")}
    return ToggleButtons(description=name, options=options, tooltips=tooltips, value=value, **look)


def log_colours(ratio: np.ndarray) -> np.ndarray:
    """(H, W, 3) colours of a ratio (H, W), logarithmic between its percentiles SHOWN; masked (NaN) pixels are white."""
    known = np.isfinite(ratio)
    colours = np.ones((*ratio.shape, 3))
    if known.any():
        values = np.log(ratio[known])
        low, high = np.percentile(values, SHOWN)
        colours[known] = colormaps[MAP]((values - low) / max(high - low, 1e-6))[:, :3]
    return colours
