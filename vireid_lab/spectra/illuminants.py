"""Spectral power of light sources over wavelength, scaled to a maximum of 1.

`E` in Eq. 1 of the reflection prior (Tan et al. 2022, Sec. III). Only its shape matters: exposure is the camera's.
"""

from __future__ import annotations

import numpy as np
from scipy.constants import Boltzmann, Planck, speed_of_light

from .grid import WAVELENGTHS, checked, gaussian

# Absorption by the sun's and the earth's atmosphere: (centre nm, width nm, depth). The violet lines of the sun, O2 at
# 761 nm; the others are water vapour.
SKY_BANDS = ((400, 14, 0.25), (690, 6, 0.10), (720, 12, 0.18), (761, 7, 0.45), (820, 14, 0.15), (940, 22, 0.50))
# Phosphor and mercury lines of a three-band tube, close to CIE illuminant F11: (centre nm, width nm, height).
TUBE_LINES = (
    (405, 5, 0.12), (436, 6, 0.35), (488, 8, 0.28), (544, 6, 1.0), (586, 9, 0.25), (611, 6, 0.9), (707, 6, 0.08),
)  # fmt: skip
# Sodium at high pressure: the D lines, broadened and reversed in the middle, weaker lines, and one in the infrared.
SODIUM_LINES = (
    (467, 4, 0.08), (498, 4, 0.30), (515, 4, 0.10), (569, 5, 0.65), (582, 6, 1.0), (597, 10, 1.0), (616, 5, 0.40),
    (819, 6, 0.85),
)  # fmt: skip


def planck(wavelengths: np.ndarray, kelvin: np.ndarray | float) -> np.ndarray:
    """Spectral radiance of a black body by Planck's law.

    Args:
        wavelengths: (L,) nm.
        kelvin: temperature above 0 K, broadcast against the wavelengths.

    Returns:
        Radiance in W m^-2 sr^-1 per metre of wavelength.
    """
    metres = np.asarray(wavelengths, dtype=np.float64) * 1e-9
    exponent = Planck * speed_of_light / (metres * Boltzmann * np.asarray(kelvin, dtype=np.float64))
    return 2 * Planck * speed_of_light**2 / metres**5 / np.expm1(exponent)


def daylight(cct: float = 6500.0, wavelengths: np.ndarray = WAVELENGTHS) -> np.ndarray:
    """Daylight: a black body at the correlated colour temperature, seen through the absorption of sun and air.

    An approximation in place of the CIE D series, whose tables end at 830 nm.

    Args:
        cct: correlated colour temperature, 4000 (low sun) to 12000 K (blue sky).
        wavelengths: (L,) nm.

    Returns:
        (L,) relative power, maximum 1.

    Raises:
        InputError: cct is out of range.
    """
    power = planck(wavelengths, checked("cct", cct, 4000, 12000))
    for centre, width, depth in SKY_BANDS:
        power = power * (1 - depth * gaussian(wavelengths, centre, width))
    return power / power.max()


def tungsten(kelvin: float = 2856.0, wavelengths: np.ndarray = WAVELENGTHS) -> np.ndarray:
    """A filament lamp: a black body of 2000 to 3500 K (2856 K is CIE illuminant A). Returns (L,), maximum 1.

    Raises:
        InputError: kelvin is out of range.
    """
    power = planck(wavelengths, checked("kelvin", kelvin, 2000, 3500))
    return power / power.max()


def white_led(cct: float = 4500.0, wavelengths: np.ndarray = WAVELENGTHS) -> np.ndarray:
    """A white LED: a blue die at 452 nm and a broad yellow phosphor; nothing in the near infrared.

    The height of the die and the centre of the phosphor are set so that its colour is that of a black body at the cct.

    Args:
        cct: correlated colour temperature, 2700 to 6500 K.
        wavelengths: (L,) nm.

    Returns:
        (L,) relative power, maximum 1.

    Raises:
        InputError: cct is out of range.
    """
    mired = 1e6 / checked("cct", cct, 2700, 6500)
    die = (4.034 - 0.01685 * mired + 1.93e-5 * mired**2) * gaussian(wavelengths, 452, 10)
    power = die + gaussian(wavelengths, 541.4 + 0.15 * mired, 50)
    return power / power.max()


def fluorescent(wavelengths: np.ndarray = WAVELENGTHS) -> np.ndarray:
    """A three-band fluorescent tube of about 4000 K (CIE F11 in kind). Returns (L,), maximum 1."""
    return _lines(TUBE_LINES, 0.04 * gaussian(wavelengths, 560, 90), wavelengths)


def sodium(wavelengths: np.ndarray = WAVELENGTHS) -> np.ndarray:
    """A high-pressure sodium street lamp of about 2000 K, in kind; no camera of the benchmark has it.

    Returns (L,), maximum 1.
    """
    return _lines(SODIUM_LINES, 0.05 * gaussian(wavelengths, 590, 70), wavelengths)


def _lines(lines: tuple, ground: np.ndarray, wavelengths: np.ndarray) -> np.ndarray:
    power = ground
    for centre, width, height in lines:
        power = power + height * gaussian(wavelengths, centre, width)
    return power / power.max()


def infrared_led(peak: float = 850.0, wavelengths: np.ndarray = WAVELENGTHS) -> np.ndarray:
    """The LEDs of a night camera, 35 nm wide at half height at 850 nm and 43 nm at 940 nm. Returns (L,), maximum 1.

    Raises:
        InputError: peak (nm) is outside 700 to 1000.
    """
    peak = checked("peak", peak, 700, 1000)
    power = gaussian(wavelengths, peak, 14.9 * (peak / 850) ** 2)  # width at constant energy spread
    return power / power.max()
