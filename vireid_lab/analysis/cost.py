"""What a recipe costs: parameters, operations, speed and memory, in training and in search."""

from __future__ import annotations

import multiprocessing
import re
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from torch import nn

from vireid_lab.analysis.operations import count_flops, embedding_flops, used_parameters
from vireid_lab.data.batch import Batch
from vireid_lab.models.inference import inference
from vireid_lab.recipes.catalogue import RECIPES, choose_settings
from vireid_lab.recipes.method import Method
from vireid_lab.recipes.settings import Settings
from vireid_lab.runtime import seed_torch
from vireid_lab.train.schedule import build_optimiser, parameter_groups
from vireid_lab.train.step import in_full_precision, prepare

STATUS = Path("/proc/self/status")  # of Linux
MEMORY = {
    "cpu": "growth of the process's peak resident memory over the training steps",
    "cuda": "peak of torch's allocations on the GPU over the training steps",
}


@dataclass(frozen=True)
class Cost:
    """What one recipe costs. Operations count 2 for a multiplication with its addition (convolutions, products).

    Attributes:
        parameters: that are trained, those of the losses included.
        searched: how many of these an embedding needs.
        search_flops: operations of one image's embedding, mean of both modalities.
        training_flops: operations of one image of a batch in a training step: forward, losses, backward.
        search_speed: images/s embedded, a batch's at once; of this machine.
        training_speed: images/s of whole training steps, augmentation and optimiser included, loading not.
        memory: bytes, see MEMORY; None where it cannot be measured (no Linux, no GPU).
        where: device and threads.
    """

    parameters: int
    searched: int
    search_flops: int
    training_flops: int
    search_speed: float
    training_speed: float
    memory: int | None
    where: str


def measure_costs(
    recipes: Iterable[str],
    preset: str = "tiny",
    n_ids: int = 64,
    repeats: int = 5,
    device: str = "cpu",
    **settings: Any,
) -> dict[str, Cost]:
    """The cost of each recipe, measured in a process of its own, one after the other.

    Args:
        recipes: names.
        preset: of each.
        n_ids: training identities.
        repeats: of which the median speed is taken.
        device: "cpu" or "cuda".
        settings: of every recipe; the weights do not matter.

    Raises:
        InputError: recipe, preset or a setting is unknown or unusable.
    """
    asked = {recipe: choose_settings(recipe, preset, {**settings, "weights": "none"}) for recipe in recipes}
    options = {"max_tasks_per_child": 1, "mp_context": multiprocessing.get_context("spawn")}
    with ProcessPoolExecutor(1, **options) as pool:  # a process each: memory that was used once stays with a process
        waiting = {name: pool.submit(measure, name, values, n_ids, repeats, device) for name, values in asked.items()}
        return {name: future.result() for name, future in waiting.items()}


def measure(recipe: str, settings: Settings, n_ids: int, repeats: int, device: str) -> Cost:
    """The cost of one recipe; the memory is right in a new process alone."""
    kind = torch.device(device)
    _warm_up(kind)
    before = peak_memory(kind)
    seed_torch(0)
    method = RECIPES[recipe].build(settings, n_ids)
    method.tell_epoch(repeats)
    model, batch = method.model.to(kind), made_batch(settings, method.augment.needs_masks)
    step = training_step(method, settings, batch, kind)
    step()
    training_speed = len(batch) / _seconds(step, repeats, kind)
    memory = peak_memory(kind)
    images, modality = prepare(batch, kind, None, np.random.default_rng(0)).images, batch.modality.to(kind)
    with inference(model):
        model.embed(images, modality)
        search_speed = len(batch) / _seconds(lambda: model.embed(images, modality), repeats, kind)
    where = torch.cuda.get_device_name(kind) if device == "cuda" else f"CPU, {torch.get_num_threads()} thread(s)"
    return Cost(
        parameters=sum(p.numel() for p in model.parameters() if p.requires_grad),
        searched=used_parameters(model, settings.size),
        search_flops=embedding_flops(model, settings.size),
        training_flops=count_flops(step) // len(batch),
        search_speed=search_speed,
        training_speed=training_speed,
        memory=None if memory is None or before is None else memory - before,
        where=where,
    )


def made_batch(settings: Settings, masks: bool = False) -> Batch:
    """A training batch of noise, in the order of the sampler's: the visible half first, the identities alike."""
    half = torch.arange(settings.ids_per_batch).repeat_interleave(settings.images_per_id)
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(256, (2 * len(half), 3, *settings.size), dtype=torch.uint8, generator=generator)
    modality = torch.arange(2).repeat_interleave(len(half))
    labels = torch.zeros(len(images), *settings.size, dtype=torch.uint8) if masks else None
    return Batch(images, half.repeat(2), modality, modality + 1, labels)


def training_step(method: Method, settings: Settings, batch: Batch, device: torch.device) -> Callable[[], None]:
    """One step as that of `train.loop.fit`, on the same batch each time."""
    groups = parameter_groups(method.model, settings.lr, settings.backbone_lr_factor)
    optimiser = build_optimiser(settings.optimiser, groups, settings.weight_decay)

    def step() -> None:
        method.model.train()
        ready = prepare(batch, device, method.augment, np.random.default_rng(0))
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda"):
            output = method.model(ready.images, ready.modality, **ready.extra)
        method.criterion(in_full_precision(output), ready)["total"].backward()
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)

    return step


def peak_memory(device: torch.device) -> int | None:
    """Bytes that were in use at most: torch's on a GPU, the process's on a CPU (Linux; else None)."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    if not STATUS.is_file():
        return None
    return 1024 * int(re.search(r"VmHWM:\s+(\d+) kB", STATUS.read_text()).group(1))


def describe_costs(costs: Mapping[str, Cost], scores: Mapping[str, np.ndarray | None]) -> str:
    """A table in text, a line a recipe: its rank-1 and what it costs.

    Args:
        costs: by recipe.
        scores: recipe -> (n,) rank-1, fractions; None, or no entry, where it was not run.
    """
    of_two = f"{'training':>8} {'search':>8}"
    lines = [
        f"{'':<10} | {'rank-1':>7} | {'parameters (M)':^17} | {'MFLOP an image':^17} | {'images/s':^17} | training",
        f"{'':<10} | {'':>7} | {'all':>8} {'search':>8} | {of_two} | {of_two} | memory",
    ]
    for name, cost in costs.items():
        memory = "not known" if cost.memory is None else f"{cost.memory / 2**20:.0f} MiB"
        parameters = f"{cost.parameters / 1e6:>8.2f} {cost.searched / 1e6:>8.2f}"
        operations = f"{cost.training_flops / 1e6:>8.0f} {cost.search_flops / 1e6:>8.0f}"
        speed = f"{cost.training_speed:>8.0f} {cost.search_speed:>8.0f}"
        rank1 = "not run" if scores.get(name) is None else f"{100 * scores[name].mean():.1f} %"
        lines.append(f"{name:<10} | {rank1:>7} | {parameters} | {operations} | {speed} | {memory}")
    return "\n".join(lines)


def _warm_up(device: torch.device) -> None:
    """What torch loads with its first step is no cost of a recipe."""
    layer = nn.Conv2d(3, 4, 3).to(device)
    optimiser = torch.optim.AdamW(layer.parameters())
    layer(torch.zeros(1, 3, 8, 8, device=device)).sum().backward()
    optimiser.step()


def _seconds(call: Callable[[], Any], repeats: int, device: torch.device) -> float:
    """The median time of a call."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        times.append(time.perf_counter() - start)
    return median(times)
