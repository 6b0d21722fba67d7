"""The training loop: one function that reads from top to bottom."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from vireid_lab.data.batch import Batch
from vireid_lab.runtime import progress

from .checkpoint import checkpoint_path, generator_state, restore, save_checkpoint
from .distributed import ALONE, World
from .log import metrics_log
from .schedule import Schedule
from .step import in_full_precision, prepare, require_finite

AUGMENT_STREAM = 1  # keeps the augmentations' draws apart from the sampler's under the same seed

Callback = Callable[[int, nn.Module], None]


@dataclass(frozen=True)
class RunState:
    """What ties a training to its run folder.

    Attributes:
        folder: the run folder, already claimed by this process.
        config: the configuration, as JSON values; a checkpoint of another one is refused.
        sampler: draws the batches; has state_dict() and load_state_dict().
    """

    folder: Path
    config: dict[str, Any]
    sampler: Any


@dataclass(frozen=True)
class FitResult:
    """How a training went.

    Attributes:
        steps: optimiser steps done in all, those before a resume included.
        images_per_second: over all ranks, of this process's share of the steps; 0 where it had none to do.
    """

    steps: int
    images_per_second: float


def fit(
    model: nn.Module,
    criterion: Callable[[Any, Batch], dict[str, Tensor]],
    batches: Callable[[int], Iterable[Batch]],
    *,
    optimiser: Optimizer,
    schedule: Schedule,
    device: torch.device,
    augment: Callable[[Batch, np.random.Generator], Batch] | None = None,
    accumulate: int = 1,
    seed: int = 0,
    world: World = ALONE,
    run: RunState | None = None,
    resume: bool = False,
    log_every: int = 20,
    checkpoint_every: int = 100,
    tensorboard: bool = False,
    callbacks: Sequence[Callback] = (),
) -> FitResult:
    """Trains a model for `schedule.steps` optimiser steps.

    A batch of uint8 images goes to the device, becomes float in [0, 1], is augmented, normalised with ImageNet's mean
    and deviation, and passes through the model; the criterion's `total` is back-propagated. On a GPU the model runs in
    bfloat16 (autocast) and channels_last; the criterion always sees float32.

    All randomness of step s is a function of (seed, s), or is held in the checkpoint (torch's own generators), so that
    a run that is killed and resumed ends with the same weights as one that is not.

    Args:
        model: called as model(images (B, 3, H, W), modality (B,)), and by name with the images that the augmentation
            has put beside these (`Batch.extra`); returns a dataclass of tensors; on `device`.
        criterion: called as criterion(output, batch), returns scalars; `total` is minimised, all are logged.
        batches: batches(n) yields the training's batches from number n on.
        optimiser: over the model's parameters, from `build_optimiser`.
        schedule: length of the training and learning rates.
        device: where to train.
        augment: called as augment(batch, generator) on the device, or None.
        accumulate: batches an optimiser step; each is a P x K batch of its own with its own batch losses, so it is
            not the same as one batch of `accumulate` times the identities.
        seed: of the augmentations.
        world: the processes that train together.
        run: folder for metrics.jsonl and checkpoints; None keeps nothing.
        resume: go on from the run's last checkpoint, if it has one.
        log_every: steps between two rows of metrics.jsonl, which hold the values of their own step.
        checkpoint_every: steps between two checkpoints; the last step always has one.
        tensorboard: also write event files (extra `tensorboard`).
        callbacks: called on rank 0 as callback(steps done, model) after each step, before its checkpoint; the model
            is put back into training mode afterwards.

    Raises:
        InputError: the loss is not finite, or the checkpoint is of another model or configuration.
    """
    start = 0
    if run and resume and checkpoint_path(run.folder).exists():
        start = restore(checkpoint_path(run.folder), model, optimiser, run.sampler, run.config, device, world.rank)
    on_gpu = device.type == "cuda"
    if on_gpu:
        model.to(memory_format=torch.channels_last)
    wrapped = world.wrap(model, device)
    main = world.rank == 0
    stream = iter(batches(start * accumulate))
    bar = progress(range(start, schedule.steps), "training", unit="step") if main else range(start, schedule.steps)
    n_images, began = 0, time.perf_counter()

    with metrics_log(run.folder if run and main else None, start, tensorboard) as log:
        for step in bar:
            model.train()
            rate = schedule.set_rate(optimiser, step)
            values: dict[str, float] = {}
            for micro in range(step * accumulate, (step + 1) * accumulate):
                rng = np.random.default_rng([seed, AUGMENT_STREAM, micro, world.rank])
                batch = prepare(next(stream), device, augment, rng)
                last = micro == (step + 1) * accumulate - 1
                with contextlib.nullcontext() if last else world.accumulating(wrapped):
                    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=on_gpu):
                        output = wrapped(batch.images, batch.modality, **batch.extra)
                    losses = criterion(*world.gather(in_full_precision(output), batch))
                    (losses["total"] / accumulate).backward()
                for name, value in losses.items():
                    values[name] = values.get(name, 0.0) + float(value.detach()) / accumulate
                n_images += len(batch) * world.size
            require_finite(values, step + 1, rate)
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)

            done = step + 1
            speed = n_images / (time.perf_counter() - began)
            if main and (done % log_every == 0 or done == schedule.steps):
                row = {"step": done, "lr": rate, "images_per_s": round(speed, 1), **values}
                if log:
                    log.write(row)
                show(bar, row, schedule.steps)
            for callback in callbacks if main else ():
                callback(done, model)
            if run and (done % checkpoint_every == 0 or done == schedule.steps):
                generators = world.gather_objects(generator_state(device))
                if main:
                    save_checkpoint(run.folder, done, model, optimiser, run.sampler, generators, run.config)
    seconds = time.perf_counter() - began
    return FitResult(schedule.steps, n_images / seconds if n_images else 0.0)


def show(bar: Iterable, row: dict[str, Any], steps: int) -> None:
    """One line of progress: behind the bar on a terminal, printed elsewhere."""
    text = ", ".join(f"{name} {value:.4g}" for name, value in row.items() if name != "step")
    if bar.disable:
        print(f"step {row['step']}/{steps}: {text}", flush=True)
    else:
        bar.set_postfix_str(text, refresh=False)
