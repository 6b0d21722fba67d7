"""Finished runs that differ in one number alone: what a paper sweeps, against what is found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from vireid_lab.analysis.comparisons import group_key, is_plain
from vireid_lab.analysis.run_results import RunResult

SCORES = {"rank1": "rank-1", "mAP": "mAP"}
NAMED = ("augment", "attention", "losses")  # the slots that tell sweeps under the same conditions apart
Setting = tuple[float, str]  # the number, and in words what else its slot holds


@dataclass(frozen=True)
class Knob:
    """A number that is swept.

    Attributes:
        symbol: of the paper.
        label: what it is, in words.
        slot: where it stands.
        read: slots -> the number and what else its slot holds; None for runs of another kind.
        best: in the paper.
    """

    symbol: str
    label: str
    slot: str
    read: Callable[[Mapping[str, str]], Setting | None]
    best: float


@dataclass(frozen=True)
class Sweep:
    """Runs that differ in nothing but one number and their seeds.

    Attributes:
        knob: what is swept.
        name: the slots that tell it from other sweeps under the same conditions.
        conditions: data, scale and protocol.
        scores: value -> metric of SCORES -> (n,) percent of the last checkpoints, in the same order of pairs (data and
            seed) for each value.
    """

    knob: Knob
    name: str
    conditions: str
    scores: dict[float, dict[str, np.ndarray]]

    @property
    def pairs(self) -> int:
        """How many runs each value has."""
        return len(next(iter(self.scores.values()))["rank1"])

    @property
    def best(self) -> float:
        """The value with the highest mean rank-1."""
        return max(self.scores, key=lambda value: self.scores[value]["rank1"].mean())


def find_sweeps(runs: Sequence[RunResult], knob: Knob) -> list[Sweep]:
    """The sweeps of a number in finished runs, under the conditions that have the most values and runs.

    Worlds differ in how hard they are, so that only pairs count (data and seed) that each value was run on. Only the
    default protocol of the layout counts, and of runs that repeat each other the first.

    Args:
        runs: of any recipe.
        knob: the number.

    Returns:
        Sweeps with at least two values, the longest first; all are of the same conditions.
    """
    groups: dict[tuple, dict[float, dict]] = defaultdict(lambda: defaultdict(dict))
    for run in runs:
        setting = knob.read(run.slots)
        for label, checkpoint in run.metrics if run.finished and setting else ():
            if checkpoint == "last" and is_plain(run, label):
                value, others = setting
                name = name_slots({**run.slots, knob.slot: others}, knob)
                group = groups[group_key(run, {*NAMED, knob.slot}), label, name]
                group[value].setdefault((run.data, run.seed), run)
    found = []
    for (alike, label, name), group in groups.items():
        pairs = sorted(set.intersection(*map(set, group.values())))
        if len(group) > 1 and pairs:
            found.append((alike, gather(knob, name, label, group, pairs)))
    found.sort(key=lambda each: (-len(each[1].scores), -each[1].pairs * len(each[1].scores)))
    return [sweep for alike, sweep in found if (alike, sweep.conditions) == (found[0][0], found[0][1].conditions)]


def longest_sweeps(runs: Sequence[RunResult], knobs: Iterable[Knob]) -> list[Sweep]:
    """The longest sweep of each number that has one."""
    return [sweeps[0] for knob in knobs if (sweeps := find_sweeps(runs, knob))]


def name_slots(slots: Mapping[str, str], knob: Knob) -> str:
    """The named slots in a line, and the knob's own where it is another one; the order of losses means nothing."""
    losses = "+".join(sorted(slots["losses"].split("+")))
    words = [slots["augment"], f"attention {slots['attention']}", losses]
    return ", ".join(words if knob.slot in NAMED else [*words, slots[knob.slot]])


def gather(knob: Knob, name: str, label: str, group: dict[float, dict[tuple, RunResult]], pairs: list[tuple]) -> Sweep:
    """A sweep of the runs of some pairs, from value -> pair -> run."""
    scores = {
        value: {m: 100 * np.array([group[value][pair].metrics[label, "last"][m] for pair in pairs]) for m in SCORES}
        for value in sorted(group)
    }
    run = next(iter(group.values()))[pairs[0]]
    return Sweep(knob, name, f"{run.world}; {run.scale}; {label}", scores)
