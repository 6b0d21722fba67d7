"""The engine for SLURM: all runs as one job array, through submitit.

SLURM may take a run's node away (preemption, the time limit): submitit puts the run into the queue again, and it
begins anew in its folder.
"""

from __future__ import annotations

import json
import math
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vireid_lab.batch.engines.local import start, stop, wait_until_free
from vireid_lab.batch.record import read_job, read_record
from vireid_lab.runtime import InputError, unknown

if TYPE_CHECKING:
    from submitit import AutoExecutor, Job
    from submitit.core.utils import DelayedSubmission

POLL_SECONDS = 1.0
QUEUE_SECONDS = 10  # between two questions to SLURM's controller, which serves the whole cluster
SPARE_MINUTES = 5  # for starting and ending a run, beyond what its notebook may take
GRACE_SECONDS = 300
SET_HERE = {"array_parallelism", "nodes", "tasks_per_node", "ntasks_per_node", "timeout_min"}


def run_jobs(
    folders: list[Path], jobs: int, changed: Callable[[Path], None], settings: dict[str, str] | None = None
) -> None:
    """Runs the jobs in `folders` as one SLURM job array, at most `jobs` at a time.

    Args:
        folders: one a job, on a file system that the nodes share with this machine.
        jobs: how many run at a time.
        changed: called with a folder when its record may have changed.
        settings: the texts of `--slurm key=value`, such as {"partition": "gpu", "time": "240"}; see `read_settings`.

    Raises:
        InputError: SLURM is not there or refuses the array, a setting is unknown or of the wrong type, no time limit
            is known, or the nodes cannot start runs.
        KeyboardInterrupt: as it came, after the array was cancelled.
    """
    import submitit

    if not folders:
        return
    require_slurm()
    executor = submitit.AutoExecutor(folders[0].parent / "slurm", cluster="slurm")
    parameters = {"slurm_job_name": "vireid", "slurm_time": time_limit(folders)} | read_settings(settings or {})
    if not parameters["slurm_time"]:
        raise InputError("--engine slurm needs a limit: give --slurm time=MINUTES, or the --timeout of a run")
    try:
        executor.update_parameters(**parameters, slurm_array_parallelism=jobs)
    except AssertionError as error:  # submitit checks the types of its own settings so
        raise InputError(f"--slurm: {error}") from error
    run_array(executor, folders, changed)


def require_slurm() -> None:
    """Raises InputError when SLURM's programs are not on this machine."""
    missing = [program for program in ("sbatch", "srun", "squeue", "scancel") if not shutil.which(program)]
    if missing:
        raise InputError(
            f"--engine slurm: there is no SLURM on this machine ('{missing[0]}' is not found); log in where it is, or "
            "use --engine local, or --engine dask=ADDRESS for several machines"
        )


def read_settings(settings: dict[str, str]) -> dict[str, Any]:
    """The parameters of submitit that settings mean: JSON where the text is JSON (numbers, lists), text otherwise.

    Raises:
        InputError: a name that neither submitit nor SLURM knows, or a time that is not a number of minutes.
    """
    from submitit import AutoExecutor, SlurmExecutor

    shared, own = AutoExecutor._valid_parameters(), SlurmExecutor._valid_parameters()
    parameters = {}
    for name, text in settings.items():
        if name not in (shared | own) - SET_HERE:
            raise unknown("setting of --slurm", name, sorted((shared | own) - SET_HERE))
        try:
            value = json.loads(text)
        except ValueError:
            value = text
        if name == "time" and not (isinstance(value, int) and value > 0):
            raise InputError(f"--slurm time={text}: give a whole number of minutes")
        parameters[name if name in shared else f"slurm_{name}"] = value
    return parameters


def time_limit(folders: list[Path]) -> int | None:
    """Minutes that each run gets when nothing else is said: its time-out and some to spare; None without a time-out."""
    timeouts = [read_job(folder).timeout for folder in folders]
    return None if None in timeouts else math.ceil(max(timeouts) / 60) + SPARE_MINUTES


def run_array(executor: AutoExecutor, folders: list[Path], changed: Callable[[Path], None]) -> None:
    """Runs the supervisors of `folders` as one array of a submitit executor; see `run_jobs`."""
    from submitit.core.utils import FailedJobError

    try:
        running = dict(zip(folders, executor.map_array(Supervision(), map(str, folders)), strict=True))
    except FailedJobError as error:
        raise InputError(f"SLURM refuses the runs: {str(error).strip().splitlines()[-1]}") from error
    queue = Queue()
    try:
        while running:
            time.sleep(POLL_SECONDS)
            queue.ask()
            for folder, job in list(running.items()):
                ended = queue.has_left(job)
                changed(folder)
                if ended:
                    del running[folder]
                    check(job)
    finally:
        for job in running.values():
            job.cancel(check=False)
        wait_until_free(running)


class Supervision:
    """One run as submitit starts it on a node."""

    def __call__(self, folder: str) -> None:
        """Starts the supervisor in `folder` and waits for it.

        SLURM sends its signals to all processes of a job. The warning before it takes the node away is for submitit
        alone, in this process: it would end the kernel.
        """
        from submitit.core.job_environment import JobEnvironment

        warning = {signal.Signals[f"SIG{JobEnvironment.USR_SIG}"]}
        signal.pthread_sigmask(signal.SIG_BLOCK, warning)  # children inherit it
        supervisor = start(Path(folder), gpus=[])
        signal.pthread_sigmask(signal.SIG_UNBLOCK, warning)
        terminated = threading.Event()
        signal.signal(signal.SIGTERM, lambda number, frame: terminated.set())
        try:
            while supervisor.poll() is None:
                time.sleep(0.2)
        finally:
            stop([supervisor])
        if terminated.is_set():
            # SLURM will kill this process, and has put the run into the queue again, or not. One that ends before that
            # leaves a result, and with it counts as done.
            time.sleep(GRACE_SECONDS)
        if read_record(Path(folder)).state == "waiting":
            raise RuntimeError(f"the supervisor of {folder} could not start; its output says why")

    def checkpoint(self, folder: str) -> DelayedSubmission:
        """What submitit puts into the queue when the node is taken away: the same run."""
        from submitit.helpers import DelayedSubmission

        return DelayedSubmission(Supervision(), folder)


class Queue:
    """Which jobs SLURM still has. `squeue` knows on every cluster; submitit asks `sacct`, which needs a database."""

    def __init__(self):
        self.asked, self.ids = time.monotonic(), None

    def ask(self) -> None:
        """Asks SLURM for the jobs of this user, now and then; without an answer nothing is known to have left."""
        if time.monotonic() - self.asked < QUEUE_SECONDS or not shutil.which("squeue"):
            return
        command = ["squeue", "--me", "--array", "--noheader", "--format=%i"]
        done = subprocess.run(command, capture_output=True, text=True)
        self.asked, self.ids = time.monotonic(), set(done.stdout.split()) if done.returncode == 0 else None

    def has_left(self, job: Job) -> bool:
        """Whether a job is over, with a result or without."""
        from submitit import SlurmJob

        if not isinstance(job, SlurmJob):
            return job.done()
        return job.paths.result_pickle.exists() or (self.ids is not None and job.job_id not in self.ids)


def check(job: Job) -> None:
    """Raises InputError when a job ended in another way than its run; what became of a run is in its record."""
    if job.paths.result_pickle.exists() and job.exception() is not None:
        raise InputError(f"a node cannot start runs: see {job.paths.stderr}")
