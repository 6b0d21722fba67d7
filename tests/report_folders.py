"""Made-up folders of runs with known numbers."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from vireid_lab.batch.record import Job, Record, write_job, write_record
from vireid_lab.recipes.catalogue import choose_settings
from vireid_lab.runtime import write_json

LAST = "sysu-all gallery=seeded shots=1"
CARD = {"python": "3.12.1", "system": "Linux test", "cpus": 4, "gpus": ["Made-up GPU"], "versions": {"torch": "9.9"}}
BASELINE = {"recipe": "rfm", "augment": "flip", "attention": "none", "losses": "ce+triplet"}
WITH_LTG = {**BASELINE, "augment": "flip+ltg"}


def evaluation(rank1: float, train_rank1: float, checkpoint: str, synthetic: bool = True) -> dict:
    scores = dict.fromkeys(("rank5", "rank10", "rank20", "mAP", "mINP"), 0.5)
    values = {"rank1": rank1, **scores, "train_rank1": train_rank1, "checkpoint": checkpoint, "synthetic": synthetic}
    return {**values, "protocol": "sysu-all"}


def add_run(
    folder: Path,
    slots: dict,
    seed: int,
    rank1: float,
    train_rank1: float = 0.98,
    synthetic: bool = True,
    control: str = "none",
    infrared: str = "nir",
    **record,
) -> Path:
    """One trained model, evaluated at its last and at its best step (two points higher)."""
    path = folder / f"{slots['recipe']}-{slots['augment']}-{seed}"
    settings = dataclasses.asdict(choose_settings("baseline", "tiny", {"seed": seed, "select": 16}))
    data = f"sysu synthetic sha256={seed}-{infrared}" if synthetic else "sysu train-visible=22258 sha256=0"
    benchmark = {"layout": "sysu", "infrared": infrared, "difficulty": "medium", "ids": 80, "images": 4, "seed": seed}
    benchmark |= {} if control == "none" else {"control": control}
    facts = {"preset": "tiny", "data_root": "x", "layout": "sysu", "trial": 1, "data": data, "n_ids": 64}
    write_json(path / "config.json", {**settings, **facts, **slots})
    metrics = {
        LAST: evaluation(rank1, train_rank1, "last", synthetic),
        f"{LAST} best": evaluation(rank1 + 0.02, train_rank1, "best on 16 held-out", synthetic),
    }
    record = {"finished": True, "metrics": metrics, "environment": CARD, "weights": "a sha256=1", **record}
    write_json(path / "run.json", {**record, "benchmark": benchmark if synthetic else None})
    return path


def add_notebook(folder: Path, name: str, state: str = "finished", **record) -> Path:
    """One run of a notebook in a batch."""
    path = folder / name
    path.mkdir(parents=True)
    write_job(path, Job(f"/notebooks/{name}.ipynb", {"scale": "tiny"}, name, "n", "c", "d", str(folder)))
    times = {"started": "2026-03-01T10:00:00+00:00", "ended": "2026-03-01T10:05:00+00:00"}
    write_record(path, Record(state, attempts=1, host="machine", **{**times, **record}))
    return path


GAINS = (0.08, 0.10, 0.12, 0.09, 0.11)  # of LTG over the baseline, points / 100: the claim holds


def add_ablation(folder: Path, seeds: int = 5) -> None:
    """The baseline at 30, 31, ... and the same seeds with LTG."""
    for seed in range(seeds):
        add_run(folder, BASELINE, seed, 0.30 + 0.01 * seed)
        add_run(folder, WITH_LTG, seed, 0.30 + 0.01 * seed + GAINS[seed])
