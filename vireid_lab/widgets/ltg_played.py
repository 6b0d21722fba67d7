"""LTG played on one image of each modality, and the numbers that say what it did."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from scipy.special import betainc
from torch import Tensor
from torch.nn.functional import normalize

from vireid_lab.augment.ltg import LTG, Step
from vireid_lab.augment.ltg_draw import Beta, Constant, LTGDraw, Uniform
from vireid_lab.data.records import MODALITY_NAMES
from vireid_lab.runtime import InputError

from .given_images import image_tensor

Embed = Callable[[Tensor, Tensor], Tensor]


class Played(NamedTuple):
    """LTG on one image.

    Attributes:
        modality: 0 visible, 1 infrared.
        before: (3, H, W) in [0, 1].
        steps: one for each rectangle that LTG used; none where the draw leaves the image alone.
        shown: how many of them are shown.
    """

    modality: int
    before: Tensor
    steps: list[Step]
    shown: int

    @property
    def name(self) -> str:
        return MODALITY_NAMES[self.modality]

    @property
    def newest(self) -> Step | None:
        return self.steps[self.shown - 1] if self.shown else None

    @property
    def after(self) -> Tensor:
        """(3, H, W) in [0, 1]: the image after the rectangles that are shown."""
        return self.newest.image if self.newest else self.before

    @property
    def memory(self) -> Tensor:
        """(3, H, W): M after the rectangles that are shown."""
        return self.newest.memory if self.newest else torch.ones_like(self.before)


def play(
    visible: np.ndarray, infrared: np.ndarray, options: LTGDraw, seed: int, rectangles: int | None
) -> tuple[Played, Played]:
    """Plays LTG on both images; the arguments are those of `render_ltg`."""
    if rectangles is not None and rectangles < 0:
        raise InputError(f"rectangles = {rectangles}: give 0 for the untouched images, or None for all rectangles")
    rng = np.random.default_rng(seed)
    ltg, both = LTG(rng, **vars(options)), []
    for modality, pixels in enumerate((visible, infrared)):
        before = image_tensor(MODALITY_NAMES[modality], pixels, "LTG")
        steps = ltg.trace(before, ltg.draw(tuple(before.shape), rng))
        shown = len(steps) if rectangles is None else min(rectangles, len(steps))
        both.append(Played(modality, before, steps, shown))
    return tuple(both)


def factors_of(steps: list[Step]) -> np.ndarray:
    """(N,) float32: all factors f_g of some steps."""
    return np.concatenate([np.empty(0, np.float32), *(step.factors for step in steps)])


def expected_shares(factor: Beta | Uniform | Constant, edges: np.ndarray) -> np.ndarray:
    """Share of the factors that falls between neighbouring edges, ascending from 0 to 1, by their distribution."""
    if isinstance(factor, Constant):
        return np.histogram([factor.value], edges)[0].astype(float)
    return np.diff(betainc(factor.a, factor.b, edges) if isinstance(factor, Beta) else edges)


@torch.inference_mode()
def distance(played: Played, embed: Embed | None) -> float:
    """Euclidean distance between the L2-normalised features of an image before and after, in [0, 2].

    Args:
        embed: see `render_ltg`; None takes the pixels as features.

    Raises:
        InputError: `embed` returns no (2, d).
    """
    images = torch.stack([played.before, played.after])
    features = images.flatten(1) if embed is None else embed(images, torch.full((2,), played.modality))
    if features.ndim != 2 or len(features) != 2:
        raise InputError(f"embed: features of shape {tuple(features.shape)} for 2 images; return (2, d)")
    before, after = normalize(features.float(), dim=1)
    return float(torch.linalg.vector_norm(after - before))
