"""The slot `augment`: augmentations joined by `+`, applied to a batch on its own device."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.random import Generator

from vireid_lab.data.batch import Batch
from vireid_lab.runtime import InputError, unknown

from .basic import Flip, PadCrop

AUGMENTATIONS = {"flip": Flip, "crop": PadCrop}


def parse_slot(slot: str) -> dict[str, float | None]:
    """Reads a slot: names joined by `+`, each with an optional number behind `:`.

    `"ce+triplet:0.5"` gives `{"ce": None, "triplet": 0.5}`, `"none"` gives `{}`.

    Raises:
        InputError: a name is empty or comes twice, or a value is not a number.
    """
    parts: dict[str, float | None] = {}
    for part in [] if slot == "none" else slot.split("+"):
        name, colon, value = part.strip().partition(":")
        if not name or name in parts:
            raise InputError(f"slot '{slot}': '{name}' is empty or there twice; write e.g. a+b:0.5, or none")
        try:
            parts[name] = float(value) if colon else None
        except ValueError:
            raise InputError(f"slot '{slot}': '{value}' behind '{name}:' is not a number") from None
    return parts


class Pipeline:
    """Applies augmentations one after the other; masks move along with those that move pixels.

    Args:
        augmentations: objects with draw(shape, rng) and apply(images, parameters), and a flag `moves_pixels`.
    """

    def __init__(self, augmentations: Sequence[Any]):
        self.augmentations = tuple(augmentations)

    def __call__(self, batch: Batch, rng: Generator) -> Batch:
        """Returns the batch with augmented images; `batch.images` is (B, 3, H, W) float in [0, 1]."""
        images, masks = batch.images, batch.masks
        for augmentation in self.augmentations:
            parameters = augmentation.draw(tuple(images.shape), rng)
            images = augmentation.apply(images, parameters)
            if masks is not None and augmentation.moves_pixels:
                masks = augmentation.apply(masks, parameters)
        return batch.with_images(images, masks)


def build_augment(slot: str) -> Pipeline:
    """Builds the augmentations that a slot names: `flip[:probability]`, `crop[:pixels]`, `none`.

    Raises:
        InputError: a name is unknown or its value cannot be used.
    """
    augmentations = []
    for name, value in parse_slot(slot).items():
        if name not in AUGMENTATIONS:
            raise unknown("augmentation", name, AUGMENTATIONS)
        make = AUGMENTATIONS[name]
        augmentations.append(make() if value is None else make(value))
    return Pipeline(augmentations)
