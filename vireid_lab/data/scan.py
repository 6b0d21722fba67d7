"""What the readers of all layouts share: the records and problems found in a folder, index files, image files."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from vireid_lab.runtime import InputError, progress

from .records import Record

IMAGE_SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp"}
SYSTEM_FILES = {"thumbs.db", "desktop.ini"}
MASK_TABLE = "masks/materials.json"  # what the labels of the masks mean; shows that there are masks
STOPPING = ("missing", "unreadable")  # kinds of problem that keep a data set from being used


@dataclass(frozen=True)
class Problem:
    """Something in a data set that is not as it should be.

    Attributes:
        path: relative to the root, with forward slashes (an index line as "idx/list.txt:12").
        kind: "missing" (an index or the layout names it, it is not there), "unreadable" (it cannot be decoded or
            parsed), "mislabelled" (names, folders and lists contradict one another, or name no identity or camera),
            "one-modality" (an identity that cannot be trained with), or "note" (nothing is wrong: advice).
        hint: what is the matter and how to mend it, one line.
    """

    path: str
    kind: str
    hint: str


@dataclass
class Scan:
    """The records that a layout's reader found under `root`, and the problems it met."""

    root: Path
    records: list[Record] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @cached_property
    def has_masks(self) -> bool:
        return (self.root / MASK_TABLE).is_file()

    def add(self, path: str, pid: int, camid: int, modality: int, split: str) -> None:
        """Adds a record; where the root has material masks, its own is masks/<same path>.png."""
        mask = mask_path(path) if self.has_masks else None
        self.records.append(Record(path, pid, camid, modality, split, mask))

    def report(self, path: str, kind: str, hint: str) -> None:
        self.problems.append(Problem(path, kind, hint))

    def usable(self) -> tuple[Record, ...]:
        """The records, sorted by path within each split.

        Raises:
            InputError: something is missing or unreadable; the message names the first and counts the others.
        """
        stopping = [problem for problem in self.problems if problem.kind in STOPPING]
        if stopping:
            first, *others = stopping
            more = f" (and {len(others)} more)" if others else ""
            raise InputError(
                f"{self.root / first.path} is {first.kind}: {first.hint}{more}; 'vireid data check' lists everything"
            )
        return tuple(sorted(self.records, key=lambda record: (record.split, record.path)))


def mask_path(path: str) -> str:
    """Where the material mask of an image lies: "cam1/0001/0001.jpg" -> "masks/cam1/0001/0001.png"."""
    return str(PurePosixPath("masks", path).with_suffix(".png"))


def read_lines(scan: Scan, path: str) -> list[str]:
    """Lines of a text file of the data set; a missing or undecodable file is reported and has none."""
    try:
        return (scan.root / path).read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        scan.report(path, "missing", "this index file belongs to the data set: copy it from its archive")
    except (OSError, UnicodeDecodeError) as error:
        scan.report(path, "unreadable", f"not a text file ({error.__class__.__name__}): copy it from the archive again")
    return []


def read_ids(scan: Scan, path: str) -> list[int]:
    """Identities of a file that holds one line of comma-separated integers."""
    words = re.split(r"[,\s]+", " ".join(read_lines(scan, path)).strip(", "))
    wrong = [word for word in words if word and not word.isdecimal()]
    if wrong:
        scan.report(path, "unreadable", f"'{wrong[0]}' is no identity: expected one line such as 1,2,4,5")
    return [int(word) for word in words if word.isdecimal()]


def read_index(scan: Scan, path: str) -> list[tuple[str, str, int]]:
    """(place, image, label) of every line "relative/path label"; place is "list.txt:line". Faults are reported."""
    entries = []
    for number, line in enumerate(read_lines(scan, path), start=1):
        if not line.strip():
            continue
        image, _, label = line.strip().rpartition(" ")
        if not image or not label.isdecimal():
            scan.report(f"{path}:{number}", "unreadable", f"'{line.strip()}': expected 'relative/path label'")
        elif not (scan.root / image).is_file():
            scan.report(image, "missing", f"listed in {path}, line {number}: copy it from the archive again")
        else:
            entries.append((f"{path}:{number}", str(PurePosixPath(image)), int(label)))
    return entries


def check_labels(scan: Scan, entries: Iterable[tuple[str, int, int]]) -> None:
    """Reports where (place, pid, label) do not pair each identity with one label of its own."""
    label_of: dict[int, int] = {}
    pid_of: dict[int, int] = {}
    for place, pid, label in entries:
        known, owner = label_of.setdefault(pid, label), pid_of.setdefault(label, pid)
        if known != label:
            scan.report(place, "mislabelled", f"identity {pid} has label {label} here and {known} before")
        elif owner != pid:
            scan.report(place, "mislabelled", f"label {label} is given to identity {pid} here and to {owner} before")


def image_files(scan: Scan, folder: str) -> list[str]:
    """Sorted paths, relative to the root, of the image files in a folder; other files are reported."""
    images = []
    for entry in sorted(os.scandir(scan.root / folder), key=lambda entry: entry.name):
        if entry.name.startswith(".") or entry.name.lower() in SYSTEM_FILES:
            continue
        if Path(entry.name).suffix.lower() in IMAGE_SUFFIXES:
            images.append(f"{folder}/{entry.name}")
        else:
            scan.report(f"{folder}/{entry.name}", "mislabelled", "no image file, left out: move it elsewhere")
    return images


def find_images(folder: Path) -> list[Path]:
    """Sorted image files at any depth of a folder, without hidden ones and the masks of a synthetic data set."""
    masks = [folder / "masks"] if (folder / MASK_TABLE).is_file() else []
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in IMAGE_SUFFIXES
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and not any(mask in path.parents for mask in masks)
    )


def folders(scan: Scan, folder: str = ".") -> list[str]:
    """Sorted names of the folders in a folder of the data set, hidden ones left out."""
    entries = os.scandir(scan.root / folder)
    return sorted(entry.name for entry in entries if entry.is_dir() and not entry.name.startswith("."))


def report_overlap(scan: Scan, path: str, train: Iterable[int], test: Iterable[int]) -> None:
    """Reports identities that are in training and in test."""
    for pid in sorted(set(train) & set(test)):
        scan.report(path, "mislabelled", f"identity {pid} is in training and in test: take it out of one list")


def threaded(function: Callable[[Any], Any], items: list, description: str) -> Iterator:
    """Yields function(item) in order, worked out in threads, behind a progress bar; an error drops what is left."""
    with ThreadPoolExecutor(min(16, 2 * (os.cpu_count() or 1))) as pool:
        try:
            yield from progress(pool.map(function, items), description, len(items), "image")
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
