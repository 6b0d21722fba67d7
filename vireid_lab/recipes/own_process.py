"""A training's own process: started, found again from its run folder, and ended.

It inherits an open file RUN/.process with a lock on it (flock), which the system keeps for as long as the process
lives: whoever finds it locked knows that a training is running there, and starts none.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

from vireid_lab.runtime import InputError

PAUSE = 0.2  # seconds between two looks at a training


def log_path(out: Path) -> Path:
    """Where a training that was started by `launch` prints."""
    return out / "train.log"


def is_running(out: str | Path) -> bool:
    """Whether a training that `launch` started is running in a folder."""
    with contextlib.suppress(FileNotFoundError), process_file(Path(out)).open() as file:
        return not _lock(file, fcntl.LOCK_SH)
    return False


def stop_training(out: str | Path) -> None:
    """Ends the training that `launch` started in a folder, and returns when it has ended.

    Its last checkpoint stays: `launch` with the same arguments goes on from there.

    Raises:
        InputError: none is running there.
    """
    out = Path(out)
    if not is_running(out):
        raise InputError(f"no training that `launch` started is running in {out}: nothing to stop")
    with contextlib.suppress(ProcessLookupError):  # it has just ended by itself
        os.kill(int(process_file(out).read_text()), signal.SIGTERM)
    while is_running(out):
        time.sleep(PAUSE)


def start_process(out: Path, command: list[str]) -> bool:
    """Starts a training in a folder that this process holds; False where one is running that has not claimed it yet."""
    with process_file(out).open("a+") as file, log_path(out).open("a") as log:
        if not _lock(file, fcntl.LOCK_EX):
            return False
        log.truncate(0)
        process = subprocess.Popen(
            [sys.executable, *command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session="VIREID_JOB" not in os.environ,  # a batch run ends what its notebooks have started
            pass_fds=[file.fileno()],
        )
        file.truncate(0)
        file.write(str(process.pid))
    return True


def process_file(out: Path) -> Path:
    """The file that a training keeps locked as long as it lives; it holds the number of its process."""
    return out / ".process"


def tail(path: Path) -> str:
    """The last lines of a log."""
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - 8192, 0))
        return file.read().decode(errors="replace")


def _lock(file: IO, kind: int) -> bool:
    """Takes a lock unless another process has it; a moment's patience passes by those who only look."""
    for _ in range(3):
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            time.sleep(0.01)
    return False
