"""Discrepancy scores against loops and closed forms; permutation tests against their error rates."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.linalg import sqrtm

from vireid_lab.analysis.discrepancy import (
    centroid_ratio,
    difference_test,
    frechet,
    median_distance,
    mmd,
    permutation_test,
    principal_coordinates,
)
from vireid_lab.runtime import InputError

SCORES = (mmd, frechet, centroid_ratio)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def loop_mmd(a: np.ndarray, b: np.ndarray, bandwidth: float, paired: bool) -> float:
    def kernel(x, y):
        return np.exp(-np.sum((x - y) ** 2) / (2 * bandwidth**2))

    within = [np.mean([kernel(x, y) for x, y in itertools.permutations(s, 2)]) for s in (a, b)]
    between = [kernel(x, y) for i, x in enumerate(a) for j, y in enumerate(b) if not (paired and i == j)]
    return sum(within) - 2 * np.mean(between)


def with_moments(mean: np.ndarray, covariance: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """(n, d) whose sample mean and covariance are exactly these."""
    x = rng.normal(size=(n, len(mean)))
    x = (x - x.mean(axis=0)) @ np.linalg.inv(np.linalg.cholesky(np.cov(x.T))).T
    return x @ np.linalg.cholesky(covariance).T + mean


def test_mmd_is_that_of_an_explicit_loop(rng):
    a, b = rng.normal(size=(7, 3)), rng.normal(1, 2, size=(9, 3))
    assert mmd(a, b, bandwidth=1.7) == pytest.approx(loop_mmd(a, b, 1.7, False), rel=1e-12)
    assert mmd(a, b[:7], bandwidth=1.7, paired=True) == pytest.approx(loop_mmd(a, b[:7], 1.7, True), rel=1e-12)
    median = np.median([np.linalg.norm(x - y) for x, y in itertools.combinations(np.concatenate([a, b]), 2)])
    assert mmd(a, b) == pytest.approx(loop_mmd(a, b, median, False), rel=1e-9)


def test_mmd_is_unbiased_and_a_set_is_at_0_from_itself_in_pairs(rng):
    scores = [mmd(*rng.normal(size=(2, 8, 4)), bandwidth=2.0) for _ in range(2000)]
    assert abs(np.mean(scores)) < 4 * np.std(scores) / np.sqrt(2000)
    assert np.mean(scores) < np.mean(np.abs(scores)) / 5
    a = rng.normal(size=(20, 4))
    assert mmd(a, a, paired=True) == pytest.approx(0, abs=1e-12)
    assert mmd(a, a) < -0.01


def test_mmd_of_two_gaussians_is_on_average_the_closed_form(rng):
    """E k over N(0, I) and N(m, I) in d dimensions: (s / (s + 2))^(d/2) exp(-|m|^2 / (2 (s + 2))), s = bandwidth^2."""
    shift, s, d = np.array([1.0, 0.5, 0.0]), 2.0, 3
    expected = 2 * (s / (s + 2)) ** (d / 2) * (1 - np.exp(-(shift @ shift) / (2 * (s + 2))))
    scores = [mmd(rng.normal(size=(30, d)), rng.normal(size=(30, d)) + shift, np.sqrt(s)) for _ in range(1000)]
    assert 4 * np.std(scores) / np.sqrt(1000) < expected / 10
    assert abs(np.mean(scores) - expected) < 4 * np.std(scores) / np.sqrt(1000)


def test_frechet_of_known_gaussians(rng):
    diagonal = [np.diag([1.0, 4.0, 9.0]), np.diag([4.0, 4.0, 1.0])]
    a, b = (with_moments(m, c, 40, rng) for m, c in zip([np.zeros(3), np.array([3.0, 0, 4])], diagonal, strict=True))
    assert frechet(a, b) == pytest.approx(25 + (1 - 2) ** 2 + 0 + (3 - 1) ** 2, rel=1e-9)
    mixing = rng.normal(size=(2, 3, 3))
    first, second = (m @ m.T + 0.1 * np.eye(3) for m in mixing)
    a, b = with_moments(np.zeros(3), first, 30, rng), with_moments(np.ones(3), second, 50, rng)
    expected = 3 + np.trace(first + second - 2 * sqrtm(first @ second).real)
    assert frechet(a, b) == pytest.approx(expected, rel=1e-6)


def test_frechet_with_fewer_images_than_dimensions(rng):
    a, b = rng.normal(size=(6, 30)), rng.normal(size=(9, 30))
    lengths, axes = np.linalg.eigh(np.cov(a.T))
    root = axes * np.sqrt(np.clip(lengths, 0, None)) @ axes.T
    values = np.linalg.eigvalsh(root @ np.cov(b.T) @ root)
    traces = np.trace(np.cov(a.T)) + np.trace(np.cov(b.T)) - 2 * np.sqrt(np.clip(values, 0, None)).sum()
    assert frechet(a, b) == pytest.approx(np.sum((a.mean(0) - b.mean(0)) ** 2) + traces, rel=1e-6)
    assert frechet(a, a) == pytest.approx(0, abs=1e-9)


def test_centroid_ratio_by_hand():
    a, b = np.array([[0.0, 0], [0, 2]]), np.array([[3.0, 0], [3, 4]])
    assert centroid_ratio(a, b) == pytest.approx(np.hypot(3, 1) / 3)  # spreads 2 and 4
    assert centroid_ratio(a * 7 + 1, b * 7 + 1) == pytest.approx(np.hypot(3, 1) / 3)


def test_principal_coordinates_keep_distances_and_scores(rng):
    sets = [rng.normal(3, 1, size=(n, 40)).astype(np.float32) for n in (5, 8, 6)]
    coordinates = principal_coordinates(*sets)
    assert [x.shape for x in coordinates] == [(5, 19), (8, 19), (6, 19)]
    assert median_distance(np.concatenate(coordinates)) == pytest.approx(median_distance(np.concatenate(sets)))
    for score in SCORES:
        assert score(*coordinates[:2]) == pytest.approx(score(*sets[:2]), rel=1e-5), score.__name__


@pytest.mark.parametrize("score", SCORES)
def test_equal_sets_are_not_told_apart_and_shifted_ones_are(score, rng):
    a = rng.normal(size=(20, 5))
    assert permutation_test(a, a, score, 99, rng) > 0.5
    assert permutation_test(a, a, score, 99, rng, paired=True) == 1
    assert permutation_test(a, a + 2, score, 99, rng) == 0.01
    assert permutation_test(a, a + 2, score, 99, rng, paired=True) == 0.01


def test_p_values_are_those_of_all_permutations():
    """Of the 20 ways to choose 3 of 6 numbers, the observed one and its mirror image have the largest distance."""
    a, b = np.array([[0.0], [1], [2]]), np.array([[10.0], [11], [12]])

    def distance(x: np.ndarray, y: np.ndarray) -> float:
        return abs(float(x.mean() - y.mean()))

    rng = np.random.default_rng(0)
    assert permutation_test(a, b, distance, 4000, rng) == pytest.approx(2 / 20, abs=0.02)
    assert permutation_test(a, b, distance, 4000, rng, paired=True) == pytest.approx(2 / 8, abs=0.03)


@pytest.mark.parametrize("paired", [False, True])
def test_two_sets_of_one_distribution_are_told_apart_as_often_as_stated(paired):
    """A/A: 400 tests at 10 % and 5 %; the bounds are 4 standard deviations of the binomial."""
    rng = np.random.default_rng(5)

    def pair() -> np.ndarray:
        common = rng.normal(size=(12, 3)) if paired else 0
        return common + rng.normal(size=(2, 12, 3))

    p = np.array([permutation_test(*pair(), centroid_ratio, 39, rng, paired) for _ in range(400)])
    for level in (0.05, 0.1, 0.5):
        assert abs(np.mean(p <= level) - level) < 4 * np.sqrt(level * (1 - level) / 400)


def test_pairs_find_a_shift_that_is_small_against_the_spread(rng):
    a = rng.normal(size=(30, 3)) * 10
    b = a + 0.5 + 0.1 * rng.normal(size=a.shape)
    assert permutation_test(a, b, centroid_ratio, 199, rng, paired=True) == 1 / 200
    assert permutation_test(a, b, centroid_ratio, 199, rng) > 0.3


def test_the_set_that_moved_farther_is_found(rng):
    original = rng.normal(size=(30, 4))
    near, far = (original + step + 0.2 * rng.normal(size=original.shape) for step in (0.5, 1.0))
    for score in SCORES:
        assert difference_test(original, near, far, score, 99, rng) == 0.01, score.__name__
        assert difference_test(original, far, near, score, 99, rng) > 0.9, score.__name__
        assert difference_test(original, near, near, score, 99, rng) == 1, score.__name__


def test_the_difference_test_errs_as_often_as_stated():
    rng = np.random.default_rng(6)
    p = []
    for _ in range(400):
        original = rng.normal(size=(12, 3))
        p.append(difference_test(original, *(original + 1 + rng.normal(size=(2, 12, 3))), centroid_ratio, 39, rng))
    for level in (0.05, 0.1, 0.5):
        assert abs(np.mean(np.array(p) <= level) - level) < 4 * np.sqrt(level * (1 - level) / 400)


def test_bad_input_is_named(rng):
    a = rng.normal(size=(4, 3))
    for other in (a[:, :2], a[:1], a[0]):
        for score in SCORES:
            with pytest.raises(InputError, match="two sets"):
                score(a, other)
    with pytest.raises(InputError, match="second set: 1 NaN"):
        mmd(a, np.where(np.arange(12).reshape(4, 3) == 5, np.nan, a))
    with pytest.raises(InputError, match="all equal"):
        centroid_ratio(np.zeros((3, 2)), np.ones((3, 2)))
    with pytest.raises(InputError, match="median distance"):
        mmd(np.zeros((3, 2)), np.zeros((3, 2)))
    with pytest.raises(InputError, match="bandwidth -1"):
        mmd(a, a, bandwidth=-1)
    with pytest.raises(InputError, match="pairs of 4 and 3"):
        permutation_test(a, a[:3], frechet, 9, rng, paired=True)
    with pytest.raises(InputError, match="0 permutations"):
        permutation_test(a, a, frechet, 0, rng)
