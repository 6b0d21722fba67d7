"""Searches among images of noise, in the layout of SYSU-MM01 or of a manifest that marks queries and gallery."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vireid_lab.data.records import Dataset, Record
from vireid_lab.evaluate.evaluation_plan import plan_evaluation
from vireid_lab.evaluate.features import Features
from vireid_lab.widgets.retrieval_search import Search

SIZE = (96, 48)
INFRARED_CAMS = (3, 6)


def sysu_records(people: int = 4, frames: int = 3) -> list[Record]:
    places = [
        (cam, pid, frame) for cam in range(1, 7) for pid in range(5, 5 + people) for frame in range(1, 1 + frames)
    ]
    return [Record(f"cam{c}/{p:04d}/{f:04d}.jpg", p, c, int(c in INFRARED_CAMS), "test") for c, p, f in places]


def marked_records() -> list[Record]:
    """Cameras 1 and 2 see visible, 2 and 3 infrared light; both kinds are queries and gallery."""
    cells = [(cam, kind, pid) for cam, kind in ((1, 0), (2, 0), (2, 1), (3, 1)) for pid in (1, 2, 3)]
    return [
        Record(f"{split}/{cam}-{kind}-{pid}.png", pid, cam, kind, split)
        for split in ("query", "gallery")
        for cam, kind, pid in cells
    ]


def make_search(
    records: list[Record], layout: str = "sysu", protocol: str | None = None, seed: int = 0, model=None
) -> Search:
    rng = np.random.default_rng(seed)
    columns = (np.array(column) for column in zip(*((r.pid, r.camid, r.modality) for r in records), strict=True))
    features = Features(rng.standard_normal((len(records), 5)), *columns, [record.path for record in records])
    images = np.random.default_rng(9).integers(0, 256, (len(records), *SIZE, 3)).astype(np.uint8)
    plan = plan_evaluation(Dataset(Path("nowhere"), layout, tuple(records)), protocol)
    return Search(plan, features, images, rng.standard_normal((len(records), 2)), model)


def sorted_gallery(search: Search, query: int, allowed=lambda record: True) -> list[tuple[float, int]]:
    """(distance, number of the image) of what a query of SYSU-MM01 may find, nearest first, one by one."""
    records, unit = search.plan.records, search.features.features
    unit = unit / np.linalg.norm(unit, axis=1, keepdims=True)
    asking = search.queries[query]
    found = []
    for image in search.gallery:
        record = records[image]
        if not (records[asking].camid == 3 and record.camid == 2) and allowed(record):
            found.append((float(np.linalg.norm(unit[asking] - unit[image])), int(image)))
    return sorted(found)
