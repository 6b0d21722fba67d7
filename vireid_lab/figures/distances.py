"""How far apart images of the same and of different people lie across the modalities."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vireid_lab.data.records import INFRARED, VISIBLE
from vireid_lab.evaluate.distances import euclidean_distances, l2_normalise

from .style import BLUE, ORANGE, SINGLE, drawn

VERSION = 1
BINS = 50


def cross_modality_distances(
    features: np.ndarray, ids: np.ndarray, modality: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Euclidean distances, 0 to 2, between unit features of all pairs of an infrared and a visible image.

    Args:
        features: (N, d).
        ids: (N,) identities.
        modality: (N,) 0 visible, 1 infrared.

    Returns:
        Distances between images of the same identity, and of different ones.
    """
    infrared, visible = modality == INFRARED, modality == VISIBLE
    distances = euclidean_distances(l2_normalise(features[infrared]), l2_normalise(features[visible]))
    same = ids[infrared][:, None] == ids[visible]
    return distances[same], distances[~same]


def overlap(a: np.ndarray, b: np.ndarray, bins: int = BINS) -> float:
    """The area that two histograms of total area 1 share: 0 where they are apart, 1 where they are equal.

    Both are binned between the smallest and the largest of all values.
    """
    edges = np.histogram_bin_edges(np.concatenate([a, b]), bins)
    shares = [np.histogram(values, edges)[0] / len(values) for values in (a, b)]
    return float(np.minimum(*shares).sum())


@drawn
def distance_histogram(same: np.ndarray, different: np.ndarray) -> Figure:
    """Two histograms of cross-modality distances with the number by which they overlap.

    Args:
        same: distances between images of the same identity.
        different: distances between images of different identities.
    """
    figure = Figure(figsize=(SINGLE, 2.3), layout="constrained")
    axes = figure.subplots()
    draw_histogram(axes, same, different)
    axes.set(xlabel="infrared-visible distance of unit features", ylabel="pairs of each kind (%)")
    figure.legend(loc="outside upper center", ncols=2, title=f"overlap {overlap(same, different):.2f}")
    return figure


def draw_histogram(axes: Axes, same: np.ndarray, different: np.ndarray) -> None:
    """The two histograms of `distance_histogram`."""
    edges = np.histogram_bin_edges(np.concatenate([same, different]), BINS)
    kinds = (("same identity", same, BLUE, "-"), ("different identities", different, ORANGE, "--"))
    for name, values, colour, line in kinds:
        weights = np.full(len(values), 100 / len(values))
        shared = {"bins": edges, "weights": weights, "color": colour}
        axes.hist(values, **shared, alpha=0.3)
        axes.hist(values, **shared, histtype="step", linestyle=line, linewidth=1.3, label=name)
