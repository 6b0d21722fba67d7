"""Control worlds: the benchmark with one thing about light changed, to see whether a claim stands or falls with it.

"glossy": people have highlights and cameras a curved tone, which the reflection model leaves out (Tan et al. 2022,
Sec. VI). "equal_k": k = NIR / G is the same for all materials, so that there is no gap of the kind that the model
describes. "random_k": k is drawn anew for every material of every infrared image, so that nothing but edges and
patterns survives: the gap at its purest, but one that the training images themselves show in all its forms.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from . import illuminants, sensors
from .camera import POWER, Camera, tone_table

CONTROLS = ("none", "glossy", "equal_k", "random_k")
K_RANGE = (0.1, 1.0)  # of random_k
GLOSS = 0.25  # strongest highlight of a material, in light off a perfect white
SHARPNESS = 12  # exponent of the highlight
TONE = 0.7  # share of the S-curve in the tone of a glossy world's cameras


def seen_in_green(camera: Camera) -> Camera:
    """An infrared camera with the response of the green channel in daylight: k is 1 for every material."""
    return replace(camera, sensor=sensors.bayer_rgb()[1:2], illuminant=illuminants.daylight(6500))


def random_k(rng: np.random.Generator, count: int) -> np.ndarray:
    """(count, 1) factors of the materials of one image, uniform in `K_RANGE`."""
    return rng.uniform(*K_RANGE, (count, 1)).astype(np.float32)


def highlights(gloss: np.ndarray, light: np.ndarray) -> np.ndarray:
    """(H, W) specular light, the colour of the illuminant.

    The shading of a matt surface is near 1 where it faces the light, and there the highlight lies; the angle of view is
    left out, which is right for light from the camera and an approximation for light from above.

    Args:
        gloss: (H, W) strength of the material at each pixel.
        light: (H, W) shading of a matt surface.
    """
    return gloss * np.clip(light, 0, 1.1) ** SHARPNESS


def curved_tone(camera: Camera) -> Camera:
    """A camera whose tone darkens the dark and brightens the bright, in place of a pure power."""
    curve = POWER**2 * (3 - 2 * POWER)
    return replace(camera, tone=tone_table((1 - TONE) * POWER + TONE * curve))
