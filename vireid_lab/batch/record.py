"""What a run was asked to do (`job.json`), how it stands (`record.json`) and who holds its folder (`.lock`)."""

from __future__ import annotations

import contextlib
import fcntl
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from vireid_lab.runtime import InputError, read_json, unknown, write_json

ENDED_BADLY = ("failed", "timed out", "interrupted")  # states of a run that did not come to its own end
STATES = ("waiting", "running", "finished", *ENDED_BADLY)
RUNNING_NOTEBOOK = ".running.ipynb"
ERROR_LINES = 15


@dataclass(frozen=True)
class Job:
    """What one run was asked to do; nothing in it depends on when, where or how the run is started.

    Attributes:
        notebook: absolute path of the notebook.
        parameters: the values given (not the defaults of the notebook), as JSON can hold them.
        name: the name of the run, which is that of its folder.
        notebook_sha, code_sha, data_sha: see `fingerprint`; a run is stale when one of them has changed.
        cwd: the folder the kernel works in; relative paths among the parameters start there.
        kernel: the name of a Jupyter kernel.
        timeout: seconds the run may take; None for no limit.
        threads: threads of the numeric libraries; None leaves that to them.
    """

    notebook: str
    parameters: dict[str, Any]
    name: str
    notebook_sha: str
    code_sha: str
    data_sha: str
    cwd: str
    kernel: str = "python3"
    timeout: float | None = None
    threads: int | None = None


@dataclass(frozen=True)
class Record:
    """How a run stands.

    Attributes:
        state: one of `STATES`.
        exit_code: of the process that ran the notebook; -N when signal N ended it; None when there is none.
        started, ended: ISO 8601 in UTC; empty when that has not happened.
        seconds: wall time.
        cell: the code cell that failed or was running at the end, 1-based among all code cells of the notebook as
            given; None when no cell is to blame.
        error: at most `ERROR_LINES` lines of plain text; empty when all went well.
        host, pid: where the run was supervised, and by which process.
        attempts: how often it was started.
    """

    state: str = "waiting"
    exit_code: int | None = None
    started: str = ""
    ended: str = ""
    seconds: float = 0.0
    cell: int | None = None
    error: str = ""
    host: str = ""
    pid: int | None = None
    attempts: int = 0


def write_job(folder: Path, job: Job) -> None:
    """Writes `job.json`, whole or not at all."""
    write_json(folder / "job.json", asdict(job))


def read_job(folder: Path) -> Job:
    """Reads `job.json`.

    Raises:
        InputError: it is missing, is not JSON, or has other fields than a job.
    """
    return _read(folder / "job.json", Job)


def write_record(folder: Path, record: Record) -> None:
    """Writes `record.json`, whole or not at all; only the process that holds the folder may do so."""
    write_json(folder / "record.json", asdict(record))


def read_record(folder: Path) -> Record:
    """How the run in `folder` stands.

    Without a `record.json` it is "waiting". One that says "running" while nobody holds the folder was left by a
    process that could not say goodbye: the answer is "interrupted".

    Raises:
        InputError: `record.json` cannot be read, or has other fields or another state than a record.
    """
    path = folder / "record.json"
    if not path.exists():
        return Record()
    held = is_held(folder)  # asked first: a run that ends in between has written its last record by then
    record = _read(path, Record)
    if record.state not in STATES:
        raise unknown(f"state in {path}", record.state, STATES)
    if record.state == "running" and not held:
        return replace(record, state="interrupted", error=record.error or "the process that ran it has gone")
    return record


def _read(path: Path, kind: type) -> Any:
    values = read_json(path)
    names = {field.name for field in fields(kind)}
    if not isinstance(values, dict) or set(values) != names:
        raise InputError(f"{path} was not written by this version: its fields are not {', '.join(sorted(names))}")
    return kind(**values)


@contextlib.contextmanager
def hold(folder: Path, wait: float = 0.0) -> Iterator[None]:
    """Holds `folder` by a lock on its file `.lock`; the system frees it when the process ends, however it ends.

    Args:
        folder: it must be there.
        wait: seconds to wait for another holder to go.

    Raises:
        InputError: another process holds the folder.
    """
    patience = time.monotonic() + wait
    with open(folder / ".lock", "a") as lock:
        while not _try_lock(lock, fcntl.LOCK_EX):
            if time.monotonic() >= patience:
                raise InputError(f"'{folder}' is in use by another run: wait for its end, or give another folder")
            time.sleep(0.1)
        yield


def is_held(folder: Path) -> bool:
    """Whether a process holds `folder`; asking needs no permission to write there."""
    try:
        with open(folder / ".lock") as lock:
            return not _try_lock(lock, fcntl.LOCK_SH)
    except FileNotFoundError:
        return False


def _try_lock(lock, kind: int) -> bool:
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
