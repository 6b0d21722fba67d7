"""Regions of a pair: found automatically where there are no masks, and a line each against one line for the image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vireid_lab.analysis.reflection import RegionFit, band_ratios, fit_pixels
from vireid_lab.analysis.usable_pixels import check_pair, usable
from vireid_lab.runtime import InputError, unknown

METHODS = ("kmeans", "superpixels")
SAMPLE = 20_000  # pixels that k-means is fitted to; all pixels are then labelled


@dataclass(frozen=True)
class FitComparison:
    """One line for the whole image against a line for each region, on the same pixels: the number behind Fig. 1.

    Attributes:
        whole: the line through (or for) the pixels of all regions together.
        whole_r2: (3,) share of the infrared variance that this one line explains; may be negative through the origin.
        regions_r2: (3,) share that the lines of the regions explain together: 1 - (sum of their SS_res) / SS of all
            pixels about the common mean.
        fits: label -> fit of the region.
        skipped: label -> why the region has no line; its pixels count in no share.
    """

    whole: RegionFit
    whole_r2: np.ndarray
    regions_r2: np.ndarray
    fits: dict[int, RegionFit]
    skipped: dict[int, str]


def compare_fits(
    visible: np.ndarray,
    infrared: np.ndarray,
    regions: np.ndarray,
    valid: np.ndarray | None = None,
    *,
    offset: bool = False,
) -> FitComparison:
    """How much of the infrared's variance one line explains, and how much a line for each region (Fig. 1, Eq. 4).

    Args:
        visible: (H, W, 3) linear light in [0, 1].
        infrared: (H, W) linear light in [0, 1].
        regions: (H, W) int label of the region, 0 = in none.
        valid: (H, W) bool; None takes every pixel that is not at 0, at 1 or NaN.
        offset: lines with an intercept.

    Raises:
        InputError: the images are no pair, or no region determines a line.
    """
    check_pair(visible, infrared, regions)
    check_pair(visible, infrared, valid)
    keep = usable(visible, infrared, valid) & (regions > 0)
    labels, position = np.unique(regions[keep], return_inverse=True)
    order = np.argsort(position.reshape(-1), kind="stable")
    x, y = visible[keep].astype(np.float64)[order], infrared[keep].astype(np.float64)[order]
    starts = np.searchsorted(position.reshape(-1)[order], np.arange(len(labels) + 1))
    sizes = np.bincount(regions[regions > 0].astype(np.int64).ravel(), minlength=1)

    fits, used = {}, np.zeros(len(y), bool)
    skipped = {int(label): "no usable pixel" for label in np.setdiff1d(np.flatnonzero(sizes), labels)}
    for label, start, stop in zip(labels.tolist(), starts.tolist(), starts.tolist()[1:], strict=False):
        if stop - start < 2 + offset:
            skipped[label] = f"{stop - start} usable pixels, fewer than {2 + offset}"
            continue
        try:
            fits[label] = fit_pixels(x[start:stop], y[start:stop], int(sizes[label]) - (stop - start), offset=offset)
            used[start:stop] = True
        except InputError as error:
            skipped[label] = str(error)
    if not fits:
        reason = next(iter(skipped.values()), "all labels are 0")
        raise InputError(f"none of the {len(skipped)} regions determines a line ({reason}): give other regions")
    whole = fit_pixels(x[used], y[used], int(sizes.sum() - used.sum()), offset=offset)
    left = sum(fit.pixels * fit.residual**2 for fit in fits.values())
    about_mean = ((y[used] - y[used].mean()) ** 2).sum()
    regions_r2 = np.where(np.isnan(whole.r2), np.nan, 1 - left / max(about_mean, np.finfo(float).tiny))
    return FitComparison(whole, whole.r2, regions_r2, fits, skipped)


def automatic_regions(
    visible: np.ndarray,
    infrared: np.ndarray,
    valid: np.ndarray | None = None,
    method: str = "superpixels",
    number: int = 100,
    seed: int = 0,
) -> np.ndarray:
    """Regions for an image without masks.

    `kmeans` clusters the logarithms of the three band ratios. Its clusters have one ratio each by construction, so that
    their lines say how many materials the image seems to hold, and nothing about whether Eq. 4 is true.
    `superpixels` (SLIC) sees the visible image alone, so that fits on them test Eq. 4, each within a small place.

    Args:
        visible: (H, W, 3) linear light in [0, 1].
        infrared: (H, W) linear light in [0, 1].
        valid: (H, W) bool; None takes every pixel that is not at 0, at 1 or NaN.
        method: `kmeans` or `superpixels`.
        number: clusters, or superpixels aimed at; from 2 on.
        seed: of k-means; superpixels draw nothing.

    Returns:
        (H, W) int32 labels from 1 on; 0 where a pixel is masked.

    Raises:
        InputError: an unknown method, images that are no pair, a number below 2 or above that of the usable pixels.
    """
    check_pair(visible, infrared, valid)
    if method not in METHODS:
        raise unknown("region method", method, METHODS)
    keep = usable(visible, infrared, valid)
    count = int(np.count_nonzero(keep))
    if not 2 <= number <= count:
        raise InputError(f"{number} regions of {count} usable pixels: give a number from 2 to the pixels at hand")
    regions = np.zeros(infrared.shape, np.int32)
    if method == "kmeans":
        regions[keep] = 1 + _clusters(np.log(band_ratios(visible, infrared, keep)[keep]), number, seed)
    else:
        regions[keep] = _superpixels(visible, keep, number)[keep]
    return regions


def _clusters(points: np.ndarray, number: int, seed: int) -> np.ndarray:
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    sample = points
    if len(points) > SAMPLE:
        sample = points[np.random.default_rng(seed).choice(len(points), SAMPLE, replace=False)]
    with threadpool_limits(1):  # the order in which threads add up is not fixed
        return KMeans(number, n_init=3, random_state=seed).fit(sample).predict(points)


def _superpixels(visible: np.ndarray, keep: np.ndarray, number: int) -> np.ndarray:
    from skimage.segmentation import slic

    # the cube root spaces linear light roughly as the eye does; a masked pixel takes part as black
    shown = np.cbrt(np.where(keep[..., None], visible, 0))
    return slic(shown, n_segments=number, compactness=0.1, sigma=1, convert2lab=False, start_label=1, channel_axis=-1)
