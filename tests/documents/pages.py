"""What the tests of the documents share: the pages, their blocks, and the commands in them."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from string import Template
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.glob("*.md"))]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
FENCED = re.compile(r"^```(.*?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A fenced block: what stands behind the fence, such as "python vireid_lab/losses/x.py", and its text."""

    info: str
    text: str


def blocks(page: Path) -> list[Block]:
    return [Block(info.strip(), text) for info, text in FENCED.findall(page.read_text())]


def prose(page: Path) -> str:
    """A page without its fenced blocks."""
    return FENCED.sub("", page.read_text())


def commands(path: Path) -> list[list[str]]:
    """The words of each command that a page or a notebook tells its reader to type."""
    if path.suffix == ".md":
        return [words for block in blocks(path) if not block.info for words in split_commands(block.text)]
    cells = [cell for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == "markdown"]
    lines = [line for cell in cells for line in "".join(cell["source"]).splitlines() if line.startswith("    ")]
    return list(split_commands("\n".join(lines)))


def split_commands(text: str) -> Iterator[list[str]]:
    """Commands of a shell block, without comments; a backslash joins lines, and NAME=value is put in for $NAME."""
    values: dict[str, str] = {}
    for line in text.replace("\\\n", " ").splitlines():
        words = shlex.split(Template(line).safe_substitute(values), comments=True)
        if len(words) == 1 and (assigned := re.fullmatch(r"([A-Z]+)=(.*)", words[0])):
            values[assigned[1]] = assigned[2]
            continue
        command: list[str] = []
        for word in [*words, "&&"]:
            if word != "&&":
                command.append(word)
            elif command:
                yield command
                command = []
