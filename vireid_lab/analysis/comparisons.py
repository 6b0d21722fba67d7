"""Two arms of runs measured on the same pairs: same data, same training seed, same settings but for the slots asked."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from vireid_lab.analysis.run_results import RunResult
from vireid_lab.evaluate.protocols import default_protocol
from vireid_lab.papers.reader import Claim, published
from vireid_lab.papers.slots import matches, parse_slots
from vireid_lab.train.rundir import MAY_DIFFER

OF_THE_PAIR = {"seed", "data", "data_root", "trial"}  # what tells the pairs of one comparison apart
NOT_SETTINGS = (MAY_DIFFER - {"checkpoint_every"}) | OF_THE_PAIR  # with `select`, its rhythm changes the best step


@dataclass(frozen=True)
class Comparison:
    """A metric of two arms on n pairs.

    Attributes:
        pairs: n of (data seed, training seed).
        better: checkpoint -> (n,) fractions of the arm that the claim is about. "last": at equal steps; "best": at
            its own best step, missing where a run of it was not evaluated so.
        worse: the same of the arm that it is compared with.
        train_rank1: mean rank-1 of the baseline's last checkpoints on the training identities of the same pairs; None:
            not run or not evaluated for all of them.
        worse_train_rank1: the same of the worse arm.
        metric: which metric.
        label: the protocol and its options.
        world: the data in words.
        scale: preset and size of the training in words.
        infrared: "nir" or "thermal".
    """

    pairs: tuple[tuple[int, int], ...]
    better: dict[str, np.ndarray]
    worse: dict[str, np.ndarray]
    train_rank1: float | None
    worse_train_rank1: float | None
    metric: str
    label: str
    world: str
    scale: str
    infrared: str

    @property
    def differences(self) -> dict[str, np.ndarray]:
        """checkpoint -> (n,) better minus worse."""
        return {checkpoint: self.better[checkpoint] - self.worse[checkpoint] for checkpoint in self.better}


def paired(
    better: Sequence[RunResult], worse: Sequence[RunResult], baseline: Sequence[RunResult], metric: str, label: str
) -> Comparison:
    """The comparison of runs that stand in the same order in both arms.

    Args:
        better: n evaluated runs, n > 0.
        worse: their partners.
        baseline: the plain arm's runs of the same pairs; fewer than n where they were not run.
        metric: name of the metric.
        label: which evaluation, without the checkpoint.
    """
    arms = better, worse
    read = [c for c in ("last", "best") if all((label, c) in run.metrics for arm in arms for run in arm)]
    values = [{c: np.array([run.metrics[label, c][metric] for run in arm]) for c in read} for arm in arms]
    return Comparison(
        pairs=tuple((run.data_seed, run.seed) for run in worse),
        better=values[0],
        worse=values[1],
        train_rank1=_train_rank1(baseline, label) if len(baseline) == len(worse) else None,
        worse_train_rank1=_train_rank1(worse, label),
        metric=metric,
        label=label,
        world=worse[0].world,
        scale=worse[0].scale,
        infrared=worse[0].infrared,
    )


def _train_rank1(runs: Sequence[RunResult], label: str) -> float | None:
    """Mean rank-1 of the last checkpoints on their training identities; None where one was not evaluated."""
    values = [run.metrics.get((label, "last"), {}).get("train_rank1") for run in runs]
    return None if None in values else float(np.mean(values))


def comparisons(claim: Claim, runs: Iterable[RunResult], control: str = "none") -> list[Comparison]:
    """All comparisons that runs allow of a claim: one for each world, settings and evaluation; the first is to be used.

    First come those in the claim's own infrared, then those read at both checkpoints, then those with most pairs, then
    those under the protocol of the claim's table, then the plainest evaluation. Only finished runs count, evaluated at
    their last checkpoint under one of `protocols_for`, in the control world that is asked for ("none": in no control
    world). Of runs that repeat each other the first by path counts.
    """
    finished = [run for run in runs if run.finished and run.control == control]
    better, worse = parse_slots(claim.better_slots), parse_slots(claim.worse_slots)
    plain = parse_slots(claim.baseline_slots)
    varied = {name for name in better if better[name] != worse[name]}
    groups: dict[tuple[str, str], tuple[dict, dict]] = defaultdict(lambda: ({}, {}))
    baselines: dict[tuple, RunResult] = {}
    for run in finished:
        if matches(claim.baseline_slots, run.slots):
            baselines.setdefault((group_key(run, plain), run.data, run.seed), run)
        arms = [arm for arm, slots in enumerate((claim.better_slots, claim.worse_slots)) if matches(slots, run.slots)]
        for label, checkpoint in run.metrics if arms else ():
            protocol = run.metrics[label, checkpoint]["protocol"]
            if checkpoint == "last" and protocol in protocols_for(claim, run.settings["layout"]):
                group = groups[label, group_key(run, varied)]
                group[arms[0]].setdefault((run.data, run.seed), run)
    found = []
    for (label, _), (first, second) in groups.items():
        keys = sorted(first.keys() & second.keys(), key=lambda key, of=second: (of[key].data_seed, key[1]))
        if keys:
            of_pairs = [baselines.get((group_key(second[key], plain), *key)) for key in keys]
            baseline = [run for run in of_pairs if run is not None]
            found.append(paired([first[k] for k in keys], [second[k] for k in keys], baseline, claim.metric, label))

    printed = printed_protocols(claim.paper, claim.table)

    def order(made: Comparison) -> tuple:
        unlike = made.label.split()[0] not in printed
        return made.infrared != claim.modality, "best" not in made.better, -len(made.pairs), unlike, len(made.label)

    return sorted(found, key=order)


@cache
def printed_protocols(paper: str, table: str) -> frozenset[str]:
    """The protocols that the numbers of a table were measured with."""
    return frozenset(cell.protocol for cell in published() if (cell.paper, cell.table) == (paper, table))


def protocols_for(claim: Claim, layout: str) -> set[str]:
    """The protocols under which runs of a layout count for a claim.

    The layout's default; and where the claim's table has others of this layout and not the default, those too.
    """
    default = default_protocol(layout)
    printed = {name for name in printed_protocols(claim.paper, claim.table) if name.startswith(f"{layout}-")}
    return {default} if default in printed else {default, *printed}


def is_plain(run: RunResult, label: str) -> bool:
    """Whether an evaluation is by the default protocol of the run's layout."""
    return run.metrics[label, "last"]["protocol"] == default_protocol(run.settings["layout"])


def group_key(run: RunResult, varied: Iterable[str] = ()) -> str:
    """World, start and settings of a run as text, without its seeds and without the slots that are varied."""
    kept = {k: v for k, v in run.settings.items() if k not in NOT_SETTINGS and k not in varied}
    made = None if run.benchmark is None else {k: v for k, v in run.benchmark.items() if k != "seed"}
    start = run.start.rpartition("sha256=")[2]
    return json.dumps([kept, made or run.data, start], sort_keys=True)
