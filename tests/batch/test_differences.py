"""Claims as a table: means and differences of runs by hand, and a claim that was not run."""

from __future__ import annotations

import re
from html import unescape

from vireid_lab.analysis.claims import judge_claims
from vireid_lab.analysis.run_results import RunResult
from vireid_lab.batch.report.differences import COLUMNS, difference_table
from vireid_lab.papers.reader import Claim

CLAIM = Claim("a", "p", "A < B is better", "I", "losses=b", "losses=a", "losses=a", "rank1", 1, 2, "nir")
SCORES = {"a": ((30, 32, 37), (31, 31, 31)), "b": ((40, 43, 49), (30, 32, 34))}  # last and best, three seeds


def made(losses: str, seed: int, **scores: float) -> RunResult:
    config = {"recipe": "r", "losses": losses, "layout": "sysu", "preset": "tiny", "backbone": "resnet10",
              "size": [96, 48], "steps": 600, "epochs": 0, "n_ids": 64}  # fmt: skip
    world = {"layout": "sysu", "ids": 80, "images": 4, "difficulty": "medium", "infrared": "nir", "control": "none"}
    label = "sysu-all gallery=seeded shots=1"
    metrics = {(label, c): {"rank1": v / 100, "train_rank1": 0.99, "protocol": "sysu-all"} for c, v in scores.items()}
    slots = {"recipe": "r", "losses": losses}
    return RunResult(None, "r", slots, config, seed, seed, f"d{seed}", world, "", True, metrics)


def cells(html: str) -> list[list[str]]:
    rows = re.findall(r"<tr>(.*?)</tr>", html)
    return [[unescape(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in rows]


def test_a_row_has_the_means_of_both_arms_and_their_difference():
    runs = [
        made(losses, seed, last=last, best=best)
        for losses, readings in SCORES.items()
        for seed, (last, best) in enumerate(zip(*readings, strict=True))
    ]
    head, last, best = cells(difference_table("t", judge_claims([CLAIM], runs)))
    assert head == list(COLUMNS)
    first = ["A < B is better", "R-1 at equal steps", "3", "33.0", "44.0"]
    assert last[:5] == first and last[5].startswith("+11.0 points [")
    assert best[3:5] == ["31.0", "32.0"] and best[5].startswith("+1.0 points [")
    assert last[6] == best[6] == "first look: 3 pairs of the 5 that a verdict needs"


def test_a_claim_that_was_not_run_says_so():
    (row,) = cells(difference_table("t", judge_claims([CLAIM], [])))[1:]
    assert row[1:6] == ["–"] * 5 and row[6].startswith("not run: no evaluated runs of both arms")
