"""The two augmentations of every baseline: horizontal flip, and pad with a random crop."""

from __future__ import annotations

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from vireid_lab.runtime import InputError

from .augmentation import Augmentation, require_probability


class Flip(Augmentation):
    """Mirrors each image left to right with probability `p`.

    Args:
        p: probability in [0, 1].

    Raises:
        InputError: p is not a probability.
    """

    moves_pixels = True

    def __init__(self, p: float = 0.5):
        self.p = require_probability("flip", p)

    def draw(self, shape: tuple[int, ...], rng: Generator) -> np.ndarray:
        """Draws (B,) bool for images of `shape` (B, C, H, W): which of them are mirrored."""
        return rng.random(shape[0]) < self.p

    def apply(self, images: Tensor, mirrored: np.ndarray) -> Tensor:
        """Mirrors the chosen ones of (B, C, H, W) images or (B, H, W) masks of any type."""
        chosen = torch.from_numpy(mirrored).to(images.device).view(-1, *[1] * (images.ndim - 1))
        return torch.where(chosen, images.flip(-1), images)


class PadCrop(Augmentation):
    """Pads each image with zeros on all sides and cuts a window of the old size at a random place.

    Args:
        pixels: width of the border; AGW's 10 at 288x144.

    Raises:
        InputError: pixels is not a whole number from 0 on.
    """

    moves_pixels = True

    def __init__(self, pixels: float = 10):
        if not (pixels >= 0 and float(pixels).is_integer()):
            raise InputError(f"crop: the border {pixels:g} is not a whole number of pixels from 0 on")
        self.pixels = int(pixels)

    def draw(self, shape: tuple[int, ...], rng: Generator) -> np.ndarray:
        """Draws (B, 2) int64 for images of `shape` (B, C, H, W): top and left corner of each window, 0..2 * pixels.

        Raises:
            InputError: the border is as wide as the image, so that a window may show nothing of it.
        """
        if self.pixels >= min(shape[-2:]):
            raise InputError(f"crop: a border of {self.pixels} pixels for images of {shape[-2]}x{shape[-1]}: give less")
        return rng.integers(0, 2 * self.pixels + 1, size=(shape[0], 2))

    def apply(self, images: Tensor, corners: np.ndarray) -> Tensor:
        """Cuts the windows out of (B, C, H, W) images or (B, H, W) masks of any type."""
        height, width = images.shape[-2:]
        border = torch.nn.functional.pad(images, [self.pixels] * 4)
        top, left = torch.from_numpy(corners).to(images.device).T
        row = top[:, None] + torch.arange(height, device=images.device)  # (B, H)
        column = left[:, None] + torch.arange(width, device=images.device)  # (B, W)
        image = torch.arange(len(images), device=images.device)[:, None, None]
        if images.ndim == 3:
            return border[image, row[:, :, None], column[:, None, :]]
        channel = torch.arange(images.shape[1], device=images.device)[:, None, None]
        return border[image[..., None], channel, row[:, None, :, None], column[:, None, None, :]]
