from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest
import torch

from vireid_lab.data.layouts import open_dataset
from vireid_lab.recipes.config import config_hash, describe
from vireid_lab.recipes.run import open_run
from vireid_lab.recipes.settings import Settings
from vireid_lab.recipes.training import train
from vireid_lab.runtime import InputError
from vireid_lab.train.checkpoint import checkpoint_path, load_checkpoint
from vireid_lab.train.log import read_metrics


def weights(run):
    return load_checkpoint(checkpoint_path(run))["model"]


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def test_a_run_folder_holds_what_happened(toy_root, toy, tmp_path):
    out = train("baseline", toy_root, out=tmp_path / "run", overrides=toy)
    assert out == tmp_path / "run"
    config = json.loads((out / "config.json").read_text())
    assert config["recipe"] == "baseline" and config["size"] == [32, 16] and config["n_ids"] == 6
    summary = open_run(out).summary
    assert summary["finished"] and summary["steps"] == 6 and summary["weights"] == "resnet10: random weights"
    assert summary["data"] == open_dataset(toy_root).fingerprint
    assert summary["slots"]["losses"] == "ce+wrt" and "torch" in summary["environment"]["versions"]
    assert [row["step"] for row in read_metrics(out / "metrics.jsonl")] == [2, 4, 6]
    assert {"lr", "total", "ce", "wrt", "accuracy"} <= read_metrics(out / "metrics.jsonl")[0].keys()


def test_an_opened_run_gives_back_settings_data_and_model(toy_root, toy, tmp_path):
    run = open_run(train("pcb", toy_root, out=tmp_path / "run", overrides=[*toy, "head=parts:2"]))
    assert run.settings.head == "parts:2" and run.settings.size == (32, 16)
    assert run.dataset() == open_dataset(toy_root)
    assert {"data_root": str(toy_root), **run.parameters} == run.config and "data_root" not in run.parameters
    model = run.model()
    assert not model.training and same(dict(model.state_dict()), weights(run.path))
    assert model.embed(torch.zeros(2, 3, 32, 16), torch.tensor([0, 1])).shape == (2, 2 * 256)


def test_the_default_folder_is_named_by_what_changes_the_result(toy_root, toy, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    out = train("baseline", toy_root, overrides=toy)
    dataset = open_dataset(toy_root)
    names = {
        config_hash(describe("baseline", "tiny", Settings(**values), dataset))
        for values in ({}, {"log_every": 7}, {"checkpoint_every": 7}, {"lr": 0.1}, {"seed": 1})
    }
    assert str(out.parent) == "runs/baseline" and len(names) == 3


def test_a_finished_run_is_left_as_it_is(toy_root, toy, tmp_path, capsys):
    out = train("baseline", toy_root, out=tmp_path / "run", overrides=toy)
    written = checkpoint_path(out).stat().st_mtime_ns
    with pytest.raises(InputError, match="a finished run: add --resume"):
        train("baseline", toy_root, out=out, overrides=toy)
    capsys.readouterr()
    assert train("baseline", toy_root, out=out, overrides=toy, resume=True) == out
    assert "is finished" in capsys.readouterr().out
    assert checkpoint_path(out).stat().st_mtime_ns == written
    with pytest.raises(InputError, match=r"lr \(0.003 there, 0.1 asked\)"):
        train("baseline", toy_root, out=out, overrides=[*toy, "lr=0.1"], resume=True)


def test_epochs_count_the_samplers_batches(toy_root, toy, tmp_path):
    """18 images of each modality in batches of 3 x 2: 4 batches an epoch, two of them a step."""
    out = train("baseline", toy_root, out=tmp_path / "run", overrides=[*toy, "steps=0", "epochs=3", "accumulate=2"])
    assert open_run(out).summary["steps"] == 3 * 2


@pytest.mark.parametrize(
    "recipe, change, message",
    [
        ("baseline", "ids_per_batch=7", "7"),
        ("pcb", "head=parts:5", "parts=5"),
        ("baseline", "weights=visble", "visble"),
        ("baseline", "augment=flop", "unknown augmentation"),
        ("baseline", "backbone=resnet11", "unknown backbone"),
        ("baseline", "losses=none", "at least one"),
    ],
)
def test_what_does_not_fit_is_said_before_a_folder_is_made(toy_root, toy, tmp_path, recipe, change, message):
    with pytest.raises(InputError, match=message):
        train(recipe, toy_root, out=tmp_path / "run", overrides=[*toy, change])
    assert not (tmp_path / "run").exists()


def test_missing_visible_weights_name_the_command(toy_root, toy, tmp_path, monkeypatch):
    monkeypatch.setenv("VIREID_CACHE", str(tmp_path / "empty"))
    with pytest.raises(InputError, match="vireid weights make visible"):
        train("baseline", toy_root, out=tmp_path / "run", overrides=[*toy, "weights=visible"])


def test_a_wrong_root_is_named(toy, tmp_path):
    with pytest.raises(InputError, match="nowhere"):
        train("baseline", tmp_path / "nowhere", out=tmp_path / "run", overrides=toy)
    assert not (tmp_path / "run").exists()


def test_what_is_not_a_run_is_named(tmp_path):
    with pytest.raises(InputError, match="not a run"):
        open_run(tmp_path)
    (tmp_path / "config.json").write_text('{"recipe": "agw"}')
    with pytest.raises(InputError, match="config.json is not the configuration of a run"):
        open_run(tmp_path)
    config = {"recipe": "awg", "data_root": "", "trial": 1, "data": "", "n_ids": 1}
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match="config.json 'awg': did you mean 'agw'"):
        open_run(tmp_path)


def test_a_data_set_that_changed_is_noticed(toy_root, toy, tmp_path):
    run = open_run(train("baseline", toy_root, out=tmp_path / "run", overrides=toy))
    config = {**run.config, "data": "something else"}
    (run.path / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match="has changed since"):
        open_run(run.path).dataset()


def vireid(*arguments):
    return [sys.executable, "-m", "vireid_lab", *map(str, arguments)]


ONE_THREAD = {**os.environ, "OMP_NUM_THREADS": "1"}


def train_command(root, out, settings, *options):
    """`vireid train` for 60 steps as a process of its own."""
    return vireid("train", "baseline", "--data", root, "--out", out, *options, "--set", *settings, "steps=60")


@pytest.fixture(scope="session")
def never_killed(toy_root, toy, tmp_path_factory):
    """A run of 60 steps that nothing disturbs."""
    folder = tmp_path_factory.mktemp("never_killed")
    environment = {**ONE_THREAD, "VIREID_CACHE": str(folder / "cache")}
    subprocess.run(train_command(toy_root, folder / "run", toy), check=True, env=environment)
    return folder / "run"


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["after a checkpoint", "between checkpoints", "while one is written"])
def test_a_killed_and_resumed_run_ends_with_the_same_weights(never_killed, toy_root, toy, tmp_path, moment):
    environment = {**ONE_THREAD, "VIREID_CACHE": str(tmp_path / "cache")}
    settings = [*toy, "checkpoint_every=1" if moment.startswith("while") else "checkpoint_every=7"]
    parts = tmp_path / "parts"
    process = subprocess.Popen(train_command(toy_root, parts, settings), env=environment, stdout=subprocess.DEVNULL)
    folder = checkpoint_path(parts).parent
    try:
        while not checkpoint_path(parts).exists():
            assert process.poll() is None
            time.sleep(0.002)
        if moment.startswith("between"):
            while read_metrics(parts / "metrics.jsonl")[-1]["step"] < 25:
                time.sleep(0.002)
        while moment.startswith("while") and not list(folder.glob(".last-*")):
            assert process.poll() is None
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert load_checkpoint(checkpoint_path(parts))["step"] < 60
    assert not open_run(parts).summary["finished"]

    subprocess.run(train_command(toy_root, parts, settings, "--resume"), check=True, env=environment)
    assert same(weights(never_killed), weights(parts))
    assert [p.name for p in folder.iterdir()] == ["last.pt"]
    rows = [read_metrics(run / "metrics.jsonl") for run in (never_killed, parts)]
    for row in (*rows[0], *rows[1]):
        row.pop("images_per_s")
    assert rows[0] == rows[1] and open_run(parts).summary["finished"]
