"""A number that a paper sweeps against what is found, from finished runs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from vireid_lab.analysis.sweeps import SCORES, Sweep

from .style import BLUE, DOUBLE, ORANGE, drawn

VERSION = 1
LOOKS = dict(zip(SCORES, ((BLUE, "-", "o"), (ORANGE, "--", "s")), strict=True))


@drawn
def sweep_panels(sweeps: Sequence[Sweep], names: bool = False) -> Figure:
    """Rank-1 and mAP against each number, a panel a sweep; all share their percent.

    Args:
        sweeps: at least one.
        names: put each sweep's name above its panel.
    """
    figure = Figure(figsize=(DOUBLE, 2.7 if names else 2.5), layout="constrained")
    panels = figure.subplots(1, len(sweeps), sharey=True, squeeze=False)[0]
    for axes, sweep in zip(panels, sweeps, strict=True):
        draw_sweep(axes, sweep)
        if names:
            axes.set_title(sweep.name, fontsize=7.5, pad=12)
    panels[0].set_ylabel("percent")
    handles, _ = panels[0].get_legend_handles_labels()
    if any(sweep.pairs > 1 for sweep in sweeps):
        handles.append(Line2D([], [], color="0.5", linewidth=0.6, label="one pair: the same people, the same seed"))
    figure.legend(handles=handles, loc="outside upper center", ncols=3)
    return figure


def draw_sweep(axes: Axes, sweep: Sweep) -> None:
    """A line with signs through the means of both scores, and a thin line through the runs of each pair."""
    values = list(sweep.scores)
    for metric, (colour, line, marker) in LOOKS.items():
        of_pairs = np.stack([scores[metric] for scores in sweep.scores.values()])
        axes.plot(values, of_pairs.mean(1), line, color=colour, marker=marker, label=SCORES[metric])
        if sweep.pairs > 1:
            axes.plot(values, of_pairs, linewidth=0.6, alpha=0.5, color=colour)
    best = sweep.knob.best
    axes.axvline(best, color="0.6", linestyle=":", linewidth=1, zorder=0)
    axes.text(best, 1.01, "best in the paper", transform=axes.get_xaxis_transform(), ha="center", fontsize=6.5)
    pairs = "one pair" if sweep.pairs == 1 else f"{sweep.pairs} pairs"
    axes.text(0.02, 0.02, pairs, transform=axes.transAxes, fontsize=6.5, color="0.4")
    axes.set(xlabel=sweep.knob.label)
    axes.margins(x=0.12, y=0.15)
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.grid(axis="y", color="0.92")


def describe_sweeps(sweeps: Sequence[Sweep]) -> str:
    """The means in words, a line a sweep, and the conditions."""
    lines = []
    for sweep in sweeps:
        points = []
        for value, scores in sweep.scores.items():
            means = ", ".join(f"{name} {scores[metric].mean():.1f} %" for metric, name in SCORES.items())
            points.append(f"{sweep.knob.symbol} {value:g}: {means}")
        lines.append(
            f"{sweep.name} (n = {sweep.pairs} each): {'; '.join(points)}; highest mean rank-1 at {sweep.knob.symbol} "
            f"{sweep.best:g}, in the paper at {sweep.knob.best:g}"
        )
    return "\n".join([*lines, *dict.fromkeys(f"({sweep.conditions})" for sweep in sweeps)])
