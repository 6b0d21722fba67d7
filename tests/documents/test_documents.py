"""The documents say what is so: links lead somewhere, commands are understood, places in the code are there."""

from __future__ import annotations

import pkgutil
import re
import shlex
import tomllib
from functools import cache

import pytest
from pages import DOCS, NOTEBOOKS, PAGES, ROOT, blocks, commands, prose
from planned import planned_slots

import vireid_lab
from vireid_lab.batch.paper_figure import find_figure
from vireid_lab.cli import build_parser
from vireid_lab.evaluate.protocols import get_protocol
from vireid_lab.papers.reader import figures
from vireid_lab.recipes.catalogue import RECIPES, choose_settings

EXAMPLE = DOCS / "add_a_paper.md"  # names things that it makes itself; `test_worked_example` runs its commands
TOOLS = ("source", "ruff")
TARGETS = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
LINK = re.compile(r"\]\(([^)\s]+)\)")
INLINE = re.compile(r"`([^`\n]+)`")
ROOMS = "|".join(sorted(path.stem for path in (ROOT / "vireid_lab").iterdir()))
PLACE = re.compile(rf"(?:{ROOMS})(?:\.[A-Za-z_]\w*)+")

FILE = re.compile(r"(?:vireid_lab|tests|figures|docs|notebooks|benchmarks)/[a-z0-9_./]*")

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def check_command(words: list[str]) -> None:
    """Fails where a command would not be understood, or names what is not there."""
    program, *arguments = words
    if program == "make":
        assert set(arguments) <= TARGETS, words
    elif program != "vireid":
        assert program in TOOLS, words
    else:
        check_values(build_parser().parse_args(arguments))  # which ends with SystemExit where it does not understand


def check_values(given) -> None:
    if given.command == "train":
        choose_settings(given.recipe, given.preset, given.set)
    elif given.command == "evaluate" and given.protocol:
        get_protocol(given.protocol, given.llcm_reading)
    elif given.command == "figure":
        find_figure(figures(), given.paper, given.number)
    elif given.command == "run" and given.notebooks != ["..."]:
        for recipe, slots in planned_slots(given):
            build(recipe, *sorted(slots.items()))


@cache
def build(recipe: str, *slots: tuple[str, str]) -> None:
    """Builds the method that a run would train: its slots are understood and go together."""
    RECIPES[recipe].build(choose_settings(recipe, "tiny", dict(slots)), n_ids=4)


@pytest.mark.parametrize("page", [*PAGES, *NOTEBOOKS], ids=lambda page: page.name)
def test_every_command_is_understood(page):
    for words in commands(page) if page != EXAMPLE else ():
        check_command(words)


@pytest.mark.parametrize(
    "wrong",
    [
        "make coffee",
        "vireid trian rfm",
        "vireid data make",
        "vireid train rfm --data x --set losess=ce",
        "vireid evaluate x --protocol sysu",
        "vireid figure rfm 4",
        "vireid run 09_one_run --grid loss=ce --out x",
        "vireid run 09_one_run -p recipe rfm --grid losses=ce,cent --out x",
    ],
)
def test_a_command_that_is_wrong_would_be_seen(wrong, capsys):
    with pytest.raises((AssertionError, SystemExit, vireid_lab.runtime.InputError)):
        check_command(wrong.split())


def check_mention(words: list[str], capsys) -> None:
    """Fails where words of the text are no command, or name options that it has not."""
    if words[0] == "make" and len(words) > 1:
        check_command(words)
    elif words[0] == "vireid" and words[1:] and words[1].islower():
        try:
            check_command(words)
        except SystemExit:
            assert "arguments are required" in capsys.readouterr().err, words
            with pytest.raises(SystemExit) as end:
                build_parser().parse_args([*words[1 : 3 if words[1] in ("data", "weights") else 2], "--help"])
            assert end.value.code == 0, words
            known = capsys.readouterr().out
            assert all(word in known for word in words if word.startswith("--")), words


@each_page
def test_commands_in_the_text_are_commands(page, capsys):
    for code in INLINE.findall(prose(page)):
        check_mention(shlex.split(code) if code.startswith("vireid") else code.split(), capsys)


@pytest.mark.parametrize(
    "wrong",
    [
        "vireid serch",
        "vireid data mak",
        "vireid evaluate --rernk",
        "vireid train tmpa --presett paper",
        "vireid train compose --data x --set modle=tmpa",
    ],
)
def test_a_mention_that_is_wrong_would_be_seen(wrong, capsys):
    with pytest.raises((AssertionError, vireid_lab.runtime.InputError)):
        check_mention(wrong.split(), capsys)


def slugs(page) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@each_page
def test_every_link_leads_somewhere(page):
    for target in LINK.findall(prose(page)):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        assert not anchor or anchor in slugs(file), target


@each_page
def test_every_place_in_the_code_is_there(page):
    for code in INLINE.findall(prose(page)):
        if "coral" in code and page == EXAMPLE:
            continue
        if PLACE.fullmatch(code):
            pkgutil.resolve_name(f"vireid_lab.{code}")
        elif FILE.fullmatch(code):
            assert (ROOT / code).exists(), code


def test_the_readme_is_short_and_leads_to_every_page():
    readme = (ROOT / "README.md").read_text()
    assert len(readme.splitlines()) < 200
    assert {f"docs/{page.name}" for page in DOCS.glob("*.md")} <= set(LINK.findall(readme))


def test_a_block_that_is_a_file_says_so_to_its_reader():
    infos = [(page, *block.info.split()) for page in PAGES for block in blocks(page) if block.info]
    assert {kind for _, kind, _ in infos} == {"python", "diff", "csv"}
    assert all(f"`{path}`" in prose(page) for page, _, path in infos)  # what stands behind the fence is not shown


def test_the_citation_file_agrees_with_the_package():
    yaml = pytest.importorskip("yaml")
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert citation["cff-version"] == "1.2.0" and citation["message"]
    assert citation["title"] == "vireid_lab" and citation["abstract"] == f"{project['description']}."
    assert citation["authors"] and all(set(author) == {"name"} for author in citation["authors"])
    assert (citation["version"], citation["license"]) == (vireid_lab.__version__, project["license"])
    assert citation["authors"][0]["name"] in (ROOT / "LICENSE").read_text()


def test_the_changelog_knows_the_version():
    changelog = (ROOT / "CHANGELOG.md").read_text()
    assert re.search(r"^## \[Unreleased\]$", changelog, re.MULTILINE) and vireid_lab.__version__ in changelog
