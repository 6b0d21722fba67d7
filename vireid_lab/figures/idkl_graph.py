"""Affinity matrices of IDKL's graph alignment (Ren and Zhang 2024, Fig. 3), computed on features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from torch import Tensor

from vireid_lab.losses.graph_alignment import GraphAlignment, log_affinity
from vireid_lab.runtime import InputError

from .style import BLUE, DOUBLE, MAP, drawn

VERSION = 1
FAINTEST = 1e-4  # of the largest affinity of a sheet: the low end of the colours


@dataclass(frozen=True)
class Graphs:
    """The three affinity matrices of two kinds of features a and b, and how far they lie apart.

    Attributes:
        names: what a and b are.
        ids: (N,) identity of each row, equal ones side by side.
        matrices: (3, N, N) A_(a;a), A_(b;b) and A_(a;b) of Eq. 15; NaN on a diagonal that is left out.
        terms: (3,) KL(A_aa, A_bb), KL(A_aa, A_ab) and KL(A_ab, A_bb) of Eq. 16, mean over the rows, in nats.
    """

    names: tuple[str, str]
    ids: np.ndarray
    matrices: np.ndarray
    terms: np.ndarray

    @property
    def titles(self) -> list[str]:
        """Names of the matrices."""
        a, b = self.names
        return [f"A({a}; {a})", f"A({b}; {b})", f"A({a}; {b})"]

    @property
    def same(self) -> np.ndarray:
        """(3,) share of a row's affinity that lies on its own identity, mean over the rows."""
        own = self.ids[:, None] == self.ids
        return np.nansum(np.where(own, self.matrices, 0), 2).mean(1)

    @property
    def neighbours(self) -> np.ndarray:
        """(3,) effective number of columns that a row weighs: exp(entropy), mean over the rows."""
        a = np.clip(np.nan_to_num(self.matrices), np.finfo(float).tiny, None)
        return np.exp(-(a * np.log(a)).sum(2)).mean(1)


def graphs_of(a: Tensor, b: Tensor, ids: Sequence[int], names: tuple[str, str], loss: GraphAlignment) -> Graphs:
    """The affinity matrices that a loss compares, the rows sorted by identity.

    Args:
        a: (N, d) features.
        b: (N, d) features of the same images or identities, row by row.
        ids: (N,) identities.
        names: what a and b are.
        loss: says sign, temperature, diagonal and direction; with `cross`.

    Raises:
        InputError: other shapes, or values that are not finite.
    """
    ids = np.asarray(ids)
    if not (a.ndim == 2 and a.shape == b.shape and ids.shape == a.shape[:1]):
        raise InputError(f"features {tuple(a.shape)} and {tuple(b.shape)}, ids {ids.shape}: give (N, d) twice and (N,)")
    order = np.argsort(ids, kind="stable")
    a, b = (features.detach().cpu().double()[order] for features in (a, b))
    if not (a.isfinite().all() and b.isfinite().all()):
        raise InputError("features: some are not finite; take those of a model whose loss is finite")
    terms, n = loss.terms(a, b), len(a)
    kept = np.ones((n, n), bool) if loss.options["diagonal"] else ~np.eye(n, dtype=bool)
    matrices = np.full((3, n, n), np.nan)
    for matrix, pair in zip(matrices, ((a, a), (b, b), (a, b)), strict=True):
        matrix[kept] = log_affinity(*pair, **loss.options).exp().numpy().ravel()
    return Graphs(names, ids[order], matrices, terms.numpy())


def paired_images(ids: np.ndarray, modality: np.ndarray, people: int = 8, images: int = 2) -> np.ndarray:
    """Rows of a small batch as a training has it: of the first people some visible and as many infrared images.

    Args:
        ids: (N,) identities.
        modality: (N,) 0 visible, 1 infrared.
        people: how many identities at most.
        images: how many of each modality, evenly spaced over those that there are.

    Returns:
        (2, people * images) rows, column i of both the same identity.

    Raises:
        InputError: one of them has too few images.
    """
    rows: list[list[int]] = [[], []]
    for pid in np.unique(ids)[:people]:
        for m in (0, 1):
            own = np.flatnonzero((ids == pid) & (modality == m))
            if len(own) < images:
                raise InputError(
                    f"identity {pid} has {len(own)} images of modality {m}: give images={len(own)} or less"
                )
            rows[m].extend(own[np.linspace(0, len(own) - 1, images).round().astype(int)])
    return np.array(rows)


@drawn
def graph_sheet(rows: Mapping[str, Graphs]) -> Figure:
    """Affinity matrices and KL terms, a row of pictures for each, such as before and after alignment.

    All matrices share one logarithmic scale; white lines part the identities.

    Args:
        rows: title of the row -> its graphs.
    """
    figure = Figure(figsize=(DOUBLE, 0.35 + 1.75 * len(rows)), layout="constrained")
    axes = figure.subplots(len(rows), 4, squeeze=False, width_ratios=(1, 1, 1, 0.9))
    top = max(np.nanmax(graphs.matrices) for graphs in rows.values())
    low = min(np.nanmin(graphs.matrices) for graphs in rows.values())
    scale = LogNorm(max(low, FAINTEST * top, np.finfo(float).tiny), top)
    widest = max(float(graphs.terms.max()) for graphs in rows.values())
    for line, (title, graphs) in zip(axes, rows.items(), strict=True):
        for each, matrix, name in zip(line, graphs.matrices, graphs.titles, strict=False):
            image = draw_matrix(each, matrix, graphs.ids, scale)
            each.set_title(name)
        line[0].set_ylabel(f"{title}\nrow i")
        draw_terms(line[3], graphs, widest)
    for each in axes[-1, :3]:
        each.set_xlabel("column j")
    bar = figure.colorbar(image, ax=axes[:, :3], location="bottom", shrink=0.6, aspect=40)
    bar.set_label("affinity (share of a row)")
    return figure


def draw_matrix(axes: Axes, matrix: np.ndarray, ids: np.ndarray, scale: LogNorm):
    """A matrix (N, N), with lines between the identities."""
    image = axes.imshow(np.maximum(matrix, scale.vmin), norm=scale, cmap=MAP)
    for edge in np.flatnonzero(np.diff(ids)) + 0.5:
        axes.axhline(edge, color="white", linewidth=0.4)
        axes.axvline(edge, color="white", linewidth=0.4)
    axes.set(xticks=[], yticks=[])
    return image


def draw_terms(axes: Axes, graphs: Graphs, widest: float) -> None:
    """Bars of the three KL terms."""
    bars = axes.barh(["aa, bb", "aa, ab", "ab, bb"], graphs.terms, color=BLUE, height=0.6)
    axes.bar_label(bars, [f"{term:.2g}" for term in graphs.terms], padding=2, fontsize=7)
    axes.set(xlim=(0, 1.35 * max(widest, 1e-12)), xlabel="KL (nats)", title=f"sum {graphs.terms.sum():.3g}")
    axes.invert_yaxis()


def describe_graphs(graphs: Graphs) -> str:
    """The terms, and what the rows of each matrix weigh, in plain text."""
    a, b = graphs.names
    n = len(graphs.ids)
    own = (graphs.ids[:, None] == graphs.ids)[~np.isnan(graphs.matrices[0])].mean()
    head = f"L_tgsa({a}; {b}) = {graphs.terms.sum():.4g} nats, mean over {n} rows"
    pairs = ("KL(A_aa, A_bb)", "KL(A_aa, A_ab)", "KL(A_ab, A_bb)")
    lines = [f"{name} {term:.4g}" for name, term in zip(pairs, graphs.terms, strict=True)]
    width = max(map(len, graphs.titles))
    weights = [
        f"{title:{width}}  {100 * same:5.1f} % on the own identity (even: {100 * own:.1f} %), "
        f"as if on {neighbours:.1f} of {n} columns"
        for title, same, neighbours in zip(graphs.titles, graphs.same, graphs.neighbours, strict=True)
    ]
    return "\n".join([head, ", ".join(lines), *weights])
