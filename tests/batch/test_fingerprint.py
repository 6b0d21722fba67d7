"""What makes a finished run stale, and what does not."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import nbformat
import pytest

import vireid_lab
from vireid_lab.batch.fingerprint import code_sha, data_sha, notebook_sha
from vireid_lab.runtime import InputError


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A copy of the package's code that `code_sha` takes for the package."""
    copy = tmp_path / "vireid_lab"
    source = Path(vireid_lab.__file__).parent
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(vireid_lab, "__file__", str(copy / "__init__.py"))
    return copy


def test_code_is_what_python_reads(package):
    before = code_sha()
    (package / "train" / "notes.md").write_text("no code")
    os.utime(package / "runtime.py", (1, 1))
    assert code_sha() == before
    module = package / "runtime.py"
    module.write_text(module.read_text() + "\n")
    changed = code_sha()
    (package / "runtime.py").rename(package / "run_time.py")
    assert len({before, changed, code_sha()}) == 3


def change(path: Path, edit) -> str:
    notebook = json.loads(path.read_text())
    edit(notebook)
    path.write_text(json.dumps(notebook))
    return notebook_sha(path)


def test_a_notebook_is_its_sources_types_and_tags(tmp_path, write_notebook):
    path = write_notebook(tmp_path, "n", "a = 1", "print(a)\nprint(a)")
    before = notebook_sha(path)
    output = nbformat.v4.new_output("stream", text="1\n")
    same = [
        lambda n: n["cells"][2]["outputs"].append(output),
        lambda n: n["cells"][2].update(execution_count=5, id="abc"),
        lambda n: n["cells"][2]["metadata"].update(collapsed=True),
        lambda n: n["metadata"].update(language_info={"name": "python", "version": "3.99"}),
        lambda n: n["cells"][2].update(source="print(a)\nprint(a)"),  # a text instead of a list of lines
    ]
    assert [change(path, edit) for edit in same] == [before] * len(same)
    different = [
        lambda n: n["cells"][2].update(source="print(a)"),
        lambda n: n["cells"][2]["metadata"].update(tags=["skip"]),
        lambda n: n["cells"][0].update(cell_type="raw"),
        lambda n: n["cells"].reverse(),
    ]
    assert len({before, *(change(path, edit) for edit in different)}) == 1 + len(different)


def test_a_notebook_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match="gone.ipynb is not there"):
        notebook_sha(tmp_path / "gone.ipynb")


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.jpg").write_text("a")
    (folder / "deep" / "b.jpg").write_text("b")
    (tmp_path / "weights.pt").write_text("w")
    return folder


def test_data_are_the_files_that_parameters_point_to(tmp_path, data):
    def now() -> str:
        return data_sha({"data_root": "data", "weights": str(tmp_path / "weights.pt"), "seed": 1}, tmp_path)

    seen = [now()]
    assert now() == seen[0] != ""
    for act in (
        lambda: (data / "deep" / "b.jpg").write_text("longer"),
        lambda: os.utime(data / "deep" / "b.jpg", ns=(1, 1)),
        lambda: (data / "new.jpg").write_text(""),
        lambda: (data / "a.jpg").rename(data / "c.jpg"),
        lambda: os.utime(tmp_path / "weights.pt", ns=(1, 1)),
    ):
        act()
        seen.append(now())
    assert len(set(seen)) == len(seen)


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"scale": "tiny", "seed": 3, "none": None},
        {"data_root": ""},
        {"out": "data"},
        {"x": "a\x00b"},
        {"x": "y" * 9999},
    ],
)
def test_without_files_there_is_nothing(tmp_path, data, parameters):
    assert data_sha(parameters, tmp_path) == ""


def test_what_a_run_writes_below_its_data_does_not_make_it_stale(tmp_path, data):
    parameters = {"data_root": "data", "out": "data/runs/1"}
    before = data_sha(parameters, tmp_path)
    (data / "runs" / "1").mkdir(parents=True)
    (data / "runs" / "1" / "run.json").write_text("{}")
    assert data_sha(parameters, tmp_path) == before
