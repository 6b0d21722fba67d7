"""The executor: runs one notebook by papermill. `python -m vireid_lab.batch.execute FOLDER`, started by `job`."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import sys
import threading
import time
import traceback
from pathlib import Path

from vireid_lab.runtime import InputError

from .fingerprint import notebook_sha
from .processes import end_processes
from .record import RUNNING_NOTEBOOK, read_job, read_record

KERNEL_DIED = 138  # as papermill's own command line has it
DISK_FULL = os.EX_IOERR
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def execute(folder: Path) -> int:
    """Runs the notebook of the job in `folder`; the executed one grows in `.running.ipynb`.

    Returns:
        0; `KERNEL_DIED`; `DISK_FULL`; 1 after an error in a cell or any other. The traceback is printed.
    """
    import papermill
    from nbclient.exceptions import DeadKernelError

    job = read_job(folder)
    try:
        if notebook_sha(Path(job.notebook)) != job.notebook_sha:
            raise InputError(f"{job.notebook} has changed since the batch was planned: run it again with --resume")
        papermill.execute_notebook(
            _literally(job.notebook),
            _literally(folder / RUNNING_NOTEBOOK),
            parameters=job.parameters,
            kernel_name=job.kernel,
            cwd=job.cwd,
            progress_bar=False,
        )
    except Exception as error:
        with contextlib.suppress(OSError):  # the log is on the same full disk
            traceback.print_exc()
        if isinstance(error, OSError) and error.errno in FULL:
            return DISK_FULL
        return KERNEL_DIED if isinstance(error, DeadKernelError) else 1
    return 0


def _literally(path: str | Path) -> str:
    """papermill takes braces in a path for names of parameters."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _end_with(supervisor: int, folder: Path) -> None:
    """Ends the run when its supervisor has gone, which SIGKILL does without a chance to end it first."""
    while os.getppid() == supervisor:
        time.sleep(0.5)
    end_processes(folder)
    os._exit(1)


def main() -> int:
    folder = Path(sys.argv[1])
    supervisor = read_record(folder).pid
    threading.Thread(target=_end_with, args=(supervisor, folder), daemon=True).start()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    return execute(folder)


if __name__ == "__main__":
    sys.exit(main())
