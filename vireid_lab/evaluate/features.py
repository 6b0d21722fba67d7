"""Features of images: extracted by a model, or raw pixels; kept on disk beside the run that they belong to."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from vireid_lab.data.loader import image_loader
from vireid_lab.data.records import Dataset, Record
from vireid_lab.data.transforms import normalise, to_float
from vireid_lab.models.inference import inference
from vireid_lab.runtime import InputError, atomic_path, progress

from .metrics import check_finite


@dataclass(frozen=True)
class Features:
    """Features of N images.

    Attributes:
        features: (N, d) float32.
        ids: (N,) int64 pids.
        cams: (N,) int64 cameras.
        modality: (N,) int64, 0 visible, 1 infrared.
        paths: N paths relative to the data set's root.
        made_by: what made them (from `made_by`); empty where it is not known. Only features with the same can be
            compared.
    """

    features: np.ndarray
    ids: np.ndarray
    cams: np.ndarray
    modality: np.ndarray
    paths: list[str]
    made_by: str = ""

    def __len__(self) -> int:
        return len(self.features)

    def of(self, pids: Sequence[int]) -> Features:
        """Those of some identities."""
        return self.take(np.flatnonzero(np.isin(self.ids, pids)))

    def take(self, rows: np.ndarray) -> Features:
        """Some of the images, in the order of `rows`."""
        arrays = (each[rows] for each in (self.features, self.ids, self.cams, self.modality))
        return Features(*arrays, [self.paths[row] for row in rows], self.made_by)

    def save(self, path: str | Path) -> None:
        """Writes an .npz file, whole or not at all."""
        with atomic_path(path) as temporary:
            np.savez(temporary, **{**vars(self), "paths": np.array(self.paths)})

    @classmethod
    def load(cls, path: str | Path) -> Features:
        """Reads what `save` wrote."""
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in cls.__dataclass_fields__ if name in file}
        texts = {"paths": arrays["paths"].tolist(), "made_by": str(arrays.get("made_by", ""))}
        return cls(**{**arrays, **texts})


def made_by(model: nn.Module, size: tuple[int, int], flip: bool, neck: str) -> str:
    """What makes features comparable: a hash of the weights, and the options of `extract`."""
    digest = hashlib.sha256()
    for name, tensor in model.state_dict().items():
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
    return f"weights={digest.hexdigest()[:16]} size={size[0]}x{size[1]} neck={neck} flip={flip}"


def extract(
    model: nn.Module,
    dataset: Dataset,
    records: Sequence[Record],
    size: tuple[int, int],
    device: torch.device | str = "cpu",
    flip: bool = False,
    neck: str = "after",
    batch_size: int = 128,
) -> Features:
    """Embeds images, in float32, normalised as in training.

    Args:
        model: has `embed(images, modality, neck)` -> (B, d); its mode (train or eval) is kept as found afterwards.
        dataset: the records' data set.
        records: N images, in any order.
        size: (height, width) in pixels.
        device: where to compute.
        flip: average the features of each image and its mirror image.
        neck: features "after" or "before" the neck.
        batch_size: images at once.

    Raises:
        InputError: NaN features, an unknown neck, a missing or unreadable image.
    """
    model.to(device)

    def embed(images: Tensor, modality: Tensor) -> Tensor:
        images, modality = normalise(to_float(images.to(device))), modality.to(device)
        features = model.embed(images, modality, neck=neck)
        if flip:
            features = (features + model.embed(images.flip(-1), modality, neck=neck)) / 2
        return features.float().cpu()

    with inference(model):
        features = _collect(embed, dataset, records, size, batch_size)
    return replace(features, made_by=made_by(model, size, flip, neck))


def raw_pixels(dataset: Dataset, records: Sequence[Record], size: tuple[int, int]) -> Features:
    """Pixels in [0, 1] as features (N, 3 * H * W): a baseline that any model must beat. For small sizes."""
    return _collect(lambda images, modality: to_float(images).flatten(1), dataset, records, size, batch_size=256)


def _collect(
    embed: Callable[[Tensor, Tensor], Tensor],
    dataset: Dataset,
    records: Sequence[Record],
    size: tuple[int, int],
    batch_size: int,
) -> Features:
    """Features of all records by `embed(images (B, 3, H, W) uint8, modality (B,)) -> (B, d)`."""
    loader = image_loader(dataset, records, size, batch_size)
    blocks = [embed(batch.images, batch.modality).numpy() for batch in progress(loader, "features", unit="batch")]
    features = np.concatenate(blocks)
    check_finite(features, "features")
    columns = np.array([(r.pid, r.camid, r.modality) for r in records], dtype=np.int64).T
    return Features(features, *columns, [r.path for r in records])


def extract_cached(
    folder: Path | None,
    model: nn.Module,
    dataset: Dataset,
    records: Sequence[Record],
    size: tuple[int, int],
    device: torch.device | str = "cpu",
    flip: bool = False,
    neck: str = "after",
) -> Features:
    """The same as `extract`, kept in `folder` for the next time; None keeps nothing.

    The file's name holds a hash of the weights, the options, and each image's path, length and time of change.
    """
    if folder is None:
        return extract(model, dataset, records, size, device, flip, neck)
    digest = hashlib.sha256(f"{dataset.fingerprint} {made_by(model, size, flip, neck)}".encode())
    for record in records:
        digest.update(f"\n{record} {_state(dataset.root / record.path)}".encode())
    path = Path(folder) / f"{digest.hexdigest()[:24]}.npz"
    if path.exists():
        return Features.load(path)
    features = extract(model, dataset, records, size, device, flip, neck)
    features.save(path)
    return features


def _state(path: Path) -> str:
    try:
        status = path.stat()
    except OSError as error:
        raise InputError(f"{path} is not there: 'vireid data check' lists all missing files") from error
    return f"{status.st_size} {status.st_mtime_ns}"
