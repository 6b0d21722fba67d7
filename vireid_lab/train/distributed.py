"""Training of one model by several processes under torchrun: DistributedDataParallel in a few lines.

Each rank draws its own identities. The outputs of all ranks are gathered with gradients, and every rank computes the
losses of the whole batch L. The backward pass of the gathering sums the gradients of the W equal losses, so that a rank
holds W dL/dx for its own rows x; DistributedDataParallel then averages the parameters' gradients over the W ranks:
together exactly dL/dtheta, as one process with the whole batch would compute it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.nn.functional import all_gather

from vireid_lab.data.batch import Batch

from .ranks import under_torchrun


@dataclass(frozen=True)
class World:
    """The processes that train together; by default this one alone.

    Attributes:
        rank: number of this process; rank 0 writes.
        size: number of processes W.
    """

    rank: int = 0
    size: int = 1

    def wrap(self, model: nn.Module, device: torch.device) -> nn.Module:
        """Prepares a model for training by all ranks; on GPUs batch normalisation sees the rows of all of them."""
        if self.size == 1:
            return model
        if device.type == "cuda":
            model = nn.SyncBatchNorm.convert_sync_batchnorm(model)
        return nn.parallel.DistributedDataParallel(model, device_ids=[device] if device.type == "cuda" else None)

    def accumulating(self, model: nn.Module) -> contextlib.AbstractContextManager:
        """Leaves out the exchange of gradients in a backward pass that others follow before the step."""
        return contextlib.nullcontext() if self.size == 1 else model.no_sync()

    def gather(self, output: Any, batch: Batch) -> tuple[Any, Batch]:
        """Output and batch of all ranks, the visible halves first, with gradients.

        Tensors with one row an image and up to three axes are gathered; feature maps and the images stay this rank's.
        """
        if self.size == 1:
            return output, batch
        tensors = {field.name: getattr(output, field.name) for field in fields(output)}
        rows = {
            name: _all_rows(tensor)
            for name, tensor in tensors.items()
            if isinstance(tensor, Tensor) and 1 <= tensor.ndim <= 3 and len(tensor) == len(batch)
        }
        labels = {name: _all_rows(getattr(batch, name)) for name in ("ids", "modality", "camids")}
        return replace(output, **rows), replace(batch, **labels)

    def gather_objects(self, value: Any) -> list[Any]:
        """The value of each rank, in order."""
        if self.size == 1:
            return [value]
        values: list[Any] = [None] * self.size
        dist.all_gather_object(values, value)
        return values

    def wait(self) -> None:
        """Returns when all ranks have come here."""
        if self.size > 1:
            dist.barrier()


ALONE = World()


def _all_rows(tensor: Tensor) -> Tensor:
    """Gathers (B, ...) of W ranks to (W * B, ...): the first halves of all, then the second halves."""
    ranks = torch.stack(all_gather(tensor.contiguous()))  # (W, B, ...)
    return ranks.unflatten(1, (2, -1)).transpose(0, 1).flatten(0, 2)


@contextlib.contextmanager
def join_world(device: torch.device) -> Iterator[tuple[World, torch.device]]:
    """Joins the processes that torchrun started (nccl on GPUs, gloo on CPUs); alone where there is no torchrun.

    Yields:
        The world, and the device of this rank.
    """
    if not under_torchrun():
        yield ALONE, device
        return
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield World(dist.get_rank(), dist.get_world_size()), device
    finally:
        dist.destroy_process_group()
