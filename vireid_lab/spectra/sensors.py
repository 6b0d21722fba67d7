"""Spectral sensitivity of cameras, `Q` in Eq. 1 of the reflection prior (Tan et al. 2022, Sec. III)."""

from __future__ import annotations

import numpy as np

from .grid import WAVELENGTHS, checked, gaussian, sigmoid


def silicon(wavelengths: np.ndarray = WAVELENGTHS) -> np.ndarray:
    """Quantum efficiency of a silicon pixel: rises through the blue, highest near 600 nm, a few percent at 1000 nm."""
    return 0.75 * sigmoid(wavelengths, 420, 25) * sigmoid(wavelengths, 850, -55)


def bayer_rgb(leak: float = 0.02, wavelengths: np.ndarray = WAVELENGTHS) -> np.ndarray:
    """A colour camera: Bayer filters on silicon behind an infrared-cut filter.

    Args:
        leak: share of the light beyond 700 nm that the infrared-cut filter lets through, in [0, 1]; 1 is a camera
            without the filter. The Bayer filters do not stop it: red is open there, green and blue from about 800 nm.
        wavelengths: (L,) nm.

    Returns:
        (3, L) sensitivity of R, G, B in [0, 1].

    Raises:
        InputError: leak is out of range.
    """
    leak = checked("leak", leak, 0, 1)
    infrared = sigmoid(wavelengths, 800, 20)  # the dyes of the filters open one after the other up to 830 nm
    red = sigmoid(wavelengths, 585, 8) + 0.06 * gaussian(wavelengths, 420, 25)
    green = gaussian(wavelengths, 535, 38) + 0.35 * sigmoid(wavelengths, 740, 25)
    blue = gaussian(wavelengths, 455, 34) + 0.2 * sigmoid(wavelengths, 770, 20)
    filters = np.minimum(np.stack([red, green, blue]) * (1 - infrared) + infrared, 1)
    cut = leak + (1 - leak) * sigmoid(wavelengths, 660, -8)
    return filters * silicon(wavelengths) * cut


def silicon_nir(long_pass: float | None = None, wavelengths: np.ndarray = WAVELENGTHS) -> np.ndarray:
    """A night camera: silicon without colour filters, with a long-pass filter where one is given.

    Args:
        long_pass: wavelength in nm (650 to 950) where the filter lets half of the light through, or None.
        wavelengths: (L,) nm.

    Returns:
        (1, L) sensitivity in [0, 1].

    Raises:
        InputError: long_pass is out of range.
    """
    sensitivity = silicon(wavelengths)
    if long_pass is not None:
        sensitivity = sensitivity * sigmoid(wavelengths, checked("long_pass", long_pass, 650, 950), 6)
    return sensitivity[None]
