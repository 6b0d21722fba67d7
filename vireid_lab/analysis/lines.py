"""Lines y = k x + b on three channels at once: least squares, robust variants, bootstrap over groups of pixels."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from vireid_lab.runtime import InputError

MAX_GROUPS = 2048  # larger regions are resampled in this many random groups of pixels
MIN_GROUPS = 10


def sums(x: np.ndarray, y: np.ndarray, group: np.ndarray | None = None, groups: int = 1) -> np.ndarray:
    """Sums that determine the lines of y on each column of x.

    Args:
        x: (n, 3) float64.
        y: (n,) float64.
        group: (n,) int in [0, groups): one row of sums for each value; None is one group.
        groups: number of rows.

    Returns:
        (groups, 11): n, sum y, and for the three columns sum x, sum x^2, sum x y.
    """
    if group is None:
        parts = [[len(y), y.sum()], x.sum(axis=0), np.einsum("nc,nc->c", x, x), y @ x]
        return np.concatenate(parts)[None]
    columns = np.column_stack([np.ones_like(y), y, x, x * x, x * y[:, None]])
    return np.stack([np.bincount(group, column, minlength=groups) for column in columns.T], axis=1)


def least_squares(totals: np.ndarray, offset: bool, noise: float | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Slopes and intercepts from the sums of `sums`.

    Args:
        totals: (..., 11).
        offset: False is the line through the origin.
        noise: standard deviation of the noise in x, one or (3,); its square is taken off the mean square of x.

    Returns:
        (..., 3) slopes and (..., 3) intercepts; not finite where x does not vary.
    """
    n, y, x, xx, xy = np.split(totals, [1, 2, 5, 8], axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        if not offset:
            slope = xy / (xx - n * noise**2)
            return slope, np.zeros_like(slope)
        slope = (xy - x * y / n) / (xx - x * x / n - (n - 1) * noise**2)
        return slope, (y - slope * x) / n


def robust_lines(
    x: np.ndarray, y: np.ndarray, offset: bool, robust: str, rng: Generator | None
) -> tuple[np.ndarray, np.ndarray]:
    """scikit-learn's Huber or RANSAC regression of y on each column of x; fit_intercept=False through the origin.

    Huber: epsilon 1.35, no penalty, on data scaled to root mean square 1 (its solver stops too early on small values).
    RANSAC: inliers lie within 3 robust standard deviations (1.4826 times the median absolute residual) of Huber's line;
    scikit-learn's own threshold, the spread of y itself, would accept nearly every pixel.

    Args:
        x: (n, 3).
        y: (n,).
        offset: fit an intercept.
        robust: `huber` or `ransac`.
        rng: draws RANSAC's samples.

    Returns:
        (3,) slopes and (3,) intercepts.
    """
    from sklearn.linear_model import HuberRegressor, LinearRegression, RANSACRegressor

    slope, intercept = np.empty(3), np.zeros(3)
    y_scale = np.sqrt(np.mean(y**2))
    for c in range(3):
        x_scale = np.sqrt(np.mean(x[:, c] ** 2))
        data, target = x[:, c : c + 1] / x_scale, y / y_scale
        line = HuberRegressor(alpha=0, fit_intercept=offset, max_iter=1000).fit(data, target)
        if robust == "ransac":
            spread = 1.4826 * np.median(np.abs(target - line.predict(data)))
            line = RANSACRegressor(
                LinearRegression(fit_intercept=offset),
                min_samples=1 + offset,
                residual_threshold=max(3 * spread, 1e-6),
                random_state=int(rng.integers(2**31)),
            )
            line = line.fit(data, target).estimator_
        slope[c] = line.coef_[0] * y_scale / x_scale
        intercept[c] = line.intercept_ * y_scale if offset else 0.0
    return slope, intercept


def resample(groups: int, times: int, rng: Generator) -> np.ndarray:
    """How often each of `groups` is drawn in `times` bootstrap samples: (times, groups) int, rows sum to `groups`."""
    draws = rng.integers(groups, size=(times, groups)) + groups * np.arange(times)[:, None]
    return np.bincount(draws.ravel(), minlength=times * groups).reshape(times, groups)


def pixel_groups(n: int, rng: Generator) -> np.ndarray:
    """(n,) group of each pixel: its own, or above MAX_GROUPS pixels a random one of MAX_GROUPS equal groups.

    Sums over random groups of independent pixels have the same bootstrap variance as sums over pixels, at a fraction of
    the time.
    """
    return np.arange(n) if n <= MAX_GROUPS else rng.permutation(n) % MAX_GROUPS


def block_groups(places: np.ndarray, side: int) -> np.ndarray:
    """(n,) group of each of (n, 2) pixels (row, column): the square of `side` x `side` pixels that it lies in."""
    rows, columns = places.T // side
    return np.unique(rows * (columns.max() + 1) + columns, return_inverse=True)[1]


def slope_interval(
    x: np.ndarray,
    y: np.ndarray,
    group: np.ndarray,
    times: int,
    level: float,
    rng: Generator,
    *,
    offset: bool = False,
    robust: str = "none",
    noise: float | np.ndarray = 0.0,
) -> np.ndarray:
    """Percentile bootstrap interval of the three slopes; whole groups of pixels are drawn with replacement.

    Least squares needs only the sums of each group; a robust line is fitted anew to every sample (slow: three
    scikit-learn fits each).

    Returns:
        (3, 2) lower and upper end.

    Raises:
        InputError: fewer than MIN_GROUPS groups, or samples without a slope.
    """
    groups = int(group.max()) + 1
    if groups < MIN_GROUPS:
        raise InputError(f"bootstrap: {groups} pixels or blocks are too few, {MIN_GROUPS} are needed: widen the region")
    counts = resample(groups, times, rng)
    if robust == "none":
        slopes = least_squares(counts @ sums(x, y, group, groups), offset, noise)[0]
    else:
        samples = (np.repeat(np.arange(len(y)), count[group]) for count in counts)
        slopes = np.stack([robust_lines(x[rows], y[rows], offset, robust, rng)[0] for rows in samples])
    if not np.isfinite(slopes).all():
        raise InputError("bootstrap: some samples of this region have no slope: choose a larger region")
    tail = (1 - level) / 2
    return np.quantile(slopes, [tail, 1 - tail], axis=0).T
