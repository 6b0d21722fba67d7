"""Parameters of notebooks: found, read as literals, checked by the type of their default."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

from vireid_lab.batch.parameters import check_value, find_notebook, parse_value, read_parameters
from vireid_lab.runtime import InputError

ROOT = Path(__file__).parents[2]


def test_a_notebook_is_found_by_path_and_by_name(tmp_path, write_notebook, monkeypatch):
    monkeypatch.chdir(tmp_path)
    here, below = write_notebook(tmp_path, "here", "a = 1"), write_notebook(tmp_path / "notebooks", "below", "a = 1")
    for name in ("here", "here.ipynb", str(here), "./here.ipynb"):
        assert find_notebook(name) == here
    assert find_notebook("below") == find_notebook("notebooks/below.ipynb") == below
    assert find_notebook("00_start_here") == ROOT / "notebooks" / "00_start_here.ipynb"
    with pytest.raises(InputError, match="unknown notebook 'belov': did you mean 'below'"):
        find_notebook("belov")


def test_the_parameters_of_the_own_notebooks_are_read():
    parameters = read_parameters(ROOT / "notebooks" / "00_start_here.ipynb")
    assert list(parameters)[0] == "scale" and parameters["seed"] == 0 and parameters["data_root"] == ""


def test_all_kinds_of_literals_are_read_in_their_order(tmp_path, write_notebook):
    source = "b = -1  # why\na: float = 1e-3\nc = None\nd = ['x', [1]]\ne = {'k': True}\nf = ''"
    parameters = read_parameters(write_notebook(tmp_path, "n", source, "z = 1"))
    assert list(parameters.items()) == [
        ("b", -1), ("a", 1e-3), ("c", None), ("d", ["x", [1]]), ("e", {"k": True}), ("f", ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "source",
    ["a = 1 + x", "a = (1, 2)", "a = [(1,)]", "a = {1}", "a = b = 1", "a, b = 1, 2", "import os", "a += 1", "a = b'x'"],
)
def test_anything_but_a_literal_is_named(tmp_path, write_notebook, source):
    path = write_notebook(tmp_path, "n", f"ok = 1\n{source}")
    with pytest.raises(InputError, match=re.escape(str(path)) + ".*is not 'name = value'") as error:
        read_parameters(path)
    assert "ok = 1" not in str(error.value)


def test_a_notebook_needs_one_parameters_cell(tmp_path, write_notebook):
    with pytest.raises(InputError, match="n.ipynb has 0 code cells tagged 'parameters'"):
        read_parameters(write_notebook(tmp_path, "n", None, "a = 1"))
    path = write_notebook(tmp_path, "two", "a = 1", "b = 1")
    path.write_text(
        path.read_text().replace('"metadata": {},\n   "outputs"', '"metadata": {"tags": ["parameters"]},\n   "outputs"')
    )
    with pytest.raises(InputError, match="two.ipynb has 2 code cells"):
        read_parameters(path)


def test_broken_files_are_named(tmp_path, write_notebook):
    with pytest.raises(InputError, match="n.ipynb, cell 'parameters': not Python.*a = = 1"):
        read_parameters(write_notebook(tmp_path, "n", "a = = 1"))
    for content in ("[]", "{", '{"worksheets": []}', "\x00"):
        (tmp_path / "x.ipynb").write_text(content)
        with pytest.raises(InputError, match="x.ipynb"):
            read_parameters(tmp_path / "x.ipynb")


@pytest.mark.parametrize(
    ("text", "default", "value"),
    [
        ("5", "", "5"), ("true", "x", "true"), ("", "x", ""), ("[1]", "x", "[1]"),
        ("5", 0, 5), ("-3", 0, -3), ("1_000", 0, 1000),
        ("1e-06", 0.1, 1e-06), ("3", 0.1, 3), ("inf", 0.1, math.inf), (".5", 0.1, 0.5),
        ("true", False, True), ("False", True, False), ("TRUE", False, True),
        ('["a", "b"]', [], ["a", "b"]), ("['a', 'b']", [1], ["a", "b"]), ("[]", ["a"], []),
        ('{"a": true}', {}, {"a": True}),
        ("3", None, 3), ("word", None, "word"), ("none", None, None), ("[true]", None, [True]), ("true", None, True),
    ],
)  # fmt: skip
def test_text_is_read_as_the_type_of_the_default(text, default, value):
    read = parse_value("p", text, default)
    assert read == value and type(read) is type(value)


@pytest.mark.parametrize(
    ("text", "default"),
    [
        ("1.5", 0), ("true", 0), ("five", 0), ("", 0), ("1e3", 0), ("x", 0.5), ("true", 0.5), ("[1]", 0.5),
        ("1", False), ("yes", True), ("a,b", []), ("(1, 2)", []), ("1", []), ("[1", []), ("[]", {}), ("none", 0),
    ],
)  # fmt: skip
def test_text_of_another_type_is_refused_with_name_and_default(text, default):
    with pytest.raises(InputError, match=f"parameter 'p': .* is not .*default: {re.escape(repr(default))}"):
        parse_value("p", text, default)


@pytest.mark.parametrize(("value", "default"), [(True, 0), (1.0, 0), (0, False), ("1", 1), ((1,), []), (None, 1)])
def test_values_of_another_type_are_refused(value, default):
    with pytest.raises(InputError, match="parameter 'p'"):
        check_value("p", value, default)


@pytest.mark.parametrize(("value", "default"), [(1, 0.5), (1, 0), ("x", ""), ([], [1]), ({}, None), (True, False)])
def test_values_of_the_type_pass(value, default):
    assert check_value("p", value, default) is value
