"""The unit of sweeps: what is swept reaches the run, and two readings come out of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from vireid_lab.analysis.result_table import read_results, write_results
from vireid_lab.analysis.run_results import read_runs
from vireid_lab.batch.parameters import find_notebook, read_parameters
from vireid_lab.batch.plan import plan_runs
from vireid_lab.batch.report.tables import measured_lines

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "09_one_run.ipynb"


def test_a_sweep_over_losses_and_seeds_is_four_runs_with_these_parameters():
    runs = plan_runs([find_notebook("09_one_run")], [("scale", "smoke")], [("losses", ["ce", "ce+wrt"])], [0, 1])
    assert [run.parameters for run in runs] == [
        {"scale": "smoke", "losses": losses, "seed": seed} for losses in ("ce", "ce+wrt") for seed in (0, 1)
    ]
    assert len({run.name for run in runs}) == 4


def test_every_slot_is_a_parameter_and_is_the_recipes_own_unless_given():
    defaults = read_parameters(NOTEBOOK)
    slots = ("model", "augment", "backbone", "head", "attention", "losses")
    assert [defaults[slot] for slot in slots] == [""] * len(slots)


def execute(out: Path, **parameters: str) -> None:
    command = [sys.executable, "-m", "papermill", "--kernel", "python3", str(NOTEBOOK), str(out / "executed.ipynb")]
    for key, value in {"scale": "smoke", "out": str(out), **parameters}.items():
        command += ["-p", key, value]
    done = subprocess.run(command, env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.slow
def test_what_is_given_reaches_the_run_and_both_readings_are_kept(tmp_path):
    execute(tmp_path, losses="ce", augment="flip+crop:3", seed="4", data_seed="6", ids="11", select="3", steps="12")
    (folder,) = (tmp_path / "runs").iterdir()
    config, run = (json.loads((folder / name).read_text()) for name in ("config.json", "run.json"))
    assert folder.name.startswith("baseline-")
    assert (config["losses"], config["augment"], config["steps"], config["seed"]) == ("ce", "flip+crop:3", 12, 4)
    assert config["n_ids"] == 11 - 3
    assert (run["benchmark"]["seed"], run["benchmark"]["ids"], run["benchmark"]["difficulty"]) == (6, 11, "medium")
    readings = {metrics["checkpoint"] for metrics in run["metrics"].values()}
    assert readings == {"last", "best on 3 held-out training identities"}
    figure = json.loads((tmp_path / "figures" / "09_one_run" / "02_cmc.json").read_text())
    assert figure["parameters"]["losses"] == "ce" and figure["versions"]["recipes.baseline"] == 1
    assert "last step" in figure["alt"] and "best step" in figure["alt"]
    words = executed_text(tmp_path)
    assert words.count("rank1 on training identities") == 2 and f"The run: {folder}" in words


@pytest.mark.slow
def test_a_composition_reaches_the_run_its_table_and_its_line_of_a_report(tmp_path):
    execute(tmp_path, recipe="compose", model="rfm", attention="none", augment="flip", losses="ce", steps="3")
    (run,) = read_runs(tmp_path / "runs")
    assert run.path.name.startswith("compose-") and (run.recipe, run.slots["model"]) == ("compose", "rfm")
    assert run.slots["head"] == "parts:6+reduce:64"  # what is not given is the model's own
    assert read_results(write_results([run], tmp_path / "some.runs.csv"))[0].slots == run.slots
    assert all(line.words.startswith("compose: rfm · flip") for line in measured_lines([run]))


@pytest.mark.slow
def test_a_model_for_another_recipe_is_an_error(tmp_path):
    with pytest.raises(AssertionError, match="model=rfm: recipe baseline has no slot model; take recipe compose"):
        execute(tmp_path, recipe="baseline", model="rfm")


@pytest.mark.slow
def test_without_held_out_identities_the_last_step_counts_and_a_data_set_of_yours_is_taken(tmp_path):
    from vireid_lab.data.make import make_benchmark

    own = make_benchmark(tmp_path / "own", ids=9, images=2, seed=8)
    execute(tmp_path, data_root=str(own), select="0", steps="3")
    (folder,) = (tmp_path / "runs").iterdir()
    run = json.loads((folder / "run.json").read_text())
    assert [metrics["checkpoint"] for metrics in run["metrics"].values()] == ["last"]
    assert json.loads((folder / "config.json").read_text())["data_root"] == str(own)


def executed_text(out: Path) -> str:
    notebook = json.loads((out / "executed.ipynb").read_text())
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    return "".join("".join(output.get("text", [])) for output in outputs)
