"""Pictures of the modality discrepancy: maps of features before and after linear factors, and scores by their size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from vireid_lab.analysis.factor_results import KINDS, SCORES, FactorResult, FactorRun

from .embeddings import tsne_map
from .style import BLUE, DOUBLE, ORANGE, drawn

VERSION = 1
KIND_NAMES = {"whole": "one factor", "parts": "a factor for each part"}
SCORE_NAMES = {"mmd": "squared MMD", "frechet": "squared Fréchet", "centroid": "centroids / spread"}
DECIMALS = {"mmd": 3, "frechet": 0, "centroid": 2}
SERIES = ((BLUE, "o", "-"), (ORANGE, "^", "--"))  # colour, marker and line of the two kinds of factors


@dataclass(frozen=True)
class FactorMap:
    """One panel of Fig. 3.

    Attributes:
        title: the factors.
        original: (N, 2) positions of the images as they are.
        changed: (N, 2) positions of the same images after the factors.
        note: the scores, a line each.
    """

    title: str
    original: np.ndarray
    changed: np.ndarray
    note: str


def describe_scores(result: FactorResult, kind: str, strength: float) -> str:
    """Each score as mean and standard deviation over the seeds, and the largest of all p-values, a line each."""
    column = result.strengths.index(strength)
    lines = []
    for score in SCORES:
        values, places = result.scores(kind, score)[:, column], DECIMALS[score]
        spread = f" ± {values.std(ddof=1):.{places}f}" if len(values) > 1 else ""
        lines.append(f"{SCORE_NAMES[score]} {values.mean():.{places}f}{spread}")
    p = max(p for run in result.runs for p in run.moves[kind, strength].p_values.values())
    return "\n".join([*lines, f"each p ≤ {p:.2g}"])


def factor_maps(result: FactorResult, run: FactorRun, strengths: Sequence[float]) -> list[FactorMap]:
    """t-SNE of one run, a map for each kind of factors and strength, and the scores over all runs.

    The maps see unit features, as all maps here; the scores see the features as they are.

    Args:
        result: of `fig3_experiment`.
        run: one of its runs.
        strengths: of the result, those to draw.
    """
    maps = []
    for kind in KINDS:
        for strength in strengths:
            points = tsne_map(np.concatenate([run.original, run.moves[kind, strength].features]), run.seed)
            title = f"{KIND_NAMES[kind]},\n{100 * strength:.0f} % darker"
            maps.append(FactorMap(title, *np.split(points, 2), describe_scores(result, kind, strength)))
    return maps


@drawn
def factor_map_sheet(maps: Sequence[FactorMap]) -> Figure:
    """Fig. 3 of Tan et al. 2022: crosses are the images as they are, dots the same images after the factors.

    Args:
        maps: from `factor_maps`; at most four in a row.
    """
    columns = min(len(maps), 4)
    rows = -(-len(maps) // columns)
    figure = Figure(figsize=(DOUBLE, 0.25 + rows * (DOUBLE / columns + 0.9)), layout="constrained")
    for letter, panel, axes in zip("abcdefgh", maps, figure.subplots(rows, columns, squeeze=False).flat, strict=False):
        axes.scatter(*panel.changed.T, s=9, marker="o", color=ORANGE, alpha=0.8, linewidths=0)
        axes.scatter(*panel.original.T, s=11, marker="x", color=BLUE, linewidths=0.8)
        axes.set(title=f"({letter}) {panel.title}", xticks=[], yticks=[], box_aspect=1)
        axes.spines[:].set_visible(True)
        axes.spines[:].set_color("0.8")
        axes.set_xlabel(panel.note, fontsize=6.5)
    handles = [
        Line2D([], [], linestyle="", marker="x", color=BLUE, label="original"),
        Line2D([], [], linestyle="", marker="o", color=ORANGE, label="after the factors"),
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=2)
    return figure


@drawn
def discrepancy_curves(strengths: Sequence[float], scores: Mapping[str, Mapping[str, np.ndarray]]) -> Figure:
    """Fig. 6 of Tan et al. 2022 as numbers: the discrepancy against the size of the factors.

    Args:
        strengths: (S,) shares of brightness lost.
        scores: score -> kind of factors -> (seeds, S) (`FactorResult.scores`); a line is the mean over the seeds, its
            band reaches from the smallest to the largest.
    """
    figure = Figure(figsize=(DOUBLE, 2.4), layout="constrained")
    percent = 100 * np.asarray(strengths)
    for axes, (score, kinds) in zip(figure.subplots(1, len(scores), squeeze=False).flat, scores.items(), strict=True):
        for (kind, values), (colour, marker, line) in zip(kinds.items(), SERIES, strict=True):
            axes.fill_between(percent, values.min(axis=0), values.max(axis=0), color=colour, alpha=0.25, linewidth=0)
            look = {"color": colour, "marker": marker, "linestyle": line, "label": KIND_NAMES.get(kind, kind)}
            axes.plot(percent, values.mean(axis=0), **look)
        axes.axhline(0, color="0.8", linewidth=0.8, zorder=0)
        axes.set(xlabel="brightness lost (%)", ylabel=SCORE_NAMES.get(score, score), xlim=(0, 100))
    seeds = len(values)
    title = f"mean over {seeds} seeds, band: smallest to largest"
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper center", ncols=2, title=title, title_fontsize=7)
    return figure
