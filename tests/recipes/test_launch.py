"""Trainings in processes of their own: real ones, on the CPU, killed and interrupted as a notebook would be."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

from vireid_lab.recipes.launch import launch
from vireid_lab.recipes.own_process import is_running, stop_training
from vireid_lab.recipes.run import open_run
from vireid_lab.recipes.training import train
from vireid_lab.runtime import InputError
from vireid_lab.train.checkpoint import checkpoint_path, load_checkpoint
from vireid_lab.train.log import read_metrics
from vireid_lab.train.ranks import count_processes

ENDLESS = "steps=100000"


@pytest.fixture(autouse=True)
def one_thread(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.delenv("VIREID_JOB", raising=False)


@pytest.fixture
def out(tmp_path):
    """A run folder; what trains in it is ended with the test."""
    yield tmp_path / "run"
    with contextlib.suppress(InputError):
        stop_training(tmp_path / "run")


def wait_until(condition):
    deadline = time.monotonic() + 300
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def steps_done(out):
    path = out / "metrics.jsonl"
    return [row["step"] for row in read_metrics(path)] if path.exists() else []


def training_process(out):
    return int((out / ".process").read_text())


def notebook(root, out, settings):
    """A process that launches a training as a kernel would, in a session of its own."""
    code = f"from vireid_lab.recipes.launch import launch; launch('baseline', {str(root)!r}, 'tiny', {str(out)!r}, "
    command = [sys.executable, "-c", f"{code}{settings!r})"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)


@pytest.mark.slow
def test_two_notebooks_at_once_share_one_training_and_a_third_finds_it_finished(toy_root, toy, out, capfd):
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda _: launch("baseline", toy_root, out=out, overrides=toy), range(2)))
    assert results == [out, out] and open_run(out).summary["finished"] and not is_running(out)
    said = capfd.readouterr().out
    assert said.count("training in a process of its own") == said.count("following the training") == 1
    assert (out / "train.log").read_text().count("step 6/6: ") == 1 and steps_done(out) == [2, 4, 6]

    written = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    assert launch("baseline", toy_root, out=out, overrides=toy) == out
    assert "is finished" in capfd.readouterr().out
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == written
    with pytest.raises(InputError, match=r"lr \(0.003 there, 0.1 asked\)"):
        launch("baseline", toy_root, out=out, overrides=[*toy, "lr=0.1"])
    with pytest.raises(InputError, match="a finished run"):
        launch("baseline", toy_root, out=out, overrides=toy, resume=False)


@pytest.mark.slow
def test_the_training_outlives_an_interrupted_cell_and_a_killed_kernel(toy_root, toy, out):
    settings = [*toy, ENDLESS, "checkpoint_every=100"]
    first = notebook(toy_root, out, settings)
    wait_until(lambda: steps_done(out))
    process = training_process(out)
    first.send_signal(signal.SIGINT)
    said = first.communicate()[0]
    assert "the training goes on" in said and f"stop_training({str(out)!r})" in said
    assert is_running(out) and os.getsid(process) == process

    second = notebook(toy_root, out, settings)
    assert "following the training" in second.stdout.readline()
    os.killpg(second.pid, signal.SIGKILL)
    second.communicate()
    before = steps_done(out)[-1]
    wait_until(lambda: steps_done(out)[-1] > before)
    assert training_process(out) == process
    with pytest.raises(InputError, match="seed"):
        launch("baseline", toy_root, out=out, overrides=[*settings, "seed=5"])
    stop_training(out)
    assert not is_running(out)
    done = steps_done(out)
    assert done == list(range(2, done[-1] + 1, 2))


@pytest.mark.slow
def test_a_stopped_training_says_so_and_is_gone_on_with(toy_root, toy, out, monkeypatch):
    """As inside a batch run: the training stays in the session of its notebook."""
    monkeypatch.setenv("VIREID_JOB", "test")
    settings = [*toy, "steps=100", "checkpoint_every=10"]
    with ThreadPoolExecutor(1) as pool:
        launched = pool.submit(launch, "baseline", toy_root, out=out, overrides=settings)
        wait_until(checkpoint_path(out).exists)
        assert os.getsid(training_process(out)) == os.getsid(0)
        stop_training(out)
        with pytest.raises(RuntimeError, match="(?s)before its last step.*call launch again.*step 10/100"):
            launched.result()
    kept = load_checkpoint(checkpoint_path(out))["step"]
    assert 0 < kept < 100
    assert launch("baseline", toy_root, out=out, overrides=settings) == out
    assert f"step {kept}/100" not in (out / "train.log").read_text()  # it began behind the checkpoint
    assert steps_done(out) == list(range(2, 101, 2))
    with pytest.raises(InputError, match="nothing to stop"):
        stop_training(out)


@pytest.mark.slow
def test_what_the_training_finds_wrong_reads_as_in_the_notebook_and_leaves_no_folder(toy_root, toy, out):
    settings = [*toy, "ids_per_batch=7"]
    with pytest.raises(InputError) as launched:
        launch("baseline", toy_root, out=out, overrides=settings)
    with pytest.raises(InputError) as trained:
        train("baseline", toy_root, out=out, overrides=settings)
    assert str(launched.value) == str(trained.value) and not out.exists()


@pytest.mark.parametrize(
    "change, message",
    [
        ({"preset": "tyni"}, "did you mean 'tiny'"),
        ({"overrides": {"lossses": "ce"}}, "did you mean 'losses'"),
        ({"device": "gpu"}, "gpu"),
        ({"data_root": "/nowhere"}, "/nowhere"),
    ],
)
def test_what_can_be_seen_at_once_starts_nothing(toy_root, out, change, message, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(InputError, match=message):
        launch(**{"recipe": "baseline", "data_root": toy_root, "out": out, **change})
    assert not out.exists()


def test_a_folder_of_something_else_is_left_alone(toy_root, toy, out):
    out.mkdir()
    (out / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match="not empty and not a run"):
        launch("baseline", toy_root, out=out, overrides=toy)
    assert [path.name for path in out.iterdir()] == ["thesis.txt"]


def test_a_crash_shows_the_end_of_the_log(toy_root, toy, out, tmp_path, monkeypatch):
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nseq 1 40\necho 'ZeroDivisionError: division by zero' >&2\nexit 1\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    with pytest.raises(RuntimeError) as error:
        launch("baseline", toy_root, out=out, overrides={"weights": "none", "size": (32, 16)})
    lines = str(error.value).splitlines()
    assert lines[-1] == "ZeroDivisionError: division by zero" and lines[1:-1] == [str(n) for n in range(27, 41)]


def train_command(root, out, settings, *options):
    command = [sys.executable, "-m", "vireid_lab", "train", "baseline", "--data", str(root), "--out", str(out)]
    return [*command, "--device", "cpu", "--processes", "2", *options, "--set", *settings]


@pytest.mark.slow
def test_two_processes_end_together_and_go_on_together(toy_root, toy, out):
    settings = [*toy, "steps=80", "checkpoint_every=10"]
    process = subprocess.Popen(train_command(toy_root, out, settings), stderr=subprocess.PIPE, text=True)
    wait_until(checkpoint_path(out).exists)
    ranks = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    process.send_signal(signal.SIGINT)
    assert "Traceback" not in process.communicate()[1] and process.returncode == 130
    assert len(ranks) == 2 and not any(os.path.exists(f"/proc/{rank}") for rank in ranks)

    done = subprocess.run(train_command(toy_root, out, settings, "--resume"), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert f"trained: {out}" in done.stdout and done.stdout.count("step 80/80") == 1
    assert load_checkpoint(checkpoint_path(out))["sampler"]["world_size"] == 2
    assert steps_done(out) == list(range(2, 81, 2)) and open_run(out).summary["finished"]


@pytest.mark.slow
def test_what_two_processes_find_wrong_is_one_line(toy_root, toy, out):
    command = train_command(toy_root, out, [*toy, "ids_per_batch=4"])
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith("vireid: error: ids_per_batch = 4 in each of 2 processes needs 8")
    assert len(done.stderr.splitlines()) == 1 and not out.exists()


def test_a_process_for_each_gpu_that_the_device_stands_for(monkeypatch):
    assert count_processes("cpu") == 1 and count_processes("cpu", 3) == 3
    with pytest.raises(InputError, match="--processes 0: at least 1"):
        count_processes("cpu", 0)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    assert [count_processes(name) for name in ("auto", "cuda", "cuda:1", "cpu")] == [4, 4, 1, 1]
    assert count_processes("cuda", 2) == 2
    for device, asked in (("auto", 5), ("cuda:1", 2)):
        with pytest.raises(InputError, match=f"--processes {asked}: device '{device}' stands for"):
            count_processes(device, asked)
