"""What a batch says while it runs, and the tables before and after."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from .record import ENDED_BADLY, Record, read_record
from .resume import Decision


class Progress:
    """Says in one line when a run starts and ends, and after each end how the batch stands.

    Args:
        decisions: all runs of the batch; the skipped ones count as done.
        jobs: how many run at a time.
        say: takes the lines.
    """

    def __init__(self, decisions: Sequence[Decision], jobs: int, say: Callable[[str], None]):
        self.jobs = jobs
        self.say = say
        self.states = {decision.folder: "finished" if decision.skipped else "waiting" for decision in decisions}
        self.seconds = [read_record(decision.folder).seconds for decision in decisions if decision.skipped]
        self.started: dict[Path, float] = {}

    def changed(self, folder: Path) -> None:
        """Reads the record of a run again, and says what is new."""
        record = read_record(folder)
        if record.state == self.states[folder]:
            return
        self.states[folder] = record.state
        if record.state == "running":
            self.started[folder] = time.monotonic()
            self.say(f"{folder.name}: started{' again' if record.attempts > 1 else ''}")
        elif record.state in ("finished", *ENDED_BADLY):
            self.say(f"{folder.name}: {describe_end(record)}")
            if record.state == "finished":
                self.seconds.append(record.seconds)
            self.say(self.overall())

    def overall(self) -> str:
        """For instance "5 of 12 done, 1 failed, 2 running, about 4 min left"."""
        count = Counter(self.states.values())
        parts = [f"{count['finished']} of {len(self.states)} done"]
        parts += [f"{count[state]} {state}" for state in (*ENDED_BADLY, "running") if count[state]]
        left = self._seconds_left()
        return ", ".join([*parts, f"about {in_words(left)} left"] if left else parts)

    def _seconds_left(self) -> float:
        """From the mean of the finished runs; 0 where there is nothing to run or nothing to judge by."""
        if not self.seconds:
            return 0.0
        mean = sum(self.seconds) / len(self.seconds)
        now = time.monotonic()
        running = [max(0.0, mean - now + self.started[f]) for f, state in self.states.items() if state == "running"]
        waiting = [mean for state in self.states.values() if state == "waiting"]
        return max([sum(running + waiting) / self.jobs, *running, *waiting])


def describe_end(record: Record) -> str:
    """For instance "failed in cell 3 after 12 s: NameError: name 'x' is not defined"."""
    text = f"{record.state}{f' in cell {record.cell}' if record.cell else ''} after {in_words(record.seconds)}"
    return f"{text}: {record.error.splitlines()[-1]}" if record.error and record.state == "failed" else text


def in_words(seconds: float) -> str:
    """Seconds below two minutes, minutes below two hours, else hours."""
    if seconds >= 7200:
        return f"{seconds / 3600:.1f} h"
    if seconds >= 120:
        return f"{seconds / 60:.0f} min"
    return f"{seconds:.0f} s"


def plan_table(decisions: Sequence[Decision]) -> str:
    """What would be done: a line for each run."""
    rows = [
        (decision.run.name, swept_text(decision), "skip" if decision.skipped else "run", decision.reason)
        for decision in decisions
    ]
    return table(("run", "swept", "would", "because"), rows)


def result_table(decisions: Sequence[Decision]) -> str:
    """How all runs stand: a line for each."""
    rows = []
    for decision in decisions:
        record = read_record(decision.folder)
        note = "not run again" if decision.skipped else ""
        rows.append((decision.run.name, record.state, in_words(record.seconds), record.cell or "", note))
    return table(("run", "state", "time", "cell", ""), rows)


def failures_text(decisions: Sequence[Decision]) -> str:
    """Run, cell and last lines of the error of each run that did not finish; empty when all did."""
    parts = []
    for decision in decisions:
        record = read_record(decision.folder)
        if record.state == "finished":
            continue
        where = f" in cell {record.cell} of {Path(decision.job.notebook).name}" if record.cell else ""
        parts.append(f"{decision.run.name}: {record.state}{where}")
        error = record.error or "nothing is known of its end: its supervisor could not start, or not write its record"
        parts += [f"    {line}" for line in error.splitlines()]
    return "\n".join(parts)


def swept_text(decision: Decision) -> str:
    """The parameters that the batch varies, with the values of this run."""
    return " ".join(f"{name}={value}" for name, value in decision.run.swept.items())


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Columns aligned at the left, two blanks apart."""
    lines = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip() for line in lines)
