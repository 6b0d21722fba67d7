"""Loaders: batches of uint8 images straight from the memory-mapped cache."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader
from torchvision.tv_tensors import Mask

from vireid_lab.runtime import InputError

from .batch import Batch
from .cache import open_cache
from .records import Dataset, Record
from .sampler import CrossModalSampler

Transform = Callable[[Tensor], Tensor]


def train_loader(
    dataset: Dataset,
    sampler: CrossModalSampler,
    size: tuple[int, int],
    steps: int,
    start_step: int = 0,
    workers: int = 0,
    masks: bool = False,
    transform: Transform | None = None,
) -> DataLoader:
    """Batches of the sampler for steps start_step to steps - 1, with labels 0..N-1 (`dataset.train_ids`) as ids.

    torch's global generators are not touched, so that a resumed training goes on as if never stopped.

    Args:
        dataset: its images are cached at `size`, all splits together, the first time.
        sampler: over any of the data set's training records.
        size: (height, width) in pixels.
        steps: number of steps of the whole training.
        start_step: the step to begin with, when a training is resumed.
        workers: processes that read ahead; 0 reads in this one.
        masks: whether batches carry the material masks.
        transform: applied to each batch's images, (B, 3, H, W) uint8, in the workers.

    Raises:
        InputError: an image is missing or unreadable.
    """
    label = {pid: number for number, pid in enumerate(dataset.train_ids)}
    ids = [label[record.pid] for record in sampler.records]
    reader = BatchReader(dataset, sampler.records, ids, size, masks, transform)
    return _loader(reader, SamplerSteps(sampler, range(start_step, steps)), workers)


def image_loader(
    dataset: Dataset,
    records: Sequence[Record],
    size: tuple[int, int],
    batch_size: int = 128,
    workers: int = 0,
    masks: bool = False,
    transform: Transform | None = None,
) -> DataLoader:
    """Batches of any of the data set's records in their order, with pids as ids; the last batch may be smaller."""
    reader = BatchReader(dataset, records, [record.pid for record in records], size, masks, transform)
    positions = np.arange(len(records))
    return _loader(reader, [positions[i : i + batch_size] for i in range(0, len(records), batch_size)], workers)


class BatchReader(torch.utils.data.Dataset):
    """Maps positions in a list of records to the batch of these images: one fancy index, no collation.

    One cache serves all splits, trials and subsets: it holds the whole data set in the order of the paths.
    """

    def __init__(
        self,
        dataset: Dataset,
        records: Sequence[Record],
        ids: Sequence[int],
        size: tuple[int, int],
        masks: bool,
        transform: Transform | None,
    ):
        cached = sorted({record.path: record for record in dataset.records}.values(), key=lambda record: record.path)
        row = {record.path: number for number, record in enumerate(cached)}
        foreign = next((record.path for record in records if record.path not in row), None)
        if foreign is not None:
            raise InputError(f"'{foreign}' is no image of the data set {dataset.root}")
        self.cache = open_cache(dataset.root, cached, size, masks)
        self.rows = np.array([row[record.path] for record in records], dtype=np.int64)
        self.ids = torch.tensor(ids, dtype=torch.int64)
        self.modality = torch.tensor([record.modality for record in records], dtype=torch.int64)
        self.camids = torch.tensor([record.camid for record in records], dtype=torch.int64)
        self.transform = transform

    def __getitem__(self, positions: Sequence[int]) -> Batch:
        rows = self.rows[positions]
        images = torch.from_numpy(self.cache.images[rows]).permute(0, 3, 1, 2)  # channels_last in memory
        masks = None if self.cache.masks is None else Mask(torch.from_numpy(self.cache.masks[rows]))
        if self.transform is not None:
            images = self.transform(images)
        return Batch(images, self.ids[positions], self.modality[positions], self.camids[positions], masks)


class SamplerSteps:
    """The sampler's batches of a range of steps, as torch's DataLoader wants its sampler."""

    def __init__(self, sampler: CrossModalSampler, steps: range):
        self.sampler, self.steps = sampler, steps

    def __iter__(self) -> Iterator[list[int]]:
        return map(self.sampler.batch, self.steps)

    def __len__(self) -> int:
        return len(self.steps)


def _loader(reader: BatchReader, batches: SamplerSteps | list[np.ndarray], workers: int) -> DataLoader:
    return DataLoader(
        reader,
        batch_size=None,
        sampler=batches,
        num_workers=workers,
        pin_memory=torch.cuda.is_available(),
        generator=torch.Generator(),  # without it DataLoader draws a seed from the global generator
    )
