"""Curves: losses, accuracy and learning rate of a training; CMC; scores side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .style import BLUE, COLOURS, GREY, LINE_STYLES, SINGLE, drawn

VERSION = 1
NOT_LOSSES = ("step", "lr", "images_per_s", "accuracy")


@drawn
def training_curves(rows: Sequence[Mapping[str, Any]]) -> Figure:
    """Losses, accuracy on the training batch and learning rate over the steps.

    Args:
        rows: of metrics.jsonl (`train.log.read_metrics`): "step", "lr", "total", and whatever else was logged.
    """
    figure = Figure(figsize=(SINGLE, 3.6), layout="constrained")
    losses, accuracy, rate = figure.subplots(3, sharex=True, height_ratios=(2, 1, 1))
    steps = [row["step"] for row in rows]
    names = [name for name in rows[0] if name not in NOT_LOSSES]
    for number, name in enumerate(names):
        values = [row[name] for row in rows]
        losses.plot(steps, values, LINE_STYLES[number % 4], color=COLOURS[number % 10], label=name)
    lowest = min(row[name] for row in rows for name in names)  # L_kd1 of CAL is negative
    losses.set(ylabel="loss (nats)", ylim=(min(lowest, 0), None))
    losses.legend(ncols=2)
    if "accuracy" in rows[0]:
        accuracy.plot(steps, [100 * row["accuracy"] for row in rows], color=BLUE)
    accuracy.set(ylabel="batch\naccuracy (%)", ylim=(0, 105), yticks=(0, 50, 100))
    rate.plot(steps, [1000 * row["lr"] for row in rows], color=BLUE)
    rate.set(ylabel="learning\nrate (1e-3)", xlabel="step", ylim=(0, None))
    rate.yaxis.set_major_locator(MaxNLocator(3))
    rate.xaxis.set_major_locator(MaxNLocator(integer=True))
    figure.align_ylabels()
    return figure


def describe_training(rows: Sequence[Mapping[str, Any]]) -> str:
    """What `training_curves` shows, in words; the rows have an accuracy."""
    return (
        f"Losses, batch accuracy and learning rate over {rows[-1]['step']} steps. The total loss goes from "
        f"{rows[0]['total']:.1f} to {rows[-1]['total']:.2f}, the accuracy on the training batch ends at "
        f"{100 * rows[-1]['accuracy']:.0f} %."
    )


@drawn
def cmc_curves(curves: Mapping[str, np.ndarray]) -> Figure:
    """The share of queries with a match up to each rank.

    Args:
        curves: name -> (R,) fractions for ranks 1 to R (`QueryScores.cmc`), the most important first.
    """
    figure = Figure(figsize=(SINGLE, 2.4), layout="constrained")
    axes = figure.subplots()
    for number, (name, curve) in enumerate(curves.items()):
        line = {"linestyle": LINE_STYLES[number % 4], "marker": "osD^v"[number % 5], "color": COLOURS[number % 10]}
        axes.plot(np.arange(1, len(curve) + 1), 100 * np.asarray(curve), label=name, markevery=(0, 5), **line)
    axes.set(xlabel="rank", ylabel="queries with a match (%)", xlim=(0.5, None), ylim=(0, 102))
    axes.set_xticks([1, 5, 10, 15, 20])
    axes.grid(color="0.9")
    figure.legend(loc="outside upper center", ncols=2)
    return figure


@drawn
def score_bars(
    scores: Mapping[str, tuple[float, float | None]], metric: str = "rank-1", width: float = SINGLE
) -> Figure:
    """One horizontal bar a score, with its spread and its number.

    Args:
        scores: name -> (mean, standard deviation or None), both fractions, from the top; a name may have several lines.
        metric: what is scored.
        width: of the figure in inches.
    """
    lines = max(name.count("\n") + 1 for name in scores)
    figure = Figure(figsize=(width, 0.75 + 0.27 * (0.25 + 0.75 * lines) * len(scores)), layout="constrained")
    axes = figure.subplots()
    means = np.array([100 * mean for mean, _ in scores.values()])
    spreads = np.array([100 * (spread or 0) for _, spread in scores.values()])
    places = np.arange(len(scores))
    axes.barh(places, means, height=0.62, color=BLUE, xerr=spreads, error_kw={"elinewidth": 1, "ecolor": "0.2"})
    for place, mean, spread in zip(places, means, spreads, strict=True):
        axes.text(mean + spread + 1.5, place, f"{mean:.1f}", va="center", fontsize=7)
    axes.set_yticks(places, list(scores))
    axes.set(xlabel=f"{metric} (%)", xlim=(0, 112), xticks=range(0, 101, 20))
    axes.set_ylim(len(scores) - 0.4, -0.6)
    axes.grid(axis="x", color="0.9")
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_color(GREY)
    return figure
