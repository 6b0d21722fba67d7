"""The reflection prior on aligned visible-infrared pairs (Tan et al. 2022, Sec. III, Eq. 1-4).

Eq. 1 is the Lambertian response of a pixel; Eq. 2 splits the light into its place, strength and spectrum; Eq. 3 is the
ratio of two channels. With equal place terms the shading cancels and the ratio depends on the material alone (Eq. 4):
inside one material under one light N = k X for X = R, G, B, a line through the origin. Images hold linear light in
[0, 1]: behind a gamma curve the relation is no line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from vireid_lab.analysis.lines import block_groups, least_squares, pixel_groups, robust_lines, slope_interval, sums
from vireid_lab.analysis.usable_pixels import check_pair, usable, why_unusable
from vireid_lab.runtime import InputError, unknown

CHANNELS = ("red", "green", "blue")
ROBUST = ("none", "huber", "ransac")
ROBUST_PIXELS = 20_000


@dataclass(frozen=True)
class RegionFit:
    """N = k X + intercept for X = R, G, B in one region; Eq. 4 has intercept 0.

    Attributes:
        k: (3,) slopes N/R, N/G, N/B.
        intercept: (3,) in units of the infrared image; 0 through the origin.
        r2: (3,) centred R^2, 1 - SS_res / sum (N - mean N)^2. May be negative through the origin; NaN for a constant N.
        r2_uncentred: (3,) 1 - SS_res / sum N^2. Near 1 in any bright region: not comparable with `r2`.
        residual: (3,) root mean square of N - k X - intercept over all pixels used, outliers of a robust fit included.
        variation: (3,) rms(N - k X) / rms(N) of the least-squares line through the origin, whatever was fitted: the
            sine of the angle between the two channels as vectors; 0 is exactly Eq. 4.
        interval: (3, 2) bootstrap interval of k, or None.
        pixels: number of pixels used.
        masked: number of pixels of the region left out: 0, 1 or NaN in some channel.
    """

    k: np.ndarray
    intercept: np.ndarray
    r2: np.ndarray
    r2_uncentred: np.ndarray
    residual: np.ndarray
    variation: np.ndarray
    interval: np.ndarray | None
    pixels: int
    masked: int


def fit_region(
    visible: np.ndarray,
    infrared: np.ndarray,
    mask: np.ndarray | None = None,
    *,
    offset: bool = False,
    robust: str = "none",
    noise: float | Sequence[float] = 0.0,
    bootstrap: int = 0,
    block: int = 0,
    level: float = 0.95,
    rng: Generator | None = None,
) -> RegionFit:
    """Fits N = k X (Eq. 4), or N = k X + intercept, to the pixels of one region, for X = R, G, B each.

    Noise in X flattens the line: through the origin by the factor 1 / (1 + noise^2 / mean X^2), with an offset by
    1 / (1 + noise^2 / var X), which is far more; the interval is then about the flattened slope. `noise` takes that off
    (method of moments).

    Args:
        visible: (H, W, 3) linear light in [0, 1].
        infrared: (H, W) linear light in [0, 1].
        mask: (H, W) bool, the region and the pair's valid pixels; None is the whole image. Pixels at 0, at 1 or NaN in
            some channel are always left out and counted.
        offset: fit an intercept.
        robust: `none` (least squares), `huber` or `ransac` (scikit-learn; settings in `lines.robust_lines`), which use
            at most ROBUST_PIXELS pixels, evenly spaced.
        noise: standard deviation of the noise of the visible channels, one number or three, in units of the image;
            where it changes with the light, its root mean square over the region. 0 corrects nothing.
        bootstrap: samples for the percentile interval of k; 0 gives no interval.
        block: what is resampled: 0 is single pixels, right for noise independent from pixel to pixel; otherwise squares
            of this side in pixels, for texture and model errors that neighbours share (real images).
        level: coverage of the interval.
        rng: generator, needed by `bootstrap` and `ransac`.

    Raises:
        InputError: an unknown or impossible option, images that are no pair, or a region that determines no line: too
            few usable pixels (black, saturated, NaN, one pixel), no contrast for an offset, more noise than signal.
    """
    check_pair(visible, infrared, mask)
    noise = np.asarray(noise, np.float64)
    _check_options(robust, noise, bootstrap, block, level, rng)
    keep = usable(visible, infrared, mask)
    x, y = visible[keep].astype(np.float64), infrared[keep].astype(np.float64)
    if len(y) < 2 + offset:
        why = why_unusable(visible, infrared, mask)
        raise InputError(f"{len(y)} usable pixels in the region are too few for a line: {why}; choose another region")
    masked = (infrared.size if mask is None else int(np.count_nonzero(mask))) - len(y)
    chosen = slice(None)
    if robust != "none" and len(y) > ROBUST_PIXELS:
        chosen = np.linspace(0, len(y) - 1, ROBUST_PIXELS).astype(int)
        x, y = x[chosen], y[chosen]
    fit = fit_pixels(x, y, masked, offset=offset, robust=robust, noise=noise, rng=rng)
    if not bootstrap:
        return fit
    group = block_groups(np.argwhere(keep)[chosen], block) if block else pixel_groups(len(y), rng)
    interval = slope_interval(x, y, group, bootstrap, level, rng, offset=offset, robust=robust, noise=noise)
    return replace(fit, interval=interval)


def fit_pixels(
    x: np.ndarray,
    y: np.ndarray,
    masked: int = 0,
    *,
    offset: bool = False,
    robust: str = "none",
    noise: float | np.ndarray = 0.0,
    rng: Generator | None = None,
) -> RegionFit:
    """`fit_region` on the usable pixels themselves: x (n, 3) and y (n,), float64.

    Raises:
        InputError: the pixels determine no line.
    """
    totals = sums(x, y)[0]
    n, squares, products = totals[0], totals[5:8], totals[8:]
    spread = squares / n - (totals[2:5] / n) ** 2 * offset
    enough = spread > np.maximum(np.square(noise), 1e-12)
    if not enough.all():
        channel, what = CHANNELS[int(np.argmin(enough))], "varies" if offset else "is bright"
        raise InputError(f"{channel} {what} too little here for a line at noise {noise}: choose another region")
    if robust == "none":
        k, intercept = least_squares(totals, offset, noise)
    else:
        k, intercept = robust_lines(x, y, offset, robust, rng)
    energy = y @ y
    error = y[:, None] - x * k - intercept
    left = np.einsum("nc,nc->c", error, error)
    straight = y[:, None] - x * (products / squares)
    about_mean = ((y - y.mean()) ** 2).sum()
    flat = about_mean <= 1e-12 * energy
    return RegionFit(
        k=k,
        intercept=intercept,
        r2=np.full(3, np.nan) if flat else 1 - left / about_mean,
        r2_uncentred=1 - left / energy,
        residual=np.sqrt(left / n),
        variation=np.sqrt(np.einsum("nc,nc->c", straight, straight) / energy),
        interval=None,
        pixels=len(y),
        masked=masked,
    )


def band_ratios(visible: np.ndarray, infrared: np.ndarray, valid: np.ndarray | None = None) -> np.ndarray:
    """Chromaticity band ratios N/R, N/G, N/B of each pixel: the left side of Eq. 4, Fig. 2.

    Args:
        visible: (H, W, 3) linear light in [0, 1].
        infrared: (H, W) linear light in [0, 1].
        valid: (H, W) bool; what it leaves out is masked, and always pixels at 0, at 1 or NaN in some channel.

    Returns:
        (H, W, 3) float32, NaN in all channels of a masked pixel: `np.isnan(ratios[..., 0]).sum()` counts them.

    Raises:
        InputError: the images are no pair.
    """
    check_pair(visible, infrared, valid)
    ratios = np.full(visible.shape, np.nan, np.float32)
    keep = usable(visible, infrared, valid)[..., None]
    return np.divide(infrared[..., None], visible, out=ratios, where=keep, casting="same_kind")


def _check_options(robust: str, noise: np.ndarray, bootstrap: int, block: int, level: float, rng: Generator | None):
    if robust not in ROBUST:
        raise unknown("robust option", robust, ROBUST)
    if noise.shape not in ((), (3,)) or not (noise >= 0).all() or (noise.any() and robust != "none"):
        raise InputError(f"noise {noise} with robust='{robust}': give one number or three, 0 unless robust is 'none'")
    if bootstrap < 0 or block < 0 or not 0 < level < 1:
        raise InputError(f"bootstrap {bootstrap}, block {block}, level {level:g}: give 0 or more, 0 or more, in (0, 1)")
    if rng is None and (bootstrap or robust == "ransac"):
        raise InputError("bootstrap and ransac draw at random: give rng=numpy.random.default_rng(seed)")
