"""Training a recipe into a run folder."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader

from vireid_lab.data.batch import Batch
from vireid_lab.data.layouts import open_dataset
from vireid_lab.data.loader import train_loader
from vireid_lab.data.records import Dataset
from vireid_lab.data.sampler import CrossModalSampler
from vireid_lab.models.weights import load_backbone_weights
from vireid_lab.runtime import environment_card, read_json, require, seed_torch, select_device, write_json
from vireid_lab.train.distributed import ALONE, World, join_world
from vireid_lab.train.loop import Callback, FitResult, RunState, fit
from vireid_lab.train.rundir import claim, is_finished
from vireid_lab.train.schedule import Schedule, build_optimiser, parameter_groups

from .catalogue import RECIPES, choose_settings
from .config import config_hash, describe
from .method import Method
from .select import KeepBest, KeepSteps, hold_out
from .settings import Settings


def train(
    recipe: str,
    data_root: str | Path,
    preset: str = "tiny",
    out: str | Path | None = None,
    overrides: Mapping[str, Any] | Iterable[str] = (),
    *,
    resume: bool = False,
    device: str = "auto",
    trial: int = 1,
    callbacks: Sequence[Callback] = (),
) -> Path:
    """Trains a recipe on a data set.

    All that can be checked is checked before the run folder is made. The weights of the last step are the result, or
    with the setting `select` those of the checkpoint that does best on held-out training identities.

    Args:
        recipe: a name in `RECIPES`.
        data_root: folder of the data set, in any known layout, or a manifest.
        preset: "paper", "small" or "tiny".
        out: run folder; by default runs/<recipe>/<hash of settings and data>.
        overrides: settings that differ from the preset's: values by name, or texts `key=value`.
        resume: go on with the run in `out` if there is one; a finished one is left as it is.
        device: "auto", "cpu", "cuda" or "cuda:N".
        trial: which of RegDB's ten splits.
        callbacks: called as callback(steps done, model) after each step.

    Returns:
        The run folder, with config.json, run.json, metrics.jsonl and checkpoints/last.pt.

    Raises:
        InputError: something given cannot be used.
    """
    settings = choose_settings(recipe, preset, overrides)
    if settings.tensorboard:
        require("tensorboard", extra="tensorboard")
    with join_world(select_device(device)) as (world, device):
        dataset = open_dataset(data_root, trial=trial)
        config = describe(recipe, preset, settings, dataset)
        if settings.select:
            dataset, held = hold_out(dataset, settings.select, settings.seed)
        out = Path(out or Path("runs") / recipe / config_hash(config))
        seed_torch(settings.seed)
        method = RECIPES[recipe].build(settings, len(dataset.train_ids))
        statement = load_backbone_weights(method.model.backbone, settings.backbone, settings.weights)
        P, K = settings.ids_per_batch, settings.images_per_id
        sampler = CrossModalSampler(dataset.select("train"), P, K, settings.seed, world.rank, world.size)
        require_fitting_size(method, settings.size)
        train_loader(
            dataset, sampler, settings.size, steps=1, masks=method.augment.needs_masks
        )  # reads every image into the cache
        with claim(out, config, resume) if world.rank == 0 else contextlib.nullcontext():
            world.wait()
            if is_finished(out):
                print(f"{out} is finished")
                return out
            if world.rank == 0:
                print(f"{recipe} on {config['data']}\nweights: {statement}\nrun: {out}", flush=True)
                update_run(out, recipe=recipe, slots=settings.slots, seed=settings.seed, data=config["data"])
                update_run(out, weights=statement, finished=False, environment=environment_card())
            run = RunState(out, config, sampler)
            if settings.select:
                best = KeepBest(out, held, settings.size, settings.checkpoint_every, config, device)
                callbacks = (*callbacks, best)
            if settings.keep_checkpoints:
                callbacks = (*callbacks, KeepSteps(out, settings.checkpoint_every, config))
            result = fit_method(method, settings, dataset, run, device, world, resume, callbacks)
            if world.rank == 0:
                gpu_gib = torch.cuda.max_memory_allocated(device) / 2**30 if device.type == "cuda" else 0.0
                speed = {"images_per_s": round(result.images_per_second, 1), "gpu_memory_gib": round(gpu_gib, 2)}
                update_run(out, steps=result.steps, processes=world.size, **speed, finished=True)
    return out


def fit_method(
    method: Method,
    settings: Settings,
    dataset: Dataset,
    run: RunState,
    device: torch.device,
    world: World = ALONE,
    resume: bool = False,
    callbacks: Sequence[Callback] = (),
) -> FitResult:
    """Calls `fit` with what the settings say."""
    method.tell_epoch(run.sampler.steps_per_epoch)
    model = method.model.to(device)
    steps = settings.steps or settings.epochs * math.ceil(run.sampler.steps_per_epoch / settings.accumulate)
    groups = parameter_groups(model, settings.lr, settings.backbone_lr_factor)

    def batches(start: int) -> DataLoader:
        options = {"masks": method.augment.needs_masks, "workers": settings.workers}
        return train_loader(dataset, run.sampler, settings.size, steps * settings.accumulate, start, **options)

    return fit(
        model,
        method.criterion,
        batches,
        optimiser=build_optimiser(settings.optimiser, groups, settings.weight_decay),
        schedule=Schedule(steps, settings.schedule, settings.warmup, settings.milestones),
        device=device,
        augment=method.augment,
        accumulate=settings.accumulate,
        seed=settings.seed,
        world=world,
        run=run,
        resume=resume,
        log_every=settings.log_every,
        checkpoint_every=settings.checkpoint_every,
        tensorboard=settings.tensorboard,
        callbacks=callbacks,
    )


def require_fitting_size(method: Method, size: tuple[int, int]) -> None:
    """Passes two black images of one identity through augmentation and model.

    Raises:
        InputError: one of them cannot take images of this size (raised by itself).
    """
    images, modality = torch.zeros(2, 3, *size), torch.tensor([0, 1])
    masks = torch.zeros(2, *size, dtype=torch.uint8) if method.augment.needs_masks else None
    batch = method.augment(Batch(images, modality * 0, modality, modality, masks), np.random.default_rng(0))
    method.model.eval()
    with torch.no_grad():
        method.model(batch.images, modality, **batch.extra)


def update_run(path: Path, **values: Any) -> None:
    """Writes values into a run's run.json, beside those that are there."""
    known = read_json(path / "run.json") if (path / "run.json").exists() else {}
    write_json(path / "run.json", {**known, **values})
