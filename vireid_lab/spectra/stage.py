"""What is particular to one image: where the person stands, what of the backdrop shows, what lies around."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.ndimage import gaussian_filter

from . import materials
from .backdrop import CLUTTER, Backdrop
from .difficulty import Knobs
from .labels import CODES
from .painter import HEIGHT
from .surface import FOLDS, Canvas, Light, N


@dataclass(frozen=True)
class Thing:
    """A loose object: its label, and its box (left, top, right, bottom) in image heights from middle and top."""

    box: tuple[float, float, float, float]
    label: int
    round: bool
    seed: int


@dataclass(frozen=True)
class Stage:
    """The circumstances of one image. Lengths are in image heights.

    Attributes:
        scale: height of the person.
        feet: where the person stands, from the top of the image.
        right: of the person from the middle of the image.
        window: (left, top) of the image in the backdrop.
        things: behind the person.
        occluders: in front of the person.
        occluder_reflectance: (L,) their material.
        drift: of the thermal camera's span in degrees C.
        clouds: offset and contrast of patches of light and shadow.
    """

    scale: float
    feet: float
    right: float
    window: tuple[float, float]
    things: tuple[Thing, ...]
    occluders: tuple[Thing, ...]
    occluder_reflectance: np.ndarray
    drift: float
    clouds: tuple[int, float]


def sample_stage(rng: np.random.Generator, backdrop: Backdrop, knobs: Knobs) -> Stage:
    """Draws the circumstances of an image."""
    scale = float(np.clip(rng.normal(0.885, knobs.scale), 0.7, 1.05))
    middle = 0.5 + rng.normal(0.012, knobs.shift)
    things = [_thing(rng, CODES[str(rng.choice(CLUTTER))]) for _ in range(rng.poisson(knobs.clutter))]
    occluders = [_occluder(rng)] if rng.random() < knobs.occlusion else []
    return Stage(
        scale=scale,
        feet=float(middle + 0.485 * scale),
        right=float(rng.normal(0, knobs.shift)),
        window=(float(rng.uniform(0, 1)), float(rng.uniform(0, HEIGHT - 1.0))),
        things=tuple(things),
        occluders=tuple(occluders),
        occluder_reflectance=materials.paint(rng.uniform(0, 2, 3), carbon=rng.uniform(0, 2)),
        drift=float(rng.normal(0, 1.5)),
        clouds=(int(rng.integers(1 << 14)), float(rng.uniform(0, 0.3))),
    )


def _thing(rng: np.random.Generator, label: int) -> Thing:
    left, bottom = rng.uniform(-0.35, 0.3), rng.uniform(0.55, 0.97)
    width, height = rng.uniform(0.03, 0.2), rng.uniform(0.08, 0.5)
    box = (left, bottom - height, left + width, bottom)
    return Thing(box, label, bool(rng.random() < 0.5), int(rng.integers(1 << 14)))


def _occluder(rng: np.random.Generator) -> Thing:
    """A post across the image, or a low object in front of the legs or of one side."""
    seed = int(rng.integers(1 << 14))
    if rng.random() < 0.4:
        left, width = rng.uniform(-0.15, 0.12), rng.uniform(0.02, 0.06)
        return Thing((left, 0.0, left + width, 1.0), CODES["occluder"], True, seed)
    left, width, top = rng.uniform(-0.3, 0.05), rng.uniform(0.15, 0.4), rng.uniform(0.55, 0.8)
    return Thing((left, top, left + width, 1.0), CODES["occluder"], bool(rng.random() < 0.5), seed)


def set_stage(stage: Stage, backdrop: Backdrop, light: Light, size: tuple[int, int]) -> Canvas:
    """Cuts the window out of the backdrop, puts the loose objects and the person's shadow in it; a canvas of `size`."""
    height, width = size
    top = int(stage.window[1] * height)
    left = int(stage.window[0] * (backdrop.labels.shape[1] - width))
    window = np.s_[top : top + height, left : left + width]
    canvas = Canvas(backdrop.labels[window].copy(), backdrop.detail[window].copy(), light)
    for thing in stage.things:
        _put(thing, canvas)
    _ground_shadow(stage, canvas)
    return canvas


def occlude(stage: Stage, canvas: Canvas) -> None:
    """Draws the objects in front of the person."""
    for thing in stage.occluders:
        _put(thing, canvas)


def _put(thing: Thing, canvas: Canvas) -> None:
    height, width = canvas.labels.shape
    left, right = (int(np.clip(width / 2 + x * height, 0, width)) for x in thing.box[::2])
    top, bottom = (int(np.clip(y * height, 0, height)) for y in thing.box[1::2])
    if left >= right or top >= bottom:
        return
    box = np.s_[top:bottom, left:right]
    across = np.linspace(-1, 1, right - left, dtype=np.float32)
    shade = 1.0 - 0.5 * (across - 0.2) ** 2 if thing.round else 0.85 + 0.1 * across
    rows, columns = (thing.seed + np.arange(top, bottom)) % N, (thing.seed // N + np.arange(left, right)) % N
    grain = FOLDS[thing.seed % len(FOLDS)].reshape(N, N)[np.ix_(rows, columns)]
    canvas.labels[box] = thing.label
    canvas.shading[box] = shade * (1 + (0.35 if thing.label == CODES["vegetation"] else 0.1) * grain)


def _ground_shadow(stage: Stage, canvas: Canvas) -> None:
    """Darkens the ground around the feet, away from the light."""
    height, width = canvas.labels.shape
    x = (np.arange(width, dtype=np.float32) - width / 2) / height - stage.right + 0.06 * canvas.light.direction[0]
    y = (np.arange(height, dtype=np.float32) / height - stage.feet + 0.012)[:, None]
    rows = np.flatnonzero(np.abs(y[:, 0]) < 0.1)
    if rows.size:
        near = np.s_[rows[0] : rows[-1] + 1]
        canvas.shading[near] *= 1 - np.float32(0.55) * np.exp(-((x / 0.13) ** 2) - (y[near] / 0.03) ** 2)


def _clouds() -> np.ndarray:
    """(N, N) smooth tileable noise of standard deviation 1."""
    noise = gaussian_filter(np.random.default_rng(7).standard_normal((N, N)), N / 9, mode="wrap")
    return (noise / noise.std()).astype(np.float32)


@lru_cache(maxsize=4)
def _corners(shape: tuple[int, int]) -> np.ndarray:
    y, x = (np.linspace(-1, 1, n, dtype=np.float32) for n in shape)
    return (0.7 * y[:, None] ** 2 + 0.5 * x[None] ** 2) / 1.2


def patches(stage: Stage, shape: tuple[int, int], spot: float) -> np.ndarray:
    """(H, W) light over the image: patches of shadow, and corners darker by `spot`."""
    start, contrast = stage.clouds
    rows = (start % N + np.arange(shape[0]) * N // shape[0]) % N
    columns = (start // N + np.arange(shape[1]) * N // shape[0]) % N
    clouds = CLOUDS[np.ix_(rows, columns)].clip(-2, 2)
    return (1 + np.float32(contrast) * clouds) * (1 - np.float32(spot) * _corners(shape))


CLOUDS = _clouds()
