"""The protocol ladder: what each choice alone adds to the default."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vireid_lab.evaluate.ladder import Ladder

from .style import BLUE, DOUBLE, ORANGE, drawn

VERSION = 1
LOOKS = {"rank1": ("rank-1", BLUE, -0.19), "mAP": ("mAP", ORANGE, 0.19)}  # name, colour, place in the row


@drawn
def ladder_bars(ladders: Mapping[str, Ladder]) -> Figure:
    """A panel for each data set, a row for each choice: points of rank-1 and mAP above or below the default.

    Grey is the standard deviation of the default's rank-1 over the galleries that were drawn.

    Args:
        ladders: name of the data set -> ladder.
    """
    rows = [len(ladder.rungs) - 1 for ladder in ladders.values()]
    figure = Figure(figsize=(DOUBLE, 0.7 + sum(0.42 + 0.3 * number for number in rows)), layout="constrained")
    panels = figure.subplots(len(ladders), sharex=True, squeeze=False, height_ratios=rows)[:, 0]
    for axes, (name, ladder) in zip(panels, ladders.items(), strict=True):
        _draw(axes, ladder)
        axes.set_title(f"{name}: default {_numbers(ladder)}", loc="left")
    ends = [100 * gain for ladder in ladders.values() for m in LOOKS for gain in ladder.gains(m).values()]
    low, high = min(-1.0, *ends), max(1.0, *ends)
    panels[0].set_xlim(low - 0.12 * (high - low), high + 0.12 * (high - low))  # room for the numbers
    panels[-1].set_xlabel("points above the default (grey: ± standard deviation of rank-1 over the galleries drawn)")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper right", ncols=2)
    return figure


def _draw(axes: Axes, ladder: Ladder) -> None:
    choices = list(ladder.gains("rank1"))
    places = np.arange(len(choices))
    if ladder.default.std:
        spread = 100 * ladder.default.std["rank1"]
        axes.axvspan(-spread, spread, color="0.92", linewidth=0)
    for metric, (name, colour, offset) in LOOKS.items():
        gains = 100 * np.array(list(ladder.gains(metric).values()))
        axes.barh(places + offset, gains, height=0.34, color=colour, label=name)
        for place, gain in zip(places + offset, gains, strict=True):
            side = "left" if gain >= 0 else "right"
            axes.annotate(
                f"{gain:+.1f}", (gain, place), (3 if gain >= 0 else -3, 0), textcoords="offset points", ha=side,
                va="center", fontsize=6.5,
            )  # fmt: skip
    axes.axvline(0, color="0.25", linewidth=0.9)
    axes.set_yticks(places, [textwrap.fill(choice, 34) for choice in choices])
    axes.set_ylim(len(choices) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def describe_ladders(ladders: Mapping[str, Ladder]) -> str:
    """The alternative text: every choice with its two differences."""
    words = ["Bars: points of rank-1 and mAP that each choice alone adds to the default."]
    for name, ladder in ladders.items():
        gains = {metric: ladder.gains(metric) for metric in LOOKS}
        each = [f"{c} {100 * gains['rank1'][c]:+.1f} and {100 * gains['mAP'][c]:+.1f}" for c in gains["rank1"]]
        words.append(f"{name}, default {_numbers(ladder)}: {'; '.join(each)}.")
    return " ".join(words)


def _numbers(ladder: Ladder) -> str:
    return ", ".join(f"{name} {100 * ladder.default.metrics[metric]:.1f} %" for metric, (name, *_) in LOOKS.items())
