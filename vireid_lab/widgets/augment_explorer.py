"""Explorer of augmentations: any chain of them on a pair of images, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from ipywidgets import HTML, BoundedIntText, Button, DOMWidget, Dropdown, HBox, Layout, Text, VBox

from vireid_lab.augment.mixes import MIXES, Attention
from vireid_lab.augment.mixing import MODES
from vireid_lab.augment.pipeline import AUGMENTATIONS
from vireid_lab.runtime import InputError

from .augment_view import render_augment
from .explorer import SMALL, Explorer, View

NOTE = (
    "Names joined by +, each with an optional number behind a colon, e.g. flip:1 always mirrors. What has a "
    "probability may leave an image unchanged: another seed draws anew. A mix comes last."
)
WIDE = {"layout": Layout(width="auto"), "style": {"description_width": "60px"}}
Pair = tuple[np.ndarray, ...]


class AugmentExplorer(Explorer):
    """Choose a chain of augmentations; the pair after each of them follows, and the setting that trains with it.

    Args:
        images: name -> (visible, infrared) or (visible, infrared, masks), see `render_augment`; `read_pair` reads two
            files of your own.
        slot: the first chain.
        attention: of `attentive_cutmix`, see `render_augment`.
        variable: name of `images` in your notebook, for the code that reproduces the view; `attention` is called so
            there.

    Raises:
        InputError: there are no images, or the first chain cannot take the first ones.
    """

    def __init__(
        self,
        images: Mapping[str, Pair],
        slot: str = "flip+crop+channel+pedmix",
        attention: Attention | None = None,
        variable: str = "images",
    ) -> None:
        if not images:
            raise InputError("AugmentExplorer: `images` is empty, give name -> (visible, infrared)")
        tooltip = "augmentations joined by +, in their order; press Enter to apply"
        self.slot = Text(slot, description="augment", tooltip=tooltip, continuous_update=False, **WIDE)
        names, narrow = [*AUGMENTATIONS, *MIXES, MODES[1]], {"width": "110px"}
        self.name = Dropdown(options=names, description="next", tooltip="what the button adds", **WIDE)
        self.add_button = Button(
            description="Add", icon="plus", tooltip="Add it to the end, or before the mix", layout=Layout(**narrow)
        )
        self.drop_button = Button(
            description="Remove", icon="minus", tooltip="Remove the last one", layout=Layout(**narrow)
        )
        self.add_button.on_click(lambda _: self._add(self.name.value))
        self.drop_button.on_click(lambda _: self._write(self._parts()[:-1]))
        controls = {
            "image": Dropdown(options=list(images), description="image", tooltip="which pair of images", **WIDE),
            "seed": BoundedIntText(0, 0, 2**31 - 1, description="seed", tooltip="of all draws", **WIDE),
            "slot": self.slot,
        }

        def render(image: str, **values) -> View:
            return render_augment(*images[image], **values, attention=attention)

        def code(values: dict[str, Any]) -> str:
            image, slot, seed = values["image"], values["slot"], values["seed"]
            last = ", attention=attention" if attention else ""
            return (
                f"# in training: --set augment={slot}\nfrom {render_augment.__module__} import render_augment\n"
                f"render_augment(*{variable}[{image!r}], slot={slot!r}, seed={seed}{last})"
            )

        super().__init__(render, controls, code)

    def arrange(self) -> list[DOMWidget]:
        self.picture.layout.width = "600px"
        buttons = HBox([self.add_button, self.drop_button], layout=Layout(margin="0 0 0 64px"))
        chosen = [*self.controls.values(), self.name, buttons, HTML(SMALL.format(NOTE))]
        body = [VBox(chosen, layout=Layout(width="300px", margin="0 12px 0 0")), self.picture]
        return [HBox(body, layout=Layout(flex_flow="row wrap")), self.readout, self.foot()]

    def _parts(self) -> list[str]:
        return [] if self.slot.value == "none" else self.slot.value.split("+")

    def _add(self, name: str) -> None:
        parts = self._parts()
        mix = next((i for i, part in enumerate(parts) if part.split(":")[0] in MIXES), len(parts))
        place = mix if name in AUGMENTATIONS else len(parts)  # a mix comes last
        self._write([*parts[:place], name, *parts[place:]])

    def _write(self, parts: list[str]) -> None:
        self.slot.value = "+".join(parts) or "none"
