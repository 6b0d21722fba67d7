"""Parts of several papers on one network: what two of them give together, and the best of all compositions."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from vireid_lab.analysis.best_arm import Chosen
from vireid_lab.analysis.complementarity import Complementarity
from vireid_lab.analysis.paired_test import Effect

from .style import BLUE, DOUBLE, GREY, ORANGE, SINGLE, drawn

VERSION = 1
WHITE = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}  # behind words on a line
FULL = 0.1  # difference at which a cell has its full tint


@drawn
def component_panels(found: Mapping[str, Complementarity]) -> Figure:
    """What each component gives alone on each layout, with its 95 % interval.

    Args:
        found: by layout; the same components in each.
    """
    names = next(iter(found.values())).components
    figure = Figure(figsize=(DOUBLE, 0.95 + 0.27 * len(names)), layout="constrained")
    panels = figure.subplots(1, len(found), sharex=True, sharey=True, squeeze=False)[0]
    for axes, (layout, of_layout) in zip(panels, found.items(), strict=True):
        axes.axvline(0, color="0.25", linewidth=0.9)
        for row, name in enumerate(names):
            effect = of_layout.single.get(name)
            _interval(axes, row, effect, f"  n = {effect.n}" if effect else "", fmt="o", color=BLUE)
        axes.set_title(layout, fontsize=8)
        axes.grid(axis="x", color="0.92")
        axes.set_axisbelow(True)
    panels[0].set_yticks(range(len(names)), names)
    panels[0].set_ylim(len(names) - 0.5, -0.7)
    figure.supxlabel("gain over the plain arm (points of rank-1, 95 % interval)", fontsize=8)
    return figure


@drawn
def combination_matrix(found: Complementarity) -> Figure:
    """What components give, in points: alone on the diagonal, two beside the better one below it, interaction above.

    Args:
        found: cells of which there are no runs say so.
    """
    names = found.components
    count = len(names)
    figure = Figure(figsize=(DOUBLE, 1.3 + 0.62 * count), layout="constrained")
    axes = figure.subplots()
    for row, first in enumerate(names):
        for column, second in enumerate(names):
            if row == column:
                effect = found.single.get(first)
            else:
                made = found.pairs.get((first, second) if row < column else (second, first))
                effect = made and (made.extra if row > column else made.interaction)
            _cell(axes, row, column, effect)
    axes.set(xlim=(-0.5, count - 0.5), ylim=(count - 0.5, -0.5))
    axes.set_xticks(range(count), [textwrap.fill(name, 14) for name in names])
    axes.set_yticks(range(count), names)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_xlabel(
        "diagonal: the component alone over the plain arm; below: both over the better of the two;\n"
        "above: both less the sum of the two. Points of rank-1, 95 % interval; bold: it excludes 0",
        fontsize=7,
    )
    return figure


def _cell(axes: Axes, row: int, column: int, effect: Effect | None) -> None:
    box = {"facecolor": "white", "edgecolor": "0.75", "linewidth": 0.6}
    words, weight, colour = "no runs", "normal", "0.55"
    if effect is not None:
        sure = effect.low > 0 or effect.high < 0
        tint = min(abs(effect.mean) / FULL, 1) * 0.45
        box["facecolor"] = (BLUE if effect.mean > 0 else ORANGE, tint)
        words = f"{100 * effect.mean:+.1f}\n[{100 * effect.low:+.1f}, {100 * effect.high:+.1f}]\nn = {effect.n}"
        weight, colour = ("bold" if sure else "normal"), "black"
    axes.add_patch(Rectangle((column - 0.48, row - 0.47), 0.96, 0.94, **box))
    axes.text(column, row, words, ha="center", va="center", fontsize=6.8, weight=weight, color=colour)


@drawn
def lead_before_and_after(chosen: Chosen | None) -> Figure:
    """The lead of a chosen arm on the seeds that it was chosen on, and on fresh ones; None: there are no runs."""
    figure = Figure(figsize=(SINGLE, 1.75), layout="constrained")
    axes = figure.subplots()
    rows = [("chosen on", (), None), ("fresh", (), None)]
    if chosen:
        rows = [("chosen on", chosen.chosen_on, chosen.lead), ("fresh", chosen.tested_on, chosen.fresh)]
    for row, (_, _, effect) in enumerate(rows):
        _interval(axes, row, effect, fmt="so"[row], color=(GREY, BLUE)[row], markersize=5)
    axes.axvline(0, color="0.25", linewidth=0.9)
    labels = [f"{words}\nseeds {', '.join(map(str, seeds)) or '-'}" for words, seeds, _ in rows]
    axes.set_yticks(range(2), labels)
    axes.set(ylim=(1.5, -0.6), xlabel="lead over the plain arm\n(points of rank-1, 95 % interval)")
    axes.tick_params(axis="y", length=0)
    return figure


def _interval(axes: Axes, row: int, effect: Effect | None, more: str = "", **look: object) -> None:
    """A mean with its 95 % interval in points, its number above it; None: not run."""
    if effect is None:
        axes.text(0.5, row, "not run", ha="center", va="center", transform=axes.get_yaxis_transform(), color="0.45")
        return
    mean, low, high = (100 * value for value in (effect.mean, effect.low, effect.high))
    axes.errorbar(mean, row, xerr=[[mean - low], [high - mean]], capsize=2.5, **look)
    axes.text(mean, row - 0.17, f"{mean:+.1f}{more}", ha="center", va="bottom", fontsize=6.5, bbox=WHITE)


def describe_components(found: Mapping[str, Complementarity]) -> str:
    """The numbers of `component_panels` in words."""

    def words(name: str, effect: Effect | None) -> str:
        return f"{name} not run" if effect is None else f"{name} {effect} (n = {effect.n})"

    return " ".join(
        f"{layout}: {', '.join(words(name, of.single.get(name)) for name in of.components)}."
        for layout, of in found.items()
    )


def describe_combinations(found: Complementarity) -> str:
    """The numbers of `combination_matrix` in words."""
    alone = [f"{name} alone {effect} (n = {effect.n})" for name, effect in found.single.items()]
    both = [
        f"{' and '.join(names)}: {made.both} over the plain arm, {made.extra} over the better one, interaction "
        f"{made.interaction} (n = {made.both.n})"
        for names, made in found.pairs.items()
    ]
    missing = len(found.components) * (len(found.components) - 1) // 2 - len(found.pairs)
    said = "; ".join([*alone, *both]) or "Nothing was run"
    return f"Gains of components in rank-1. {said}. {missing} pairs have no runs."


def describe_lead(chosen: Chosen | None) -> str:
    """The numbers of `lead_before_and_after` in words."""
    if chosen is None:
        return "The plain arm or all others lack runs on the seeds to choose on: nothing is chosen."
    before = f"{chosen.arm.words} is the best of {chosen.candidates}: {chosen.lead} over {chosen.plain.words}"
    if chosen.fresh is None:
        return f"{before} on the seeds that it was chosen on. On fresh seeds there are too few runs for an interval."
    return (
        f"{before} on the seeds that it was chosen on, {chosen.fresh} on fresh ones (n = {chosen.fresh.n}): the "
        f"choosing was worth {100 * chosen.optimism:+.1f} points."
    )
