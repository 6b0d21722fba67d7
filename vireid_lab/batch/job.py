"""The supervisor of one run, the same under all engines: `python -m vireid_lab.batch.job FOLDER`.

It imports little, so that it is there at once; the executor, a process of its own, imports papermill.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from vireid_lab.runtime import InputError

from .outcome import judge, keep_notebook
from .processes import VARIABLE, end_processes, job_id
from .record import RUNNING_NOTEBOOK, Job, Record, hold, read_job, read_record, write_record

WAIT = 20.0  # seconds that a supervisor whose parent has just gone may need to end its run
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Supervisor:
    """Runs the notebook of one folder, which the caller holds; ends it at a signal or with the process it served."""

    def __init__(self, folder: Path, parent: int):
        self.folder = folder
        self.parent = parent
        self.told_to_end = False
        for number in SIGNALS:
            signal.signal(number, self._note)

    def _note(self, number: int, frame: object) -> None:
        self.told_to_end = True

    def run(self) -> Record:
        """Runs the job and writes its records.

        Raises:
            InputError: `job.json` or an old record cannot be read.
            OSError: a record could not be written.
        """
        job = read_job(self.folder)
        end_processes(self.folder)  # of a former run whose supervisor was killed
        for old in (RUNNING_NOTEBOOK, Path(job.notebook).name):
            (self.folder / old).unlink(missing_ok=True)
        begin = time.monotonic()
        record = self._first_record()
        write_record(self.folder, record)
        try:
            cut, exit_code = self._execute(job)
            cells = keep_notebook(self.folder, job)
            state, cell, error = judge(self.folder, job, cut, exit_code, cells)
            record = replace(record, state=state, exit_code=exit_code, cell=cell, error=error)
        except OSError as error:
            record = replace(record, state="failed", error=str(error))
        record = replace(record, ended=_now(), seconds=round(time.monotonic() - begin, 3))
        write_record(self.folder, record)
        return record

    def _first_record(self) -> Record:
        attempts = read_record(self.folder).attempts + 1
        return Record(state="running", started=_now(), host=socket.gethostname(), pid=os.getpid(), attempts=attempts)

    def _execute(self, job: Job) -> tuple[str, int]:
        """Returns "timed out" or "interrupted" if the run was cut short, else "", and the exit code."""
        command = [sys.executable, "-m", "vireid_lab.batch.execute", str(self.folder)]
        with open(self.folder / "log.txt", "w") as log:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=_environment(self.folder, job), start_new_session=True,
            )  # fmt: skip
        try:
            cut = self._watch(process, job.timeout)
        finally:
            end_processes(self.folder)
            exit_code = process.wait()
        return cut, exit_code

    def _watch(self, process: subprocess.Popen, timeout: float | None) -> str:
        end = None if timeout is None else time.monotonic() + timeout
        while process.poll() is None:
            if self.told_to_end or os.getppid() != self.parent:
                return "interrupted"
            if end is not None and time.monotonic() > end:
                return "timed out"
            time.sleep(0.1)
        return "interrupted" if self.told_to_end else ""  # SLURM tells the executor at the same moment


def _environment(folder: Path, job: Job) -> dict[str, str]:
    threads = {} if job.threads is None else {
        f"{library}_NUM_THREADS": str(job.threads) for library in ("OMP", "MKL", "OPENBLAS")
    }  # fmt: skip
    return {**os.environ, **threads, "TQDM_DISABLE": "1", VARIABLE: job_id(folder)}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def main() -> int:
    """Supervises the run of one folder; returns 0 if it finished, else 1."""
    parent = os.getppid()
    folder = Path(sys.argv[1]).resolve()
    try:
        with hold(folder, WAIT):
            return 0 if Supervisor(folder, parent).run().state == "finished" else 1
    except (InputError, OSError) as error:
        print(f"vireid: error: run '{folder.name}': {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
