"""What a report says, read from a folder: the pages only lay it out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from vireid_lab.analysis.claims import Verdict, judge_claims
from vireid_lab.analysis.run_results import RunResult, read_runs
from vireid_lab.papers.reader import claims, figures, published
from vireid_lab.runtime import InputError, read_json

from .outcomes import Outcome, find_outcomes
from .pictures import Shown, find_pictures
from .tables import Line, PaperTable, measured_lines, paper_tables

SYNTHETIC = (
    "Numbers marked “synthetic benchmark” come from people rendered from physics, not from SYSU-MM01, RegDB or LLCM. "
    "They show directions. They are not comparable with the published numbers beside them."
)


def title(paper: str) -> str:
    """The short name of a paper for people."""
    return paper.upper().replace("_", "-")


@dataclass(frozen=True)
class Paper:
    """One paper: its tables and the verdicts on its claims.

    Attributes:
        verdicts: from runs in the kind of infrared that a claim comes from.
        other_infrared: on the same claims, from runs in the other kind.
    """

    name: str
    tables: tuple[PaperTable, ...]
    verdicts: tuple[Verdict, ...]
    other_infrared: tuple[Verdict, ...] = ()

    @property
    def title(self) -> str:
        """Its name for people."""
        return title(self.name)

    @property
    def measured(self) -> bool:
        """Whether a row of it was measured or a claim of it was looked at."""
        return any(table.measured for table in self.tables) or bool(self.looked_at)

    @property
    def looked_at(self) -> list[Verdict]:
        """Verdicts on claims of which both arms were run, those in the claims' own kind of infrared first."""
        return [verdict for verdict in (*self.verdicts, *self.other_infrared) if verdict.comparison]

    @property
    def open(self) -> list[Verdict]:
        """The other claims."""
        return [verdict for verdict in self.verdicts if not verdict.comparison]


@dataclass(frozen=True)
class Content:
    """What a report says.

    Attributes:
        folder: that it is about.
        made: when, UTC.
        outcomes: runs of notebooks.
        runs: training runs.
        papers: in the order of published.csv.
        elsewhere: measured lines that belong to no row of a table.
        unevaluated: training runs that have no number yet.
        pictures: saved by the runs.
        environments: (environment card, number of training runs made in it).
    """

    folder: Path
    made: datetime
    outcomes: tuple[Outcome, ...]
    runs: tuple[RunResult, ...]
    papers: tuple[Paper, ...]
    elsewhere: tuple[Line, ...]
    unevaluated: tuple[RunResult, ...]
    pictures: tuple[Shown, ...]
    environments: tuple[tuple[dict[str, Any], int], ...]

    @property
    def failures(self) -> list[Outcome]:
        """Runs of notebooks that did not come to their end."""
        return [outcome for outcome in self.outcomes if outcome.failed]

    @property
    def synthetic(self) -> bool:
        """Whether a number or a picture of it is of the synthetic benchmark."""
        lines = [line for paper in self.papers for table in paper.tables for row in table.rows for line in row.lines]
        return any(line.synthetic for line in (*lines, *self.elsewhere)) or any(
            "synthetic" in picture.label for picture in self.pictures
        )

    @property
    def worlds(self) -> list[str]:
        """The data that was trained on, in words."""
        return sorted({run.world for run in self.runs})

    @property
    def time(self) -> str:
        """From the first start to the last end of its notebooks; "" without notebooks."""
        starts = [o.record.started for o in self.outcomes if o.record.started]
        ends = [o.record.ended for o in self.outcomes if o.record.ended]
        first = _minute(min(starts)) if starts else ""
        return f"{first} to {_minute(max(ends))} UTC" if starts and ends else first


def collect(folder: str | Path) -> Content:
    """Reads all that a report needs.

    Raises:
        InputError: the folder is not there, holds neither runs nor pictures, or holds damaged ones.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"'{folder}' is not a folder: give the one that `vireid run --out` made, or one with runs")
    outcomes, runs = find_outcomes(folder), read_runs(folder)
    captions = {f"{f.notebook}/{f.file}": f"{title(f.paper)} Fig. {f.figure}: {f.caption}" for f in figures()}
    pictures = find_pictures(folder, captions)
    if not (outcomes or runs or pictures):
        raise InputError(
            f"'{folder}' holds no runs (run.json, job.json) and no pictures: make some with `vireid run 09_one_run "
            f"-p scale tiny --out {folder}`, or give the folder that holds yours"
        )
    lines = measured_lines(runs)
    tables = paper_tables(published(), lines)
    rows = [row.slots for table in tables for row in table.rows]
    cards = Counter(json.dumps(_card(run), sort_keys=True) for run in runs)
    return Content(
        folder=folder,
        made=datetime.now(UTC),
        outcomes=tuple(outcomes),
        runs=tuple(runs),
        papers=_papers(tables, runs),
        elsewhere=tuple(line for line in lines if not any(map(line.belongs_to, rows))),
        unevaluated=tuple(run for run in runs if not (run.finished and run.metrics)),
        pictures=tuple(pictures),
        environments=tuple((json.loads(card), number) for card, number in cards.items() if card != "{}"),
    )


def _papers(tables: Sequence[PaperTable], runs: Sequence[RunResult]) -> tuple[Paper, ...]:
    papers = []
    for name in dict.fromkeys([*(table.paper for table in tables), *(claim.paper for claim in claims())]):
        of_paper = [claim for claim in claims() if claim.paper == name]
        worlds = (tuple(judge_claims(of_paper, runs, other_infrared=other)) for other in (False, True))
        papers.append(Paper(name, tuple(table for table in tables if table.paper == name), *worlds))
    return tuple(papers)


def _card(run: RunResult) -> dict[str, Any]:
    record = run.path / "run.json"  # not there for a run that is a row of a table
    return read_json(record).get("environment", {}) if record.exists() else {}


def _minute(time: str) -> str:
    return datetime.fromisoformat(time).strftime("%Y-%m-%d %H:%M")
