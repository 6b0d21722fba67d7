"""Random channel exchange (CA) and grayscale: both leave an image without colour."""

from __future__ import annotations

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from .augmentation import Augmentation, require_probability

LUMA = (0.299, 0.587, 0.114)  # of red, green and blue; they sum to 1


class ChannelExchange(Augmentation):
    """Puts one random channel of an image into all three, with probability `p`.

    Ye et al. 2021, "Channel Augmented Joint Learning for Visible-Infrared Recognition", Sec. 3.1. There every visible
    image is in the batch twice, as it is and exchanged; here it is in the batch once, and p of them are exchanged. An
    infrared image with three equal channels stays as it is, unless LTG before it made them unequal.

    Args:
        p: probability that an image is exchanged.

    Raises:
        InputError: p is not a probability.
    """

    def __init__(self, p: float = 0.5):
        self.p = require_probability("channel", p)

    def draw(self, shape: tuple[int, ...], rng: Generator) -> np.ndarray:
        """Draws (B, C) int64 for images of `shape` (B, C, H, W): the channel that each channel is taken from."""
        batch, channels = shape[:2]
        exchanged = rng.random(batch) < self.p
        source = rng.integers(0, channels, batch)
        return np.where(exchanged[:, None], source[:, None], np.arange(channels))

    def apply(self, images: Tensor, sources: np.ndarray) -> Tensor:
        """Exchanges the channels of (B, C, H, W) images of any type."""
        image = torch.arange(len(images), device=images.device)[:, None]
        return images[image, torch.from_numpy(sources).to(images.device)]


class Grayscale(Augmentation):
    """Puts the luma of an image into all three channels, with probability `p`.

    Its weights are those of torchvision's v2.RandomGrayscale (ITU-R BT.601), which takes no generator. An infrared
    image with three equal channels stays as it is.

    Args:
        p: probability that an image loses its colour.

    Raises:
        InputError: p is not a probability.
    """

    def __init__(self, p: float = 0.5):
        self.p = require_probability("grayscale", p)

    def draw(self, shape: tuple[int, ...], rng: Generator) -> np.ndarray:
        """Draws (B,) bool for images of `shape` (B, C, H, W): which of them become grey."""
        return rng.random(shape[0]) < self.p

    def apply(self, images: Tensor, grey: np.ndarray) -> Tensor:
        """Makes the chosen ones of (B, 3, H, W) float images grey."""
        red, green, blue = images.split(1, dim=1)
        luma = red + LUMA[1] * (green - red) + LUMA[2] * (blue - red)  # exact where the channels are equal
        return torch.where(torch.from_numpy(grey).to(images.device)[:, None, None, None], luma, images)
