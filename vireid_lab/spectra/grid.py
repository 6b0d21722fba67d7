"""The wavelengths on which every spectrum of the package is sampled."""

from __future__ import annotations

import numpy as np

from vireid_lab.runtime import InputError

WAVELENGTHS = np.arange(400.0, 1001.0, 10.0)  # (61,) nm
WAVELENGTHS.flags.writeable = False


def checked(name: str, value: float, low: float, high: float) -> float:
    """Returns `value` as a float.

    Raises:
        InputError: it is not a finite number in [low, high].
    """
    try:
        number = float(value)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} {value!r} is not a number: give one from {low:g} to {high:g}") from error
    if not low <= number <= high:
        raise InputError(f"{name} {number:g} is out of range: give one from {low:g} to {high:g}")
    return number


def sigmoid(wavelengths: np.ndarray, centre: float, width: float) -> np.ndarray:
    """A smooth step from 0 to 1 at `centre` nm; `width` in nm, negative for a step from 1 to 0."""
    return 0.5 * (1 + np.tanh((wavelengths - centre) / (2 * width)))


def gaussian(wavelengths: np.ndarray, centre: float, width: float) -> np.ndarray:
    """A bell of height 1 at `centre` nm with standard deviation `width` nm."""
    return np.exp(-0.5 * ((wavelengths - centre) / width) ** 2)
