"""Reflectance over wavelength of what people wear and stand in front of, `S` in Eq. 1 (Tan et al. 2022, Sec. III).

Dyes absorb visible light and vanish in the near infrared; carbon black absorbs everywhere. Fabrics and scene materials
use the numbers of `measured`, fitted to the USGS library; skin follows published limits; hair and leather are plausible
shapes, not fits.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vireid_lab.runtime import InputError, unknown

from .grid import WAVELENGTHS, checked, gaussian, sigmoid
from .measured import BACKGROUNDS, DYES, FIBRES, WHITE_PIGMENT, Curve

NO_DYES = (0.0, 0.0, 0.0)


def fabric(
    fibre: str,
    dyes: Sequence[float] = NO_DYES,
    carbon: float = 0.0,
    surface: float = 0.02,
    wavelengths: np.ndarray = WAVELENGTHS,
) -> np.ndarray:
    """A dyed fabric: Beer-Lambert absorption by dyes and carbon black over the reflectance of the fibre.

    Args:
        fibre: "cotton", "jute", "nylon", "polyester" or "wool".
        dyes: absorbance of the yellow, magenta and cyan dye, each 0 (none) to 8 (saturated); they absorb little beyond
            730 nm and nothing beyond 850 nm.
        carbon: absorbance of carbon black, 0 to 8, the same at all wavelengths; 1 is a dark coating.
        surface: reflected before light meets a dye, 0 to 0.2: deep pile 0.01, smooth weave 0.05, coated 0.12.
        wavelengths: (L,) nm.

    Returns:
        (L,) reflectance in [0, 1].

    Raises:
        InputError: unknown fibre, or a value out of range.
    """
    if fibre not in FIBRES:
        raise unknown("fibre", fibre, FIBRES)
    return _dyed(_evaluate(FIBRES[fibre], wavelengths), dyes, carbon, surface, wavelengths)


def paint(
    dyes: Sequence[float] = NO_DYES, carbon: float = 0.0, surface: float = 0.04, wavelengths: np.ndarray = WAVELENGTHS
) -> np.ndarray:
    """Paint or opaque plastic: a white titanium pigment, with dyes and carbon black as in `fabric`.

    Returns:
        (L,) reflectance in [0, 1].

    Raises:
        InputError: a value is out of range.
    """
    return _dyed(_evaluate(WHITE_PIGMENT, wavelengths), dyes, carbon, surface, wavelengths)


def leather(
    tan: float = 0.5,
    dyes: Sequence[float] = NO_DYES,
    carbon: float = 0.0,
    surface: float = 0.03,
    wavelengths: np.ndarray = WAVELENGTHS,
) -> np.ndarray:
    """Leather; not fitted to a measurement.

    Args:
        tan: tannins from 0 (pale crust) to 1 (dark brown); they absorb less and less towards the infrared.
        dyes: as in `fabric`.
        carbon: as in `fabric`.
        surface: as in `fabric`.
        wavelengths: (L,) nm.

    Returns:
        (L,) reflectance in [0, 1].

    Raises:
        InputError: a value is out of range.
    """
    crust = 0.6 * np.exp(-3 * checked("tan", tan, 0, 1) * (wavelengths / 450) ** -3)
    return _dyed(crust, dyes, carbon, surface, wavelengths)


def skin(melanin: float = 0.2, blood: float = 0.5, wavelengths: np.ndarray = WAVELENGTHS) -> np.ndarray:
    """Human skin: dermis behind melanin (absorbing as the power -3.33 of wavelength, Jacques 2013) and haemoglobin.

    The range at 780 nm is that of 100 people measured by NIST (Cooksey et al. 2017): 0.68 without melanin, 0.62 at
    melanin 0.2 (the median), 0.43 at 1.

    Args:
        melanin: 0 (palest) to 1 (darkest).
        blood: 0 (pale) to 1 (flushed).
        wavelengths: (L,) nm.

    Returns:
        (L,) reflectance in [0, 1].

    Raises:
        InputError: a value is out of range.
    """
    melanin, blood = checked("melanin", melanin, 0, 1), checked("blood", blood, 0, 1)
    dermis = 0.42 + 0.26 * sigmoid(wavelengths, 560, 50)
    haemoglobin = 1.2 * gaussian(wavelengths, 415, 22)  # Soret band
    haemoglobin += 0.5 * gaussian(wavelengths, 542, 13) + 0.5 * gaussian(wavelengths, 577, 10)
    water = 0.2 * gaussian(wavelengths, 975, 25)
    return dermis * np.exp(-0.458 * melanin * (wavelengths / 780) ** -3.33 - blood * haemoglobin - water)


def hair(melanin: float = 0.8, wavelengths: np.ndarray = WAVELENGTHS) -> np.ndarray:
    """Human hair, dark in the visible and brighter in the infrared; not fitted to a measurement.

    Args:
        melanin: 0 white, 0.15 blond, 0.5 brown, 1 black.
        wavelengths: (L,) nm.

    Returns:
        (L,) reflectance in [0, 1].

    Raises:
        InputError: melanin is out of range.
    """
    return 0.02 + 0.53 * np.exp(-6 * checked("melanin", melanin, 0, 1) * (wavelengths / 600) ** -3)


def background(name: str, wavelengths: np.ndarray = WAVELENGTHS) -> np.ndarray:
    """Reflectance (L,) in [0, 1] of a material of the scene.

    Raises:
        InputError: the name is not in `measured.BACKGROUNDS`.
    """
    if name not in BACKGROUNDS:
        raise unknown("material", name, BACKGROUNDS)
    return _evaluate(BACKGROUNDS[name], wavelengths)


def dye_absorbance(wavelengths: np.ndarray = WAVELENGTHS) -> np.ndarray:
    """Absorbance (3, L) of the yellow, magenta and cyan dye at unit concentration."""
    bands = []
    for dye in DYES.values():
        band = sum(sigmoid(wavelengths, centre, -width) for centre, width in dye.falls)
        bands.append(band if dye.rise is None else band * sigmoid(wavelengths, *dye.rise))
    return np.stack(bands)


def _evaluate(curve: Curve, wavelengths: np.ndarray) -> np.ndarray:
    reflectance = np.full(len(wavelengths), float(curve.level))
    for height, centre, width in curve.steps:
        reflectance += height * sigmoid(wavelengths, centre, width)
    for height, centre, width in curve.peaks:
        reflectance += height * gaussian(wavelengths, centre, width)
    return np.clip(reflectance, 0, 1)


def _dyed(
    base: np.ndarray, dyes: Sequence[float], carbon: float, surface: float, wavelengths: np.ndarray
) -> np.ndarray:
    """Beer-Lambert: what enters the material is weakened by exp(-absorbance); the surface reflects its share before."""
    if np.shape(dyes) != (len(DYES),):
        raise InputError(f"dyes {dyes}: give {len(DYES)} absorbances, {', '.join(DYES)}")
    amounts = [checked(f"{name} dye", amount, 0, 8) for name, amount in zip(DYES, dyes, strict=True)]
    surface = checked("surface", surface, 0, 0.2)
    absorbance = checked("carbon", carbon, 0, 8) + amounts @ dye_absorbance(wavelengths)
    return surface + (base - surface) * np.exp(-absorbance)
