import numpy as np
import pytest
from scipy import stats

from vireid_lab.analysis.paired_test import holm, paired_effect


def test_effect_by_hand():
    """Differences 1, 2, 3, 4, 5: mean 3, standard error sqrt(2.5 / 5); t quantile of 4 degrees 2.776445 (table)."""
    effect = paired_effect(np.array([1.0, 2, 3, 4, 5]))
    half = 2.776445 * (2.5 / 5) ** 0.5
    assert (effect.mean, effect.n) == (3.0, 5)
    assert (effect.low, effect.high) == pytest.approx((3 - half, 3 + half), abs=1e-5)
    assert effect.p == pytest.approx(2 * stats.t.sf(3 / (2.5 / 5) ** 0.5, 4))


def test_effect_is_the_two_sample_paired_test():
    rng = np.random.default_rng(0)
    better, worse = rng.normal(0.4, 0.05, 7), rng.normal(0.35, 0.05, 7)
    assert paired_effect(better - worse).p == pytest.approx(stats.ttest_rel(better, worse).pvalue)


def test_differences_without_spread():
    same, none = paired_effect(np.full(5, 0.25)), paired_effect(np.zeros(5))
    assert (same.low, same.high, same.p) == (0.25, 0.25, 0.0)
    assert (none.low, none.high, none.p) == (0.0, 0.0, 1.0)


def test_the_interval_covers_the_truth_in_95_of_100():
    rng = np.random.default_rng(1)
    effects = [paired_effect(rng.normal(0.02, 0.03, 5)) for _ in range(4000)]
    coverage = np.mean([effect.low <= 0.02 <= effect.high for effect in effects])
    assert abs(coverage - 0.95) < 3 * (0.95 * 0.05 / 4000) ** 0.5
    assert all((effect.p < 0.05) == (effect.low > 0 or effect.high < 0) for effect in effects)


def explicit_holm(values):
    """The k-th smallest of m is multiplied by m - k + 1, and is at least the one before it."""
    left, adjusted, floor = dict(enumerate(values)), {}, 0.0
    while left:
        smallest = min(left, key=left.get)
        floor = max(floor, min(1.0, left[smallest] * len(left)))
        adjusted[smallest] = floor
        del left[smallest]
    return [adjusted[i] for i in range(len(values))]


def test_holm_by_hand_and_by_an_explicit_loop():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []
    rng = np.random.default_rng(2)
    for size in range(1, 8):
        values = rng.random(size).round(1) * rng.choice([1, 0.01])  # with ties
        assert holm(values.tolist()) == pytest.approx(explicit_holm(values.tolist()))
