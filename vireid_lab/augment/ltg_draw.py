"""What the linear transformation generator (LTG) draws: who is transformed, rectangles, and linear factors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from vireid_lab.runtime import InputError

from .augmentation import require_probability

MAX_RECTANGLES = 100  # paper: none; here the bound of the author's later code, so that every factor ends
TINY = float(np.finfo(np.float32).tiny)  # a maximum up to here counts as black: α would overflow
MAX_ROUNDS = 1000  # of candidates without one that fits: then the sizes cannot fit


@dataclass(frozen=True)
class Beta:
    """Factors from Beta(a, b); the U shape of a, b < 1 gives many strong changes. Raises InputError if not a, b > 0."""

    a: float = 0.5
    b: float = 0.5

    def __post_init__(self):
        if not (0 < self.a < np.inf and 0 < self.b < np.inf):
            raise InputError(f"LTG: Beta({self.a:g}, {self.b:g}) needs two numbers above 0, e.g. Beta(0.5, 0.5)")

    def draw(self, shape: tuple[int, ...], rng: Generator) -> np.ndarray:
        return rng.beta(self.a, self.b, shape).astype(np.float32)


@dataclass(frozen=True)
class Uniform:
    """Factors spread evenly over [0, 1): "Equal weight" of Table III."""

    def draw(self, shape: tuple[int, ...], rng: Generator) -> np.ndarray:
        return rng.random(shape, dtype=np.float32)


@dataclass(frozen=True)
class Constant:
    """Always the factor `value` in [0, 1]; 0 blackens. Raises InputError outside this range."""

    value: float

    def __post_init__(self):
        if not 0 <= self.value <= 1:
            raise InputError(f"LTG: the constant factor {self.value:g} is not in [0, 1]")

    def draw(self, shape: tuple[int, ...], rng: Generator) -> np.ndarray:
        return np.full(shape, self.value, dtype=np.float32)


class LTGParameters(NamedTuple):
    """One draw for B images of C channels, A of which are transformed; a rectangle's place in its list is its turn.

    Attributes:
        chosen: (A,) int64, which of the B images are transformed.
        rectangles: (A, K, 4) int64, top, left, bottom, right in pixels, lower and right edge not included.
        factors: (A, K, C) float32, f_g() in [0, 1] of each rectangle and channel; (A, K, 1) for all channels.
    """

    chosen: np.ndarray
    rectangles: np.ndarray
    factors: np.ndarray


@dataclass(frozen=True)
class LTGDraw:
    """Options of LTG (Tan et al. 2022, Sec. IV-B, Alg. 1) and the draw that the forms for one image and a batch share.

    α = f_g() / max(I) depends on the image, and so does the end of the algorithm: the draw holds as many rectangles as
    the algorithm can need, and what applies it stops by itself.

    Sizes. Paper: H_r = sqrt(S_r) · r_r, W_r = S_r / r_r; here: H_r = sqrt(S_r · r_r), W_r = sqrt(S_r / r_r), because
    only then is H_r · W_r = S_r, as in random erasing, which the paper follows. A rectangle that leaves the image is
    drawn anew as a whole, as Alg. 1 says.

    Args:
        p: probability that an image is transformed.
        s: smallest and largest area S_r as a share of the image, in (0, 1].
        r: smallest and largest aspect r_r, height over width.
        t_min: an image is finished when the smallest cumulated factor min(M) is at or under it.
        factor: f_g, one of Beta(a, b), Uniform(), Constant(value).
        once: one rectangle only, whatever M is. A constant factor above 0 does not end without it: it makes the
            brightest pixel of each rectangle equal to the constant, and stops after 100 rectangles.
        per_channel: a factor and a maximum for each channel; otherwise one for all, and grey images stay grey.

    Raises:
        InputError: p, s, r or t_min cannot be used.
    """

    p: float = 0.5
    s: tuple[float, float] = (0.02, 0.4)
    r: tuple[float, float] = (0.3, 1 / 0.3)
    t_min: float = 1e-6
    factor: Beta | Uniform | Constant = Beta()
    once: bool = False
    per_channel: bool = True

    def __post_init__(self):
        require_probability("LTG", self.p)
        if not 0 < self.s[0] <= self.s[1] <= 1:
            raise InputError(f"LTG: the areas s = {self.s} are not a smallest and a largest share in (0, 1]")
        if not 0 < self.r[0] <= self.r[1] < np.inf:
            raise InputError(f"LTG: the aspects r = {self.r} are not a smallest and a largest number above 0")
        if not 0 < self.t_min < 1:
            raise InputError(f"LTG: t_min = {self.t_min:g} is not between 0 and 1; the paper's is 1e-6")

    def draw(self, shape: tuple[int, ...], rng: Generator) -> LTGParameters:
        """Draws for images of `shape` (B, C, H, W).

        Raises:
            InputError: no rectangle of the areas s and the aspects r fits into the image.
        """
        batch, channels, height, width = shape
        chosen = np.flatnonzero(rng.random(batch) < self.p)
        rectangles = 1 if self.once else MAX_RECTANGLES
        return LTGParameters(
            chosen,
            self._rectangles(len(chosen) * rectangles, height, width, rng).reshape(-1, rectangles, 4),
            self.factor.draw((len(chosen), rectangles, channels if self.per_channel else 1), rng),
        )

    def _rectangles(self, number: int, height: int, width: int, rng: Generator) -> np.ndarray:
        """(number, 4) rectangles inside the image, in whole pixels, at least one pixel high and wide."""
        kept = np.empty((0, 4), dtype=np.int64)
        for _ in range(MAX_ROUNDS):
            if len(kept) >= number:
                return kept[:number]
            n = 5 * (number - len(kept)) + 50  # about a quarter of the paper's rectangles fits
            area = rng.uniform(*self.s, n) * (height * width)
            aspect = rng.uniform(*self.r, n)
            top, left = rng.integers(0, height, n), rng.integers(0, width, n)
            bottom = top + np.maximum(np.rint(np.sqrt(area * aspect)), 1).astype(np.int64)
            right = left + np.maximum(np.rint(np.sqrt(area / aspect)), 1).astype(np.int64)
            fits = (bottom <= height) & (right <= width)
            kept = np.concatenate([kept, np.stack([top, left, bottom, right], axis=1)[fits]])
        raise InputError(
            f"LTG: no rectangle with areas s = {self.s} and aspects r = {self.r} fits into {height}x{width} pixels; "
            "take smaller areas or aspects nearer to 1"
        )
