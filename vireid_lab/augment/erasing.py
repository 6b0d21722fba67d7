"""Random erasing and channel erasing: a rectangle of an image is lost."""

from __future__ import annotations

import torch
from numpy.random import Generator
from torch import Tensor

from vireid_lab.runtime import InputError

from .ltg_batch import BatchLTG
from .ltg_draw import Constant, LTGDraw, LTGParameters

CHANNEL_FILL = (0.4914, 0.4822, 0.4465)  # red, green, blue, of the authors' code


class Erasing(BatchLTG):
    """Blackens one random rectangle of each image with probability `p` (Zhong et al. 2020, with s and r of LTG).

    Tan et al. 2022, Sec. V, take it as a special case of LTG: a constant factor, here 0, and once. Black is one of
    the fills of the original, which prefers random values.

    Args:
        p: probability that an image loses a rectangle.

    Raises:
        InputError: p is not a probability.
    """

    def __init__(self, p: float = 0.5):
        super().__init__(p=p, factor=Constant(0), once=True)


class ChannelErasing:
    """Fills one random rectangle of each image with a value of its own for each channel, with probability `p`.

    Ye et al. 2021, Sec. 3.1: random erasing, channel by channel; the values are those of the authors' code. Sizes and
    aspects are those of `Erasing`.

    Args:
        p: probability that an image loses a rectangle.

    Raises:
        InputError: p is not a probability.
    """

    moves_pixels = False
    needs_masks = False

    def __init__(self, p: float = 0.5):
        if not 0 <= p <= 1:
            raise InputError(f"channel_erasing: the probability {p:g} is not in [0, 1]")
        self.rectangles = LTGDraw(p=p, factor=Constant(0), once=True)

    def draw(self, shape: tuple[int, ...], rng: Generator) -> LTGParameters:
        """Draws for images of `shape` (B, C, H, W): which of them, and one rectangle for each."""
        return self.rectangles.draw(shape, rng)

    def apply(self, images: Tensor, parameters: LTGParameters) -> Tensor:
        """Fills the rectangles of the chosen ones of (B, 3, H, W) float images."""
        chosen = torch.from_numpy(parameters.chosen).to(images.device)
        top, left, bottom, right = torch.from_numpy(parameters.rectangles[:, 0]).to(images.device).T[:, :, None]
        row, column = (torch.arange(length, device=images.device) for length in images.shape[2:])
        rows, columns = (row >= top) & (row < bottom), (column >= left) & (column < right)
        lost = (rows[:, :, None] & columns[:, None, :])[:, None]
        out = images.clone()
        out[chosen] = torch.where(lost, images.new_tensor(CHANNEL_FILL)[:, None, None], images[chosen])
        return out

    def __call__(self, images: Tensor, rng: Generator) -> Tensor:
        return self.apply(images, self.draw(tuple(images.shape), rng))
