"""The notebooks: their form, and headless runs at the smallest scale, each in its own process."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PICTURES = ["01_contact_sheet", "02_masks", "03_training", "04_rank1", "05_cmc", "06_tsne", "07_distances", "08_top10"]
PICTURES += ["09_gradcam"]

every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def code_cells(path: Path) -> list:
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def parameter_cells(path: Path) -> list:
    return [cell for cell in code_cells(path) if "parameters" in cell.metadata.get("tags", [])]


def test_there_is_a_notebook_to_start_with():
    assert "00_start_here" in [path.stem for path in NOTEBOOKS]


@every_notebook
def test_it_is_valid_and_was_saved_without_outputs(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code_cells(path))


@every_notebook
def test_it_begins_with_its_title(path):
    first = nbformat.read(path, as_version=4).cells[0]
    assert first.cell_type == "markdown" and first.source.startswith("# ")


@every_notebook
def test_its_parameters_are_plain_literals_in_one_cell(path):
    (cell,) = parameter_cells(path)
    values = {}
    for node in ast.parse(cell.source).body:
        assert isinstance(node, ast.Assign), ast.dump(node)
        values[node.targets[0].id] = ast.literal_eval(node.value)
    assert values["scale"] in ("smoke", "tiny", "small")
    assert not any(isinstance(value, tuple) for value in values.values())  # papermill turns them into texts
    assert all(not str(value).startswith("/") for value in values.values())


@every_notebook
def test_it_only_calls_the_library(path):
    for cell in code_cells(path):
        nodes = list(ast.walk(ast.parse(cell.source)))
        assert not any(isinstance(n, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) for n in nodes)
        assert len(cell.source.splitlines()) <= 45, cell.source


@every_notebook
def test_prose_stands_between_the_steps(path):
    cells = nbformat.read(path, as_version=4).cells
    kinds = "".join(cell.cell_type[0] for cell in cells)
    assert "cccc" not in kinds and kinds.count("m") >= len(kinds) // 3


def run_notebook(out: Path, scale: str = "smoke") -> subprocess.CompletedProcess:
    notebook = ROOT / "notebooks" / "00_start_here.ipynb"
    command = [sys.executable, "-m", "papermill", "--kernel", "python3", "--cwd", str(notebook.parent), str(notebook)]
    command += [str(out / "executed.ipynb"), "-p", "scale", scale, "-p", "out", str(out)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    out = tmp_path_factory.mktemp("demo")
    done = run_notebook(out)
    assert done.returncode == 0, done.stderr[-3000:]
    return out


@pytest.mark.slow
def test_a_headless_run_writes_every_picture_with_its_words_and_origin(finished):
    figures = finished / "figures"
    assert sorted(path.stem for path in figures.glob("*.png")) == PICTURES
    for name in PICTURES:
        record = json.loads((figures / f"{name}.json").read_text())
        assert len(record["alt"]) > 60 and record["label"] == "synthetic benchmark · smoke: no findings"
        assert str(finished) not in json.dumps(record)  # pictures travel; the place they were made in does not
        with Image.open(figures / f"{name}.png") as image:
            image.load()
            assert image.width >= 1000 and image.text["Description"] == record["alt"]
        assert (figures / f"{name}.pdf").stat().st_size > 1000
    page = (figures / "index.html").read_text()
    assert all(f"{name}.png" in page for name in PICTURES)


@pytest.mark.slow
def test_a_headless_run_keeps_the_parameters_tag_and_shows_the_pictures(finished):
    (cell,) = parameter_cells(finished / "executed.ipynb")
    assert 'scale = "tiny"' in cell.source  # papermill puts its own cell behind it
    shown = [
        output["data"]["text/html"]
        for cell in code_cells(finished / "executed.ipynb")
        for output in cell.outputs
        if "text/html" in output.get("data", {})
    ]
    assert len(shown) == len(PICTURES) and all('alt="' in html for html in shown)


@pytest.mark.slow
def test_a_second_run_uses_the_finished_training_and_draws_the_same_pictures(finished):
    (checkpoint,) = finished.glob("runs/*/checkpoints/last.pt")
    kept = [checkpoint, *(finished / "data").rglob("*.jpg")]
    times = [path.stat().st_mtime_ns for path in kept]
    before = {path.name: path.read_bytes() for path in (finished / "figures").iterdir()}
    done = run_notebook(finished)
    assert done.returncode == 0, done.stderr[-3000:]
    assert [path.stat().st_mtime_ns for path in kept] == times
    assert {path.name: path.read_bytes() for path in (finished / "figures").iterdir()} == before


@pytest.mark.slow
def test_a_misspelt_scale_is_named_before_anything_is_written(tmp_path):
    done = run_notebook(tmp_path, scale="smok")
    assert done.returncode == 1
    assert "unknown scale 'smok': did you mean 'smoke'?" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["executed.ipynb"]
