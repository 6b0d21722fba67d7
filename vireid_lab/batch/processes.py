"""Ends every process of a run, wherever it went.

A Jupyter kernel starts a session of its own and may start children that do the same, so neither the process group nor
the tree of parents finds them all. What they share is the variable `VIREID_JOB` of their environment.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import psutil

VARIABLE = "VIREID_JOB"
GRACE = 5.0  # seconds between SIGTERM and SIGKILL, and again before giving up


def job_id(folder: Path) -> str:
    """What `VIREID_JOB` holds: the absolute path of the run's folder, which only one run has at a time."""
    return str(folder.resolve())


def processes_of(folder: Path) -> list[psutil.Process]:
    """The living processes of the run in `folder` on this machine, without the calling one."""
    return [process for process in psutil.process_iter() if process.pid != os.getpid() and _belongs(process, folder)]


def _belongs(process: psutil.Process, folder: Path) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE and process.environ().get(VARIABLE) == job_id(folder)
    except (psutil.Error, OSError):  # it has just ended, or is another user's
        return False


def end_processes(folder: Path) -> None:
    """Ends all processes of the run in `folder` on this machine but the calling one: SIGTERM, after 5 s SIGKILL."""
    patience = time.monotonic() + GRACE
    asked = set()
    while time.monotonic() < patience + GRACE and (found := processes_of(folder)):
        for process in found:
            try:
                if time.monotonic() > patience:
                    process.kill()
                elif process not in asked:
                    process.terminate()
            except psutil.Error:
                continue
        asked.update(found)
        time.sleep(0.1)
