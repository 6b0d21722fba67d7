"""How far apart two sets of features lie: three scores, and permutation tests of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from vireid_lab.evaluate.distances import euclidean_distances, squared_distances
from vireid_lab.evaluate.metrics import check_finite
from vireid_lab.runtime import InputError

Score = Callable[[np.ndarray, np.ndarray], float]


def mmd(a: np.ndarray, b: np.ndarray, bandwidth: float | None = None, paired: bool = False) -> float:
    """Squared maximum mean discrepancy, unbiased (Gretton et al. 2012, Eq. 3), by a Gaussian kernel.

    k(x, y) = exp(-|x - y|^2 / (2 bandwidth^2)).

    Args:
        a: (N, d) features.
        b: (M, d) features.
        bandwidth: in units of the features; None: the median distance among all features of both sets. Give one to
            compare scores with one another.
        paired: row i of both sets shows the same image: the N terms of an image with itself are left out (Eq. 4), which
            otherwise would pull the score below 0.

    Returns:
        0 on average for two sets of one distribution (so that it may be negative), at most 2.

    Raises:
        InputError: the sets are not such, or the bandwidth is not above 0.
    """
    a, b = _sets(a, b)
    squares = squared_distances(np.concatenate([a, b]), np.concatenate([a, b]))
    bandwidth = median_distance(np.concatenate([a, b])) if bandwidth is None else bandwidth
    if not bandwidth > 0:
        raise InputError(f"bandwidth {bandwidth}: give one above 0")
    kernel = np.exp(squares / (-2 * bandwidth**2))
    np.fill_diagonal(kernel, 0)
    n, m = len(a), len(b)
    within, between = kernel[:n, :n].sum() / (n * (n - 1)) + kernel[n:, n:].sum() / (m * (m - 1)), kernel[:n, n:]
    if not paired:
        return float(within - 2 * between.mean())
    _check_pairs(a, b)
    return float(within - 2 * (between.sum() - between.trace()) / (n * (n - 1)))


def frechet(a: np.ndarray, b: np.ndarray) -> float:
    """Squared Fréchet distance between two Gaussians of the sets' means and covariances (as FID, Heusel et al. 2017).

    |mu_a - mu_b|^2 + tr(C_a + C_b - 2 (C_a C_b)^(1/2)). The last trace is the sum of the singular values of A B^T over
    sqrt((N - 1)(M - 1)), A and B being the centred features: exact, also where there are fewer images than dimensions.
    It is then biased upwards (two sets of one distribution do not score 0): compare only scores of equally many images.

    Args:
        a: (N, d) features.
        b: (M, d) features.

    Returns:
        0 or more, in squared units of the features.
    """
    a, b = _sets(a, b)
    mean_a, mean_b = a.mean(axis=0), b.mean(axis=0)
    a, b = (a - mean_a) / np.sqrt(len(a) - 1), (b - mean_b) / np.sqrt(len(b) - 1)
    shared = np.linalg.svd(a @ b.T, compute_uv=False).sum()
    return float(max(np.sum((mean_a - mean_b) ** 2) + np.sum(a**2) + np.sum(b**2) - 2 * shared, 0))


def centroid_ratio(a: np.ndarray, b: np.ndarray) -> float:
    """Distance between the means of two sets over the mean distance between two features of the same set.

    Args:
        a: (N, d) features.
        b: (M, d) features.

    Returns:
        0 or more, without unit; the mean distance is taken in each set and averaged over the two.

    Raises:
        InputError: the sets are not such, or the features of each are all equal.
    """
    a, b = _sets(a, b)
    spread = np.mean([_pair_distances(x).mean() for x in (a, b)])
    if spread == 0:
        raise InputError("the features of each set are all equal: there is no spread to compare with")
    return float(np.linalg.norm(a.mean(axis=0) - b.mean(axis=0)) / spread)


def median_distance(features: np.ndarray) -> float:
    """The median distance between two rows of (N, d): the bandwidth of the Gaussian kernel.

    Raises:
        InputError: it is 0, because at least half of the pairs are equal.
    """
    median = float(np.median(_pair_distances(np.asarray(features, dtype=np.float64))))
    if median == 0:
        raise InputError("the median distance between features is 0: the kernel has no width; give a bandwidth")
    return median


def principal_coordinates(*sets: np.ndarray) -> list[np.ndarray]:
    """The same sets in at most as many dimensions as there are features in all.

    All distances stay as they are, and with them the three scores: the permutation tests become fast.
    """
    pooled = np.concatenate(sets).astype(np.float64)
    left, singular, _ = np.linalg.svd(pooled - pooled.mean(axis=0), full_matrices=False)
    return np.split(left * singular, np.cumsum([len(x) for x in sets])[:-1])


def permutation_test(
    a: np.ndarray, b: np.ndarray, statistic: Score, n: int, rng: np.random.Generator, paired: bool = False
) -> float:
    """p-value of the hypothesis that two sets come from one distribution; large values of the statistic speak against.

    Args:
        a: (N, d) features.
        b: (M, d) features.
        statistic: score of two sets.
        n: permutations.
        rng: draws them.
        paired: row i of both sets shows the same image: rows are only exchanged within their pair.

    Returns:
        (1 + permutations that score at least as much) / (1 + n): never 0 (Phipson and Smyth 2010).

    Raises:
        InputError: the sets are not such, or pairs are asked of sets of unequal size.
    """
    a, b = _sets(a, b)
    if n < 1:
        raise InputError(f"{n} permutations: give at least 1")
    observed = statistic(a, b)
    if paired:
        return _p_value(observed, [statistic(*_exchange(a, b, rng)) for _ in range(n)])
    pooled = np.concatenate([a, b])
    return _p_value(observed, [statistic(*np.split(rng.permutation(pooled), [len(a)])) for _ in range(n)])


def difference_test(
    original: np.ndarray, a: np.ndarray, b: np.ndarray, statistic: Score, n: int, rng: np.random.Generator
) -> float:
    """p-value of the hypothesis that b lies no farther from the original than a does.

    Row i of all three shows the same image; rows of a and b are exchanged within their pair.

    Args:
        original: (N, d) features.
        a: (N, d) features of the images after one change.
        b: (N, d) features of the images after another.
        statistic: score of two sets.
        n: permutations.
        rng: draws them.

    Returns:
        (1 + permutations in which b leads by at least as much) / (1 + n).
    """
    a, b = _sets(a, b)

    def lead(a: np.ndarray, b: np.ndarray) -> float:
        return statistic(original, b) - statistic(original, a)

    return _p_value(lead(a, b), [lead(*_exchange(a, b, rng)) for _ in range(n)])


def _exchange(a: np.ndarray, b: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    _check_pairs(a, b)
    swap = rng.random((len(a), 1)) < 0.5
    return np.where(swap, b, a), np.where(swap, a, b)


def _check_pairs(a: np.ndarray, b: np.ndarray) -> None:
    if len(a) != len(b):
        raise InputError(f"pairs of {len(a)} and {len(b)} features: give sets of equal size, row by row the same image")


def _p_value(observed: float, null: list[float]) -> float:
    # A permutation that gives the same two sets must count, though its sum may be rounded differently.
    reached = (np.array(null) > observed) | np.isclose(null, observed, rtol=1e-9, atol=1e-12)
    return (1 + int(reached.sum())) / (1 + len(null))


def _pair_distances(features: np.ndarray) -> np.ndarray:
    """The distances of all pairs of two different rows."""
    return euclidean_distances(features, features)[np.triu_indices(len(features), 1)]


def _sets(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1] or min(len(a), len(b)) < 2:
        raise InputError(f"features {a.shape} and {b.shape}: give two sets of 2 or more rows of equally many columns")
    check_finite(a, "features of the first set")
    check_finite(b, "features of the second set")
    return a, b
