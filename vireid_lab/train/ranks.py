"""Starting the processes that train one model together, as `torchrun --standalone` does, with errors that are read.

torchrun itself prints every rank's error and a table about them; here the user sees what one rank says, once.
"""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from vireid_lab.runtime import InputError, select_device

INPUT_ERROR = 2  # exit code of the command line where something given cannot be used
GRACE = 10.0  # seconds


def count_processes(device: str, asked: int | None = None) -> int:
    """How many processes train on a device: as many as asked for, by default one a GPU and one on the CPU.

    Args:
        device: "auto" and "cuda" stand for all visible GPUs, "cuda:N" and "cpu" for that one.
        asked: number of processes, or None.

    Raises:
        InputError: fewer than one, or more than there are GPUs.
    """
    chosen = select_device(device)
    if asked is not None and asked < 1:
        raise InputError(f"--processes {asked}: at least 1 is needed")
    if chosen.type != "cuda":
        return asked or 1
    gpus = torch.cuda.device_count() if chosen.index is None else 1
    if asked and asked > gpus:
        raise InputError(f"--processes {asked}: device '{device}' stands for {gpus} GPU(s), and each takes one process")
    return asked or gpus


def under_torchrun() -> bool:
    """Whether this process is one of several that torchrun, or `start_ranks`, has started."""
    return "TORCHELASTIC_RUN_ID" in os.environ


def is_rank_zero() -> bool:
    """Whether this process is the one whose output the user reads; one that trains alone is, too."""
    return os.environ.get("RANK", "0") == "0"


@contextmanager
def rank_zero_first() -> Iterator[None]:
    """Bad input is most often seen by every rank: the others wait until rank 0, which the user reads, has said it."""
    try:
        yield
    except InputError:
        if not is_rank_zero():
            time.sleep(GRACE)  # the end of rank 0 ends this one, too
        raise


def start_ranks(arguments: list[str], processes: int) -> int:
    """Runs `python arguments` in several processes that find each other, until all have ended.

    What rank 0 prints is shown as it comes. If another rank is the one that failed, its error output follows.
    SIGINT and SIGTERM are passed on to all ranks.

    Args:
        arguments: what follows `python` on the command line, the same for all ranks.
        processes: number of ranks on this machine.

    Returns:
        0, or the exit code of the rank that failed (128 + the signal where one ended it).
    """
    from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs, SignalException, Std
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    logging.getLogger("torch.distributed.elastic").setLevel(logging.CRITICAL)
    os.environ.setdefault("OMP_NUM_THREADS", str(max((os.cpu_count() or 1) // processes, 1)))
    with tempfile.TemporaryDirectory(prefix="vireid-ranks-") as folder:
        config = LaunchConfig(
            min_nodes=1,
            max_nodes=1,
            nproc_per_node=processes,
            run_id=uuid.uuid4().hex,
            rdzv_backend="c10d",
            rdzv_endpoint="localhost:0",
            max_restarts=0,
            logs_specs=DefaultLogsSpecs(folder, redirects={rank: Std.ALL for rank in range(1, processes)}),
        )
        try:
            elastic_launch(config, sys.executable)(*arguments)
        except SignalException as signalled:
            return 128 + signalled.sigval
        except ChildFailedError as error:
            codes = {rank: failure.exitcode for rank, failure in error.failures.items()}
            first, _ = error.get_first_failure()
            # one rank's bad input ends the others in the middle of an exchange: theirs are not the reasons
            told = next((rank for rank in sorted(codes) if codes[rank] == INPUT_ERROR), first)
            if told != 0:
                (log,) = Path(folder).glob(f"*/attempt_0/{told}/stderr.log")
                sys.stderr.write(log.read_text(errors="replace"))
            return codes[told] if codes[told] > 0 else 128 - codes[told]
    return 0
