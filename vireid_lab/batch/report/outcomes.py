"""How the runs of batches ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vireid_lab.batch.record import ENDED_BADLY, Record, read_job, read_record


@dataclass(frozen=True)
class Outcome:
    """One run of a notebook.

    Attributes:
        name: its folder, relative to the report's.
        notebook: without suffix.
        parameters: those that were given.
        record: how it stands.
    """

    name: str
    notebook: str
    parameters: dict
    record: Record

    @property
    def failed(self) -> bool:
        """Whether it was started and did not come to its end."""
        return self.record.state in ENDED_BADLY


def find_outcomes(folder: Path) -> list[Outcome]:
    """Every run of a batch below a folder (`**/job.json`), by name.

    Raises:
        InputError: a job or a record cannot be read.
    """
    outcomes = []
    for path in sorted(folder.rglob("job.json")):
        job = read_job(path.parent)
        name = path.parent.relative_to(folder).as_posix()
        name = job.name if name == "." else name
        outcomes.append(Outcome(name, Path(job.notebook).stem, job.parameters, read_record(path.parent)))
    return outcomes


def count_states(outcomes: Sequence[Outcome]) -> str:
    """Such as "12 runs of notebooks: 10 finished, 2 failed"; empty where there is none."""
    if not outcomes:
        return ""
    states = Counter(outcome.record.state for outcome in outcomes)
    runs = "run" if len(outcomes) == 1 else "runs"
    counts = ", ".join(f"{number} {state}" for state, number in states.items())
    return f"{len(outcomes)} {runs} of notebooks: {counts}"
