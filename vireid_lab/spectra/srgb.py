"""The curve of sRGB (IEC 61966-2-1), both ways."""

from __future__ import annotations

import numpy as np


def srgb_to_linear(values: np.ndarray) -> np.ndarray:
    """Undoes the curve of sRGB (IEC 61966-2-1): v / 12.92 up to 0.04045, ((v + 0.055) / 1.055)^2.4 above.

    Args:
        values: any shape in [0, 1]; NaN is kept.

    Returns:
        Linear light in [0, 1], in the type given.
    """
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4).astype(values.dtype)


def linear_to_srgb(values: np.ndarray) -> np.ndarray:
    """The curve of sRGB, the inverse of srgb_to_linear: 12.92 v up to 0.0031308, 1.055 v^(1/2.4) - 0.055 above."""
    return np.where(values <= 0.0031308, values * 12.92, 1.055 * values ** (1 / 2.4) - 0.055).astype(values.dtype)
