"""Linear factors on images: one for the whole image, or one for each horizontal part (RFM Fig. 3 and Fig. 6).

A factor multiplies the values as they stand in the file (sRGB-encoded), as the paper does. The paper does not say which
factors it took. Here all are at most 1: nothing saturates, and the mean change of brightness is the same number whether
it is taken of each pixel or of the image's mean.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d

from vireid_lab.runtime import InputError

PARTS = 6
_BISECTIONS = 60


def factors_whole(images: np.ndarray, strength: float) -> np.ndarray:
    """Multiplies each image by the one factor 1 - strength (RFM Fig. 3 a, b).

    Args:
        images: (N, H, W, 3) in [0, 1].
        strength: share of its brightness that each image loses, between 0 and 1.

    Returns:
        (N, H, W, 3) float32 in [0, 1].

    Raises:
        InputError: the images or the strength are not such.
    """
    _check(images, strength)
    return (images * (1 - strength)).astype(np.float32)


def factors_parts(
    images: np.ndarray,
    strength: float,
    rng: np.random.Generator,
    parts: int = PARTS,
    shared: bool = True,
    blur: float = 0.0,
) -> np.ndarray:
    """Multiplies horizontal parts by factors of their own, at the mean change of `factors_whole` (RFM Fig. 3 c).

    The factor of part p is 1 - u_p^g with u_p uniform in (0, 1); the exponent g > 0 is found for each image such that
    the image loses exactly the share `strength` of its brightness. At strength 0.5 the factors are nearly uniform.

    Args:
        images: (N, H, W, 3) in [0, 1].
        strength: share of its brightness that each image loses, between 0 and 1.
        rng: draws u.
        parts: number of parts from top to bottom, as equal as the rows allow.
        shared: all images have the same u (here the default: the paper explains its result by "the body structure
            prior from the head to toe", which needs factors that go with the part of the body); False: each its own.
        blur: standard deviation, in heights of a part, by which u is blurred from row to row: a control without the
            straight edges that the parts' borders draw into the image. 0: the paper's sharp parts.

    Returns:
        (N, H, W, 3) float32 in [0, 1].

    Raises:
        InputError: the images, the strength or the number of parts are not such; a black image.
    """
    _check(images, strength)
    rows = images.shape[1]
    if not 2 <= parts <= rows:
        raise InputError(f"parts {parts}: give 2 to {rows}, the rows of the images")
    light = images.sum(axis=(2, 3), dtype=np.float64)  # (N, H)
    _refuse_black(light.sum(axis=1))
    draws = np.tile(rng.random(parts), (len(images), 1)) if shared else rng.random((len(images), parts))
    draws = draws[:, np.arange(rows) * parts // rows]  # (N, H)
    if blur:
        draws = gaussian_filter1d(draws, blur * rows / parts, axis=1, mode="nearest")
    losses = _with_mean(np.clip(draws, 1e-9, 1 - 1e-9), light / light.sum(axis=1, keepdims=True), strength)
    return (images * (1 - losses)[:, :, None, None]).astype(np.float32)


def brightness_change(images: np.ndarray, changed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How much of its brightness each image lost, and the root mean square change of its pixels.

    Args:
        images: (N, H, W, 3) in [0, 1].
        changed: the same after the factors.

    Returns:
        (N,) mean |change| over mean brightness, and (N,) root mean square change over root mean square brightness.
        A single factor f gives 1 - f in both; factors that differ mostly give a larger second number.

    Raises:
        InputError: a black image.
    """
    images, axes = np.asarray(images, dtype=np.float64), (1, 2, 3)
    light = images.mean(axis=axes)
    _refuse_black(light)
    change = changed - images
    root_mean_square = np.sqrt(np.mean(change**2, axis=axes) / np.mean(images**2, axis=axes))
    return np.abs(change).mean(axis=axes) / light, root_mean_square


def _with_mean(draws: np.ndarray, weights: np.ndarray, mean: float) -> np.ndarray:
    """draws ** g, (N, H), with g for each row such that the weighted mean, which falls with g, is `mean`."""
    low, high = np.full((len(draws), 1), -20.0), np.full((len(draws), 1), 20.0)  # of log g
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        above = (weights * draws ** np.exp(middle)).sum(axis=1, keepdims=True) > mean
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return draws ** np.exp((low + high) / 2)


def _refuse_black(light: np.ndarray) -> None:
    if (light == 0).any():
        raise InputError(f"image {np.argmin(light)} is black: no factor changes its brightness; leave it out")


def _check(images: np.ndarray, strength: float) -> None:
    if images.ndim != 4 or images.shape[3] != 3 or images.size == 0 or not np.issubdtype(images.dtype, np.floating):
        raise InputError(f"images {images.shape} {images.dtype}: give floats in [0, 1] of shape (N, H, W, 3)")
    if not (np.isfinite(images).all() and images.min() >= 0 and images.max() <= 1):
        raise InputError(f"images with values from {images.min():.3g} to {images.max():.3g}: give values in [0, 1]")
    if not 0 < strength < 1:
        raise InputError(f"strength {strength}: give a share of the brightness between 0 and 1")
