"""Paired differences with their intervals: the forest plot of claims."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from vireid_lab.analysis.claims import Verdict

from .style import BLUE, DOUBLE, GREY, ORANGE, drawn

VERSION = 1
LOOKS = {"holds": (BLUE, "o"), "opposite": (ORANGE, "X")}  # colour and marker; any other verdict: OPEN
OPEN = (GREY, "s")
OFFSETS = {"last": -0.16, "best": 0.16}  # of the two readings, equal steps above
READINGS = {"last": "filled, solid: at equal steps", "best": "open, dashed: at each arm's best step"}
INFRARED = {"nir": "near infrared", "thermal": "thermal infrared"}


@drawn
def claim_effects(*worlds: Sequence[Verdict], judged: bool = True) -> Figure:
    """One row a claim: the paired difference at equal steps and at each arm's best step, and the verdict in words.

    The claimed side is shaded; without an interval a claim has a row without marks.

    Args:
        worlds: verdicts from `analysis.claims.judge_claims`, from the top. Several worlds, see `to_show` there, have a
            panel each, which names its world, and the same claims in the same order.
        judged: False for comparisons that nobody claims: without the verdict, n alone.
    """
    count, several = len(worlds[0]), len(worlds) > 1
    figure = Figure(figsize=(DOUBLE, 0.85 + 0.4 * several + 0.5 * count), layout="constrained")
    panels = figure.subplots(1, len(worlds), sharey=True, squeeze=False)[0]
    ends = [abs(end) for world in worlds for v in world for e in v.effects.values() for end in (e.low, e.high)]
    reach = 1.08 * max([1.0, *(100 * end for end in ends)])  # the same in all panels
    for axes, verdicts in zip(panels, worlds, strict=True):
        _draw_world(axes, verdicts, reach, judged)
        if several:
            axes.set_title(textwrap.fill(world_of(verdicts), 44), fontsize=7)
    names = [textwrap.fill(verdict.claim.text, 30 if several else 44) for verdict in worlds[0]]
    panels[0].set_yticks(range(count), names)
    panels[0].set_ylim(count - 0.45, -0.55)
    label = "better minus worse (points of the claim's metric), 95 % interval; shaded: the claimed side"
    if several:
        figure.supxlabel(label, fontsize=8)
    else:
        panels[0].set_xlabel(label)
    handles = [
        Line2D([], [], color="0.3", marker="o", markerfacecolor=f, linestyle=s) for f, s in (("0.3", "-"), ("w", "--"))
    ]
    figure.legend(handles, READINGS.values(), loc="outside upper center", ncols=2)
    return figure


def _draw_world(axes: Axes, verdicts: Sequence[Verdict], reach: float, judged: bool) -> None:
    for row, verdict in enumerate(verdicts):
        colour, marker = LOOKS.get(verdict.verdict, OPEN) if judged else OPEN
        side = reach * verdict.claim.sign
        axes.fill_between([min(0, side), max(0, side)], row - 0.4, row + 0.4, color="0.955", linewidth=0)
        for checkpoint, effect in verdict.effects.items():
            mean, low, high = (100 * value for value in (effect.mean, effect.low, effect.high))
            bars = axes.errorbar(
                mean,
                row + OFFSETS[checkpoint],
                xerr=[[mean - low], [high - mean]],
                fmt=marker,
                color=colour,
                markerfacecolor=colour if checkpoint == "last" else "white",
                markersize=5,
                elinewidth=1.3,
                capsize=2.5,
                gid=f"{verdict.claim.id} {checkpoint}",
            )
            bars.lines[2][0].set_linestyle("-" if checkpoint == "last" else "--")
        pairs = len(verdict.comparison.pairs) if verdict.comparison else 0
        words = f"{verdict.verdict}\nn = {pairs}" if judged else f"n = {pairs}"
        axes.text(1.02, row, words, transform=axes.get_yaxis_transform(), va="center", fontsize=7)
    axes.axvline(0, color="0.25", linewidth=0.9)
    axes.set_xlim(-reach, reach)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def world_of(verdicts: Sequence[Verdict]) -> str:
    """Where the verdicts are from: the kind of infrared, whether the claims come from it, and the data in words."""
    made = [verdict.comparison for verdict in verdicts if verdict.comparison]
    if not made:
        return "the claims' own infrared: not run"
    own = {comparison.infrared for comparison in made} == {verdict.claim.modality for verdict in verdicts}
    kinds = " and ".join(INFRARED[kind] for kind in sorted({comparison.infrared for comparison in made}))
    worlds = "; ".join(sorted({comparison.world for comparison in made}))
    return f"{kinds}, {'where' if own else 'not where'} the claims come from ({worlds})"


def describe_effects(*worlds: Sequence[Verdict], judged: bool = True) -> str:
    """The alternative text of the forest plot: every claim with its verdict (if `judged`) and its differences."""
    words = ["Paired differences of claims with 95 % intervals."]
    for verdicts in worlds:
        words += [f"In {world_of(verdicts)}:"] * (len(worlds) > 1)
        for verdict in verdicts:
            effects = ", ".join(f"{READINGS[c].partition(': ')[2]} {effect}" for c, effect in verdict.effects.items())
            said = verdict.verdict if judged else "not judged"
            words.append(f"{verdict.claim.text}: {said} ({effects or 'no interval'}).")
    return " ".join(words)
