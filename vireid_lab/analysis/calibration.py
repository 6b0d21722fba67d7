"""How often the verdicts are wrong where nothing differs: A/A comparisons of runs of one recipe."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from vireid_lab.analysis.claims import decide, effects_of, larger_p, may_be_tested
from vireid_lab.analysis.comparisons import group_key, is_plain, paired
from vireid_lab.analysis.run_results import RunResult
from vireid_lab.runtime import InputError


@dataclass(frozen=True)
class Rate:
    """How many of some A/A comparisons got a verdict.

    Attributes:
        comparisons: how many were made.
        verdicts: verdict -> how often.
        share: of false verdicts, that is of "holds" and "opposite".
        low: lower end of its 95 % Wilson interval.
        high: upper end.
    """

    comparisons: int
    verdicts: dict[str, int]
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class Calibration:
    """Rates of false verdicts.

    Attributes:
        drawn: of the comparisons asked for.
        resampled: of many more, drawn again from the same runs: steadier, but its interval is too narrow, because the
            comparisons share runs.
        runs: how many runs they were drawn from.
        pairs: of one comparison.
    """

    drawn: Rate
    resampled: Rate
    runs: int
    pairs: int


def by_world(runs: Sequence[RunResult]) -> dict[int, list[RunResult]]:
    """Finished runs by the seed of their data, ready for `calibrate`.

    Raises:
        InputError: the runs differ in more than their seeds.
    """
    worlds: dict[int, list[RunResult]] = {}
    finished = [run for run in runs if run.finished]
    if len({group_key(run) for run in finished}) > 1:
        raise InputError(f"the {len(finished)} runs differ in more than their seeds: give runs of one recipe alone")
    for run in finished:
        worlds.setdefault(run.data_seed, []).append(run)
    return worlds


def calibrate(
    worlds: Mapping[int, Sequence[RunResult]],
    rng: np.random.Generator,
    pairs: int = 5,
    comparisons: int = 40,
    resamples: int = 2000,
    metric: str = "rank1",
) -> Calibration:
    """Compares a recipe with itself: in each of some worlds two runs with different training seeds are a pair.

    The verdict is that of `claims.decide`, for a single claim whose positive control is on record.

    Args:
        worlds: data seed -> runs that differ in the training seed alone, evaluated at both checkpoints.
        rng: draws worlds (without replacement) and, in each, two runs.
        pairs: worlds of one comparison.
        comparisons: how many to draw.
        resamples: how many to draw for the second, steadier rate.
        metric: which metric.

    Raises:
        InputError: fewer worlds with two runs than pairs, or runs without a common evaluation.
    """
    usable = [list(runs) for _, runs in sorted(worlds.items()) if len(runs) >= 2]
    if len(usable) < pairs:
        raise InputError(f"pairs={pairs}: there are {len(usable)} worlds with two runs or more; train more")
    label = _common_label([run for runs in usable for run in runs])

    def draw() -> str:
        chosen = [usable[index] for index in rng.choice(len(usable), pairs, replace=False)]
        both = [[runs[i] for i in rng.choice(len(runs), 2, replace=False)] for runs in chosen]
        first, second = ([pair[arm] for pair in both] for arm in (0, 1))
        made = paired(first, second, second, metric, label)
        effects = effects_of(made)
        return decide(made, effects, larger_p(effects) if may_be_tested(made) else None, controlled=True)[0]

    drawn, resampled = (_rate([draw() for _ in range(count)]) for count in (comparisons, resamples))
    return Calibration(drawn, resampled, sum(map(len, usable)), pairs)


def _rate(verdicts: list[str]) -> Rate:
    counts = Counter(verdicts)
    false = counts["holds"] + counts["opposite"]
    interval = stats.binomtest(false, len(verdicts)).proportion_ci(method="wilson")
    return Rate(len(verdicts), dict(counts), false / len(verdicts), float(interval.low), float(interval.high))


def _common_label(runs: list[RunResult]) -> str:
    """The plainest evaluation that all runs have at both checkpoints."""
    labels = set.intersection(*({label for label, _ in run.metrics} for run in runs))
    common = [
        label
        for label in labels
        if all({(label, "last"), (label, "best")} <= run.metrics.keys() and is_plain(run, label) for run in runs)
    ]
    if not common:
        raise InputError(f"{runs[0].path} and others have no common evaluation at both checkpoints: evaluate them")
    return min(common, key=lambda label: (len(label), label))
