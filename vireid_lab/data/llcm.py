"""The layout of LLCM: {vis,nir}/<ID>/ for training, test_{vis,nir}/cam<1..9>/<ID>/ for test, lists in idx/."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from .records import INFRARED, VISIBLE
from .scan import Scan, check_labels, folders, image_files, read_ids, read_index, report_overlap

FOLDERS = {VISIBLE: "vis", INFRARED: "nir"}
CAMERAS = range(1, 10)
NAME = re.compile(r"(?P<pid>\d{4})_c(?P<camera>\d{1,2})_.*_(?P<folder>vis|nir)")


def scan_llcm(root: Path) -> Scan:
    """Reads training images from idx/train_{vis,nir}.txt and test images from the test folders of idx/test_id.txt.

    As in the authors' evaluation code, a test image's identity and camera are its folders'. A missing camera or
    identity folder is normal.
    """
    scan = Scan(root)
    labels = []
    for modality in FOLDERS:
        labels += _scan_train(scan, modality)
    check_labels(scan, labels)
    train, test = {record.pid for record in scan.records}, read_ids(scan, "idx/test_id.txt")
    report_overlap(scan, "idx/test_id.txt", train, test)
    for modality in FOLDERS:
        _scan_test(scan, modality, set(test))
    for pid in sorted(set(test) - {record.pid for record in scan.records}):
        scan.report("idx/test_id.txt", "missing", f"identity {pid} is listed and has no test image in any camera")
    return scan


def _scan_train(scan: Scan, modality: int) -> list[tuple[str, int, int]]:
    """Adds the records of one training list; returns (place, pid, label) of its lines."""
    labels = []
    for place, path, label in read_index(scan, f"idx/train_{FOLDERS[modality]}.txt"):
        name, folder = NAME.fullmatch(PurePosixPath(path).stem), PurePosixPath(path).parent.name
        if not name or not folder.isdecimal():
            scan.report(place, "unreadable", f"'{path}' is not of the form vis/0001/0001_c01_s1_f1_vis.jpg")
            continue
        _compare(scan, path, name, int(folder), int(name["camera"]), modality)
        scan.add(path, int(folder), int(name["camera"]), modality, "train")
        labels.append((place, int(folder), label))
    return labels


def _scan_test(scan: Scan, modality: int, test: set[int]) -> None:
    top = f"test_{FOLDERS[modality]}"
    if not (scan.root / top).is_dir():
        scan.report(top, "missing", "the test images of one modality: copy the folder from the archive")
        return
    for camera_name in folders(scan, top):
        if camera_name not in {f"cam{camera}" for camera in CAMERAS}:
            scan.report(f"{top}/{camera_name}", "mislabelled", "unknown camera, left out: LLCM has cam1 to cam9")
            continue
        camera = int(camera_name.removeprefix("cam"))
        for pid in folders(scan, f"{top}/{camera_name}"):
            folder = f"{top}/{camera_name}/{pid}"
            if not pid.isdecimal() or int(pid) not in test:
                scan.report(folder, "mislabelled", "left out: idx/test_id.txt does not name this identity")
                continue
            for path in image_files(scan, folder):
                if name := NAME.fullmatch(PurePosixPath(path).stem):
                    _compare(scan, path, name, int(pid), camera, modality)
                scan.add(path, int(pid), camera, modality, "test")


def _compare(scan: Scan, path: str, name: re.Match, pid: int, camera: int, modality: int) -> None:
    """Reports a file whose name says another identity, camera or modality than its folders."""
    if (int(name["pid"]), int(name["camera"]), name["folder"]) != (pid, camera, FOLDERS[modality]):
        folder = f"{FOLDERS[modality]} {pid:04d} c{camera:02d}"
        scan.report(path, "mislabelled", f"named otherwise than its folder ({folder}), which counts: mend the name")


def audit_llcm(scan: Scan) -> None:
    """What only a check looks at: the test lists (evaluation does not need them), and files that no list names."""
    listed = {record.path for record in scan.records}
    for folder in FOLDERS.values():
        if (scan.root / f"idx/test_{folder}.txt").is_file():
            listed |= {path for _, path, _ in read_index(scan, f"idx/test_{folder}.txt")}
    for folder in FOLDERS.values():
        if not (scan.root / folder).is_dir():
            scan.report(folder, "missing", "the training images of one modality: copy the folder from the archive")
            continue
        for pid in folders(scan, folder):
            for path in image_files(scan, f"{folder}/{pid}"):
                if path not in listed:
                    scan.report(path, "mislabelled", "left out: no list in idx names this file; rename or remove it")
