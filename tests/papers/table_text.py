"""What the tests of all papers' tables share: the text of a paper, its printed numbers, the transcribed ones."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from vireid_lab.papers.reader import Published, figures

TEXTS = Path(__file__).parents[3] / "shared" / "papers"


def paper_text(paper: str) -> str:
    """The text of a paper; the test is skipped where it does not lie beside the checkout."""
    path = TEXTS / f"{paper}.txt"
    if not path.exists():
        pytest.skip(f"{path.name} does not lie beside the checkout")
    return path.read_text()


def lines_below(text: str, title: str) -> list[list[str]]:
    """Cells of the lines of the block below a title, which ends with an empty line."""
    return _cells(text.split(title, 1)[1].split("\n\n", 2)[1])


def lines_from(text: str, title: str, first: str) -> list[list[str]]:
    """Cells of the lines from the first words of a table on, below its title."""
    below = text[text.index(title) :]
    return _cells(below[below.index(first) :].split("\n\n")[0])


def _cells(block: str) -> list[list[str]]:
    return [line.split("\t") for line in block.splitlines()]


def numbers(lines: Iterable[Iterable[str]]) -> list[float]:
    """The numbers of all cells, without dashes; any other cell is an error."""
    return [float(cell) for line in lines for cell in line if cell != "-"]


def values(rows: Iterable[Published], **asked: str) -> list[float]:
    """The transcribed values of the cells with these attributes, in their order."""
    return [p.value for p in rows if all(getattr(p, name) == value for name, value in asked.items())]


def diagrams(paper: str) -> set[str]:
    """Numbers of the figures of a paper that are diagrams."""
    return {f.figure for f in figures() if (f.paper, f.kind) == (paper, "diagram")}
