"""What all augmentations of a batch share: a draw, its application to the images, and the check of a probability."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from numpy.random import Generator
from torch import Tensor

from vireid_lab.runtime import InputError


class Augmentation(ABC):
    """Changes each image of a batch by itself.

    Attributes:
        moves_pixels: masks must follow: `apply` takes them as it takes images.
        needs_masks: it is applied as apply(images, parameters, masks), which a call cannot do.
    """

    moves_pixels = False
    needs_masks = False

    @abstractmethod
    def draw(self, shape: tuple[int, ...], rng: Generator) -> Any:
        """Draws for images of `shape` (B, C, H, W)."""

    @abstractmethod
    def apply(self, images: Tensor, parameters: Any) -> Tensor:
        """Changes (B, C, H, W) images as it was drawn for them."""

    def __call__(self, images: Tensor, rng: Generator) -> Tensor:
        return self.apply(images, self.draw(tuple(images.shape), rng))


def require_probability(name: str, p: float) -> float:
    """A probability as it is.

    Raises:
        InputError: it is not in [0, 1].
    """
    if not 0 <= p <= 1:
        raise InputError(f"{name}: the probability {p:g} is not in [0, 1]")
    return p
