"""Runs as compositions: what was trained in parts, whatever the recipe is called, and which runs are pairs.

A run of recipe rfm and one of compose with model=rfm and the same slots are the same training, bit for bit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from vireid_lab.analysis.comparisons import group_key, is_plain
from vireid_lab.analysis.run_results import RunResult
from vireid_lab.augment.pipeline import parse_slot
from vireid_lab.data.make import default_infrared
from vireid_lab.papers.slots import SLOTS, same_slot
from vireid_lab.recipes.catalogue import RECIPES
from vireid_lab.recipes.compose import model_of

VARIED = (*SLOTS, "two_stream")  # what compositions may differ in
Pair = tuple[str, int]  # fingerprint of the data, training seed


@dataclass
class Arm:
    """One composition and its runs; of runs that repeat each other the first.

    Attributes:
        model: whose network it is.
        runs: by pair.
    """

    model: str
    runs: dict[Pair, RunResult] = field(default_factory=dict)

    @property
    def slots(self) -> dict[str, str]:
        """Recipe and slots by name: what a run of it is asked for with."""
        return next(iter(self.runs.values())).slots

    @property
    def words(self) -> str:
        """What it is, in a line."""
        slots = self.slots
        attention = "" if slots["attention"] == "none" else f", {slots['attention']}"
        return f"{self.model}{attention}: {slots['augment']} · {slots['losses']}"

    def scores(self, pairs: Iterable[Pair], metric: str = "rank1", checkpoint: str = "last") -> np.ndarray:
        """(n,) fractions of a metric, by the default protocol of the layout."""
        return np.array([plain_result(self.runs[pair], checkpoint)[metric] for pair in pairs])


def plain_result(run: RunResult, checkpoint: str = "last") -> dict[str, float]:
    """The plainest evaluation of a run by the default protocol of its layout."""
    labels = [label for label, read in run.metrics if read == checkpoint and is_plain(run, label)]
    return run.metrics[min(labels, key=len), checkpoint]


def composition(run: RunResult) -> tuple:
    """What a run was composed of; equal for two runs that differ in data, seed and names alone."""
    slots, values = run.slots, run.settings
    parts = [tuple(parse_slot(slots[name]).items()) for name in ("augment", "head", "attention")]
    losses = tuple(sorted(parse_slot(slots["losses"]).items()))
    return model_of(slots), slots["backbone"], values["two_stream"], *parts, losses


def find_arms(runs: Sequence[RunResult], layout: str = "sysu") -> list[Arm]:
    """All compositions that were run on one layout under the same conditions: those that have most runs.

    Conditions are the kind of people, the scale, the start and every setting that is no slot. Only finished runs count,
    on the layout's own kind of infrared, outside the control worlds, scored by the default protocol.

    Args:
        runs: of any recipes.
        layout: "sysu", "regdb" or "llcm".

    Returns:
        The arms in the order of their first runs; none where there are no runs.
    """
    groups: dict[str, dict[tuple, Arm]] = defaultdict(dict)
    for run in runs:
        usable = run.finished and run.settings["layout"] == layout and run.control == "none"
        plain = any(read == "last" and is_plain(run, label) for label, read in run.metrics)
        if usable and plain and run.infrared == default_infrared(layout):
            arms = groups[group_key(run, VARIED)]
            arm = arms.setdefault(composition(run), Arm(model_of(run.slots)))
            arm.runs.setdefault((run.data, run.seed), run)
    counts = {key: sum(len(arm.runs) for arm in arms.values()) for key, arms in groups.items()}
    return list(groups[max(counts, key=counts.__getitem__)].values()) if groups else []


def shared_pairs(arms: Iterable[Arm], seeds: Collection[int] | None = None) -> list[Pair]:
    """The pairs that every arm was run on, in the order of their seeds; of some training seeds where these are given.

    Of synthetic people only those with the training's seed count, so that no two pairs share their people.
    """
    first, *others = arms
    pairs = [pair for pair, run in first.runs.items() if run.benchmark is None or run.data_seed == run.seed]
    pairs = [pair for pair in pairs if all(pair in arm.runs for arm in others) and (seeds is None or pair[1] in seeds)]
    return sorted(pairs, key=lambda pair: pair[1])


def methods(arms: Sequence[Arm], preset: str = "tiny") -> dict[str, Arm | None]:
    """The arm of each recipe as its preset has it, by name; None for a recipe that was not run so."""
    slots = {name: {"recipe": name, **recipe.PRESETS[preset].slots} for name, recipe in RECIPES.items()}
    del slots["compose"]  # which by itself is the baseline
    return {name: arm_of(arms, {"model": model_of(own), **own}) for name, own in slots.items()}


def shared_scores(arms: Mapping[str, Arm | None], metric: str = "rank1") -> dict[str, np.ndarray | None]:
    """The scores of arms by name, on the pairs that all of them share: worlds differ more than methods do.

    Returns:
        (n,) fractions in the same order of pairs, or None for an arm that was not run, and for all where they share
        no pair.
    """
    run = [arm for arm in arms.values() if arm]
    pairs = shared_pairs(run) if run else []
    return {name: arm.scores(pairs, metric) if arm and pairs else None for name, arm in arms.items()}


def same_slots(wanted: Mapping[str, str], slots: Mapping[str, str]) -> bool:
    """Whether the slots that are named, but for recipe and model, mean the same."""
    return all(same_slot(n, value, slots[n]) for n, value in wanted.items() if n not in ("recipe", "model"))


def arm_of(arms: Sequence[Arm], slots: Mapping[str, str]) -> Arm | None:
    """The arm of `slots["model"]` with the other slots that are named, the one with most runs; None without one."""
    found = [arm for arm in arms if arm.model == slots["model"] and same_slots(slots, arm.slots)]
    return max(found, key=lambda arm: len(arm.runs), default=None)
