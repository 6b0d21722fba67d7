"""Trained models on changed test images: hidden parts, bad crops, other light, other difficulty."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor, nn

from vireid_lab.data.kept import kept_benchmark
from vireid_lab.data.layouts import open_dataset
from vireid_lab.data.loader import image_loader
from vireid_lab.data.records import VISIBLE, Dataset, Record
from vireid_lab.data.relit import UNSEEN, relit_images
from vireid_lab.data.transforms import normalise, to_float
from vireid_lab.models.inference import inference
from vireid_lab.runtime import InputError
from vireid_lab.spectra.difficulty import DIFFICULTIES

from .corruptions import misalign, occlude
from .runs import model_evaluation
from .scoring import Evaluation

Apply = Callable[[Tensor, float, Generator], Tensor]
Models = Mapping[str, nn.Module]  # by name
Scores = dict[str, dict[float | str, float]]  # model -> level -> fraction
CROPS: dict[str, tuple[Apply, tuple[float, ...]]] = {
    "share of the query hidden": (occlude, (0.0, 0.1, 0.2, 0.3, 0.4)),
    "shift of the query over its height": (
        lambda images, shift, rng: misalign(images, shift, 1.0, rng),
        (0.0, 0.05, 0.1, 0.15, 0.2),
    ),
    "size of the query's person": (
        lambda images, scale, rng: misalign(images, 0.0, scale, rng),
        (0.7, 0.85, 1.0, 1.2, 1.4),
    ),
}
"""What is done to the queries alone, and its levels; the gallery stays as it is."""


def rank1(evaluation: Evaluation) -> float:
    """Mean rank-1 over the trials, a fraction."""
    trials = range(len(evaluation.trials))
    return float(np.mean([evaluation.score(trial).metrics()["rank1"] for trial in trials]))


def with_images(evaluation: Evaluation, side: str, model: nn.Module, images: Tensor, modality: Tensor) -> Evaluation:
    """The evaluation with other images on one side.

    Args:
        evaluation: of the same model.
        side: "query" or "gallery".
        model: has `embed(images, modality)` -> (B, d).
        images: (N, 3, H, W) uint8, one for each image of the side, in its order.
        modality: (N,).

    Raises:
        InputError: there are more or fewer images than the side has.
    """
    own = getattr(evaluation, side)
    if len(images) != len(own.features):
        raise InputError(f"{len(images)} images for the {len(own.features)} of the {side}: give one for each")
    with inference(model) as device:
        blocks = [
            model.embed(normalise(to_float(part.to(device))), kinds.to(device)).float().cpu().numpy()
            for part, kinds in zip(images.split(128), modality.split(128), strict=True)
        ]
    return replace(evaluation, **{side: own._replace(features=np.concatenate(blocks))})


def side_images(
    evaluation: Evaluation, side: str, dataset: Dataset, size: tuple[int, int]
) -> tuple[list[Record], Tensor, Tensor]:
    """The images of one side as they are.

    Returns:
        N records, images (N, 3, H, W) uint8 and modality (N,).
    """
    by_path = {record.path: record for record in dataset.records}
    records = [by_path[path] for path in getattr(evaluation, side).pool.paths]
    batches = list(image_loader(dataset, records, size))
    return records, torch.cat([b.images for b in batches]), torch.cat([b.modality for b in batches])


def robustness(models: Models, dataset: Dataset, size: tuple[int, int], seed: int = 0) -> dict[str, Scores]:
    """Rank-1 under every change: those of CROPS, the light, the difficulty.

    Args: as for `under_crops`; the data set is a synthetic one.

    Returns:
        Change -> model -> level -> fraction.
    """
    made = {
        "light on the visible images": under_lights(models, dataset, size),
        "difficulty of the people": under_difficulties(models, dataset, size),
    }
    return under_crops(models, dataset, size, seed) | made


def under_crops(models: Models, dataset: Dataset, size: tuple[int, int], seed: int = 0) -> dict[str, Scores]:
    """Rank-1 where queries are hidden in part, shifted, or larger and smaller than they were trained on.

    Args:
        models: by name; each has `embed`, and is on its device.
        dataset: its test split is searched, by the default protocol of the layout.
        size: (height, width) in pixels.
        seed: of the places and directions, the same for every level and model.

    Returns:
        Name of CROPS -> model -> level -> fraction.
    """
    evaluations = _evaluations(models, dataset, size)
    _, images, modality = side_images(_any(evaluations), "query", dataset, size)

    def score(name: str, apply: Apply, level: float) -> float:
        changed = apply(images, level, np.random.default_rng(seed))
        return rank1(with_images(evaluations[name], "query", models[name], changed, modality))

    return {
        change: {name: {level: score(name, apply, level) for level in levels} for name in models}
        for change, (apply, levels) in CROPS.items()
    }


def under_lights(models: Models, dataset: Dataset, size: tuple[int, int]) -> Scores:
    """Rank-1 where all visible test images were taken in a light that no training image has; `own light` first.

    Args: as for `under_crops`; the data set is a synthetic one.

    Raises:
        InputError: the data set cannot be rendered again.
    """
    evaluations = _evaluations(models, dataset, size)
    sides = {side: side_images(_any(evaluations), side, dataset, size) for side in ("query", "gallery")}
    side = next(name for name, (records, _, _) in sides.items() if all(r.modality == VISIBLE for r in records))
    records, _, modality = sides[side]
    scores = {name: {"own light": rank1(evaluation)} for name, evaluation in evaluations.items()}
    for light, illuminant in UNSEEN.items():
        images = relit_images(dataset, records, illuminant, size)  # rendered once for all models
        for name, model in models.items():
            scores[name][light] = rank1(with_images(evaluations[name], side, model, images, modality))
    return scores


def under_difficulties(models: Models, dataset: Dataset, size: tuple[int, int]) -> Scores:
    """Rank-1 on test people of each difficulty, drawn with the seed of the data set; they are made and kept.

    Other people: with the difficulty also garments are drawn otherwise, of which fewer survive in the infrared.

    Args: as for `under_crops`; the data set is a synthetic one.

    Raises:
        InputError: it is not.
    """
    made = dataset.benchmark
    if made is None:
        raise InputError(f"{dataset.root} has no difficulty: give a synthetic data set")
    people = {name: made[name] for name in ("layout", "ids", "images", "seed", "infrared")}
    control = made.get("control", "none")
    scores: Scores = {name: {} for name in models}
    for difficulty in DIFFICULTIES:
        root = kept_benchmark(size=tuple(made["size"]), difficulty=difficulty, control=control, **people)
        for name, evaluation in _evaluations(models, open_dataset(root), size).items():
            scores[name][difficulty] = rank1(evaluation)
    return scores


def _evaluations(models: Models, dataset: Dataset, size: tuple[int, int]) -> dict[str, Evaluation]:
    return {
        name: model_evaluation(model, dataset, None, size, device=next(model.parameters()).device)
        for name, model in models.items()
    }


def _any(evaluations: Mapping[str, Evaluation]) -> Evaluation:
    """One of them: queries and gallery are the same images in all."""
    return next(iter(evaluations.values()))
