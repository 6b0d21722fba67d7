"""The weight of the cross-center loss against what is found (Tan et al. 2022, Fig. 8), from finished runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from vireid_lab.analysis.comparisons import group_key, is_plain
from vireid_lab.analysis.run_results import RunResult
from vireid_lab.augment.pipeline import parse_slot

from .style import COLOURS, DOUBLE, LINE_STYLES, drawn

VERSION = 1
SCORES = {"rank1": "rank-1", "mAP": "mAP"}
MARKERS = "osD^v"


@dataclass(frozen=True)
class Sweep:
    """Runs that differ in nothing but the weight λ of a loss and their seeds.

    Attributes:
        name: the slots that tell it from the other sweeps.
        conditions: data, scale and protocol.
        scores: λ -> metric of SCORES -> (n,) percent of the last checkpoints.
    """

    name: str
    conditions: str
    scores: dict[float, dict[str, np.ndarray]]

    @property
    def best(self) -> float:
        """The λ with the highest mean rank-1."""
        return max(self.scores, key=lambda weight: self.scores[weight]["rank1"].mean())


def loss_sweeps(runs: Sequence[RunResult], loss: str = "cross_center") -> list[Sweep]:
    """The sweeps of a loss's weight in finished runs; those of the conditions with the most values come first.

    Runs without the loss have λ = 0. Only the default protocol of the layout counts, and of runs that repeat each other
    the first.

    Args:
        runs: of any recipe.
        loss: name in the slot `losses`.

    Returns:
        Sweeps with at least two values of λ, the longest first.
    """
    groups: dict[tuple, dict[float, dict]] = defaultdict(lambda: defaultdict(dict))
    for run in runs:
        weights = parse_slot(run.slots["losses"])
        weight = (1.0 if weights[loss] is None else weights[loss]) if loss in weights else 0.0
        others = tuple(sorted((name, value) for name, value in weights.items() if name != loss))
        for label, checkpoint in run.metrics if run.finished else ():
            if checkpoint == "last" and is_plain(run, label):
                group = groups[group_key(run, {"losses"}), others, label]
                group[weight].setdefault((run.data, run.seed), (run, run.metrics[label, checkpoint]))
    found = [_sweep(group, label) for (_, _, label), group in groups.items() if len(group) > 1]
    return sorted(found, key=lambda sweep: -len(sweep.scores))


def _sweep(group: dict[float, dict], label: str) -> Sweep:
    scores = {
        weight: {m: 100 * np.array([metrics[m] for _, metrics in group[weight].values()]) for m in SCORES}
        for weight in sorted(group)
    }
    run = next(iter(next(iter(group.values())).values()))[0]
    name = f"{run.slots['augment']}, attention {run.slots['attention']}"
    return Sweep(name, f"{run.world}; {run.scale}; {label}", scores)


@drawn
def sweep_curves(sweeps: Sequence[Sweep], best: float | None = None) -> Figure:
    """Rank-1 and mAP against λ: a line through the means, and a sign for each run.

    Args:
        sweeps: of the same conditions.
        best: the best λ by the paper, marked.
    """
    figure = Figure(figsize=(DOUBLE, 2.5), layout="constrained")
    for axes, (metric, name) in zip(figure.subplots(1, 2), SCORES.items(), strict=True):
        for number, sweep in enumerate(sweeps):
            look = {"color": COLOURS[number % 10], "marker": MARKERS[number % 5]}
            means = [values[metric].mean() for values in sweep.scores.values()]
            axes.plot(list(sweep.scores), means, LINE_STYLES[number % 4], label=sweep.name, **look)
            points = [(weight, value) for weight, values in sweep.scores.items() for value in values[metric]]
            axes.scatter(*zip(*points, strict=True), s=9, alpha=0.5, **look)
        if best is not None:
            axes.axvline(best, color="0.6", linestyle=":", linewidth=1, zorder=0)
            axes.text(best, 1.01, "best in the paper", transform=axes.get_xaxis_transform(), ha="center", fontsize=6.5)
        axes.set(xlabel="weight λ of the cross-center loss", ylabel=f"{name} (%)")
        axes.margins(x=0.12, y=0.12)
        axes.yaxis.set_major_locator(MaxNLocator(5))
        axes.grid(axis="y", color="0.92")
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=2)
    return figure


def describe_sweep(sweep: Sweep) -> str:
    """The means in words."""
    points = []
    for weight, values in sweep.scores.items():
        means = ", ".join(f"{name} {values[metric].mean():.1f} %" for metric, name in SCORES.items())
        points.append(f"λ {weight:g}: {means} (n = {len(values['mAP'])})")
    return f"{sweep.name}: {'; '.join(points)}"
