"""`vireid figure`: the right notebook, as far as it is needed, and what it drew in the folder asked for."""

from __future__ import annotations

import json

import nbformat
import pytest

from vireid_lab.batch import paper_figure
from vireid_lab.batch.paper_figure import cut_notebook, find_figure
from vireid_lab.cli import main
from vireid_lab.papers.reader import PaperFigure, figures
from vireid_lab.runtime import InputError

DRAW = """
from pathlib import Path
from vireid_lab.figures.curves import cmc_curves
from vireid_lab.figures.save import Provenance, save_figure
(Path(out) / "first_cell").write_text("ran")
save_figure(
    cmc_curves({"model": [0.2, 1]}), Path(out) / "figures" / "toy" / "01_fig2",
    title="Two ranks", alt="It rises.", provenance=Provenance({}, 0, {"synthetic": True}, scale),
)
"""
FIGURES = [
    PaperFigure("toy", "2", "toy", "01_fig2", "computed", "Curves"),
    PaperFigure("toy", "3", "toy", "02_gone", "computed", "Lost"),
    PaperFigure("toy", "4", "", "", "diagram", "Framework"),
]


@pytest.fixture
def notebook(tmp_path, monkeypatch):
    """A notebook that draws a figure in its second code cell and fails in its third."""
    cells = [
        nbformat.v4.new_code_cell('scale = "tiny"\nout = "x"', metadata={"tags": ["parameters"]}),
        nbformat.v4.new_markdown_cell('Here "01_fig2" is spoken of.'),
        nbformat.v4.new_code_cell(DRAW),
        nbformat.v4.new_code_cell("raise ValueError('behind the figure')"),
    ]
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    path = tmp_path / "here" / "toy.ipynb"
    path.parent.mkdir()
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), path)
    monkeypatch.chdir(path.parent)
    monkeypatch.setattr("vireid_lab.papers.reader.figures", lambda: FIGURES)
    return path


@pytest.mark.parametrize(
    "figure", [f for f in figures() if f.kind == "computed"], ids=lambda f: f"{f.paper}-{f.figure}"
)
def test_every_computed_figure_of_the_papers_can_be_cut_out_of_its_notebook(figure, tmp_path):
    whole = paper_figure.find_notebook(figure.notebook)
    cut = nbformat.read(cut_notebook(whole, figure.file, tmp_path / "cut.ipynb"), as_version=4)
    assert f'"{figure.file}"' in cut.cells[-1].source and "save_figure(" in cut.cells[-1].source
    assert cut.cells == nbformat.read(whole, as_version=4).cells[: len(cut.cells)]


@pytest.mark.slow
def test_the_notebook_runs_as_far_as_the_figure_and_its_three_files_are_there(notebook, tmp_path, capsys):
    out, runs = tmp_path / "out", tmp_path / "runs"
    runs.mkdir()
    assert main(["figure", "Toy", "2", "--scale", "smoke", "--runs", str(runs), "--out", str(out)]) == 0
    assert sorted(path.name for path in out.iterdir()) == ["01_fig2.json", "01_fig2.pdf", "01_fig2.png"]
    assert json.loads((out / "01_fig2.json").read_text())["scale"] == "smoke"
    words = capsys.readouterr().out
    for said in (str(out / "01_fig2.png"), "Two ranks", "It rises.", "[synthetic benchmark · smoke: no findings]"):
        assert said in words
    assert (runs / "first_cell").exists()  # it worked where it was told to
    assert sorted(path.name for path in notebook.parent.iterdir()) == ["toy.ipynb"]


@pytest.mark.slow
def test_a_cell_that_fails_is_named_with_its_error_and_nothing_is_written(notebook, tmp_path, capsys):
    content = nbformat.read(notebook, as_version=4)
    content.cells[2].source = "1 / 0\n" + DRAW
    nbformat.write(content, notebook)
    assert main(["figure", "toy", "2", "--out", str(tmp_path / "out")]) == 1
    error = capsys.readouterr().err
    assert "toy failed, code cell 2" in error and "ZeroDivisionError" in error
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "paper, number, words",
    [
        ("ty", "2", "unknown paper 'ty': did you mean 'toy'"),
        ("toy", "22", "unknown figure of toy '22': did you mean '2'"),
        ("toy", "4", "Fig. 4 of toy is a diagram.*: Framework"),
    ],
)
def test_what_cannot_be_made_is_said_before_anything_starts(paper, number, words):
    with pytest.raises(InputError, match=words):
        find_figure(FIGURES, paper, number)


def test_the_command_ends_with_2_where_it_could_not_start(notebook, tmp_path, capsys):
    out = ["--out", str(tmp_path / "out")]
    for arguments, words in (
        (["toy", "4"], "is a diagram"),
        (["toy", "2", "--scale", "large"], "unknown scale 'large'"),
        (["toy", "2", "--runs", str(tmp_path / "nowhere")], "there is no such folder"),
        (["toy", "3"], 'has no code cell with "02_gone"'),
    ):
        assert main(["figure", *arguments, *out]) == 2
        assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_an_output_that_is_a_file_is_said_before_anything_starts(notebook, tmp_path, capsys):
    (tmp_path / "out").write_text("a file")
    assert main(["figure", "toy", "2", "--out", str(tmp_path / "out")]) == 2
    assert "is a file" in capsys.readouterr().err
