"""What surrounds the model in a step: from a loader's batch to its input, and from its output to finite losses."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vireid_lab.data.batch import Batch
from vireid_lab.data.transforms import normalise, to_float
from vireid_lab.models.precision import full_precision
from vireid_lab.runtime import InputError


def prepare(
    batch: Batch,
    device: torch.device,
    augment: Callable[[Batch, np.random.Generator], Batch] | None,
    rng: np.random.Generator,
) -> Batch:
    """From a loader's uint8 batch to what the model takes: on the device, augmented in [0, 1], normalised."""
    batch = batch.to(device)
    batch = batch.with_images(to_float(batch.images))
    if augment:
        batch = augment(batch, rng)

    def ready(images: Tensor) -> Tensor:
        images = normalise(images)
        return images.contiguous(memory_format=torch.channels_last) if device.type == "cuda" else images

    extra = {name: ready(images) for name, images in batch.extra.items()}
    return dataclasses.replace(batch, images=ready(batch.images), extra=extra)


def in_full_precision(output: Any) -> Any:
    """The output with its half-precision tensors in float32: distances and softmaxes need it."""
    tensors = {f.name: t for f in dataclasses.fields(output) if isinstance(t := getattr(output, f.name), Tensor)}
    return dataclasses.replace(output, **{name: full_precision(t) for name, t in tensors.items()})


def require_finite(values: dict[str, float], step: int, rate: float) -> None:
    """Checks the losses of a step before they reach the weights.

    Raises:
        InputError: the total is not finite; names the step and the parts.
    """
    if not math.isfinite(values["total"]):
        parts = ", ".join(f"{name} {value:.3g}" for name, value in values.items())
        raise InputError(f"the loss of step {step} is not finite ({parts}): lower lr ({rate:g} there) or raise warmup")
