"""The linear transformation generator (LTG) for one image: Alg. 1 as it is written, rectangle by rectangle."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor
from torchvision import tv_tensors
from torchvision.transforms import v2

from vireid_lab.runtime import InputError

from .ltg_draw import TINY, LTGDraw, LTGParameters
from .unit_range import require_unit_range


class Step(NamedTuple):
    """The state after one rectangle.

    Attributes:
        rectangle: (4,) int64, top, left, bottom, right in pixels, lower and right edge not included.
        factors: (C,) or (1,) float32, f_g().
        alpha: (C,) or (1,) float, what the rectangle's pixels were multiplied by.
        image: (C, H, W) in [0, 1].
        memory: (C, H, W), M: the product of all α of each pixel.
    """

    rectangle: np.ndarray
    factors: np.ndarray
    alpha: Tensor
    image: Tensor
    memory: Tensor


class LTG(v2.Transform):
    """Multiplies random rectangles of an image by random factors until some pixel has nearly vanished.

    Tan et al. 2022, Alg. 1, as a torchvision transform of one image; `BatchLTG` does the same to a batch, faster.
    It transforms a plain tensor or `tv_tensors.Image`, (C, H, W) float in [0, 1]; masks and labels beside it pass.

    Args:
        rng: drawn from at each call; in several loader processes each needs one of its own.
        options: those of `LTGDraw` by name.

    Raises:
        InputError: an option cannot be used; in a call: not one float image in [0, 1].
    """

    def __init__(self, rng: Generator, **options: Any):
        super().__init__()
        self.rng = rng
        self.options = LTGDraw(**options)

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """Draws for the first image among the inputs."""
        image = next((value for value in flat_inputs if is_image(value)), None)
        if image is None:
            raise InputError("LTG: no image tensor; put v2.ToImage() and v2.ToDtype(torch.float32, scale=True) first")
        return {"parameters": self.draw(tuple(image.shape), self.rng)}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """Transforms an image; everything else passes."""
        return self.apply(inpt, params["parameters"]) if is_image(inpt) else inpt

    def draw(self, shape: tuple[int, ...], rng: Generator) -> LTGParameters:
        """Draws for one image of `shape` (C, H, W), as a batch of one."""
        if len(shape) != 3:
            raise InputError(f"LTG: the shape {shape} is not that of one image (C, H, W); a batch needs BatchLTG")
        return self.options.draw((1, *shape), rng)

    def apply(self, image: Tensor, parameters: LTGParameters) -> Tensor:
        """Transforms a (C, H, W) float image in [0, 1] with the draw of a batch of one.

        Raises:
            InputError: the image is not float in [0, 1].
        """
        out = image
        for step in self._play(image, parameters):
            out = step.image
        return tv_tensors.wrap(out, like=image) if isinstance(image, tv_tensors.Image) else out

    def trace(self, image: Tensor, parameters: LTGParameters) -> list[Step]:
        """All steps of `apply`, each with a copy of image and memory; none if the draw leaves the image alone."""
        steps = self._play(image, parameters)
        return [step._replace(image=step.image.clone(), memory=step.memory.clone()) for step in steps]

    def _play(self, image: Tensor, parameters: LTGParameters) -> Iterator[Step]:
        """Alg. 1; each step has the same image and memory, which the next one changes."""
        if not len(parameters.chosen):
            return
        require_unit_range("LTG", image)
        image = image.as_subclass(Tensor).clone()
        memory = torch.ones_like(image)
        dims = (1, 2) if self.options.per_channel else (0, 1, 2)
        for rectangle, factors in zip(parameters.rectangles[0], parameters.factors[0], strict=True):
            top, left, bottom, right = rectangle.tolist()
            region = np.s_[:, top:bottom, left:right]
            peak = image[region].amax(dims)
            # black: α_max = 1, so that M takes f_g() and a black image ends too
            alpha = torch.from_numpy(factors).to(image) / torch.where(peak > TINY, peak, 1)
            image[region] *= alpha[:, None, None]
            image[region].clamp_(max=1)  # rounding
            memory[region] *= alpha[:, None, None]
            yield Step(rectangle, factors, alpha, image, memory)
            if memory.min() <= self.options.t_min:
                return


def is_image(value: Any) -> bool:
    """Whether a value is an image tensor: a plain tensor or `tv_tensors.Image`, but no mask and no box."""
    return isinstance(value, Tensor) and (isinstance(value, tv_tensors.Image) or type(value) is Tensor)
