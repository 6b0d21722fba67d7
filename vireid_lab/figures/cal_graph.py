"""The bipartite graph between CAL's parts of both modalities, and how its match settles (Wu et al. 2023, Sec. 3.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from vireid_lab.analysis.correspondence import Correspondence
from vireid_lab.models.query_matching import heaviest

from .cal_parts import part_name
from .style import BLUE, DOUBLE, GREY, ORANGE, SINGLE, drawn

VERSION = 2
SIDES = ((1, 0.0), (0, 1.0))  # modality and place of its column: infrared parts u at the left


@drawn
def graph_sheet(pairs: Sequence[Correspondence]) -> Figure:
    """The graph before and after matching: all edges, their weights as numbers, and the one-to-one match M̂.

    Weights are means over the pairs (Eq. 16); a line is as thick as its edge is heavy.
    """
    weights, match = mean_graph(pairs)
    figure = Figure(figsize=(DOUBLE, 2.5), layout="constrained")
    before, table, after = figure.subplots(1, 3, width_ratios=(1, 1.15, 1))
    edges = {(u, v): GREY for u in range(len(match)) for v in range(len(match))}
    draw_edges(before, weights, edges)
    before.set_title("all edges")
    image = table.imshow(weights, vmin=0)
    for (u, v), weight in np.ndenumerate(weights):
        light = weight < 0.6 * weights.max()
        table.text(v, u, f"{weight:#.3g}", ha="center", va="center", fontsize=6.5, color="white" if light else "black")
        if match[v] == u:
            table.add_patch(Rectangle((v - 0.47, u - 0.47), 0.94, 0.94, fill=False, edgecolor=ORANGE, linewidth=2))
    for axis, m in ((table.xaxis, 0), (table.yaxis, 1)):
        axis.set_ticks(range(len(match)), [part_name(m, p) for p in range(len(match))])
    table.set(title="weights, match framed", xlabel="visible part v", ylabel="infrared part u")
    table.tick_params(length=0)
    figure.colorbar(image, ax=table, label="dot product of two\nattention maps", fraction=0.05)
    draw_edges(after, weights, {(int(u), v): ORANGE for v, u in enumerate(match)})
    after.set_title("match M̂")
    return figure


def mean_graph(pairs: Sequence[Correspondence]) -> tuple[np.ndarray, np.ndarray]:
    """Mean weights (N_p, N_p) over pairs of images, row u infrared, column v visible, and the model's match (N_p,)."""
    return np.mean([pair.weights for pair in pairs], axis=0), pairs[0].match


def draw_edges(axes: Axes, weights: np.ndarray, edges: Mapping[tuple[int, int], str]) -> None:
    """Two columns of parts and the edges (u, v) between them, each in its colour."""
    parts = len(weights)
    for (u, v), colour in edges.items():
        axes.plot((0, 1), (-u, -v), color=colour, linewidth=5 * weights[u, v] / weights.max(), zorder=1)
    for (m, x), marker in zip(SIDES, "^o", strict=True):
        axes.scatter([x] * parts, -np.arange(parts), s=110, marker=marker, color=BLUE, zorder=2)
        for p in range(parts):
            axes.text(x + (0.14 if x else -0.14), -p, part_name(m, p), ha="left" if x else "right", va="center")
    axes.set(xlim=(-0.45, 1.45), ylim=(0.5 - parts, 0.5), xticks=(0, 1), yticks=())
    axes.set_xticklabels(["infrared u", "visible v"])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def describe_graph(pairs: Sequence[Correspondence]) -> str:
    """The weights of the matched edges beside those of the others, and how often a pair's own best match is M̂."""
    weights, match = mean_graph(pairs)
    inside = np.zeros_like(weights, dtype=bool)
    inside[match, np.arange(len(match))] = True
    own = np.mean([np.mean(heaviest(pair.weights) == match) for pair in pairs])
    edges = ", ".join(f"{part_name(1, u)}-{part_name(0, v)}" for v, u in enumerate(match))
    even = 1 / pairs[0].answers[0, 0, 0].size
    return (
        f"M̂: {edges}; mean weight of its edges {weights[inside].mean():#.3g}, of the others "
        f"{weights[~inside].mean():#.3g} (two even maps: {even:#.3g}); {100 * own:.0f} % of the edges of a pair's own "
        "best match lie on it"
    )


def random_agreement(parts: int, images: int, draws: int = 200) -> float:
    """Mean agreement of matches that are drawn at random, one for each of `images` images: what chance gives."""
    rng = np.random.default_rng(0)
    shares = []
    for _ in range(draws):
        counts = np.zeros((parts, parts))
        for _ in range(images):
            counts[rng.permutation(parts), np.arange(parts)] += 1
        shares.append(counts[heaviest(counts), np.arange(parts)].sum() / counts.sum())
    return float(np.mean(shares))


@drawn
def agreement_curve(log: Sequence[Mapping[str, Any]], chance: float) -> Figure:
    """Share of a batch's matched edges that lie on its most frequent match, over the training.

    Args:
        log: rows of metrics.jsonl with "step" and "agreement".
        chance: from `random_agreement`.
    """
    figure = Figure(figsize=(SINGLE, 2.0), layout="constrained")
    axes = figure.subplots()
    axes.plot([row["step"] for row in log], [100 * row["agreement"] for row in log], "o-", color=BLUE)
    axes.axhline(100 * chance, color="0.4", linestyle=":", linewidth=1, label="random matches")
    axes.legend(loc="upper left", fontsize=7)
    axes.set(xlabel="step", ylabel="agreement of a\nbatch's matches (%)", ylim=(0, 105))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(axis="y", color="0.92")
    return figure
