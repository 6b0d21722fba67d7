from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from vireid_lab.cli import main
from vireid_lab.recipes.run import open_run
from vireid_lab.train.log import read_metrics


def test_it_trains_and_says_where(toy_root, toy, tmp_path, capsys):
    out = tmp_path / "run"
    command = ["train", "baseline", "--data", str(toy_root), "--out", str(out), "--set", *toy, "--set", "seed=3"]
    assert main([*command, "--json"]) == 0
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert last["run"] == str(out) and last["finished"] and last["seed"] == 3
    assert main([*command, "--resume"]) == 0
    assert f"vireid evaluate {out}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "change, message",
    [
        (["--preset", "tyni"], "did you mean 'tiny'"),
        (["--set", "lossses=ce"], "did you mean 'losses'"),
        (["--set", "ids_per_batch=50"], "50"),
        (["--device", "gpu"], "gpu"),
        (["--data", "/nowhere"], "/nowhere"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(toy_root, toy, tmp_path, capsys, change, message):
    out = tmp_path / "run"
    command = ["train", "baseline", "--data", str(toy_root), "--out", str(out), "--set", *toy, *change]
    assert main(command) == 2
    error = capsys.readouterr().err
    assert error.startswith("vireid: error: ") and message in error and len(error.splitlines()) == 1
    assert not out.exists()


def test_tensorboard_events_lie_in_the_run(toy_root, toy, tmp_path):
    pytest.importorskip("tensorboard")
    out = tmp_path / "run"
    assert (
        main(["train", "baseline", "--data", str(toy_root), "--out", str(out), "--set", *toy, "tensorboard=true"]) == 0
    )
    assert list((out / "tensorboard").glob("events.*"))


@pytest.mark.slow
def test_two_processes_train_one_model_and_one_writes(toy_root, toy, tmp_path):
    out = tmp_path / "run"
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command += ["-m", "vireid_lab", "train", "baseline", "--data", str(toy_root), "--out", str(out), "--device", "cpu"]
    command += ["--json", "--set", *toy, "steps=4"]
    result = subprocess.run(command, env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout.count("step 4/4") == 1 and json.loads(result.stdout.splitlines()[-1])["steps"] == 4
    assert [row["step"] for row in read_metrics(out / "metrics.jsonl")] == [2, 4]
    assert open_run(out).model() is not None
