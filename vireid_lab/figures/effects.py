"""Paired differences with their intervals: the forest plot of claims."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from vireid_lab.analysis.claims import Verdict

from .style import BLUE, DOUBLE, GREY, ORANGE, drawn

VERSION = 1
LOOKS = {"holds": (BLUE, "o"), "opposite": (ORANGE, "X")}  # colour and marker; any other verdict: OPEN
OPEN = (GREY, "s")
OFFSETS = {"last": -0.16, "best": 0.16}  # of the two readings, equal steps above
READINGS = {"last": "filled, solid: at equal steps", "best": "open, dashed: at each arm's best step"}


@drawn
def claim_effects(verdicts: Sequence[Verdict], judged: bool = True) -> Figure:
    """One row a claim: the paired difference at equal steps and at each arm's best step, and the verdict in words.

    The claimed side is shaded; without an interval a claim has a row without marks.

    Args:
        verdicts: from `analysis.claims.judge_claims`, from the top.
        judged: False for comparisons that nobody claims: without the verdict, n alone.
    """
    count = len(verdicts)
    figure = Figure(figsize=(DOUBLE, 0.85 + 0.5 * count), layout="constrained")
    axes = figure.subplots()
    ends = [100 * abs(end) for v in verdicts for e in v.effects.values() for end in (e.low, e.high)]
    reach = 1.08 * max([1.0, *ends])
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
    axes.set_yticks(range(count), [textwrap.fill(verdict.claim.text, 44) for verdict in verdicts])
    axes.set(xlim=(-reach, reach), ylim=(count - 0.45, -0.55))
    axes.set_xlabel("better minus worse (points of the claim's metric), 95 % interval; shaded: the claimed side")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    handles = [
        Line2D([], [], color="0.3", marker="o", markerfacecolor=f, linestyle=s) for f, s in (("0.3", "-"), ("w", "--"))
    ]
    figure.legend(handles, READINGS.values(), loc="outside upper center", ncols=2)
    return figure


def describe_effects(verdicts: Sequence[Verdict], judged: bool = True) -> str:
    """The alternative text of the forest plot: every claim with its verdict (if `judged`) and its differences."""
    claims = []
    for verdict in verdicts:
        effects = ", ".join(f"{READINGS[c].partition(': ')[2]} {effect}" for c, effect in verdict.effects.items())
        claims.append(
            f"{verdict.claim.text}: {verdict.verdict if judged else 'not judged'} ({effects or 'no interval'})."
        )
    return "Paired differences of claims with 95 % intervals. " + " ".join(claims)
