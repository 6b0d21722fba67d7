"""The layout of SYSU-MM01: cam1..cam6/<ID>/<frame>.jpg and exp/{train,val,test}_id.txt."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from .records import INFRARED, VISIBLE
from .scan import Scan, folders, image_files, read_ids, report_overlap

CAMERAS = {1: VISIBLE, 2: VISIBLE, 3: INFRARED, 4: VISIBLE, 5: VISIBLE, 6: INFRARED}
LISTS = ("exp/train_id.txt", "exp/val_id.txt", "exp/test_id.txt")
PERMUTATIONS = "exp/rand_perm_cam.mat"


def scan_sysu(root: Path) -> Scan:
    """Reads the folders; training is train_id.txt and val_id.txt together (395 identities in the original).

    A missing camX/ID folder is normal. Cameras and identities are read from folder names below the root.
    """
    scan = Scan(root)
    train, val, test = (read_ids(scan, path) for path in LISTS)
    report_overlap(scan, LISTS[2], train + val, test)
    split_of = {**dict.fromkeys(train + val, "train"), **dict.fromkeys(test, "test")}
    found = {name for name in folders(scan) if re.fullmatch(r"cam\d+", name)}
    for camera in CAMERAS:
        if f"cam{camera}" not in found:
            scan.report(f"cam{camera}", "missing", "SYSU-MM01 has six camera folders: copy it from the archive")
    for name in sorted(found):
        camera = int(name.removeprefix("cam"))
        if name != f"cam{camera}" or camera not in CAMERAS:
            scan.report(name, "mislabelled", "unknown camera folder, left out: SYSU-MM01 has cam1 to cam6")
        else:
            _scan_camera(scan, camera, split_of)
    present = {record.pid for record in scan.records}
    for path, pids in zip(LISTS, (train, val, test), strict=True):
        for pid in sorted(set(pids) - present):
            scan.report(path, "missing", f"identity {pid} is listed and no camera has an image of it")
    return scan


def _scan_camera(scan: Scan, camera: int, split_of: dict[int, str]) -> None:
    for name in folders(scan, f"cam{camera}"):
        folder = f"cam{camera}/{name}"
        if not re.fullmatch(r"\d{4}", name):
            scan.report(folder, "mislabelled", "no identity folder, left out: the name is the identity in four digits")
        elif int(name) not in split_of:
            scan.report(folder, "mislabelled", "left out: no list in exp names this identity; rename or remove it")
        else:
            for path in image_files(scan, folder):
                if not re.fullmatch(r"\d+", PurePosixPath(path).stem):
                    scan.report(path, "mislabelled", "no frame number, left out: the name is 0001.jpg and so on")
                else:
                    scan.add(path, int(name), camera, CAMERAS[camera], split_of[int(name)])


def audit_sysu(scan: Scan) -> None:
    """What only a check looks at: where the official gallery's file belongs."""
    if not (scan.root / PERMUTATIONS).is_file():
        scan.report(
            PERMUTATIONS,
            "note",
            "not there, as in the archive of the data set: put the file of the official evaluation code here for the "
            "official galleries; without it the seeded galleries are used",
        )
