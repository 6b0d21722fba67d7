"""The list of runs of a batch."""

from __future__ import annotations

import itertools
import re

import pytest

from vireid_lab.batch.plan import LIMIT, NAME_LENGTH, plan_runs
from vireid_lab.runtime import InputError


@pytest.fixture
def notebook(tmp_path, write_notebook):
    return write_notebook(tmp_path, "study", "scale = 'tiny'\nseed = 0\nlr = 0.1\nnames = []\nout = ''")


def test_one_notebook_alone_is_one_run_of_its_name(notebook):
    (run,) = plan_runs([notebook], [("lr", "1e-06")])
    assert (run.name, run.notebook, run.parameters, run.swept) == ("study", notebook, {"lr": 1e-06}, {})


def test_the_grid_and_the_seeds_are_multiplied_for_each_notebook(tmp_path, notebook, write_notebook):
    other = write_notebook(tmp_path, "other", "seed = 3\nlr = 1.0\nscale = 'tiny'")
    runs = plan_runs([notebook, other], [("scale", "smoke")], [("lr", ["0.1", "0.2"])], [0, 1])
    expected = itertools.product(["study", "other"], [0.1, 0.2], [0, 1])
    assert [(run.notebook.stem, run.parameters) for run in runs] == [
        (stem, {"scale": "smoke", "lr": lr, "seed": seed}) for stem, lr, seed in expected
    ]
    assert runs[0].name == "study-lr=0.1-seed=0" and runs[0].swept == {"lr": 0.1, "seed": 0}
    assert len({run.name for run in runs}) == 8


def test_names_are_safe_short_unique_and_do_not_depend_on_the_other_runs(notebook):
    values = ["a/b", "a_b", "../..", "x" * 300, "x" * 301, "é", "", "A", "a"]
    runs = plan_runs([notebook], grid=[("scale", values)])
    names = [run.name for run in runs]
    assert all(re.fullmatch(r"study-scale=[A-Za-z0-9._+=-]*", name) and len(name) <= NAME_LENGTH for name in names)
    assert len({name.lower() for name in names}) == len(values)
    for run, value in zip(runs[:7], values, strict=False):
        assert plan_runs([notebook], grid=[("scale", [value])])[0].name == run.name


def test_notebooks_of_one_name_in_two_folders_get_two_names(tmp_path, notebook, write_notebook):
    twin = write_notebook(tmp_path / "twin", "study", "seed = 0")
    first, second = plan_runs([notebook, twin])
    assert first.name != second.name and first.name.startswith("study-") and second.name.startswith("study-")


def test_a_parameter_must_be_in_every_notebook(tmp_path, notebook, write_notebook):
    other = write_notebook(tmp_path, "other", "seed = 3")
    with pytest.raises(InputError, match="unknown parameter of study.ipynb 'scal': did you mean 'scale'"):
        plan_runs([notebook], [("scal", "tiny")])
    with pytest.raises(InputError, match="unknown parameter of other.ipynb 'lr'"):
        plan_runs([notebook, other], grid=[("lr", ["1"])])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"fixed": [("lr", "fast")]}, "parameter 'lr': 'fast' is not a number"),
        ({"grid": [("seed", ["1", "x"])]}, "parameter 'seed': 'x' is not a whole number"),
        ({"grid": [("lr", [])]}, "no value for 'lr', so there is nothing to run"),
        ({"seeds": []}, "no value for 'seed'"),
        ({"grid": [("lr", ["1", "1"])]}, "the value '1' of 'lr' 2 times"),
        ({"fixed": [("lr", "1"), ("lr", "2")]}, "parameter 'lr' is given 2 times"),
        ({"fixed": [("lr", "1")], "grid": [("lr", ["1", "2"])]}, "parameter 'lr' is given 2 times"),
        ({"grid": [("seed", ["1"])], "seeds": [1]}, "parameter 'seed' is given 2 times"),
    ],
)
def test_what_cannot_be_run_is_named(notebook, given, message):
    with pytest.raises(InputError, match=re.escape(message)):
        plan_runs([notebook], **given)


def test_no_notebook_or_one_twice_is_refused(notebook):
    with pytest.raises(InputError, match="no notebook was given"):
        plan_runs([])
    with pytest.raises(InputError, match="the same run is there twice"):
        plan_runs([notebook, notebook])


def test_very_many_runs_have_to_be_meant(notebook):
    seeds = list(range(LIMIT + 1))
    assert len(plan_runs([notebook], seeds=seeds[:-1])) == LIMIT
    with pytest.raises(InputError, match=f"a batch of {LIMIT + 1} runs.*--yes"):
        plan_runs([notebook], seeds=seeds)
    assert len(plan_runs([notebook], seeds=seeds, limit=None)) == LIMIT + 1
    huge = [(name, [str(i) for i in range(10_000)]) for name in ("seed", "lr", "scale")]
    with pytest.raises(InputError, match="a batch of 1000000000000 runs"):
        plan_runs([notebook], grid=huge)
