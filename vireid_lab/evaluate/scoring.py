"""From the features of both sides to a result: trials, distances, metrics."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from vireid_lab.data.records import UNKNOWN
from vireid_lab.runtime import InputError

from .distances import euclidean_distances, l2_normalise
from .metrics import CHUNK, QueryScores, score_queries, stable_ranking
from .protocols import Protocol
from .rerank import rerank_distances
from .result import Conditions, Result
from .trials import Pool, Sampling, Trial, build_trials


@dataclass(frozen=True)
class Options:
    """What a user may choose about an evaluation; None takes the default of the protocol.

    Attributes:
        gallery: "official" or "seeded".
        shots: images for each identity and camera in the gallery, 1 or 10.
        trials: number of trials.
        llcm_reading: "paper", "released-transposed" or "full-gallery".
        l2: scale features to unit length first (Euclidean order is then that of the cosine).
        rerank: k-reciprocal re-ranking.
    """

    gallery: str | None = None
    shots: int | None = None
    trials: int | None = None
    llcm_reading: str | None = None
    l2: bool = True
    rerank: bool = False


DEFAULTS = Options()


class Side(NamedTuple):
    """Queries or gallery: features (N, d) and what they are of."""

    features: np.ndarray
    pool: Pool

    def take(self, positions: np.ndarray) -> Side:
        """Some of the images, in the order of `positions`."""
        return Side(self.features[positions], self.pool.take(positions))


@dataclass(frozen=True)
class TopMatches:
    """The nearest gallery images of each query.

    Attributes:
        indices: (Q, k) positions in the gallery, nearest first; -1 where fewer than k are left.
        distances: (Q, k) Euclidean (or re-ranked) distances; NaN where fewer than k are left.
        correct: (Q, k) bool, whether it is the query's identity.
    """

    indices: np.ndarray
    distances: np.ndarray
    correct: np.ndarray


@dataclass(frozen=True)
class Evaluation:
    """The two sides of a protocol with the trials that are drawn from them.

    Attributes:
        protocol: the protocol, in the chosen reading.
        options: the user's choices.
        sampling: how the trials were drawn.
        query: all images that may be queries.
        gallery: all images that may be in the gallery.
    """

    protocol: Protocol
    options: Options
    sampling: Sampling
    query: Side
    gallery: Side

    @cached_property
    def trials(self) -> list[Trial]:
        """Positions in `query` and `gallery` of each trial's images; one trial of all where nothing is drawn."""
        return build_trials(self.protocol, self.sampling, self.query.pool, self.gallery.pool)

    def sides(self, trial: int = 0) -> tuple[Side, Side]:
        """Queries and gallery of one trial."""
        query, gallery = self.trials[trial]
        return self.query.take(query), self.gallery.take(gallery)

    def score(self, trial: int = 0) -> QueryScores:
        """Scores of each query of one trial, for curves and pictures.

        Raises:
            InputError: a query has no identity.
        """
        query, gallery = self.sides(trial)
        nameless = np.count_nonzero(query.pool.ids == UNKNOWN)
        if nameless:
            raise InputError(
                f"{nameless} of {len(query.pool.ids)} queries have no identity: they can be searched, and not scored; "
                "fill in the column pid of the manifest"
            )
        cmc = self.protocol.cmc
        blocks = self._distances(query, gallery)
        return QueryScores.concatenate(
            [score_queries(d, query.pool.ids[rows], gallery.pool.ids, removed, cmc) for rows, d, removed in blocks]
        )

    def top_matches(self, k: int = 10, trial: int = 0) -> TopMatches:
        """The k nearest gallery images of each query of one trial, without those that the protocol removes."""
        query, gallery = self.sides(trial)
        parts = []
        for rows, distances, removed in self._distances(query, gallery):
            if removed is not None:
                distances = np.where(removed, np.inf, distances)
            indices = stable_ranking(distances)[:, :k]
            nearest = np.take_along_axis(distances, indices, axis=1)
            correct = gallery.pool.ids[indices] == query.pool.ids[rows, None]
            left = np.isfinite(nearest)
            parts.append((np.where(left, indices, -1), np.where(left, nearest, np.nan), correct & left))
        return TopMatches(*(np.concatenate(column) for column in zip(*parts, strict=True)))

    def result(self, **context: object) -> Result:
        """Mean over all trials; `context` holds the conditions that the features come with (`Conditions`)."""
        protocol, options = self.protocol, self.options
        scores = [self.score(trial) for trial in range(len(self.trials))]
        conditions = Conditions(
            protocol=protocol.name,
            gallery=self.sampling.gallery,
            shots=self.sampling.shots,
            trials=self.sampling.trials,
            llcm_reading=(options.llcm_reading or "paper") if protocol.layout == "llcm" else None,
            removal=protocol.removal,
            cmc=protocol.cmc,
            l2=options.l2,
            rerank=options.rerank,
            **context,
        )
        return Result.from_trials(scores, len(self.trials[0].gallery), conditions)

    def _distances(self, query: Side, gallery: Side) -> Iterator[tuple[slice, np.ndarray, np.ndarray | None]]:
        """Blocks of (rows of the queries, distances (rows, G), removed (rows, G) or None)."""
        prepare = l2_normalise if self.options.l2 else np.asarray
        gallery_features = prepare(gallery.features)
        query_features = prepare(query.features)
        reranked = rerank_distances(query_features, gallery_features) if self.options.rerank else None
        size = max(1, CHUNK // len(gallery_features))
        for start in range(0, len(query_features), size):
            rows = slice(start, start + size)
            if reranked is None:
                distances = euclidean_distances(query_features[rows], gallery_features)
            else:
                distances = reranked[rows]
            of_rows = query.pool.ids[rows], query.pool.cams[rows]
            yield rows, distances, self.protocol.removed(*of_rows, gallery.pool.ids, gallery.pool.cams)
