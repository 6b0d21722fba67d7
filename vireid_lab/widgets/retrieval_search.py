"""A search that can be looked at: the first trial of a protocol, with the images, the map and the model behind it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from torch import nn

from vireid_lab.data.records import MODALITY_NAMES, UNKNOWN
from vireid_lab.evaluate.evaluation_plan import Plan
from vireid_lab.evaluate.features import Features
from vireid_lab.evaluate.metrics import QueryScores
from vireid_lab.evaluate.scoring import Evaluation, TopMatches
from vireid_lab.runtime import InputError, unknown

FINDS = 10  # how many are shown
ANY = "any camera"


class Found(NamedTuple):
    """The nearest gallery images of one query, among those that count for it and pass the filter.

    Attributes:
        images: (k,) numbers of images, nearest first.
        distances: (k,) as the evaluation ranks them.
        right: (k,) bool, whether it is the query's person; False where nobody knows.
        among: how many were ranked.
        first_right: place of the first right image among them, from 1; 0 where there is none.
    """

    images: np.ndarray
    distances: np.ndarray
    right: np.ndarray
    among: int
    first_right: int


@dataclass(frozen=True)
class Search:
    """The first trial of a protocol on the images of a split; an image's number is its place in `plan.records`.

    Attributes:
        plan: from `plan_evaluation`; it decides which gallery images count for a query.
        features: of `plan.records`.
        images: (N, H, W, 3) uint8 of `plan.records`, in the size of the model; may be memory-mapped.
        points: (N, 2) a map of the features, such as `tsne_map` gives.
        model: has `embed(images, modality)`, for Grad-CAM; None has none.

    Raises:
        InputError: not as many images or points as records, or features of other images.
    """

    plan: Plan
    features: Features
    images: np.ndarray
    points: np.ndarray
    model: nn.Module | None = None

    def __post_init__(self) -> None:
        for name in ("images", "points"):
            if len(getattr(self, name)) != len(self.plan.records):
                given, needed = len(getattr(self, name)), len(self.plan.records)
                raise InputError(f"Search: {given} {name} for the {needed} images of the plan: give one of each")
        _ = self.evaluation  # features of other images are named now

    @cached_property
    def evaluation(self) -> Evaluation:
        return self.plan.evaluation(self.features)

    @cached_property
    def queries(self) -> np.ndarray:
        """(Q,) numbers of the images that are queries."""
        return self.plan.query[self.evaluation.trials[0].query]

    @cached_property
    def gallery(self) -> np.ndarray:
        """(G,) numbers of the images of the gallery."""
        return self.plan.gallery[self.evaluation.trials[0].gallery]

    @cached_property
    def ranking(self) -> TopMatches:
        """The whole gallery as each query ranks it, as far as the protocol lets it count."""
        return self.evaluation.top_matches(len(self.gallery))

    @cached_property
    def scores(self) -> QueryScores:
        return self.evaluation.score()

    def find(self, query: int, among: str = ANY) -> Found:
        """The nearest images of a query.

        Args:
            query: from 0, in the order of `queries`.
            among: filter of the gallery, a name of `seen_by(gallery)`.

        Raises:
            InputError: there is no such query or filter.
        """
        if not 0 <= query < len(self.queries):
            raise InputError(f"query {query}: there are the queries 0 to {len(self.queries) - 1}")
        filters = self.seen_by(self.gallery)
        if among not in filters:
            raise unknown("filter of the gallery", among, filters)
        ranked = self.ranking.indices[query]
        places = np.flatnonzero((ranked >= 0) & filters[among][ranked])
        right = self.ranking.correct[query, places] & self.is_known(query)
        top = places[:FINDS]
        first_right = int(right.argmax()) + 1 if right.any() else 0
        found = self.gallery[ranked[top]], self.ranking.distances[query, top], right[:FINDS]
        return Found(*found, len(places), first_right)

    def seen_by(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """Filters by modality, where there are two, and by camera: name -> which of some images pass it, bool."""
        cams, modality = self.features.cams[images], self.features.modality[images]
        kinds = np.unique(modality).tolist()
        filters = {ANY: np.ones(len(images), bool)}
        if len(kinds) > 1:
            filters |= {MODALITY_NAMES[kind]: modality == kind for kind in kinds}
        for kind in kinds:
            for cam in np.unique(cams[modality == kind]).tolist():
                filters[f"cam {_number(cam)}, {MODALITY_NAMES[kind]}"] = (cams == cam) & (modality == kind)
        return filters

    def is_known(self, query: int) -> bool:
        """Whether the identity of a query is known, so that what it finds is right or wrong."""
        return self.features.ids[self.queries[query]] != UNKNOWN

    def name(self, image: int) -> str:
        """Such as "id 65, cam 3, infrared"."""
        kind = MODALITY_NAMES[self.features.modality[image]]
        return f"id {_number(self.features.ids[image])}, cam {_number(self.features.cams[image])}, {kind}"


def _number(value: int) -> str:
    return "unknown" if value == UNKNOWN else str(value)
