"""Methods side by side: over data layouts, against their cost, on changed images."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from vireid_lab.analysis.cost import Cost

from .style import BLUE, COLOURS, DOUBLE, GREY, LINE_STYLES, drawn

VERSION = 1
MARKERS = "osD^vPX*"


@drawn
def method_panels(found: Mapping[str, Mapping[str, np.ndarray | None]], metric: str = "rank-1") -> Figure:
    """Each method on each layout: mean and standard deviation over its runs, a thin mark for each run.

    Args:
        found: layout -> method -> (n,) fractions, or None; the same methods in each layout, from the top.
        metric: what they are.
    """
    names = list(next(iter(found.values())))
    figure = Figure(figsize=(DOUBLE, 0.9 + 0.24 * len(names)), layout="constrained")
    panels = figure.subplots(1, len(found), sharey=True, squeeze=False)[0]
    for axes, (layout, methods) in zip(panels, found.items(), strict=True):
        for row, fractions in enumerate(methods.values()):
            if fractions is None:
                axes.text(2, row, "not run", va="center", fontsize=7, color="0.45")
                continue
            scores = 100 * fractions
            spread = scores.std(ddof=1) if len(scores) > 1 else 0
            axes.plot(scores, np.full(len(scores), row), "|", color=GREY, markersize=7, zorder=1)
            axes.errorbar(scores.mean(), row, xerr=spread, fmt="o", color=BLUE, capsize=2.5)
            axes.text(99, row, f"{scores.mean():.1f}  n = {len(scores)}", va="center", ha="right", fontsize=6.5)
        axes.set(xlim=(0, 100), xlabel=f"{metric} (%)")
        axes.set_title(layout, fontsize=8)
        axes.grid(axis="x", color="0.92")
        axes.set_axisbelow(True)
    panels[0].set_yticks(range(len(names)), names)
    panels[0].set_ylim(len(names) - 0.4, -0.6)
    return figure


@drawn
def cost_panels(costs: Mapping[str, Cost], scores: Mapping[str, np.ndarray | None]) -> Figure:
    """Accuracy against the operations of one image, in search and in training; methods that were not run are left out.

    Args:
        costs: by method.
        scores: method -> (n,) rank-1, fractions, or None.
    """
    figure = Figure(figsize=(DOUBLE, 2.7), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    shown = [name for name in costs if scores.get(name) is not None]
    fields = {"search_flops": "search", "training_flops": "a training step"}
    for axes, (field, words) in zip(panels, fields.items(), strict=True):
        for name in shown:
            place = list(costs).index(name)
            axes.plot(
                getattr(costs[name], field) / 1e6,
                100 * scores[name].mean(),
                MARKERS[place % 8],
                color=COLOURS[place % 10],
                markersize=5.5,
                label=f"{name} ({costs[name].parameters / 1e6:.1f} M parameters)",
            )
        axes.set(xlabel=f"operations of an image in {words} (MFLOP)")
        axes.margins(x=0.08)
        axes.set_xlim(0, None)
        axes.grid(color="0.92")
    panels[0].set_ylabel("rank-1 (%)")
    if shown:
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    else:
        panels[0].text(0.5, 0.5, "no method was run", transform=panels[0].transAxes, ha="center", color="0.45")
    return figure


@drawn
def robustness_panels(found: Mapping[str, Mapping[str, Mapping[float | str, float]]]) -> Figure:
    """Rank-1 over the levels of each change, a panel a change and a line a model.

    Args:
        found: change -> model -> level -> fraction; levels are numbers, or names from left to right.
    """
    rows = -(-len(found) // 3)
    figure = Figure(figsize=(DOUBLE, 0.5 + 1.95 * rows), layout="constrained")
    panels = figure.subplots(rows, 3, sharey=True, squeeze=False).ravel()
    for axes, (change, models) in zip(panels, found.items(), strict=False):
        for number, (model, levels) in enumerate(models.items()):
            named = any(isinstance(level, str) for level in levels)
            places = np.arange(len(levels)) if named else np.array(list(levels))
            line = {"linestyle": LINE_STYLES[number % 4], "marker": MARKERS[number % 8], "color": COLOURS[number % 10]}
            axes.plot(places, [100 * score for score in levels.values()], label=model, **line)
            if named:
                axes.set_xticks(places, [textwrap.fill(level, 9) for level in levels], fontsize=6)
                axes.margins(x=0.15)
        axes.set_xlabel(change)
        axes.grid(axis="y", color="0.92")
    panels[0].set_ylim(0, None)  # of all panels, and after all lines
    for axes in panels[len(found) :]:
        axes.set_visible(False)
    for axes in panels[::3]:
        axes.set_ylabel("rank-1 (%)")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


def describe_methods(found: Mapping[str, Mapping[str, np.ndarray | None]]) -> str:
    """The means of `method_panels` in words."""

    def words(name: str, scores: np.ndarray | None) -> str:
        return f"{name} not run" if scores is None else f"{name} {100 * scores.mean():.1f} % (n = {len(scores)})"

    return " ".join(f"{layout}: {', '.join(map(words, of, of.values()))}." for layout, of in found.items())


def describe_operations(costs: Mapping[str, Cost], scores: Mapping[str, np.ndarray | None]) -> str:
    """The numbers of `cost_panels` in words."""

    def words(name: str, cost: Cost) -> str:
        operations = (
            f"{cost.search_flops / 1e6:.0f} MFLOP in search and {cost.training_flops / 1e6:.0f} in a training step"
        )
        found = scores.get(name)
        return f"{name}: {operations}, {'not run' if found is None else f'rank-1 {100 * found.mean():.1f} %'}."

    return " ".join(map(words, costs, costs.values()))


def describe_levels(found: Mapping[str, Mapping[str, Mapping[float | str, float]]]) -> str:
    """The numbers of `robustness_panels` in words."""
    return " ".join(
        f"{change}, {model}: {', '.join(f'{level} {100 * score:.1f} %' for level, score in levels.items())}."
        for change, models in found.items()
        for model, levels in models.items()
    )
