"""The slot `augment`: augmentations joined by `+`, applied to a batch on its own device."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from numpy.random import Generator

from vireid_lab.data.batch import Batch
from vireid_lab.runtime import InputError, unknown

from .basic import Flip, PadCrop
from .brightness import LTGBrightness
from .channel import ChannelExchange, Grayscale
from .erasing import ChannelErasing, Erasing
from .ltg_batch import BatchLTG
from .ltg_draw import Beta, Uniform
from .material_ltg import MaterialLTG
from .mixes import MIXES, Attention, AttentiveCutMix
from .mixing import MODES, Mix, mix_batch

T_MIN = BatchLTG.t_min
AUGMENTATIONS = {  # each called with the number behind its name, or with nothing
    "flip": Flip,
    "crop": PadCrop,
    "ltg": lambda t_min=T_MIN: BatchLTG(t_min=t_min),
    "ltg_beta3": lambda t_min=T_MIN: BatchLTG(t_min=t_min, factor=Beta(0.3, 0.3)),
    "ltg_uniform": lambda t_min=T_MIN: BatchLTG(t_min=t_min, factor=Uniform()),
    "ltg_material": MaterialLTG,
    "ltg_brightness": lambda t_min=T_MIN: LTGBrightness(t_min=t_min),
    "erasing": Erasing,
    "channel_erasing": ChannelErasing,
    "channel": ChannelExchange,
    "grayscale": Grayscale,
}


def parse_slot(slot: str) -> dict[str, float | None]:
    """Reads a slot: names joined by `+`, each with an optional number behind `:`.

    `"ce+triplet:0.5"` gives `{"ce": None, "triplet": 0.5}`, `"none"` gives `{}`.

    Raises:
        InputError: a name is empty or comes twice, or a value is no finite number.
    """
    parts: dict[str, float | None] = {}
    for part in [] if slot == "none" else slot.split("+"):
        name, colon, value = part.strip().partition(":")
        if not name or name in parts:
            raise InputError(f"slot '{slot}': '{name}' is empty or there twice; write e.g. a+b:0.5, or none")
        try:
            parts[name] = float(value) if colon else None
        except ValueError:
            parts[name] = math.nan
        if colon and not math.isfinite(parts[name]):
            raise InputError(f"slot '{slot}': '{value}' behind '{name}:' is not a number such as 2 or 0.5")
    return parts


class Pipeline:
    """Applies augmentations one after the other, then a mix; masks move along with what moves pixels.

    Its attribute `needs_masks` says whether batches must carry masks.

    Args:
        augmentations: `Augmentation`s, or objects that have what these have.
        mix: mixes the augmented pairs, or None.
        mode: where the mixed images go, see `mix_batch`.
    """

    def __init__(self, augmentations: Sequence[Any], mix: Mix | None = None, mode: str = "beside"):
        self.augmentations = tuple(augmentations)
        self.mix, self.mode = mix, mode
        self.needs_masks = any(augmentation.needs_masks for augmentation in self.augmentations)

    def __call__(self, batch: Batch, rng: Generator) -> Batch:
        """Returns the batch with augmented images; `batch.images` is (B, 3, H, W) float in [0, 1].

        Raises:
            InputError: an augmentation needs masks and the batch has none, or there is a mix and the rows are no
                pairs.
        """
        images, masks = batch.images, batch.masks
        for augmentation in self.augmentations:
            parameters = augmentation.draw(tuple(images.shape), rng)
            if augmentation.needs_masks and masks is None:
                raise InputError(
                    f"{type(augmentation).__name__} needs material masks, and this batch has none: take a synthetic "
                    "benchmark (vireid data make) and a loader with masks=True"
                )
            images = augmentation.apply(images, parameters, *([masks] if augmentation.needs_masks else []))
            if masks is not None and augmentation.moves_pixels:
                masks = augmentation.apply(masks, parameters)
        batch = batch.with_images(images, masks)
        return mix_batch(batch, self.mix, rng, self.mode) if self.mix else batch


def build_augment(slot: str, attention: Attention | None = None) -> Pipeline:
    """Builds the augmentations that a slot names, in its order.

    `flip`, `erasing`, `channel`, `channel_erasing`, `grayscale`, `ltg_material`: each with `:probability` behind it, or
    0.5; `crop:pixels`, or 10; `ltg`, `ltg_beta3`, `ltg_uniform`: LTG with Beta(0.5, 0.5), Beta(0.3, 0.3) or uniform
    factors, and `ltg_brightness`, its control, with `:t_min`, or 1e-6; `none`.

    Behind them may stand one mix: `pedmix`, `pedmix_center`, `pedmix_inner` with `:patch`, `pedmix_ratio:A_C`,
    `patchmix:share`, `attentive_cutmix:share`, `mixup:alpha`, `cutmix:alpha`; its images go beside the originals, or
    with `+replace` in their place.

    Args:
        slot: the names.
        attention: what `attentive_cutmix` looks with, see `AttentiveCutMix`.

    Raises:
        InputError: a name is unknown or in a place where it cannot be, or its value cannot be used.
    """
    augmentations, mix, mode = [], None, MODES[0]
    for name, value in parse_slot(slot).items():
        values = [] if value is None else [value]
        if name == MODES[1]:
            if mix is None or values:
                raise InputError(
                    f"slot '{slot}': '{name}' stands behind a mix and without a number, e.g. pedmix+{name}"
                )
            mode = name
        elif mix is not None:
            raise InputError(f"slot '{slot}': '{name}' stands behind a mix; a mix comes last, and there is only one")
        elif name in MIXES:
            options = {"attention": attention} if MIXES[name] is AttentiveCutMix else {}
            mix = MIXES[name](*values, **options)
        elif name in AUGMENTATIONS:
            augmentations.append(AUGMENTATIONS[name](*values))
        else:
            raise unknown("augmentation", name, [*AUGMENTATIONS, *MIXES, MODES[1]])
    return Pipeline(augmentations, mix, mode)
