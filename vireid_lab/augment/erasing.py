"""Random erasing and channel erasing: a rectangle of an image is lost."""

from __future__ import annotations

import torch
from numpy.random import Generator
from torch import Tensor

from .augmentation import Augmentation, require_probability
from .ltg_batch import BatchLTG
from .ltg_draw import Constant, LTGDraw, LTGParameters
from .rectangles import inside_rectangles

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


class ChannelErasing(Augmentation):
    """Fills one random rectangle of each image with a value of its own for each channel, with probability `p`.

    Ye et al. 2021, Sec. 3.1: random erasing, channel by channel; the values are those of the authors' code. Sizes and
    aspects are those of `Erasing`.

    Args:
        p: probability that an image loses a rectangle.

    Raises:
        InputError: p is not a probability.
    """

    def __init__(self, p: float = 0.5):
        self.rectangles = LTGDraw(require_probability("channel_erasing", p), factor=Constant(0), once=True)

    def draw(self, shape: tuple[int, ...], rng: Generator) -> LTGParameters:
        """Draws for images of `shape` (B, C, H, W): which of them, and one rectangle for each."""
        return self.rectangles.draw(shape, rng)

    def apply(self, images: Tensor, parameters: LTGParameters) -> Tensor:
        """Fills the rectangles of the chosen ones of (B, 3, H, W) float images."""
        chosen = torch.from_numpy(parameters.chosen).to(images.device)
        lost = inside_rectangles(parameters.rectangles[:, 0], images)
        out = images.clone()
        out[chosen] = torch.where(lost, images.new_tensor(CHANNEL_FILL)[:, None, None], images[chosen])
        return out
