"""Reads the papers' tables, claims and figures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vireid_lab.runtime import InputError

from .slots import parse_slots
from .table import one_of, read_rows

FOLDER = Path(__file__).parent
METRICS = ("rank1", "rank5", "rank10", "rank20", "mAP", "mINP")
_MODALITIES = ("nir", "thermal")


@dataclass(frozen=True)
class Published:
    """One printed number. Cells with a dash are left out.

    Attributes:
        paper: short name, such as "rfm".
        table: number of the table, as printed.
        row: name of the row, with its settings where it has any.
        slots: what a run of this row has, see `slots.matches`; empty: another author's method, not reproducible here.
        dataset: "sysu", "regdb" or "llcm".
        mode: "all", "indoor", "v2t", "t2v", ...
        metric: one of METRICS.
        value: percent, as printed.
        note: what is odd about it; empty where nothing is.
    """

    paper: str
    table: str
    row: str
    slots: str
    dataset: str
    mode: str
    metric: str
    value: float
    note: str

    @property
    def protocol(self) -> str:
        """The protocol that it was measured with, such as "sysu-all"."""
        return f"{self.dataset}-{self.mode}"


@dataclass(frozen=True)
class Claim:
    """A direction that a paper claims: metric(better) - metric(worse) has this sign.

    Attributes:
        id: short name, unique over all papers.
        paper: short name.
        text: the claim in words.
        table: number of the table that it is read from.
        better_slots: the arm that the claim is about; empty: not testable here.
        worse_slots: the arm that it is compared with.
        baseline_slots: the plain arm of that table: nothing is said where it has not learned its training people.
        metric: one of METRICS.
        sign: 1, or -1 where the first arm is said to be worse.
        priority: 1 for the at most six that get a verdict, 2 for the others.
        modality: "nir" or "thermal", the infrared of the data that it comes from.
    """

    id: str
    paper: str
    text: str
    table: str
    better_slots: str
    worse_slots: str
    baseline_slots: str
    metric: str
    sign: int
    priority: int
    modality: str


@dataclass(frozen=True)
class PaperFigure:
    """A figure of a paper and where it is made here.

    Attributes:
        paper: short name.
        figure: its number, as printed.
        notebook: name without suffix; empty for a diagram.
        file: name under figures/<notebook>/ without suffix; empty for a diagram.
        kind: "computed", or "diagram" for one that shows no data and is not drawn here.
        caption: what it shows.
    """

    paper: str
    figure: str
    notebook: str
    file: str
    kind: str
    caption: str


def published(path: Path = FOLDER / "published.csv") -> list[Published]:
    """All printed numbers, in the order of the papers.

    Raises:
        InputError: a row that cannot be used, with file and line.
    """

    def check(row: Published) -> None:
        one_of("metric", row.metric, METRICS)
        parse_slots(row.slots)
        if not 0 <= row.value <= 100:
            raise InputError(f"value {row.value}: give percent, from 0 to 100")

    return read_rows(path, Published, check, ("paper", "table", "row", "dataset", "mode", "metric"))


def claims(path: Path = FOLDER / "claims.csv") -> list[Claim]:
    """All claims.

    Raises:
        InputError: a row that cannot be used, with file and line.
    """

    def check(row: Claim) -> None:
        for name, options in (("metric", METRICS), ("sign", (1, -1)), ("priority", (1, 2)), ("modality", _MODALITIES)):
            one_of(name, getattr(row, name), options)
        better, worse = parse_slots(row.better_slots), parse_slots(row.worse_slots)
        if better.keys() != worse.keys() or (better and better == worse):
            raise InputError("better_slots and worse_slots must name the same slots and differ in one at least")
        if better and not parse_slots(row.baseline_slots):
            raise InputError("baseline_slots is empty: name the plain arm of the table")

    return read_rows(path, Claim, check, ("id",))


def figures(path: Path = FOLDER / "figures.csv") -> list[PaperFigure]:
    """All figures of the papers that are made here, and their diagrams.

    Raises:
        InputError: a row that cannot be used, with file and line.
    """

    def check(row: PaperFigure) -> None:
        one_of("kind", row.kind, ("computed", "diagram"))
        if (row.kind == "computed") != bool(row.notebook and row.file):
            raise InputError(f"kind {row.kind}: name notebook and file of a computed figure, and of no diagram")

    return read_rows(path, PaperFigure, check, ("paper", "figure"))
