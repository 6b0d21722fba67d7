"""The papers' pages: their numbers are those on record, and their commands make what is not."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import pytest
from pages import DOCS, ROOT, commands, prose
from planned import planned_slots

from vireid_lab.analysis.best_arm import choose_best
from vireid_lab.analysis.claims import Verdict, judge_claims
from vireid_lab.analysis.complementarity import PLAIN, complementarity
from vireid_lab.analysis.composition import arm_of, find_arms
from vireid_lab.analysis.idkl_signs import sign_verdicts
from vireid_lab.analysis.run_results import RunResult, read_runs
from vireid_lab.cli import build_parser
from vireid_lab.papers.reader import claims
from vireid_lab.papers.slots import matches
from vireid_lab.recipes.catalogue import choose_settings

PAPERS = ("rfm", "tmpa", "idkl", "sa_softmax", "cal")
GIVES = {"channel exchange": "channel exchange gives", "LTG (RFM)": "LTG"}
PICTURE = re.compile(r"!\[[^\]]+\]\(\.\./(figures/[\w/]+)\.png\)")
NUMBER = re.compile(r"[+−-]?\d+\.\d+|\d+(?= %)")

each_paper = pytest.mark.parametrize("paper", PAPERS)


@cache
def on_record() -> list[RunResult]:
    return read_runs(ROOT / "figures" / "results")


@cache
def verdicts(paper: str, other_infrared: bool = False) -> list[Verdict]:
    asked = [claim for claim in claims() if claim.paper == paper]
    return judge_claims(asked, on_record(), other_infrared=other_infrared)


def row(verdict: Verdict) -> str:
    """The line of a page's table that a verdict with an interval makes."""
    claim, p = verdict.claim, "–" if verdict.adjusted_p is None else f"{verdict.adjusted_p:.3g}"
    effects = " | ".join(str(effect) for effect in verdict.effects.values())
    return f"| `{claim.id}` | {claim.text} | {claim.table} | {effects} | {p} | {verdict.verdict}: {verdict.reason} |"


def page_of(paper: str) -> str:
    return (DOCS / f"{paper}.md").read_text()


def one_line(text: str) -> str:
    return " ".join(text.split())


def test_every_paper_has_its_page():
    assert {claim.paper for claim in claims()} == set(PAPERS)
    assert all((DOCS / f"{paper}.md").is_file() for paper in PAPERS)


@each_paper
def test_the_table_of_claims_is_what_is_on_record(paper):
    wanted = [row(v) for other in (False, True) for v in verdicts(paper, other) if v.effects]
    rows = [line for line in page_of(paper).splitlines() if re.match(r"\| `\w+-[\w-]+` \|", line)]
    assert rows == wanted, "write these rows:\n" + "\n".join(wanted)
    assert ("No ablation is on record" in page_of(paper)) == (not wanted)


@each_paper
def test_world_scale_and_number_of_pairs_stand_beside_the_table(paper):
    text = one_line(page_of(paper))
    for verdict in (v for other in (False, True) for v in verdicts(paper, other) if v.effects):
        made = verdict.comparison
        assert f"World: {made.world}" in text and f"Scale: {made.scale}" in text
        assert f"n = {len(made.pairs)} pairs" in text, verdict.claim.id


@each_paper
def test_claims_without_an_interval_are_named(paper):
    wanted = {v.claim.id for v in verdicts(paper) if not v.effects}
    if any(v.effects for v in verdicts(paper)):
        (named,) = re.findall(r"No interval yet, for want of runs: ([^.]+)\.", one_line(page_of(paper)))
        assert set(re.findall(r"`([\w-]+)`", named)) == wanted


def test_the_comparison_of_both_signs_of_tgsa_is_what_is_on_record():
    (whole,) = [claim for claim in claims() if claim.id == "idkl-all"]
    judged = sign_verdicts(whole, on_record())
    wanted = [
        f"| {' | '.join([v.claim.text, *map(str, v.effects.values()), f'{v.verdict}: {v.reason}'])} |" for v in judged
    ]
    assert set(wanted) <= set(page_of("idkl").splitlines()), "write these rows:\n" + "\n".join(wanted)
    assert {f"of {len(v.comparison.pairs)} pairs:" in page_of("idkl") for v in judged} == {True}


def sections(paper: str) -> list[str]:
    """What stands under the headings of "On the synthetic benchmark"."""
    text = prose(DOCS / f"{paper}.md").split("## On the synthetic benchmark\n")[1].split("\n## ")[0]
    return text.split("\n### ")


def words_of(picture: str) -> str:
    return json.loads((ROOT / Path(f"{picture}.json")).read_text())["alt"]


@each_paper
def test_numbers_beside_a_picture_are_those_of_the_picture(paper):
    for section in sections(paper):
        shown = {number for picture in PICTURE.findall(section) for number in NUMBER.findall(words_of(picture))}
        lines = [line for line in section.splitlines() if not line.startswith(("|", "!"))]
        assert set(NUMBER.findall("\n".join(lines))) <= shown | {"95"}, lines[0]  # 95 % intervals


@each_paper
def test_the_commands_of_a_page_make_the_runs_of_its_first_claims(paper):
    if any(v.effects for v in verdicts(paper)):
        pytest.skip("its runs are on record")
    trained = []
    for words in commands(DOCS / f"{paper}.md"):
        given = build_parser().parse_args(words[1:])
        for recipe, slots in planned_slots(given) if given.command == "run" else ():
            trained.append({"recipe": recipe, **choose_settings(recipe, "tiny", slots).slots})
    for claim in (each for each in claims() if (each.paper, each.priority) == (paper, 1)):
        for arm in (claim.better_slots, claim.worse_slots, claim.baseline_slots):
            assert any(matches(arm, run) for run in trained), (claim.id, arm)


def test_what_the_readme_says_was_found_is_on_record():
    text = one_line((ROOT / "README.md").read_text())
    judged = [verdict for paper in PAPERS for verdict in verdicts(paper) if verdict.effects]
    held = [verdict.claim.id for verdict in judged if verdict.verdict == "holds"]
    assert held == ["cal-pcl"] and f"{len(held)} of {len(judged)} claims holds" in text
    assert {verdict.verdict for verdict in judged} == {"holds", "unresolved"}

    arms = find_arms(on_record())
    best = choose_best(arms, arm_of(arms, PLAIN), (0, 1, 2))
    assert best.arm.slots["augment"] == "flip+channel+cutmix+replace" and best.arm.model == "rfm"
    assert f"by {str(best.fresh).replace(' points', ' points of rank-1')} (notebook 07)" in text
    assert best.tested_on == (3, 4, 5, 6, 7)

    parts = complementarity(arms)
    alone = [f"{words} {parts.single[name]}" for name, words in GIVES.items()]
    assert f"{alone[0]} and {alone[1]}; the two do not add up" in text
    assert parts.pairs["LTG (RFM)", "channel exchange"].interaction.high < 0
