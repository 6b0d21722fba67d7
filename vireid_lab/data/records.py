"""The record of an image and the data set made of records: what all layouts are read into."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from vireid_lab.runtime import read_json

VISIBLE, INFRARED = 0, 1
MODALITY_NAMES = ("visible", "infrared")
TEST_SPLITS = ("test", "query", "gallery")  # the last two in a manifest that says which is which
UNKNOWN = -1  # identity or camera that nobody has named
BENCHMARK = "benchmark.json"  # lies in the root of a synthetic data set and says what it was made with


@dataclass(frozen=True, slots=True)
class Record:
    """One image of one person.

    Attributes:
        path: relative to the data set's root, with forward slashes.
        pid: identity as the data set numbers it (not contiguous); `UNKNOWN` where a manifest gives none.
        camid: camera as the data set numbers it, from 1 (RegDB: 1 visible, 2 thermal); or `UNKNOWN`.
        modality: 0 visible, 1 infrared.
        split: "train" or one of `TEST_SPLITS`.
        mask: path of the true material mask relative to the root, or None.
    """

    path: str
    pid: int
    camid: int
    modality: int
    split: str
    mask: str | None = None


@dataclass(frozen=True)
class Dataset:
    """Records of one data set on disk.

    Attributes:
        root: folder that the records' paths are relative to.
        layout: "sysu", "regdb", "llcm" or "manifest".
        records: all records, sorted by path within each split.
        trial: which of RegDB's ten splits (1 to 10); 1 for the other layouts.
    """

    root: Path
    layout: str
    records: tuple[Record, ...]
    trial: int = 1

    def select(self, split: str, modality: int | None = None) -> list[Record]:
        """Records of one split, and of one modality where it is given."""
        return [r for r in self.records if r.split == split and modality in (None, r.modality)]

    @cached_property
    def train_ids(self) -> list[int]:
        """Training identities in ascending order; the position of a pid in it is its label."""
        return sorted({r.pid for r in self.records if r.split == "train"})

    @cached_property
    def benchmark(self) -> dict[str, Any] | None:
        """What a synthetic data set was made with (its benchmark.json); None for one of photographs."""
        made = self.root / BENCHMARK
        return read_json(made) if made.is_file() else None

    @cached_property
    def fingerprint(self) -> str:
        """Counts for each split and modality, and a hash of the sorted relative paths (of a synthetic data set also of
        what it was made with): printed with every result.
        """
        counts = Counter((r.split, MODALITY_NAMES[r.modality]) for r in self.records)
        content = "\n".join(sorted(f"{r.split}:{r.path}" for r in self.records))
        parts = [self.layout, *(f"{split}-{modality}={n}" for (split, modality), n in sorted(counts.items()))]
        if self.benchmark is not None:
            content += json.dumps(self.benchmark, sort_keys=True)
            parts.append("synthetic")
        digest = hashlib.sha256(content.encode()).hexdigest()[:12]
        return f"{' '.join(parts)} sha256={digest}"


def made_root(folder: Path) -> Path | None:
    """The nearest folder, from this one upwards, of a synthetic data set; None for photographs."""
    folder = folder.absolute()
    return next((each for each in (folder, *folder.parents) if (each / BENCHMARK).is_file()), None)
