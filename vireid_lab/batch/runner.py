"""Runs a batch: what to do, jobs on disk, the engine, what it says meanwhile, the report."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from vireid_lab.runtime import InputError

from .engines import Engine
from .folder import claim, not_asked_for, write_batch
from .job import WAIT
from .plan import PlannedRun
from .progress import Progress, failures_text, result_table
from .record import Record, hold, read_record, write_job, write_record
from .resume import Decision, decide_all


@dataclass(frozen=True)
class Result:
    """How a batch ended.

    Attributes:
        decisions: one a run; how it stands is in the record of its folder.
        interrupted: whether Ctrl-C or SIGTERM ended it.
        report: the HTML page; None when there is none.
    """

    decisions: list[Decision]
    interrupted: bool
    report: Path | None

    def all_finished(self) -> bool:
        """Whether every run of the batch is finished, those that were skipped among them."""
        return all(read_record(decision.folder).state == "finished" for decision in self.decisions)


def run_batch(
    out: Path,
    runs: list[PlannedRun],
    engine: Engine,
    jobs: int,
    timeout: float | None = None,
    resume: bool = False,
    say: Callable[[str], None] = print,
) -> Result:
    """Runs all runs that are not finished already.

    Args:
        out: folder of the batch, absolute.
        runs: as `plan_runs` gives them.
        engine: where they run.
        jobs: how many run at a time.
        timeout: seconds each run may take.
        resume: go on with the batch that is in `out`.
        say: takes the lines for the user.

    Raises:
        InputError: `out` cannot be used, a run in it is still running, or the engine cannot work.
    """
    with claim(out, resume):
        for run in runs:
            await_end(out / run.name)
        decisions = decide_all(out, runs, timeout, share_threads(engine, jobs, len(runs)))
        todo = [decision for decision in decisions if not decision.skipped]
        announce(out, decisions, say)
        write_jobs(out, decisions)
        interrupted = False
        try:
            with interrupted_by_term():
                engine.run_jobs([decision.folder for decision in todo], jobs, Progress(decisions, jobs, say).changed)
        except KeyboardInterrupt:
            interrupted = True
        finally:
            say(f"\n{result_table(decisions)}")
        if not interrupted and (failures := failures_text(decisions)):
            say(f"\n{failures}")
        return Result(decisions, interrupted, None if interrupted else make_report(out, say))


def await_end(folder: Path) -> None:
    """Waits for the end of a run whose runner was killed a moment ago: its supervisor notices that and ends it.

    Raises:
        InputError: it goes on running.
    """
    if not folder.is_dir():
        return
    try:
        with hold(folder, WAIT):
            pass
    except InputError as error:
        record = read_record(folder)
        raise InputError(
            f"'{folder}' is still running (process {record.pid} on {record.host}): wait for its end, or end it"
        ) from error


def share_threads(engine: Engine, jobs: int, runs: int) -> int | None:
    """Threads of each job so that all together use the cores once.

    None where the jobs run on other machines, and where the user has chosen already, by OMP_NUM_THREADS.
    """
    if not engine.shares_this_machine or "OMP_NUM_THREADS" in os.environ:
        return None
    return max(1, len(os.sched_getaffinity(0)) // min(jobs, runs))


def announce(out: Path, decisions: list[Decision], say: Callable[[str], None]) -> None:
    """Says what is skipped, what is run again and why, and what is in the folder besides."""
    skipped = sum(decision.skipped for decision in decisions)
    count = "1 run" if len(decisions) == 1 else f"{len(decisions)} runs"
    say(f"{count} into {out}{f', {skipped} finished already' if skipped else ''}")
    for decision in decisions:
        if decision.reason.startswith("again"):
            say(f"{decision.run.name}: {decision.reason}")
    announce_others(out, decisions, say)


def announce_others(out: Path, decisions: list[Decision], say: Callable[[str], None]) -> None:
    """Says which runs are in the folder besides."""
    others = not_asked_for(out, [decision.run.name for decision in decisions])
    if others:
        say(f"in the folder but not asked for, left alone: {', '.join(others)}")


def write_jobs(out: Path, decisions: list[Decision]) -> None:
    """Writes `batch.json` and the jobs to run. The record of an earlier attempt goes first: it is not this job's."""
    try:
        write_batch(out, [decision.run.name for decision in decisions])
        for decision in decisions:
            if decision.skipped:
                continue
            decision.folder.mkdir(exist_ok=True)
            with hold(decision.folder, WAIT):
                write_record(decision.folder, Record(attempts=earlier_attempts(decision.folder)))
                write_job(decision.folder, decision.job)
    except OSError as error:
        raise InputError(f"'{out}' cannot be written: {error.strerror or error}") from error


def earlier_attempts(folder: Path) -> int:
    try:
        return read_record(folder).attempts
    except InputError:
        return 0


@contextlib.contextmanager
def interrupted_by_term() -> Iterator[None]:
    """Lets SIGTERM end the batch as Ctrl-C does."""

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def make_report(out: Path, say: Callable[[str], None]) -> Path | None:
    """Writes the report; a report that cannot be made does not hide how the runs ended."""
    from vireid_lab.batch.report import write_report

    try:
        report = write_report(out)
    except (InputError, OSError) as error:
        say(f"\nno report: {error}")
        return None
    say(f"\nreport: {report}")
    return report
