"""The result of an evaluation: the numbers, and every condition that changes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from vireid_lab.runtime import wrapped

from .metrics import METRICS, QueryScores


@dataclass(frozen=True)
class Conditions:
    """What the numbers of a result depend on.

    Attributes:
        protocol: name of the protocol.
        gallery: "official", "seeded", "all" or "given", see `trials.Sampling`.
        shots: images drawn for each identity and camera; None where nothing is drawn.
        trials: number of trials; None where nothing is drawn.
        llcm_reading: which reading of LLCM's protocol; None for other data sets.
        removal: which gallery entries a query ignores.
        cmc: kind of CMC, "identity" or "image".
        l2: whether the features were normalised to unit length.
        rerank: whether k-reciprocal re-ranking was applied.
        flip: whether features of mirrored images were averaged in; None: unknown (feature file).
        neck: features "after" or "before" the neck; None: unknown (feature file).
        split: "test" or "train".
        seed: the seed of the training; None: unknown (feature file).
        checkpoint: which weights of the training: "last", how they were selected, or "step_N"; None: unknown (feature
            file).
        data: fingerprint of the data set, or hash of the feature file.
        synthetic: whether the data set is a made one; None: unknown.
    """

    protocol: str
    gallery: str
    shots: int | None
    trials: int | None
    llcm_reading: str | None
    removal: str
    cmc: str
    l2: bool
    rerank: bool
    flip: bool | None
    neck: str | None
    split: str
    seed: int | None
    checkpoint: str | None
    data: str
    synthetic: bool | None

    @property
    def label(self) -> str:
        """A short name that tells evaluations of one run apart, such as "sysu-all gallery=seeded shots=1 flip best"."""
        parts = [self.protocol, f"gallery={self.gallery}"]
        parts += [f"{name}={getattr(self, name)}" for name in ("shots", "llcm_reading") if getattr(self, name)]
        parts += [] if self.trials in (None, 10) else [f"trials={self.trials}"]
        parts += [name for name in ("flip", "rerank") if getattr(self, name)]
        parts += ["no-l2"] * (not self.l2) + ["before-neck"] * (self.neck == "before")
        chosen = (self.checkpoint or "last").split(" ")[0]  # "best on ...", or a step
        return " ".join(parts + [chosen] * (chosen != "last"))


@dataclass(frozen=True)
class Result:
    """Metrics of one evaluation, mean over the trials.

    Attributes:
        metrics: rank1, rank5, rank10, rank20, mAP and mINP as fractions.
        std: the same six keys, standard deviation over trials (ddof 0); None where nothing is drawn.
        queries: all queries of a trial, invalid ones included.
        invalid_queries: queries of a trial without a match left in the gallery.
        gallery_size: images in a trial's gallery.
        conditions: what else the numbers depend on.
        train_rank1: rank-1 of the same protocol on the training identities; None where not evaluated.
    """

    metrics: dict[str, float]
    std: dict[str, float] | None
    queries: int
    invalid_queries: int
    gallery_size: int
    conditions: Conditions
    train_rank1: float | None = None

    def __post_init__(self) -> None:
        for values in (self.metrics, self.std or self.metrics):
            if tuple(values) != METRICS or not all(0 <= value <= 1 for value in values.values()):
                raise ValueError(f"metrics must be the fractions {METRICS}, got {values}")
        if not 0 <= self.invalid_queries < self.queries:
            raise ValueError(f"{self.invalid_queries} invalid of {self.queries} queries")

    @classmethod
    def from_trials(cls, scores: list[QueryScores], gallery_size: int, conditions: Conditions) -> Result:
        """The mean over trials of the metrics of each.

        Raises:
            InputError: a trial has no valid query.
        """
        table = np.array([list(trial.metrics().values()) for trial in scores])  # (trials, 6)
        mean, std = (dict(zip(METRICS, values.tolist(), strict=True)) for values in (table.mean(0), table.std(0)))
        valid = scores[0].valid
        invalid = int(np.count_nonzero(~valid))
        return cls(mean, std if conditions.trials else None, len(valid), invalid, gallery_size, conditions)

    def to_json(self) -> dict[str, Any]:
        """One flat object; `std` and `train_rank1` only where there are any."""
        counts = {name: getattr(self, name) for name in ("queries", "invalid_queries", "gallery_size")}
        values = {**self.metrics, **counts, **vars(self.conditions)}
        optional = {name: getattr(self, name) for name in ("std", "train_rank1") if getattr(self, name) is not None}
        return values | optional

    def to_text(self) -> str:
        """A few lines for people: numbers in percent, then all conditions in one paragraph."""
        lines = []
        for name, value in self.metrics.items():
            spread = f" ± {100 * self.std[name]:.2f}" if self.std else ""
            lines.append(f"{name:<8}{100 * value:6.2f}{spread} %")
        if self.train_rank1 is not None:
            lines.append(f"rank1 on training identities {100 * self.train_rank1:.2f} %")
        lines.append(f"queries {self.queries} ({self.invalid_queries} invalid), gallery {self.gallery_size} images")
        lines.append("; ".join(f"{k.replace('_', ' ')} {_text(value)}" for k, value in vars(self.conditions).items()))
        return wrapped("\n".join(lines))


def _text(value: Any) -> str:
    if value is None:
        return "-"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
