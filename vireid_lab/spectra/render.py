"""Eq. 1 of the reflection prior (Tan et al. 2022, Sec. III): what a camera records of a lit surface."""

from __future__ import annotations

import numpy as np

from vireid_lab.runtime import InputError


def response(sensor: np.ndarray, illuminant: np.ndarray, reflectances: np.ndarray) -> np.ndarray:
    """Eq. 1 without its shading: the sum over wavelength of illuminant E, reflectance S and sensitivity Q.

    Our reading: E and S are printed as functions of the place too; here each row of `reflectances` is one material
    under one light, and the shading sigma(x, y) multiplies the result afterwards. Each channel is divided by its answer
    to a perfect white, which is a camera's exposure and white balance.

    Args:
        sensor: (C, L) sensitivities Q, not negative.
        illuminant: (L,) relative power E, not negative.
        reflectances: (M, L) reflectance S of M materials in [0, 1].

    Returns:
        (M, C) response in [0, 1], linear; a reflectance of 1 at every wavelength gives 1 in every channel.

    Raises:
        InputError: the shapes do not fit, or a channel sees nothing of this light.
    """
    sensor, illuminant, reflectances = (np.asarray(a, dtype=np.float64) for a in (sensor, illuminant, reflectances))
    if sensor.ndim != 2 or sensor.shape[1:] != illuminant.shape or reflectances.shape[1:] != illuminant.shape:
        shapes = f"sensor {sensor.shape}, illuminant {illuminant.shape}, reflectances {reflectances.shape}"
        raise InputError(f"{shapes} do not fit: give (C, L), (L,) and (M, L) on the same wavelengths")
    weights = sensor * illuminant  # (C, L)
    white = weights.sum(axis=1)
    if not (white > 0).all():
        channel = int(np.argmin(white))
        raise InputError(f"channel {channel} of the sensor sees nothing of this illuminant: choose another pair")
    return reflectances @ (weights / white[:, None]).T
