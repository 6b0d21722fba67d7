"""The layout of RegDB: {Visible,Thermal}/<pid>/<name>.bmp and ten splits in idx/."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from .records import INFRARED, VISIBLE
from .scan import Scan, check_labels, folders, image_files, read_index, report_overlap

FOLDERS = {VISIBLE: "Visible", INFRARED: "Thermal"}
CAMERA = {VISIBLE: 1, INFRARED: 2}  # the two lenses of the dual camera
TRIALS = range(1, 11)


def index_path(split: str, modality: int, trial: int) -> str:
    """ "train", 0, 3 -> "idx/train_visible_3.txt"."""
    return f"idx/{split}_{FOLDERS[modality].lower()}_{trial}.txt"


def scan_regdb(root: Path, trial: int = 1) -> Scan:
    """Reads one of the ten splits; identities are the folders' names, the labels in the lists are only checked."""
    scan = Scan(root)
    for split in ("train", "test"):
        labels = []
        for modality in FOLDERS:
            labels += _scan_list(scan, split, modality, trial)
        check_labels(scan, labels)
    pids = [{r.pid for r in scan.records if r.split == split} for split in ("train", "test")]
    report_overlap(scan, index_path("test", VISIBLE, trial), *pids)
    return scan


def _scan_list(scan: Scan, split: str, modality: int, trial: int) -> list[tuple[str, int, int]]:
    """Adds the records of one list; returns (place, pid, label) of its lines."""
    labels = []
    for place, path, label in read_index(scan, index_path(split, modality, trial)):
        parts = PurePosixPath(path).parts
        if len(parts) != 3 or parts[0] != FOLDERS[modality] or not parts[1].isdecimal():
            scan.report(place, "unreadable", f"'{path}' is not of the form {FOLDERS[modality]}/<identity>/<name>")
            continue
        scan.add(path, int(parts[1]), CAMERA[modality], modality, split)
        labels.append((place, int(parts[1]), label))
    return labels


def audit_regdb(scan: Scan) -> None:
    """What only a check looks at: the other nine splits, and files that no split names."""
    listed = {record.path for record in scan.records}
    for trial in TRIALS[1:]:
        other = scan_regdb(scan.root, trial)
        listed |= {record.path for record in other.records}
        scan.problems += other.problems
    for name in FOLDERS.values():
        if not (scan.root / name).is_dir():
            scan.report(name, "missing", "the folder of one modality: copy it from the archive")
            continue
        for pid in folders(scan, name):
            for path in image_files(scan, f"{name}/{pid}"):
                if path not in listed:
                    scan.report(path, "mislabelled", "left out: no list in idx names this file; rename or remove it")
