"""Runs that stand beside one run as the other arms of an ablation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from vireid_lab.analysis.comparisons import group_key
from vireid_lab.analysis.run_results import RunResult
from vireid_lab.papers.slots import SLOTS, matches
from vireid_lab.train.checkpoint import checkpoint_path


def arms_beside(
    run: RunResult, others: Iterable[RunResult], arms: Mapping[str, Mapping[str, str]]
) -> dict[str, RunResult]:
    """For each arm the first finished run that differs from `run` in its slots alone, and still has its weights.

    Recipe, data, seed, start and all other settings are the same.

    Args:
        run: the run that they stand beside.
        others: where to look; `run` itself may be among them.
        arms: name -> slot -> value; slots that are not named may have any.

    Returns:
        name -> run, in the order of `arms`, without those that were not found.
    """
    varied = set(SLOTS) - {"recipe"}
    alike = [
        other
        for other in others
        if other.finished
        and (other.data, other.seed) == (run.data, run.seed)
        and group_key(other, varied) == group_key(run, varied)
        and checkpoint_path(other.path).is_file()
    ]
    found = {}
    for name, arm in arms.items():
        slots = " ".join(f"{slot}={value}" for slot, value in arm.items())
        runs = [other for other in alike if matches(slots, other.slots)]
        if runs:
            found[name] = runs[0]
    return found
