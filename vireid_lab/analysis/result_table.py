"""Finished runs as a table small enough to be kept with the pictures that are drawn from it: NAME.runs.csv."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from vireid_lab.analysis.run_results import RunResult
from vireid_lab.papers.reader import METRICS
from vireid_lab.papers.slots import SLOTS, read_slots
from vireid_lab.runtime import InputError, atomic_path

SUFFIX = ".runs.csv"
KEPT = (*METRICS, "train_rank1")  # of an evaluation
CHECKPOINTS = ("last", "best")
COLUMNS = (
    "run", *SLOTS, "seed", "data_seed", "label", "protocol",
    *(f"{checkpoint} {name}" for checkpoint in CHECKPOINTS for name in KEPT),
    "start", "data", "benchmark", "settings",
)  # fmt: skip


def write_results(runs: Iterable[RunResult], path: str | Path) -> Path:
    """Writes one row for each evaluation of each finished run.

    Args:
        runs: from `read_runs`.
        path: file to write; its name ends in ".runs.csv", by which `read_runs` finds it.

    Raises:
        InputError: another name, or no finished run that was evaluated.
    """
    path = Path(path)
    if not path.name.endswith(SUFFIX):
        raise InputError(f"{path}: a table of runs is called NAME{SUFFIX}")
    rows = [row for run in runs if run.finished for row in _rows(run)]
    if not rows:
        raise InputError(f"{path}: there is no finished and evaluated run to write")
    with atomic_path(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


def read_results(path: str | Path) -> list[RunResult]:
    """The runs of a table that `write_results` wrote; `path` of each is the table and the run's name behind it.

    Raises:
        InputError: the file is missing or damaged; names the line.
    """
    path = Path(path)
    runs: dict[str, RunResult] = {}
    try:
        with path.open(newline="", encoding="utf-8") as file:
            for row in (reader := csv.DictReader(file)):
                try:
                    run = runs.setdefault(row["run"], _run(path, row))
                    run.metrics.update(_evaluations(row))
                except (KeyError, TypeError, ValueError) as error:
                    raise InputError(
                        f"{path}, line {reader.line_num}: not a row of a table of runs ({error!r})"
                    ) from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    return list(runs.values())


def _rows(run: RunResult) -> Iterable[dict[str, Any]]:
    fixed = {
        "run": run.path.name,
        **run.slots,
        "seed": run.seed,
        "data_seed": run.data_seed,
        "start": run.start.rpartition("/")[2],  # the folder of the file is of one machine alone
        "data": run.data,
        "benchmark": json.dumps(run.benchmark),
        "settings": json.dumps({k: v for k, v in run.settings.items() if k not in ("data_root", *run.slots)}),
    }
    for label in dict.fromkeys(label for label, _ in run.metrics):
        read = {c: run.metrics[label, c] for c in CHECKPOINTS if (label, c) in run.metrics}
        values = {f"{c} {name}": f"{v[name]:.6f}" for c, v in read.items() for name in KEPT if name in v}
        yield {**fixed, "label": label, "protocol": next(iter(read.values()))["protocol"], **values}


def _run(path: Path, row: dict[str, str]) -> RunResult:
    slots = read_slots(row)
    return RunResult(
        path=path / row["run"],
        recipe=row["recipe"],
        slots=slots,
        settings={**json.loads(row["settings"]), **slots},
        seed=int(row["seed"]),
        data_seed=int(row["data_seed"]),
        data=row["data"],
        benchmark=json.loads(row["benchmark"]),
        start=row["start"],
        finished=True,
        metrics={},
    )


def _evaluations(row: dict[str, str]) -> Iterable[tuple[tuple[str, str], dict[str, Any]]]:
    for checkpoint in CHECKPOINTS:
        values = {name: float(text) for name in KEPT if (text := row[f"{checkpoint} {name}"])}
        if values:
            facts = {"protocol": row["protocol"], "checkpoint": checkpoint, "synthetic": row["benchmark"] != "null"}
            yield (row["label"], checkpoint), values | facts
