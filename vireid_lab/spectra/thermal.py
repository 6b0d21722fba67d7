"""Thermal infrared, 8 to 14 um: what skin, clothing and background emit, and the microbolometer that records it.

Nothing here knows of colour: a print has its cloth's temperature and emissivity, so it does not show.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

from vireid_lab.runtime import InputError

from .grid import checked
from .illuminants import planck

BAND_STEP = 100.0  # nm
BAND = np.arange(8000 + BAND_STEP / 2, 14000, BAND_STEP)  # nm, midpoints of the steps
KELVIN = 273.15
AIR_RESISTANCE = 0.11  # m^2 K/W from a surface to still air by convection and radiation (about 0.7 clo)
FABRIC_CONDUCTIVITY = 0.045  # W/(m K) of textile with the air in it
AIR_CONDUCTIVITY = 0.026  # W/(m K)
WIDEST_GAP = 8.0  # mm; the air of a wider gap moves and insulates no better


def garment_temperature(thickness: float, gap: float, ambient: float, skin: float = 33.0) -> float:
    """Temperature of the outside of a garment: skin, trapped air, cloth and outer air as thermal resistances in series.

    Args:
        thickness: of the cloth in mm, 0 (bare skin) to 60; a shirt 0.5, jeans 1, a pullover 3, a padded coat 20.
        gap: air between skin and cloth in mm, 0 (tight) to 50; beyond 8 mm it insulates no better.
        ambient: temperature of air and surroundings in degrees C, -30 to 45.
        skin: temperature of the skin beneath in degrees C, 20 to 38.

    Returns:
        Degrees C, between ambient and skin.

    Raises:
        InputError: a value is out of range.
    """
    thickness, gap = checked("thickness", thickness, 0, 60), checked("gap", gap, 0, 50)
    ambient, skin = checked("ambient", ambient, -30, 45), checked("skin", skin, 20, 38)
    clothing = 1e-3 * (thickness / FABRIC_CONDUCTIVITY + min(gap, WIDEST_GAP) / AIR_CONDUCTIVITY)  # m^2 K/W
    return ambient + (skin - ambient) * AIR_RESISTANCE / (AIR_RESISTANCE + clothing)


def hair_temperature(ambient: float, skin: float = 33.0) -> float:
    """Degrees C of hair on a head, warmed by the scalp through about 5 mm of hair and air.

    Raises:
        InputError: a value is out of the ranges of `garment_temperature`.
    """
    return garment_temperature(3, 2, ambient, skin)


def band_radiance(celsius: np.ndarray | float) -> np.ndarray:
    """Radiance of a black body from 8 to 14 um (Planck's law, midpoint rule).

    Args:
        celsius: temperatures in degrees C, any shape.

    Returns:
        W m^-2 sr^-1, of the same shape.

    Raises:
        InputError: a temperature is not above absolute zero.
    """
    kelvin = np.asarray(celsius, dtype=np.float64)[..., None] + KELVIN
    if not (kelvin > 0).all():
        raise InputError(f"temperature {np.min(celsius):g} C is not above {-KELVIN} C: give degrees Celsius")
    return planck(BAND, kelvin).sum(axis=-1) * (BAND_STEP * 1e-9)


def label_radiance(
    celsius: np.ndarray, emissivity: np.ndarray | float, ambient: float, span: tuple[float, float]
) -> np.ndarray:
    """What a thermal camera receives from each material: its own emission and the surroundings' reflection.

    Args:
        celsius: (M,) temperatures in degrees C.
        emissivity: (M,) or one number, in [0, 1].
        ambient: temperature of the surroundings in degrees C.
        span: temperatures (low, high) in degrees C of the black bodies that the camera shows as 0 and 1.

    Returns:
        (M,) radiance in units of the span; below 0 or above 1 outside of it (the camera clips).

    Raises:
        InputError: an emissivity outside [0, 1], or an empty span.
    """
    emissivity = np.asarray(emissivity, dtype=np.float64)
    if not ((emissivity >= 0) & (emissivity <= 1)).all():
        raise InputError(f"emissivity {emissivity} is out of range: give numbers from 0 to 1")
    if not span[0] < span[1]:
        raise InputError(f"span {span} is empty: give (low, high) in degrees C with low below high")
    received = emissivity * band_radiance(celsius) + (1 - emissivity) * band_radiance(ambient)
    dark, bright = band_radiance(span)
    return (received - dark) / (bright - dark)


def fixed_pattern(shape: tuple[int, int], rng: np.random.Generator, strength: float = 0.01) -> np.ndarray:
    """Offsets that stay the same in every frame of one microbolometer: of single pixels and of whole columns.

    Args:
        shape: (H, W).
        rng: the camera's generator.
        strength: standard deviation as a fraction of full scale, half of its variance from the columns.

    Returns:
        (H, W) float32 offsets.
    """
    pixels = rng.standard_normal(shape, dtype=np.float32)
    columns = rng.standard_normal((1, shape[1]), dtype=np.float32)
    return np.float32(strength * np.sqrt(0.5)) * (pixels + columns)


def microbolometer(
    image: np.ndarray, pattern: np.ndarray, rng: np.random.Generator, noise: float = 0.01, blur: float = 0.8
) -> np.ndarray:
    """One frame of a microbolometer: blurred by the optics, with fixed-pattern and temporal noise.

    Args:
        image: (H, W) radiance, 0 to 1 over the camera's span.
        pattern: (H, W) offsets from `fixed_pattern`.
        rng: the frame's generator.
        noise: standard deviation of the temporal noise as a fraction of full scale.
        blur: standard deviation of the blur in pixels.

    Returns:
        (H, W) float32 in [0, 1].

    Raises:
        InputError: image and pattern differ in shape.
    """
    if np.shape(image) != np.shape(pattern):
        raise InputError(f"pattern {np.shape(pattern)} does not fit the image {np.shape(image)}: make it in that shape")
    frame = gaussian_filter(np.asarray(image, dtype=np.float32), blur, mode="nearest")
    frame += np.asarray(pattern, dtype=np.float32)
    frame += np.float32(noise) * rng.standard_normal(frame.shape, dtype=np.float32)
    return np.clip(frame, 0, 1)
