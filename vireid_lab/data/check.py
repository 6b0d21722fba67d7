"""Checking a data set on disk: what it holds, and every file that is unreadable, missing or mislabelled."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from vireid_lab.runtime import InputError

from .images import read_image
from .layouts import AUDITS, scan_dataset
from .records import MODALITY_NAMES, UNKNOWN, Dataset
from .scan import Problem, Scan, threaded


@dataclass(frozen=True)
class CheckReport:
    """What was found.

    Attributes:
        layout: "sysu", "regdb", "llcm" or "manifest".
        images: number of images that the layout names and that are there (RegDB: of the first split).
        ids: number of identities.
        fingerprint: as printed with every result (`Dataset.fingerprint`).
        problems: each file, folder or index line that is not as it should be, and notes.
    """

    layout: str
    images: int
    ids: int
    fingerprint: str
    problems: tuple[Problem, ...]

    @property
    def faults(self) -> list[Problem]:
        """The problems without the notes: rand_perm_cam.mat, which is not in SYSU-MM01's archive, is only noted."""
        return [problem for problem in self.problems if problem.kind != "note"]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def check_dataset(root: str | Path) -> CheckReport:
    """Reads all index files and decodes every image and mask completely.

    Raises:
        InputError: nothing is there, or its layout is unknown.
    """
    layout, scan = scan_dataset(root)
    if layout in AUDITS:
        AUDITS[layout](scan)
    _check_modalities(scan)
    _check_identities(scan)
    _check_files(scan)
    if not scan.records and not scan.problems:
        scan.report(".", "missing", "the data set holds no image: copy it from its archive")
    return CheckReport(
        layout=layout,
        images=len({record.path for record in scan.records}),
        ids=len({record.pid for record in scan.records} - {UNKNOWN}),
        fingerprint=Dataset(scan.root, layout, tuple(scan.records)).fingerprint,
        problems=tuple({(p.path, p.kind): p for p in reversed(scan.problems)}.values())[::-1],
    )


def _check_modalities(scan: Scan) -> None:
    """Reports training identities without images of one modality."""
    first: dict[int, dict[int, str]] = defaultdict(dict)
    for record in scan.records:
        if record.split == "train":
            first[record.pid].setdefault(record.modality, record.path)
    for pid, paths in sorted(first.items()):
        for modality, name in enumerate(MODALITY_NAMES):
            if modality not in paths:
                folder = str(PurePosixPath(*paths.values()).parent)
                hint = f"training identity {pid} has no {name} image: add some, or take it out of the training list"
                scan.report(folder, "one-modality", hint)


def _check_identities(scan: Scan) -> None:
    """Notes images of people without an identity, and people of whom there is only one image."""
    nameless = {record.path for record in scan.records if record.pid == UNKNOWN}
    if nameless:
        hint = f"{len(nameless)} images have no identity: they can be searched, and not scored"
        scan.report(min(nameless), "note", hint)
    images = defaultdict(set)
    for record in scan.records:
        images[record.pid].add(record.path)
    single = sorted(pid for pid, paths in images.items() if len(paths) == 1 and pid != UNKNOWN)
    if single:
        more = f" and of {len(single) - 1} others" if len(single) > 1 else ""
        hint = f"there is one image only of identity {single[0]}{more}: nothing else can be found for it"
        scan.report(min(images[single[0]]), "note", hint)


def _check_files(scan: Scan) -> None:
    """Decodes everything; reports what cannot be decoded, and masks that are not there."""
    paths = sorted({path for record in scan.records for path in (record.path, record.mask) if path})

    def fault(path: str) -> Problem | None:
        if not (scan.root / path).is_file():
            return Problem(path, "missing", "an image without its file or mask: write or copy it again")
        try:
            read_image(scan.root / path)
        except InputError:
            return Problem(path, "unreadable", "cannot be decoded as an 8-bit image: write or copy it again")
        return None

    scan.problems += [problem for problem in threaded(fault, paths, "checking") if problem]
