"""The engine for several machines: one task a run on a Dask cluster, or on worker processes of this machine.

A task starts the supervisor of its run as a child of the worker and waits for it. When a worker dies, Dask gives its
tasks to others; the supervisors it leaves behind notice that they are orphans, end their kernels and free the folders.
"""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from vireid_lab.batch.engines.local import share_gpus, start, visible_gpus, wait_until_free
from vireid_lab.batch.record import read_record
from vireid_lab.runtime import InputError

if TYPE_CHECKING:
    from distributed import Client, Future

POLL_SECONDS = 0.5
CONNECT_SECONDS = 10
SUPERVISORS: dict[str, subprocess.Popen] = {}  # the children of this process, where it is a worker


def run_jobs(folders: list[Path], jobs: int, changed: Callable[[Path], None], address: str | None = None) -> None:
    """Runs the jobs in `folders` on a Dask cluster, at most `jobs` at a time.

    Args:
        folders: one a job; the workers see them under the same paths.
        jobs: how many run at a time; a worker takes as many as it has threads.
        changed: called with a folder when its record may have changed.
        address: of a scheduler, such as `tcp://10.0.0.5:8786`; None starts `jobs` worker processes on this machine
            for as long as it takes, which share the visible GPUs.

    Raises:
        InputError: no scheduler answers at `address`, it went away, or its workers cannot start runs.
        KeyboardInterrupt: as it came, after all supervisors were told to end.
    """
    if not folders:
        return
    jobs = min(jobs, len(folders))
    waiting, running = deque(folders), {}
    shares = None if address else share_gpus(visible_gpus(), jobs)
    with connect(address, jobs) as client:
        try:
            while waiting or running:
                while waiting and len(running) < jobs:
                    folder = waiting.popleft()
                    running[folder] = client.submit(supervise, str(folder), shares, pure=False)
                time.sleep(POLL_SECONDS)
                for folder, future in list(running.items()):
                    ended = future.done()
                    changed(folder)
                    if ended:
                        del running[folder]
                        check(future, client)
        finally:
            if running:
                stop(client, running)


@contextlib.contextmanager
def connect(address: str | None, jobs: int) -> Iterator[Client]:
    """A client of the scheduler at `address`, or of a cluster of `jobs` processes that goes with it."""
    from distributed import Client, LocalCluster

    if address is None:
        with (
            LocalCluster(n_workers=jobs, threads_per_worker=1, host="127.0.0.1", dashboard_address=None) as cluster,
            Client(cluster, set_as_default=False) as client,
        ):
            yield client
        return
    try:
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise InputError(
            f"no Dask scheduler answers at '{address}': start one with `dask scheduler`, then a `dask worker ADDRESS` "
            "on each machine, and give the address that the scheduler prints; --engine dask alone runs on this machine"
        ) from error
    with client:
        yield client


def supervise(folder: str, shares: list[list[str]] | None) -> None:
    """The task: starts the supervisor of one run on this worker and waits for it.

    `shares` are the GPUs of each worker by number; None leaves the GPUs as the worker has them.
    """
    from distributed import get_worker

    supervisor = SUPERVISORS[folder] = start(Path(folder), shares[get_worker().name] if shares else [])
    try:
        supervisor.wait()
    finally:
        del SUPERVISORS[folder]
    if read_record(Path(folder)).state == "waiting":
        raise RuntimeError(f"the supervisor of {folder} could not start; the worker's output says why")


def check(future: Future, client: Client) -> None:
    """Raises InputError when a task ended in another way than its run; what became of a run is in its record."""
    from distributed.scheduler import KilledWorker

    where = client.scheduler.address if client.scheduler else "its address"
    if future.cancelled():
        raise InputError(f"the Dask scheduler at {where} has gone: start it again, then go on with --resume")
    error = future.exception()
    if error is not None and not isinstance(error, KilledWorker):
        raise InputError(
            f"a Dask worker of {where} cannot start runs: {error}; the workers need this version of vireid_lab and the "
            "folders of the batch under the same paths"
        ) from error


def stop(client: Client, running: dict[Path, Future]) -> None:
    """Takes back what has not begun, tells the supervisors on all workers to end and waits until they have."""
    with contextlib.suppress(OSError, TimeoutError):  # the scheduler may be what has gone
        client.cancel(list(running.values()))
        client.run(end_supervisors, [str(folder) for folder in running])
    wait_until_free(running)


def end_supervisors(folders: list[str]) -> None:
    """Ends those of the supervisors that are children of this worker."""
    for folder, supervisor in list(SUPERVISORS.items()):
        if folder in folders:
            supervisor.terminate()
