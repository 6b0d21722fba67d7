"""The committed figures are what the code of today would draw, and a figure that is not is found."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from vireid_lab.figures.manifest import check_figures
from vireid_lab.figures.save import cause_hash
from vireid_lab.papers.reader import PaperFigure, figures
from vireid_lab.recipes.catalogue import RECIPES
from vireid_lab.spectra import world

COMMITTED = Path(__file__).parents[2] / "figures"
NAME = "00_start_here/03_training"


@pytest.fixture
def copy(tmp_path):
    """A figure's three files in a folder of their own."""
    for suffix in (".json", ".pdf", ".png"):
        target = tmp_path / f"{NAME}{suffix}"
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(COMMITTED / f"{NAME}{suffix}", target)
    return tmp_path


def change(folder: Path, update, rehash: bool = False) -> None:
    """Changes the JSON of the copy; `rehash` gives it the hash that belongs to the change."""
    path = folder / f"{NAME}.json"
    record = json.loads(path.read_text())
    update(record)
    if rehash:
        record["hash"] = cause_hash(record)
    path.write_text(json.dumps(record))


def only_fault(folder: Path) -> str:
    ((fault,),) = check_figures(folder).values()
    return fault


def test_every_committed_figure_matches_and_every_figure_of_the_papers_is_there():
    found = check_figures(COMMITTED, figures())
    assert {name: faults for name, faults in found.items() if faults} == {}, "make figures"
    folders = {path.name for path in COMMITTED.iterdir() if path.is_dir()} - {"results"}
    assert folders == {name.split("/")[0] for name in found}


def test_the_committed_pages_show_exactly_the_committed_figures():
    pages = [COMMITTED / "index.html", *COMMITTED.glob("*/index.html")]
    for page in pages:
        shown = {line.split('"')[1] for line in page.read_text().splitlines() if line.startswith("<img")}
        assert shown == {path.relative_to(page.parent).as_posix() for path in page.parent.rglob("*.png")}, page


def test_an_untouched_copy_matches(copy):
    assert check_figures(copy) == {NAME: []}


@pytest.mark.parametrize(
    "update",
    [
        lambda record: record["parameters"].update(steps=7),
        lambda record: record.update(seed=5),
        lambda record: record.update(scale="small"),
        lambda record: record["data"].update(fingerprint="other"),
        lambda record: record["versions"].update({"figures.samples": 1}),
    ],
    ids=["parameters", "seed", "scale", "data", "versions"],
)
def test_a_cause_that_was_changed_by_hand_is_found(copy, update):
    change(copy, update)
    assert only_fault(copy).startswith("the hash is ")


def test_a_module_with_another_version_today_is_found(copy, monkeypatch):
    monkeypatch.setattr("vireid_lab.figures.curves.VERSION", 99)
    assert only_fault(copy) == "figures.curves: VERSION 1, today 99"


def test_a_recipe_with_another_version_today_is_found(copy, monkeypatch):
    change(copy, lambda record: record["versions"].update({"recipes.pcb": RECIPES["pcb"].VERSION}), rehash=True)
    assert check_figures(copy) == {NAME: []}
    monkeypatch.setattr(RECIPES["pcb"], "VERSION", 99)
    assert only_fault(copy) == "recipes.pcb: VERSION 1, today 99"


def test_a_generator_with_another_version_today_is_found(copy):
    old = world.VERSION - 1
    change(copy, lambda record: record["data"].update(generator_version=old), rehash=True)
    assert only_fault(copy) == f"generator of the data: VERSION {old}, today {world.VERSION}"


def test_a_module_that_is_no_more_is_found(copy):
    change(copy, lambda record: record["versions"].update({"figures.gone": 1}), rehash=True)
    assert only_fault(copy) == "figures.gone: VERSION 1, today there is none"


@pytest.mark.parametrize("suffix", [".json", ".pdf", ".png"])
def test_a_missing_file_is_named(copy, suffix):
    (copy / f"{NAME}{suffix}").unlink()
    assert only_fault(copy) == f"03_training{suffix} is not there"


def test_the_picture_of_another_figure_is_found(copy):
    shutil.copyfile(COMMITTED / "00_start_here" / "04_rank1.png", copy / f"{NAME}.png")
    assert "other words" in only_fault(copy)


def test_a_damaged_picture_or_record_is_found(copy):
    png = copy / f"{NAME}.png"
    png.write_bytes(png.read_bytes()[:-5000])
    assert "03_training.png" in only_fault(copy)
    (copy / f"{NAME}.json").write_text("{")
    assert "cannot be read as JSON" in only_fault(copy)
    (copy / f"{NAME}.json").write_text('{"title": "x"}')
    assert "lacks alt, data, hash" in only_fault(copy)


def test_a_picture_without_words_is_not_one_of_ours(copy):
    Image.new("L", (8, 8)).save(copy / f"{NAME}.png", pnginfo=PngImagePlugin.PngInfo())
    assert "other words" in only_fault(copy)


def test_a_figure_that_a_paper_names_must_be_there_unless_it_is_a_diagram(copy):
    here, gone = (
        PaperFigure("toy", n, "00_start_here", file, "computed", "") for n, file in (("1", "03_training"), ("2", "x"))
    )
    found = check_figures(copy, [here, gone, PaperFigure("toy", "3", "", "", "diagram", "")])
    assert found == {NAME: [], "00_start_here/x": ["figures.csv names it as Fig. 2 of toy, and it is not there"]}


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_every_recipe_has_a_version_to_record(recipe):
    assert type(recipe.VERSION) is int
