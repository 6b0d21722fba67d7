"""The weight of the cross-center loss against what is found (Tan et al. 2022, Fig. 8), from finished runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
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
        name: the slots that tell it from the others: augmentation, attention and the other losses.
        conditions: data, scale and protocol.
        scores: λ -> metric of SCORES -> (n,) percent of the last checkpoints, in the same order of pairs (data and
            seed) for each λ.
    """

    name: str
    conditions: str
    scores: dict[float, dict[str, np.ndarray]]

    @property
    def runs(self) -> int:
        """How many runs are read."""
        return sum(len(values["rank1"]) for values in self.scores.values())

    @property
    def best(self) -> float:
        """The λ with the highest mean rank-1."""
        return max(self.scores, key=lambda weight: self.scores[weight]["rank1"].mean())


def loss_sweeps(runs: Sequence[RunResult], loss: str = "cross_center") -> list[Sweep]:
    """The sweeps of a loss's weight in finished runs, under the conditions that have the most values and runs.

    Runs without the loss have λ = 0. Worlds differ in how hard they are, so that only pairs count (data and seed) that
    each λ was run on. Only the default protocol of the layout counts, and of runs that repeat each other the first.

    Args:
        runs: of any recipe.
        loss: name in the slot `losses`.

    Returns:
        Sweeps with at least two values of λ, the longest first; all are of the same conditions.
    """
    groups: dict[tuple, dict[float, dict]] = defaultdict(lambda: defaultdict(dict))
    for run in runs:
        weights = parse_slot(run.slots["losses"])
        weight = (1.0 if weights[loss] is None else weights[loss]) if loss in weights else 0.0
        others = "+".join(sorted(part for part in run.slots["losses"].split("+") if part.partition(":")[0] != loss))
        own = f"{run.slots['augment']}, attention {run.slots['attention']}, {others}"
        for label, checkpoint in run.metrics if run.finished else ():
            if checkpoint == "last" and is_plain(run, label):
                group = groups[group_key(run, {"losses", "augment", "attention"}), label, own]
                group[weight].setdefault((run.data, run.seed), run)
    found = []
    for (alike, label, own), group in groups.items():
        pairs = sorted(set.intersection(*map(set, group.values())))
        if len(group) > 1 and pairs:
            found.append((alike, _sweep(group, pairs, label, own)))
    found.sort(key=lambda each: (-len(each[1].scores), -each[1].runs))
    return [sweep for alike, sweep in found if (alike, sweep.conditions) == (found[0][0], found[0][1].conditions)]


def _sweep(group: dict[float, dict[tuple, RunResult]], pairs: list[tuple], label: str, name: str) -> Sweep:
    scores = {
        weight: {m: 100 * np.array([group[weight][pair].metrics[label, "last"][m] for pair in pairs]) for m in SCORES}
        for weight in sorted(group)
    }
    run = next(iter(group.values()))[pairs[0]]
    return Sweep(name, f"{run.world}; {run.scale}; {label}", scores)


@drawn
def sweep_curves(sweeps: Sequence[Sweep], best: float | None = None) -> Figure:
    """Rank-1 and mAP against λ: a line with signs through the means, and a thin line through the runs of each pair.

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
            of_pairs = np.stack([values[metric] for values in sweep.scores.values()])
            axes.plot(list(sweep.scores), of_pairs, linewidth=0.6, alpha=0.5, color=look["color"])
        if best is not None:
            axes.axvline(best, color="0.6", linestyle=":", linewidth=1, zorder=0)
            axes.text(best, 1.01, "best in the paper", transform=axes.get_xaxis_transform(), ha="center", fontsize=6.5)
        axes.set(xlabel="weight λ of the cross-center loss", ylabel=f"{name} (%)")
        axes.margins(x=0.12, y=0.12)
        axes.yaxis.set_major_locator(MaxNLocator(5))
        axes.grid(axis="y", color="0.92")
    handles, _ = axes.get_legend_handles_labels()
    handles.append(Line2D([], [], color="0.5", linewidth=0.6, label="one pair: the same people, the same seed"))
    figure.legend(handles=handles, loc="outside upper center", ncols=2)
    return figure


def describe_sweeps(sweeps: Sequence[Sweep]) -> str:
    """The means in words, a line for each sweep, and the conditions."""
    lines = []
    for sweep in sweeps:
        points = []
        for weight, values in sweep.scores.items():
            means = ", ".join(f"{name} {values[metric].mean():.1f} %" for metric, name in SCORES.items())
            points.append(f"λ {weight:g}: {means} (n = {len(values['mAP'])})")
        lines.append(f"{sweep.name}: {'; '.join(points)}; highest mean rank-1 at λ {sweep.best:g}")
    return "\n".join([*lines, f"({sweeps[0].conditions})"])
