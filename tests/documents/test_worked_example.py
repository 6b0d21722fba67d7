"""docs/add_a_paper.md, followed to the letter: its blocks are written into a copy of the package, its commands run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pages import DOCS, ROOT, Block, blocks, split_commands

PAGE = DOCS / "add_a_paper.md"
FOLLOW = """
import json, sys
import pytest
from vireid_lab.cli import main
for program, *arguments in json.loads(sys.argv[1]):
    code = main(arguments) if program == "vireid" else pytest.main([*arguments[2:], "-p", "no:cacheprovider"])
    assert code == 0, arguments
"""


def add(block: Block, copy: Path) -> None:
    """Does what a block says: a new file, lines into a file behind or before the line beside them, or a last row."""
    kind, name = block.info.split()
    path = copy / name
    if kind == "python":
        assert not path.exists(), path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text)
    elif kind == "csv":
        path.write_text(path.read_text() + block.text)
    else:
        path.write_text(patched(path.read_text(), block.text.splitlines()))


def patched(text: str, diff: list[str]) -> str:
    """A text with the lines of a diff that have a plus, each behind the line above it or before the one below."""
    for number, line in enumerate(diff):
        if line.startswith("+"):
            behind = number > 0 and diff[number - 1].startswith(" ")
            beside = diff[number - 1 if behind else number + 1][1:]
            assert text.count(f"{beside}\n") == 1, beside
            both = [beside, line[1:]] if behind else [line[1:], beside]
            text = text.replace(f"{beside}\n", "".join(f"{each}\n" for each in both))
    return text


@pytest.fixture(scope="module")
def followed(tmp_path_factory) -> Path:
    """The copy, after all of it."""
    copy = tmp_path_factory.mktemp("followed")
    shutil.copytree(ROOT / "vireid_lab", copy / "vireid_lab", ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "notebooks").symlink_to(ROOT / "notebooks")
    for block in blocks(PAGE):
        if block.info:
            add(block, copy)
    tried, swept = (list(split_commands(block.text)) for block in blocks(PAGE) if not block.info)
    environment = {**os.environ, "PYTHONPATH": str(copy), "OMP_NUM_THREADS": "1"}
    argument = json.dumps([*tried, *([*words, "--dry-run"] for words in swept)])
    done = subprocess.run(
        [sys.executable, "-c", FOLLOW, argument], cwd=copy, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    (copy / "said.txt").write_text(done.stdout)
    return copy


@pytest.mark.slow
def test_the_loss_was_trained_and_logged(followed):
    config = json.loads((followed / "work/runs/coral/config.json").read_text())
    assert (config["recipe"], config["losses"]) == ("coral", "ce+wrt+coral")
    first = json.loads((followed / "work/runs/coral/metrics.jsonl").read_text().splitlines()[0])
    assert first["total"] == pytest.approx(first["ce"] + first["wrt"] + first["coral"]) and first["coral"] > 0


@pytest.mark.slow
def test_its_tests_ran_and_its_runs_are_planned(followed):
    said = (followed / "said.txt").read_text()
    assert "3 passed" in said and "10 of 10 to run" in said


@pytest.mark.slow
def test_the_report_knows_the_claim(followed):
    page = (followed / "work/runs/report.md").read_text()
    assert "The CORAL loss is better than none" in page and "1 of the 3 pairs" in page
