"""What the synthetic benchmark holds in each layout: which images, under which names, and the index files."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from . import llcm, regdb, sysu
from .records import INFRARED, VISIBLE, Record


@dataclass(frozen=True)
class Planned:
    """An image to be rendered.

    Attributes:
        record: its path, identity, camera, modality and (RegDB: first) split.
        index: which image of its identity, camera and modality, from 0.
        moment: images of one identity and moment share pose and view (RegDB's dual camera); None for a pose of its own.
    """

    record: Record
    index: int
    moment: int | None = None


def plan_sysu(train: Sequence[int], test: Sequence[int], counts: Mapping[tuple[int, int], int]) -> list[Planned]:
    """counts[camera, pid] images, frames from 0001."""
    return [
        Planned(Record(f"cam{camera}/{pid:04d}/{k + 1:04d}.jpg", pid, camera, modality, split), k)
        for split, pids in (("train", train), ("test", test))
        for pid in pids
        for camera, modality in sysu.CAMERAS.items()
        for k in range(counts.get((camera, pid), 0))
    ]


def plan_regdb(train: Sequence[int], test: Sequence[int], images: int) -> list[Planned]:
    """Image k of both modalities is of one moment."""
    planned = []
    for split, pids in (("train", train), ("test", test)):
        for pid in pids:
            for modality, folder in regdb.FOLDERS.items():
                for k in range(images):
                    path = f"{folder}/{pid}/{folder[0].lower()}_{k + 1:05d}.bmp"
                    planned.append(Planned(Record(path, pid, regdb.CAMERA[modality], modality, split), k, moment=k))
    return planned


def plan_llcm(train: Sequence[int], test: Sequence[int], images: int) -> list[Planned]:
    """Nine cameras with both modalities; as in the original, camera 3 has no infrared test images."""
    planned = []
    for split, pids in (("train", train), ("test", test)):
        for pid in pids:
            for modality, folder in llcm.FOLDERS.items():
                for camera in llcm.CAMERAS:
                    if (split, modality, camera) == ("test", INFRARED, 3):
                        continue
                    place = f"{folder}/{pid:04d}" if split == "train" else f"test_{folder}/cam{camera}/{pid:04d}"
                    for k in range(images):
                        name = f"{pid:04d}_c{camera:02d}_s{k + 1:06d}_f{k + 1:04d}_{folder}.jpg"
                        planned.append(Planned(Record(f"{place}/{name}", pid, camera, modality, split), k))
    return planned


def index_sysu(root: Path, records: Sequence[Record], seed: int) -> None:
    """exp/rand_perm_cam.mat and exp/{train,val,test}_id.txt, a quarter of the training identities in val."""
    train, test = _pids(records, "train"), _pids(records, "test")
    held = len(train) - len(train) // 4
    for path, pids in zip(sysu.LISTS, (train[:held], train[held:], test), strict=True):
        _write(root / path, ",".join(map(str, pids)) + "\n")
    (root / sysu.PERMUTATIONS).write_bytes(permutations(records, seed))


def permutations(records: Sequence[Record], seed: int) -> bytes:
    """rand_perm_cam.mat: cell[cam-1][0][pid-1] is (10, n), row t the order of the n frames (from 1) in trial t."""
    from scipy.io import savemat

    cameras = np.empty((len(sysu.CAMERAS), 1), dtype=object)
    last = max(record.pid for record in records)
    frames = np.zeros((len(sysu.CAMERAS), last), dtype=int)
    for record in records:
        frames[record.camid - 1, record.pid - 1] += 1
    for camera in range(len(cameras)):
        cameras[camera, 0] = cell = np.empty((last, 1), dtype=object)
        for pid, n in enumerate(frames[camera], start=1):
            rng = np.random.default_rng([seed, camera + 1, pid])
            cell[pid - 1, 0] = rng.permuted(np.tile(np.arange(1, n + 1, dtype=np.uint16), (10, 1)), axis=1)
    file = io.BytesIO()
    savemat(file, {"rand_perm_cam": cameras})
    return b"MATLAB 5.0 MAT-file".ljust(116) + file.getvalue()[116:]  # scipy writes the date there


def index_regdb(root: Path, records: Sequence[Record], seed: int) -> None:
    """Ten splits of the identities into two halves; the first is that of the records."""
    train = _pids(records, "train")
    everyone = np.array(train + _pids(records, "test"))
    for trial in regdb.TRIALS:
        if trial > 1:
            train = sorted(np.random.default_rng([seed, trial]).permutation(everyone)[: len(train)].tolist())
        for split, pids in (("train", train), ("test", sorted(set(everyone.tolist()) - set(train)))):
            for modality in (VISIBLE, INFRARED):
                _write(root / regdb.index_path(split, modality, trial), _list(records, pids, modality))


def index_llcm(root: Path, records: Sequence[Record], seed: int) -> None:
    """idx/{train,test}_{vis,nir}.txt and idx/test_id.txt; nothing here is drawn, the seed is not used."""
    for split in ("train", "test"):
        of_split = [record for record in records if record.split == split]
        for modality, folder in llcm.FOLDERS.items():
            _write(root / f"idx/{split}_{folder}.txt", _list(of_split, _pids(records, split), modality))
    _write(root / "idx/test_id.txt", ",".join(map(str, _pids(records, "test"))) + "\n")


def _pids(records: Sequence[Record], split: str) -> list[int]:
    return sorted({record.pid for record in records if record.split == split})


def _list(records: Sequence[Record], pids: Sequence[int], modality: int) -> str:
    """Lines "path label", labels from 0 in the order of the identities."""
    label = {pid: number for number, pid in enumerate(pids)}
    of_list = [record for record in records if record.modality == modality and record.pid in label]
    return "".join(f"{record.path} {label[record.pid]}\n" for record in sorted(of_list, key=lambda r: (r.pid, r.path)))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
