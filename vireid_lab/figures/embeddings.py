"""Maps of the embedding by t-SNE: identity by colour, modality by shape."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from vireid_lab.data.records import MODALITY_NAMES
from vireid_lab.evaluate.distances import l2_normalise
from vireid_lab.runtime import InputError

from .style import COLOURS, MODALITY_MARKERS, SINGLE, drawn

VERSION = 1
PCA_DIMENSIONS = 50


def tsne_map(features: np.ndarray, seed: int = 0, perplexity: float = 30.0, max_iter: int = 1000) -> np.ndarray:
    """t-SNE (van der Maaten and Hinton 2008) of unit features after a PCA to at most 50 dimensions.

    Args:
        features: (N, d), at least 4 images.
        seed: of PCA and t-SNE; the start is the PCA's, so the seed hardly matters.
        perplexity: lowered to a third of the images where there are few.
        max_iter: steps of the optimisation.

    Returns:
        (N, 2) positions in no unit.

    Raises:
        InputError: too few images.
    """
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    if len(features) < 4:
        raise InputError(f"t-SNE of {len(features)} images: give at least 4")
    unit = l2_normalise(features)
    reduced = PCA(min(PCA_DIMENSIONS, *unit.shape), random_state=seed).fit_transform(unit)
    perplexity = min(perplexity, (len(features) - 1) / 3)
    tsne = TSNE(2, perplexity=perplexity, max_iter=max_iter, init="pca", learning_rate="auto", random_state=seed)
    with threadpool_limits(1):  # the order in which threads add up is not fixed
        return tsne.fit_transform(reduced)


@drawn
def embedding_map(points: np.ndarray, ids: np.ndarray, modality: np.ndarray) -> Figure:
    """Points coloured by identity, circles for visible and triangles for infrared images.

    Args:
        points: (N, 2), from `tsne_map`.
        ids: (N,) at most ten identities, so that each has its own colour.
        modality: (N,) 0 visible, 1 infrared.

    Raises:
        InputError: more than ten identities.
    """
    figure = Figure(figsize=(SINGLE, 3.5), layout="constrained")
    axes = figure.subplots()
    draw_map(axes, points, ids, modality)
    axes.set(xlabel="t-SNE 1 (no unit)", ylabel="t-SNE 2 (no unit)")
    shape_legend(figure, len(np.unique(ids)))
    return figure


def shape_legend(figure: Figure, people: int) -> None:
    """Says above a figure what shapes and colours mean."""
    title = f"colour: identity ({people} people)"
    figure.legend(handles=modality_handles(), loc="outside upper center", ncols=2, title=title, title_fontsize=7)


def draw_map(axes: Axes, points: np.ndarray, ids: np.ndarray, modality: np.ndarray, size: float = 16) -> None:
    """The points of `embedding_map`; size is the area of a marker, square points."""
    names = np.unique(ids)
    if len(names) > len(COLOURS):
        raise InputError(f"{len(names)} identities: choose at most {len(COLOURS)}, there are no more colours")
    for name, colour in zip(names, COLOURS, strict=False):
        for kind, marker in enumerate(MODALITY_MARKERS):
            chosen = points[(ids == name) & (modality == kind)]
            face = colour if kind == 0 else "none"
            axes.scatter(*chosen.T, s=size, marker=marker, facecolors=face, edgecolors=colour, linewidths=0.9)
    axes.set(xticks=[], yticks=[], aspect="equal")
    axes.set_adjustable("datalim")


def modality_handles(colour: str = "0.3") -> list[Line2D]:
    """What the markers stand for, for a legend."""
    return [
        Line2D([], [], linestyle="", marker=marker, color=colour, markerfacecolor=face, label=name)
        for marker, face, name in zip(MODALITY_MARKERS, (colour, "none"), MODALITY_NAMES, strict=True)
    ]
