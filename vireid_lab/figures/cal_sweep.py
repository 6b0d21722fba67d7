"""The number of CAL's parts and their selection ratio in finished runs (Wu et al. 2023, Fig. 3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vireid_lab.analysis.run_results import RunResult
from vireid_lab.augment.pipeline import parse_slot

from .rfm_sweep import Sweep
from .tmpa_sweep import Setting, knob_sweep

LABELS = {"N_p": "number of parts N_p", "α": "selection ratio α"}
BEST = {"N_p": 4, "α": 0.6}  # in the paper


def read_head(slots: Mapping[str, str]) -> tuple[float, float] | None:
    """N_p and α of a run whose parts are mined and matched; None for another head."""
    head = parse_slot(slots["head"])
    if head.keys() != {"drm", "alpha", "match"}:
        return None
    return head["drm"], head["alpha"]


def read_parts(slots: Mapping[str, str]) -> Setting | None:
    found = read_head(slots)
    return found and (found[0], f"α = {found[1]:g}")


def read_alpha(slots: Mapping[str, str]) -> Setting | None:
    found = read_head(slots)
    return found and (found[1], f"N_p = {found[0]:g}")


KNOBS = {"N_p": ("head", read_parts, BEST["N_p"]), "α": ("head", read_alpha, BEST["α"])}


def head_sweeps(runs: Sequence[RunResult]) -> dict[str, Sweep]:
    """The longest sweep of N_p and of α, for `softmax_sweep.weight_curves`.

    Args:
        runs: of CAL.

    Returns:
        "N_p" and "α" -> a sweep with at least two values; missing where there is none.
    """
    found = {symbol: knob_sweep(runs, symbol, KNOBS) for symbol in KNOBS}
    return {symbol: sweep for symbol, sweep in found.items() if sweep}
