"""LTG on true materials: the augmentation that Tan et al. 2022 call ideal and could not have (Fig. 5b)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from vireid_lab.runtime import InputError
from vireid_lab.spectra.labels import LABELS

from .augmentation import Augmentation, require_probability
from .ltg_draw import TINY, Beta, Constant, Uniform
from .unit_range import require_unit_range


class MaterialParameters(NamedTuple):
    """One draw for B images of C channels, A of which are transformed.

    Attributes:
        chosen: (A,) int64, which of the B images are transformed.
        factors: (A, materials, C) float32, f_g() of each label and channel.
    """

    chosen: np.ndarray
    factors: np.ndarray


class MaterialLTG(Augmentation):
    """Multiplies each material of an image by a random factor, the same on all its pixels, another for each channel.

    As in LTG, α = f_g() / max(I) over the material's pixels, so that the image stays in [0, 1]; a material is visited
    once. Needs the material masks of the synthetic benchmark: an upper bound for LTG, not a method for real images.

    Args:
        p: probability that an image is transformed.
        factor: f_g, one of Beta(a, b), Uniform(), Constant(value).

    Raises:
        InputError: p is not a probability.
    """

    needs_masks = True

    def __init__(self, p: float = 0.5, factor: Beta | Uniform | Constant = Beta()):  # noqa: B008 (it is frozen)
        self.p, self.factor = require_probability("ltg_material", p), factor

    def draw(self, shape: tuple[int, ...], rng: Generator) -> MaterialParameters:
        """Draws for images of `shape` (B, C, H, W)."""
        chosen = np.flatnonzero(rng.random(shape[0]) < self.p)
        return MaterialParameters(chosen, self.factor.draw((len(chosen), len(LABELS), shape[1]), rng))

    def apply(self, images: Tensor, parameters: MaterialParameters, masks: Tensor) -> Tensor:
        """Transforms the chosen ones of (B, C, H, W) float images in [0, 1] with masks (B, H, W) of `LABELS`.

        Raises:
            InputError: the images are not float in [0, 1], or a mask holds a label that no material has.
        """
        if not len(parameters.chosen):
            return images
        require_unit_range("ltg_material", images)
        if int(masks.max()) >= len(LABELS):
            raise InputError(f"ltg_material: label {int(masks.max())} in a mask; materials have 0 to {len(LABELS) - 1}")
        chosen, factors = (torch.from_numpy(array).to(images.device) for array in parameters)
        pixels = images[chosen].flatten(2)  # (A, C, H * W)
        label = masks.as_subclass(Tensor)[chosen].flatten(1)[:, None].long().expand_as(pixels)
        peaks = pixels.new_zeros(*pixels.shape[:2], len(LABELS)).scatter_reduce_(2, label, pixels, "amax")
        alpha = factors.permute(0, 2, 1) / torch.where(peaks > TINY, peaks, 1)  # (A, C, materials)
        out = images.clone()
        out[chosen] = (pixels * alpha.gather(2, label)).clamp_(max=1).view_as(images[chosen])
        return out
