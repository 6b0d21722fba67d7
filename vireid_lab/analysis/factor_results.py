"""What the experiments with factors found: how far each kind at each strength moved the features, seed by seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

WHOLE, PARTWISE = "whole", "parts"
KINDS = (WHOLE, PARTWISE)
SCORES = ("mmd", "frechet", "centroid")


@dataclass(frozen=True)
class Move:
    """What one kind of factors at one strength did to the images of a run.

    Attributes:
        features: (N, d) of the changed images.
        mean_change: share of the brightness lost; equal to the strength, but measured.
        rms_change: root mean square change over root mean square brightness, averaged over the images.
        scores: discrepancy from the original images, by name in SCORES.
        p_values: of each score: original and changed images exchanged in pairs.
    """

    features: np.ndarray
    mean_change: float
    rms_change: float
    scores: dict[str, float]
    p_values: dict[str, float]


@dataclass(frozen=True)
class FactorRun:
    """One seed: one choice of images and one draw of factors.

    Attributes:
        seed: of both.
        chosen: (N,) positions of the images in the pool.
        original: (N, d) features of the unchanged images.
        moves: by (kind in KINDS, strength).
        lead_p: by strength and score: p-value of "a factor for each part moves the features no farther than one".
    """

    seed: int
    chosen: np.ndarray
    original: np.ndarray
    moves: dict[tuple[str, float], Move]
    lead_p: dict[float, dict[str, float]]


@dataclass(frozen=True)
class FactorResult:
    """All seeds of an experiment.

    Attributes:
        label: network, weights, size and normalisation.
        strengths: shares of brightness lost.
        parts: number of horizontal parts.
        permutations: of each test.
        runs: one for each seed.
    """

    label: str
    strengths: tuple[float, ...]
    parts: int
    permutations: int
    runs: list[FactorRun]

    def scores(self, kind: str, score: str) -> np.ndarray:
        """(seeds, strengths) of one kind of factors and one score."""
        return np.array([[run.moves[kind, s].scores[score] for s in self.strengths] for run in self.runs])

    def table(self) -> list[dict]:
        """One row for each strength and score: both kinds (mean, deviation over seeds), seeds that agree, p-values."""
        rows = []
        for i, strength in enumerate(self.strengths):
            for score in SCORES:
                whole, parts = (self.scores(kind, score)[:, i] for kind in KINDS)
                rows.append(
                    {
                        "strength": strength,
                        "score": score,
                        "whole": float(whole.mean()),
                        "whole_sd": float(whole.std(ddof=1)) if len(whole) > 1 else float("nan"),
                        "parts": float(parts.mean()),
                        "parts_sd": float(parts.std(ddof=1)) if len(parts) > 1 else float("nan"),
                        "seeds_where_parts_lead": int((parts > whole).sum()),
                        "seeds": len(self.runs),
                        "lead_p": [run.lead_p[strength][score] for run in self.runs],
                    }
                )
        return rows
