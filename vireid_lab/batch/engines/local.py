"""The engine for one machine: supervisors as child processes, the visible GPUs shared out among them."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Collection
from pathlib import Path

from vireid_lab.batch.record import is_held

POLL_SECONDS = 0.2
STOP_SECONDS = 20  # a supervisor gives its kernel five seconds before it kills it


def run_jobs(folders: list[Path], jobs: int, changed: Callable[[Path], None]) -> None:
    """Runs the jobs in `folders`, at most `jobs` at a time.

    Each supervisor has a session of its own, so that Ctrl-C in the terminal reaches the runner alone.

    Raises:
        KeyboardInterrupt: as it came, after all supervisors have ended.
    """
    waiting, free = deque(folders), share_gpus(visible_gpus(), jobs)
    running: dict[Path, tuple[subprocess.Popen, list[str]]] = {}
    try:
        while waiting or running:
            while waiting and free:
                share = free.pop(0)
                running[waiting[0]] = start(waiting[0], share), share
                waiting.popleft()
            time.sleep(POLL_SECONDS)
            for folder, (supervisor, share) in list(running.items()):
                ended = supervisor.poll() is not None
                changed(folder)
                if ended:
                    del running[folder]
                    free.append(share)
    finally:
        stop([supervisor for supervisor, _ in running.values()])


def start(folder: Path, gpus: list[str]) -> subprocess.Popen:
    """Starts the supervisor of one job; what it says of its own troubles goes to the terminal."""
    environment = dict(os.environ)
    if gpus:
        environment["CUDA_VISIBLE_DEVICES"] = ",".join(gpus)
    return subprocess.Popen(
        [sys.executable, "-m", "vireid_lab.batch.job", str(folder)],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )


def stop(supervisors: list[subprocess.Popen]) -> None:
    """Tells all supervisors to end and waits for them; one that does not answer is killed."""
    for supervisor in supervisors:
        supervisor.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for supervisor in supervisors:
        try:
            supervisor.wait(max(0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            supervisor.kill()
            supervisor.wait()


def wait_until_free(folders: Collection[Path]) -> None:
    """Waits until no supervisor holds any of the folders, for `STOP_SECONDS` at most."""
    deadline = time.monotonic() + STOP_SECONDS
    while any(is_held(folder) for folder in folders) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)


def visible_gpus() -> list[str]:
    """The GPUs that jobs may use, as CUDA_VISIBLE_DEVICES names them; found without importing torch."""
    given = os.environ.get("CUDA_VISIBLE_DEVICES")
    if given is not None:
        return [gpu.strip() for gpu in given.split(",") if gpu.strip()]
    if not shutil.which("nvidia-smi"):
        return []
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, timeout=30, check=True).stdout
        return [str(i) for i in range(sum(line.startswith("GPU ") for line in listed.splitlines()))]
    return []


def share_gpus(gpus: list[str], jobs: int) -> list[list[str]]:
    """The GPUs of each of `jobs` jobs at a time: several each where there are enough, else one that jobs share."""
    if jobs <= len(gpus):
        return [gpus[i::jobs] for i in range(jobs)]
    return [[gpus[i % len(gpus)]] if gpus else [] for i in range(jobs)]
