"""Published tables with the measured lines that belong to their rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vireid_lab.analysis.comparisons import group_key
from vireid_lab.analysis.run_results import RunResult
from vireid_lab.papers.reader import METRICS, Published
from vireid_lab.papers.slots import matches, parse_slots

METRIC_NAMES = {"rank1": "R-1", "rank5": "R-5", "rank10": "R-10", "rank20": "R-20", "mAP": "mAP", "mINP": "mINP"}
PROTOCOL_NAMES = {
    "sysu-all": "SYSU-MM01, all search",
    "sysu-indoor": "SYSU-MM01, indoor search",
    "regdb-v2t": "RegDB, visible to thermal",
    "regdb-t2v": "RegDB, thermal to visible",
    "llcm-v2n": "LLCM, visible to near-infrared",
    "llcm-n2v": "LLCM, near-infrared to visible",
    "sysu-all-multi": "SYSU-MM01, all search, multi-shot",
    "sysu-indoor-multi": "SYSU-MM01, indoor search, multi-shot",
}
CHECKPOINT_NAMES = {"last": "last step", "best": "best step on held-out training identities"}


@dataclass(frozen=True)
class Line:
    """One measured configuration: runs that differ in nothing but their seeds.

    Attributes:
        slots: recipe and slots by name.
        world: the data in words.
        scale: preset and size of the training in words.
        label: protocol and options of the evaluation.
        checkpoint: "last" or "best".
        synthetic: whether the data is the synthetic benchmark.
        control: which control world it is, or "none".
        scores: metric -> (mean, standard deviation over the runs with ddof 1, None for a single run), percent.
        train_rank1: mean rank-1 on the training identities, percent; None where it was not evaluated.
        n: runs.
    """

    slots: dict[str, str]
    world: str
    scale: str
    label: str
    checkpoint: str
    synthetic: bool
    control: str
    scores: dict[str, tuple[float, float | None]]
    train_rank1: float | None
    n: int

    @property
    def data(self) -> str:
        """What the images are."""
        return "synthetic benchmark" if self.synthetic else "photographs"

    @property
    def words(self) -> str:
        """What was trained."""
        recipe, *parts = self.slots.values()
        return f"{recipe}: {' · '.join(part for part in parts if part != 'none')}"

    @property
    def short(self) -> str:
        """What was trained, in two lines of a picture, without backbone and head."""
        network = [self.slots.get(name, "none") for name in ("recipe", "model", "attention")]
        trained = f"{self.slots['augment']} · {self.slots['losses']}"
        return f"{', '.join(part for part in network if part != 'none')}\n{trained}"

    def belongs_to(self, row_slots: str) -> bool:
        """Whether it measures a row of a published table: control worlds never do."""
        return self.control == "none" and matches(row_slots, self.slots)

    @property
    def conditions(self) -> str:
        """World, scale, protocol and checkpoint."""
        return f"{self.world}; {self.scale}; {self.label}; {CHECKPOINT_NAMES[self.checkpoint]}"

    def setting(self, row_slots: str) -> str:
        """Data, protocol, scale, and the slots that a row leaves open: what a reader must know beside the row."""
        named = parse_slots(row_slots)
        others = [f"{name} {value}" for name, value in self.slots.items() if name not in (*named, "backbone")]
        return "; ".join([f"{self.data}: {self.world}", f"protocol {self.label}", self.scale, *others])

    @property
    def trained(self) -> str:
        """The rank-1 on the training identities as text."""
        return "not evaluated" if self.train_rank1 is None else f"{self.train_rank1:.1f}"

    def score(self, metric: str) -> str:
        """Mean ± std as text."""
        mean, std = self.scores[metric]
        return f"{mean:.1f}" if std is None else f"{mean:.1f} ± {std:.1f}"


@dataclass(frozen=True)
class TableRow:
    """A row of a published table: its printed cells by (protocol, metric), and the lines measured for it."""

    name: str
    slots: str
    cells: dict[tuple[str, str], Published]
    lines: tuple[Line, ...]

    @property
    def ours(self) -> bool:
        """Whether it can be trained here."""
        return bool(self.slots)


@dataclass(frozen=True)
class PaperTable:
    """A published table; `columns` are its (protocol, metric) as printed from left to right."""

    paper: str
    number: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[TableRow, ...]

    @property
    def measured(self) -> bool:
        """Whether any of its rows has been measured."""
        return any(row.lines for row in self.rows)

    @property
    def metrics(self) -> list[str]:
        """The metrics of its columns."""
        printed = {metric for _, metric in self.columns}
        return [metric for metric in METRICS if metric in printed]

    @property
    def settings(self) -> dict[str, str]:
        """What its lines were measured on and how -> a letter for it."""
        found = dict.fromkeys(line.setting(row.slots) for row in self.rows for line in row.lines)
        return {setting: letters(place) for place, setting in enumerate(found)}

    @property
    def notes(self) -> list[str]:
        """What is odd about its cells, each note once."""
        return list(dict.fromkeys(cell.note for row in self.rows for cell in row.cells.values() if cell.note))


def letters(place: int) -> str:
    """A, B, ..., Z, AA, AB, ..."""
    first, last = divmod(place, 26)
    return ("" if first == 0 else letters(first - 1)) + chr(ord("A") + last)


def measured_lines(runs: Sequence[RunResult]) -> list[Line]:
    """The finished and evaluated runs, one configuration together; of runs that repeat each other the first."""
    groups: dict[tuple[str, str, str], dict] = defaultdict(dict)
    for run in runs:
        if run.finished:
            for label, checkpoint in run.metrics:
                groups[group_key(run), label, checkpoint].setdefault((run.data, run.seed), run)
    return [_line(list(group.values()), label, checkpoint) for (_, label, checkpoint), group in groups.items()]


def _line(runs: list[RunResult], label: str, checkpoint: str) -> Line:
    evaluations = [run.metrics[label, checkpoint] for run in runs]
    scores = {}
    for metric in METRICS:
        values = 100 * np.array([evaluation[metric] for evaluation in evaluations])
        scores[metric] = (float(values.mean()), float(values.std(ddof=1)) if len(values) > 1 else None)
    trained = [evaluation.get("train_rank1") for evaluation in evaluations]
    return Line(
        slots=runs[0].slots,
        world=runs[0].world,
        scale=runs[0].scale,
        label=label,
        checkpoint=checkpoint,
        synthetic=bool(evaluations[0]["synthetic"]),
        control=runs[0].control,
        scores=scores,
        train_rank1=None if None in trained else 100 * float(np.mean(trained)),
        n=len(runs),
    )


def paper_tables(published: Sequence[Published], lines: Sequence[Line]) -> list[PaperTable]:
    """The published tables in their order, each row with the lines that have its slots."""
    tables: dict[tuple[str, str], dict[str, list[Published]]] = defaultdict(lambda: defaultdict(list))
    for cell in published:
        tables[cell.paper, cell.table][cell.row].append(cell)
    return [_table(paper, number, rows, lines) for (paper, number), rows in tables.items()]


def _table(paper: str, number: str, rows: dict[str, list[Published]], lines: Sequence[Line]) -> PaperTable:
    printed = {(cell.protocol, cell.metric) for cells in rows.values() for cell in cells}
    protocols = dict.fromkeys(cell.protocol for cells in rows.values() for cell in cells)
    columns = tuple((p, m) for p in protocols for m in METRICS if (p, m) in printed)
    made = []
    for name, cells in rows.items():
        own = tuple(line for line in lines if line.belongs_to(cells[0].slots))
        made.append(TableRow(name, cells[0].slots, {(c.protocol, c.metric): c for c in cells}, own))
    return PaperTable(paper, number, columns, tuple(made))
