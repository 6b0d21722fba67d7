"""The paired t test with its interval, and Holm's correction for several of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

LEVEL = 0.05


@dataclass(frozen=True)
class Effect:
    """A paired difference, better minus worse, as a fraction.

    Attributes:
        mean: over the pairs.
        low: lower end of the 95 % t interval.
        high: upper end.
        p: two-sided p value of the paired t test.
        n: pairs.
    """

    mean: float
    low: float
    high: float
    p: float
    n: int

    def __str__(self) -> str:
        return f"{100 * self.mean:+.1f} points [{100 * self.low:+.1f}, {100 * self.high:+.1f}]"


def paired_effect(differences: np.ndarray) -> Effect:
    """Mean, 95 % t interval and two-sided p of differences (n,), n >= 2."""
    differences = np.asarray(differences, np.float64)
    mean, n = float(differences.mean()), len(differences)
    if np.ptp(differences) == 0:  # no spread: the t statistic is not defined
        return Effect(mean, mean, mean, float(mean == 0), n)
    test = stats.ttest_1samp(differences, 0)
    interval = test.confidence_interval(1 - LEVEL)
    return Effect(mean, float(interval.low), float(interval.high), float(test.pvalue), n)


def holm(p: Sequence[float]) -> list[float]:
    """Holm's adjusted p values, in the order given."""
    order = np.argsort(p, kind="stable")
    steps = np.asarray(p, np.float64)[order] * np.arange(len(p), 0, -1)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return adjusted.tolist()
