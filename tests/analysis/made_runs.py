"""Made-up run folders with known numbers: files as a training and its evaluations leave them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from vireid_lab.analysis.run_results import RunResult, read_run

LABEL = "sysu-all gallery=seeded shots=1"


def write_run(
    folder: Path,
    *,
    augment: str = "flip",
    seed: int = 0,
    world: int = 0,
    last: float | None = 0.3,
    best: float | None = 0.3,
    train_rank1: float | None = 0.99,
    infrared: str = "nir",
    finished: bool = True,
    labels: tuple[str, ...] = (LABEL,),
    start: str = "visible sha256=1",
    control: str = "none",
    **settings: Any,
) -> RunResult:
    """A run of recipe rfm; `last` and `best` are its rank-1, None: not evaluated."""
    folder.mkdir(parents=True)
    data = f"sysu synthetic sha256={world}-{infrared}"
    config = {
        "recipe": "rfm", "preset": "tiny", "data_root": f"/data/{world}", "layout": "sysu", "trial": 1, "data": data,
        "n_ids": 64, "augment": augment, "backbone": "resnet10", "head": "gem", "attention": "none",
        "losses": "ce+triplet", "size": [96, 48], "steps": 600, "epochs": 0, "select": 16, "seed": seed,
        "lr": 0.003, "log_every": 20, "checkpoint_every": 100, **settings,
    }  # fmt: skip
    metrics = {}
    for label in labels:
        for value, suffix, checkpoint in ((last, "", "last"), (best, " best", "best on 16 held-out identities")):
            if value is not None:
                entry = {"rank1": value, "mAP": value / 2, "protocol": label.split()[0], "checkpoint": checkpoint}
                metrics[label + suffix] = entry | ({} if train_rank1 is None else {"train_rank1": train_rank1})
    data += "" if control == "none" else f"-{control}"
    made = {"layout": "sysu", "ids": 80, "images": 4, "seed": world, "difficulty": "medium", "infrared": infrared}
    made |= {} if control == "none" else {"control": control}
    record = {"weights": start, "finished": finished, "benchmark": made, "metrics": metrics}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "run.json").write_text(json.dumps(record))
    return read_run(folder)
