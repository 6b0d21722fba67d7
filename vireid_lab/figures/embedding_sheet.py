"""Feature spaces of several trainings side by side: maps, and distances between the modalities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from vireid_lab.evaluate.features import Features

from .distances import cross_modality_distances, draw_histogram, overlap
from .embeddings import draw_map, modality_handles, shape_legend, tsne_map
from .style import DOUBLE, drawn

VERSION = 2
PEOPLE = 8  # in a map: more colours are hard to tell apart at this size


@dataclass(frozen=True)
class FeatureSpace:
    """What is shown of the features of one training on one part of the data.

    Attributes:
        points: (M, 2) t-SNE of the images of a few people.
        ids: (M,) their identities.
        modality: (M,) 0 visible, 1 infrared.
        same: cosine distances, 0 to 2, of all pairs of an infrared and a visible image of one person.
        different: those of different people.
    """

    points: np.ndarray
    ids: np.ndarray
    modality: np.ndarray
    same: np.ndarray
    different: np.ndarray

    @property
    def overlap(self) -> float:
        """The area that the two histograms share, from 0 to 1."""
        return overlap(self.same, self.different)


def feature_space(features: Features, seed: int = 0) -> FeatureSpace:
    """The map of the first people, and the distances of all; pairs of one modality are left out, as in the paper.

    Args:
        features: of images of both modalities.
        seed: of the t-SNE.
    """
    few = np.isin(features.ids, np.unique(features.ids)[:PEOPLE])
    same, different = cross_modality_distances(features.features, features.ids, features.modality)
    points = tsne_map(features.features[few], seed)
    return FeatureSpace(points, features.ids[few], features.modality[few], same**2 / 2, different**2 / 2)


@drawn
def embedding_sheet(spaces: Mapping[str, Mapping[str, FeatureSpace]]) -> Figure:
    """Maps above histograms (Tan et al. 2023, Fig. 6): a column for each training; all histograms share their axes.

    Args:
        spaces: part of the data -> training -> feature space; each part has the same trainings.
    """
    columns = max(map(len, spaces.values()))
    figure = Figure(figsize=(DOUBLE, 0.6 + 3.5 * len(spaces)), layout="constrained")
    rows = figure.subplots(2 * len(spaces), columns, height_ratios=(1.4, 1) * len(spaces), squeeze=False)
    first = rows[1][0]
    for (part, trainings), maps, histograms in zip(spaces.items(), rows[::2], rows[1::2], strict=True):
        for (name, space), plane, histogram in zip(trainings.items(), maps, histograms, strict=True):
            draw_map(plane, space.points, space.ids, space.modality, size=11)
            plane.set_title(f"{part}, {name}", weight="bold")
            histogram.sharex(first)  # before it is drawn, so that the limits hold all
            histogram.sharey(first)
            draw_histogram(histogram, space.same, space.different)
            histogram.tick_params(labelleft=histogram is histograms[0])
            histogram.set_title(f"overlap {space.overlap:.2f}")
        maps[0].set_ylabel("t-SNE (no unit)")
        histograms[0].set_ylabel("pairs of\neach kind (%)")
    figure.supxlabel("cosine distance of an infrared and a visible image", fontsize=8)
    handles = [*modality_handles(), *first.get_legend_handles_labels()[0]]
    figure.legend(handles=handles, loc="outside upper center", ncols=4)
    return figure


def describe_spaces(spaces: Mapping[str, Mapping[str, FeatureSpace]]) -> str:
    """Mean distances and overlap of each training on each part, in a line each."""
    return "\n".join(
        f"{part}, {name}: same person {space.same.mean():.2f}, different people {space.different.mean():.2f}, "
        f"overlap {space.overlap:.2f}"
        for part, trainings in spaces.items()
        for name, space in trainings.items()
    )


@drawn
def map_sheet(features: Mapping[str, Features], seed: int = 0) -> Figure:
    """A t-SNE map for each training (Guo et al. 2023, Fig. 6; Ren and Zhang 2024, Fig. 6).

    Args:
        features: name of the training -> features of at most ten identities.
        seed: of t-SNE.
    """
    figure = Figure(figsize=(DOUBLE, 3.0), layout="constrained")
    for axes, (name, each) in zip(figure.subplots(1, len(features), squeeze=False)[0], features.items(), strict=True):
        draw_map(axes, tsne_map(each.features, seed), each.ids, each.modality)
        axes.set(xlabel="t-SNE 1 (no unit)", ylabel="t-SNE 2 (no unit)")
        axes.set_title(name)
    shape_legend(figure, len(np.unique(each.ids)))
    return figure


def describe_distances(features: Mapping[str, Features]) -> str:
    """Infrared-visible distances of the same and of other people, between unit features: a line for each training."""
    lines = []
    for name, each in features.items():
        same, different = cross_modality_distances(each.features, each.ids, each.modality)
        shared = 100 * overlap(same, different)
        lines.append(f"{name}: same person {same.mean():.2f}, others {different.mean():.2f}, overlap {shared:.0f} %")
    return "\n".join(lines)
