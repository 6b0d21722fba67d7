"""How a run ended: from the exit code first, because a notebook whose kernel was killed looks finished."""

from __future__ import annotations

import re
import signal
from pathlib import Path
from typing import Any

from vireid_lab.runtime import InputError

from .execute import DISK_FULL, KERNEL_DIED
from .parameters import is_code, read_cells
from .record import ERROR_LINES, RUNNING_NOTEBOOK, Job

ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
LINE_LENGTH = 300  # the text of an exception may hold a whole array
ERROR_MARKER = "papermill-error-cell-tag"  # of the cells that papermill puts first and before the failed one


def keep_notebook(folder: Path, job: Job) -> list[dict[str, Any]] | None:
    """Gives the executed notebook its final name; one that cannot be read was cut off in writing, and goes.

    Returns:
        Its cells; None if there is none.
    """
    running = folder / RUNNING_NOTEBOOK
    try:
        cells = read_cells(running)
    except InputError:
        running.unlink(missing_ok=True)
        return None
    running.replace(folder / Path(job.notebook).name)
    return cells


def judge(
    folder: Path, job: Job, cut: str, exit_code: int, cells: list[dict[str, Any]] | None
) -> tuple[str, int | None, str]:
    """Tells how a run ended.

    Args:
        folder: of the run.
        job: what it was asked to do.
        cut: the state of a run that was ended before its own end: "timed out" or "interrupted"; else empty.
        exit_code: of the executor.
        cells: of the executed notebook; None if there is none.

    Returns:
        State, number of the code cell that failed or was running, and the error, as `Record` has them.
    """
    if not cut and exit_code == 0 and cells is not None:
        return "finished", None, ""
    index = _stopped_at(cells or [])
    number = None if index is None else sum(map(_is_given_code, cells[: index + 1]))
    if cut == "timed out":
        return cut, number, f"over the time-out of {job.timeout:g} s"
    if cut == "interrupted":
        return cut, number, "told to end, or the process that started it has gone"
    return "failed", number, _cause(folder, exit_code, [] if index is None else _traceback(cells[index]))


def _cause(folder: Path, exit_code: int, lines: list[str]) -> str:
    if exit_code == 0:
        return "the executed notebook is not there or cannot be read"
    if exit_code == KERNEL_DIED:
        return "the kernel died: killed by hand or for lack of memory, or crashed"
    if exit_code == DISK_FULL:
        return "the notebook could not be written: the disk is full, or a quota or file-size limit is reached"
    if exit_code < 0:
        return f"the process that ran the notebook was ended by {signal.Signals(-exit_code).name}"
    log = (folder / "log.txt").read_text(encoding="utf-8", errors="replace")
    return "\n".join((lines or _lines(log))[-ERROR_LINES:])


def _stopped_at(cells: list[dict[str, Any]]) -> int | None:
    """Index of the code cell behind papermill's error marker, else of the last one that was started."""
    marked = [i for i, cell in enumerate(cells) if ERROR_MARKER in cell["tags"]]
    started = [i for i, cell in enumerate(cells) if is_code(cell) and cell["metadata"]["papermill"]["start_time"]]
    if marked:
        return next((i for i in started if i > marked[-1]), None)
    return started[-1] if started else None


def _is_given_code(cell: dict[str, Any]) -> bool:
    return is_code(cell) and "injected-parameters" not in cell["tags"]


def _traceback(cell: dict[str, Any]) -> list[str]:
    errors = [output for output in cell["outputs"] if output["output_type"] == "error"]
    return _lines("\n".join(errors[-1]["traceback"])) if errors else []


def _lines(text: str) -> list[str]:
    return [line.rstrip()[:LINE_LENGTH] for line in ANSI.sub("", text).splitlines() if line.strip()]
