"""Does a factor for each part move deep features farther than one for the whole image? (RFM Sec. III, Fig. 3 and 6).

The paper shows maps of 100 images with and without factors. Here the discrepancy is also a number with a permutation
test, and the two kinds of factors take the same share of brightness from every image.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from vireid_lab.runtime import InputError, progress
from vireid_lab.spectra.world import World

from .deep_features import FeatureNetwork, deep_features
from .discrepancy import (
    Score,
    centroid_ratio,
    difference_test,
    frechet,
    median_distance,
    mmd,
    permutation_test,
    principal_coordinates,
)
from .factor_results import KINDS, PARTWISE, WHOLE, FactorResult, FactorRun, Move
from .factors import PARTS, brightness_change, factors_parts, factors_whole

FIG3_STRENGTHS = (0.25, 0.5)
FIG6_STRENGTHS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def pedestrian_images(number: int = 300, size: tuple[int, int] = (192, 96), seed: int = 0) -> np.ndarray:
    """Visible images of as many rendered people, by four cameras.

    Returns:
        (number, H, W, 3) float32 in [0, 1], sRGB-encoded.
    """
    world = World(seed, size)
    people = progress(range(number), "pedestrians", unit="image")
    return np.stack([world.render(pid, pid % 4, 0, 0).image for pid in people]).astype(np.float32) / 255


def fig3_experiment(
    images: np.ndarray,
    network: FeatureNetwork,
    seeds: Sequence[int] = (0, 1, 2),
    number: int = 100,
    strengths: Sequence[float] = FIG3_STRENGTHS,
    parts: int = PARTS,
    shared: bool = True,
    blur: float = 0.0,
    permutations: int = 499,
    device: str = "cpu",
) -> FactorResult:
    """Both kinds of factors at each strength (RFM Fig. 3: a and b one factor at two strengths, c one for each part).

    Args:
        images: pool of (M, H, W, 3) in [0, 1], M at least `number`.
        network: from `load_network`.
        seeds: each chooses `number` images and draws the parts' factors (the same draw at all strengths).
        number: images of a run.
        strengths: shares of brightness lost, between 0 and 1.
        parts: horizontal parts.
        shared: all images have the same draw, see `factors_parts`.
        blur: of the parts' borders, see `factors_parts`; the paper's borders are sharp, and draw edges of their own.
        permutations: of each test.
        device: where the network computes.

    Raises:
        InputError: too few images, or an argument that a step of the experiment refuses.
    """
    if len(images) < number:
        raise InputError(f"{len(images)} images: give at least the {number} of a run, or a smaller number")
    runs = []
    for seed in progress(seeds, "seeds", unit="seed"):
        chosen = np.sort(np.random.default_rng([seed, 0]).choice(len(images), number, replace=False))
        pool = np.asarray(images[chosen])
        original, moves, lead_p = deep_features(pool, network, device=device), {}, {}
        scores = _scores(original)
        for strength in strengths:
            partwise = factors_parts(pool, strength, np.random.default_rng([seed, 1]), parts, shared, blur)
            for kind, changed in ((WHOLE, factors_whole(pool, strength)), (PARTWISE, partwise)):
                features = deep_features(changed, network, device=device)
                change = [float(share.mean()) for share in brightness_change(pool, changed)]
                tests = _move_tests(original, features, scores, permutations, np.random.default_rng([seed, 2]))
                moves[kind, strength] = Move(features, *change, *tests)
            sets = original, *(moves[kind, strength].features for kind in KINDS)
            lead_p[strength] = _lead_tests(*sets, scores, permutations, np.random.default_rng([seed, 3]))
        runs.append(FactorRun(seed, chosen, original, moves, lead_p))
    return FactorResult(network.label(images.shape[1:3]), tuple(strengths), parts, permutations, runs)


def fig6_experiment(
    images: np.ndarray,
    network: FeatureNetwork,
    strengths: Sequence[float] = FIG6_STRENGTHS,
    permutations: int = 99,
    **options,
) -> FactorResult:
    """`fig3_experiment` over a range of strengths: the discrepancy by the size of the factor (RFM Fig. 6)."""
    return fig3_experiment(images, network, strengths=strengths, permutations=permutations, **options)


def _scores(original: np.ndarray) -> dict[str, Score]:
    """The three scores, with the one bandwidth of the unchanged images so that all moves are measured alike."""
    kernel_score = partial(mmd, bandwidth=median_distance(original), paired=True)
    return {"mmd": kernel_score, "frechet": frechet, "centroid": centroid_ratio}


def _move_tests(
    original: np.ndarray, changed: np.ndarray, scores: dict[str, Score], n: int, rng: np.random.Generator
) -> tuple[dict[str, float], dict[str, float]]:
    a, b = principal_coordinates(original, changed)
    values = {name: score(a, b) for name, score in scores.items()}
    return values, {name: permutation_test(a, b, score, n, rng, paired=True) for name, score in scores.items()}


def _lead_tests(
    original: np.ndarray,
    whole: np.ndarray,
    partwise: np.ndarray,
    scores: dict[str, Score],
    n: int,
    rng: np.random.Generator,
) -> dict[str, float]:
    sets = principal_coordinates(original, whole, partwise)
    return {name: difference_test(*sets, score, n, rng) for name, score in scores.items()}
