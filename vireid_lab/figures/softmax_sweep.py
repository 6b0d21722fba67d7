"""The weights α and β of SA-Softmax against what is found (Tan et al. 2023, Fig. 4), from finished runs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from vireid_lab.analysis.run_results import RunResult
from vireid_lab.augment.pipeline import parse_slot

from .rfm_sweep import SCORES, Sweep, loss_sweeps
from .style import BLUE, DOUBLE, ORANGE, drawn

VERSION = 1
BEST = {"α": 0.7, "β": 1.0}  # in the paper
LABELS = {"α": "weight α of SA-Softmax, β = 0", "β": "weight β of the absolute-similarity term, α = 0.7"}
LOOKS = dict(zip(SCORES, ((BLUE, "-", "o"), (ORANGE, "--", "s")), strict=True))


def read_weights(losses: str) -> dict[str, float] | None:
    """α and β of a slot that is α L_sas + (1 - α) L_softmax + β L_AST with the feature mask (Eq. 11).

    Returns:
        {"α": ..., "β": ...}; None for another slot.
    """
    weights = {name: 1.0 if weight is None else weight for name, weight in parse_slot(losses).items()}
    beta, alpha = weights.pop("ast", 0.0), weights.get("sas_fm", 0.0)
    if not weights.keys() <= {"ce", "sas_fm"} or not math.isclose(sum(weights.values()), 1):
        return None
    return {"α": alpha, "β": beta}


def weight_sweeps(runs: Sequence[RunResult]) -> dict[str, Sweep]:
    """The longest sweep of α without the absolute-similarity term, and of β at α = 0.7, as the paper sweeps them.

    Args:
        runs: of any recipe.

    Returns:
        "α" and "β" -> a sweep with at least two values; missing where there is none.
    """
    found = {}
    for symbol, other, held in (("α", "β", 0.0), ("β", "α", BEST["α"])):
        chosen = [(run, weights) for run in runs if (weights := read_weights(run.slots["losses"]))]
        renamed = [
            replace(run, slots={**run.slots, "losses": f"{symbol}:{weights[symbol]}"})
            for run, weights in chosen
            if math.isclose(weights[other], held)
        ]
        if sweeps := loss_sweeps(renamed, symbol):
            found[symbol] = sweeps[0]
    return found


@drawn
def weight_curves(
    sweeps: Mapping[str, Sweep], labels: Mapping[str, str] = LABELS, best: Mapping[str, float] = BEST
) -> Figure:
    """Rank-1 and mAP against each weight: a line through the means, and a sign for each run.

    Args:
        sweeps: symbol -> its sweep, such as from `weight_sweeps`.
        labels: symbol -> what it weighs.
        best: symbol -> the best value in the paper, marked.
    """
    figure = Figure(figsize=(DOUBLE, 2.5), layout="constrained")
    panels = figure.subplots(1, len(sweeps), sharey=True, squeeze=False)[0]
    for axes, (symbol, sweep) in zip(panels, sweeps.items(), strict=True):
        for metric, (colour, line, marker) in LOOKS.items():
            look = {"color": colour, "marker": marker}
            means = [values[metric].mean() for values in sweep.scores.values()]
            axes.plot(list(sweep.scores), means, line, label=SCORES[metric], **look)
            points = [(weight, value) for weight, values in sweep.scores.items() for value in values[metric]]
            axes.scatter(*zip(*points, strict=True), s=9, alpha=0.5, **look)
        axes.axvline(best[symbol], color="0.6", linestyle=":", linewidth=1, zorder=0)
        place = {"transform": axes.get_xaxis_transform(), "ha": "center", "fontsize": 6.5}
        axes.text(best[symbol], 1.01, "best in the paper", **place)
        axes.set(xlabel=labels[symbol])
        axes.margins(x=0.12, y=0.12)
        axes.yaxis.set_major_locator(MaxNLocator(5))
        axes.grid(axis="y", color="0.92")
    panels[0].set_ylabel("%")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure


def describe_weights(sweeps: Mapping[str, Sweep]) -> str:
    """The means in words, a line for each weight, and the conditions."""
    lines = []
    for symbol, sweep in sweeps.items():
        points = []
        for weight, values in sweep.scores.items():
            means = ", ".join(f"{name} {values[metric].mean():.1f} %" for metric, name in SCORES.items())
            points.append(f"{symbol} {weight:g}: {means} (n = {len(values['mAP'])})")
        lines.append("; ".join(points))
    return "\n".join([*lines, *dict.fromkeys(f"({sweep.conditions})" for sweep in sweeps.values())])
