"""Evaluating a model, and a trained run with its training identities beside it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from vireid_lab.data.records import Dataset
from vireid_lab.runtime import InputError, read_json, write_json

from .evaluation_plan import plan_evaluation
from .features import extract_cached
from .result import Result
from .scoring import DEFAULTS, Evaluation, Options


def model_evaluation(
    model: nn.Module,
    dataset: Dataset,
    protocol: str | None,
    size: tuple[int, int],
    options: Options = DEFAULTS,
    *,
    device: torch.device | str = "cpu",
    flip: bool = False,
    neck: str = "after",
    split: str = "test",
    cache: Path | None = None,
) -> Evaluation:
    """Extracts the features of a split; the evaluation holds trials, scores and rankings.

    Args:
        model: see `features.extract`.
        dataset: the data set.
        protocol: name; None takes the layout's default.
        size: (height, width) in pixels.
        options: the user's choices.
        device: where to compute.
        flip: average the features of each image and its mirror image.
        neck: features "after" or "before" the neck.
        split: "test", or "train" for the training identities.
        cache: folder to keep the features in; None keeps nothing.

    Raises:
        InputError: protocol, options and data set do not go together.
    """
    plan = plan_evaluation(dataset, protocol, options, split)
    return plan.evaluation(extract_cached(cache, model, dataset, plan.records, size, device, flip, neck))


def evaluate_model(
    model: nn.Module,
    dataset: Dataset,
    protocol: str | None,
    size: tuple[int, int],
    options: Options = DEFAULTS,
    *,
    flip: bool = False,
    neck: str = "after",
    split: str = "test",
    seed: int | None = None,
    checkpoint: str | None = None,
    **extraction: Any,
) -> Result:
    """Metrics of a model: arguments as for `model_evaluation`; the training's seed and checkpoint go on record."""
    evaluation = model_evaluation(
        model, dataset, protocol, size, options, flip=flip, neck=neck, split=split, **extraction
    )
    synthetic = dataset.benchmark is not None
    return evaluation.result(
        flip=flip,
        neck=neck,
        split=split,
        seed=seed,
        checkpoint=checkpoint,
        data=dataset.fingerprint,
        synthetic=synthetic,
    )


def evaluate_run(
    run: Any,
    protocol: str | None = None,
    options: Options = DEFAULTS,
    *,
    device: torch.device | str = "cpu",
    flip: bool = False,
    neck: str = "after",
    root: str | Path | None = None,
    checkpoint: str = "result",
) -> Result:
    """Evaluates a run on the test split, and its rank-1 on the training identities; both go into its run.json.

    The training identities are those that were trained on: not those that `select` held out. Features are kept in the
    run's folder `features`. In run.json, `metrics` holds each evaluation under its label (that of a best checkpoint
    ends in "best"), `protocol` and `train_rank1` are those of the last one, `benchmark` says what synthetic data was
    made with.

    Args:
        run: from `recipes.run.open_run`.
        protocol: name; None takes the layout's default.
        options: the user's choices.
        device: where to compute.
        flip: average the features of each image and its mirror image.
        neck: features "after" or "before" the neck.
        root: where the data set lies now, if it has moved.
        checkpoint: "last", "best" (needs the setting `select`), "result": best with `select`, last without; or "step_N"
            (needs `keep_checkpoints`).

    Raises:
        InputError: the run, its data set, the protocol and the options do not go together.
    """
    dataset = run.dataset(root)
    if dataset.fingerprint != run.config["data"]:
        raise InputError(
            f"{root} is another data set than {run.path} was trained on ({run.config['data']}); --ladder scores "
            "a run on any data set, and leaves its record alone"
        )
    model, settings = run.model(device, checkpoint), run.settings
    name = checkpoint_name(run, checkpoint)
    test, train = (
        evaluate_model(
            model,
            data,
            protocol,
            settings.size,
            options,
            device=device,
            flip=flip,
            neck=neck,
            split=split,
            seed=settings.seed,
            checkpoint=name,
            cache=run.path / "features",
        )
        for split, data in (("test", dataset), ("train", run.trained_on(dataset)))
    )
    result = replace(test, train_rank1=train.metrics["rank1"])
    record = read_json(run.path / "run.json")
    record["metrics"] = {**record.get("metrics", {}), result.conditions.label: result.to_json()}
    record |= {"protocol": result.conditions.protocol, "train_rank1": result.train_rank1}
    record["benchmark"] = dataset.benchmark
    write_json(run.path / "run.json", record)
    return result


def checkpoint_name(run: Any, checkpoint: str) -> str:
    """Which weights a checkpoint of a run means, in the words of a result's conditions."""
    held = run.settings.select
    if checkpoint == "best" or (checkpoint == "result" and held):
        return f"best on {held} held-out training identities"
    return "last" if checkpoint == "result" else checkpoint
