"""What a batch has to do: each planned run with its job, and whether it is run, and why."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vireid_lab.runtime import InputError

from .fingerprint import code_sha, data_sha, notebook_sha
from .parameters import read_parameters
from .plan import PlannedRun
from .record import Job, Record, read_job, read_record

FINGERPRINTS = {"notebook_sha": "the notebook", "code_sha": "the code of vireid_lab", "data_sha": "the data"}


@dataclass(frozen=True)
class Decision:
    """What happens to one run.

    Attributes:
        run: as planned.
        folder: where it lies.
        job: what is or would be asked of it now.
        skipped: it is finished, and nothing that it depends on has changed.
        reason: why it is run, or why not.
    """

    run: PlannedRun
    folder: Path
    job: Job
    skipped: bool
    reason: str


def decide_all(out: Path, runs: list[PlannedRun], timeout: float | None, threads: int | None) -> list[Decision]:
    """Decides about each run; reads only.

    Args:
        out: folder of the batch (absolute), which need not be there.
        runs: as `plan_runs` gives them; the working folder of all is the present one.
        timeout: seconds that each may take.
        threads: threads that each may use.

    Raises:
        InputError: a notebook cannot be read.
    """
    code, cwd = code_sha(), str(Path.cwd())
    fingerprint = functools.cache(notebook_sha)
    defaults = functools.cache(read_parameters)

    @functools.cache  # runs that share their data read the files of a large data set once
    def fingerprint_data(texts: tuple[tuple[str, str], ...]) -> str:
        return data_sha(dict(texts), cwd)

    decisions = []
    for run in runs:
        folder = out / run.name
        values = {"out": str(out), **{k: v for k, v in defaults(run.notebook).items() if k != "out"}, **run.parameters}
        parameters = dict(run.parameters)
        if "out" in defaults(run.notebook):
            parameters.setdefault("out", str(folder))
        job = Job(
            notebook=str(run.notebook),
            parameters=parameters,
            name=run.name,
            notebook_sha=fingerprint(run.notebook),
            code_sha=code,
            data_sha=fingerprint_data(tuple((k, v) for k, v in sorted(values.items()) if isinstance(v, str))),
            cwd=cwd,
            timeout=timeout,
            threads=threads,
        )
        decisions.append(Decision(run, folder, job, *decide(job, folder)))
    return decisions


def decide(job: Job, folder: Path) -> tuple[bool, str]:
    """Whether a run is skipped, and the reason."""
    if not (folder / "job.json").exists():
        return False, "new"
    try:
        record = read_record(folder)
        if record.state == "waiting":
            return False, "not started yet"
        reason = _not_finished(record) or _stale(read_job(folder), job)
    except InputError as error:
        reason = str(error)
    if not reason and not (folder / Path(job.notebook).name).exists():
        reason = "its executed notebook is gone"
    return (False, f"again: {reason}") if reason else (True, "finished")


def _not_finished(record: Record) -> str:
    where = f" in cell {record.cell}" if record.cell else ""
    return {
        "running": "it is still running",
        "finished": "",
        "failed": f"it failed{where}",
        "timed out": f"it timed out{where} after {record.seconds:.0f} s",
        "interrupted": f"it was interrupted{where}",
    }[record.state]


def _stale(old: Job, new: Job) -> str:
    """What has changed between two jobs, in words; empty when it makes no difference to the result."""
    changed = [words for name, words in FINGERPRINTS.items() if getattr(old, name) != getattr(new, name)]
    missing: Any = object()
    for name in sorted({*old.parameters, *new.parameters}):
        if old.parameters.get(name, missing) != new.parameters.get(name, missing):
            changed.append(f"the parameter {name}")
    return f"{', '.join(changed)} changed" if changed else ""
