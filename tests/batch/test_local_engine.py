"""The local engine with real child processes in the place of supervisors."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from vireid_lab.batch.engines import find_engine, local
from vireid_lab.runtime import InputError

WRITE_TIMES = """
import os, pathlib, sys, time
folder = pathlib.Path(sys.argv[1])
began = time.time()
(folder / "session").write_text(str(os.getsid(0)))
(folder / "began").write_text(os.environ.get("CUDA_VISIBLE_DEVICES", "-"))
time.sleep(float(sys.argv[2]))
(folder / "times").write_text(f"{began} {time.time()}")
"""


@pytest.fixture
def folders(tmp_path):
    made = [tmp_path / f"run{i}" for i in range(5)]
    for folder in made:
        folder.mkdir()
    return made


@pytest.fixture
def children(monkeypatch):
    """Replaces the command of a supervisor; returns a function that sets how long one takes, and all that started."""
    real, started, seconds = subprocess.Popen, [], [0.3]

    def popen(command, **options):
        assert command[:3] == [sys.executable, "-m", "vireid_lab.batch.job"] and options["start_new_session"]
        started.append(real([sys.executable, "-c", WRITE_TIMES, command[3], str(seconds[0])], **options))
        return started[-1]

    monkeypatch.setattr(local.subprocess, "Popen", popen)
    return seconds, started


def overlaps(folders) -> int:
    """The most runs that were there at one time."""
    times = [tuple(map(float, (folder / "times").read_text().split())) for folder in folders]
    return max(sum(began <= moment < ended for began, ended in times) for moment, _ in times)


@pytest.mark.parametrize("jobs", [1, 2])
def test_all_run_and_never_more_than_jobs_at_a_time(folders, children, jobs):
    ended = []
    local.run_jobs(folders, jobs, lambda folder: ended.append(folder) if (folder / "times").exists() else None)
    assert set(ended) == set(folders), "changed() is called after the end of each"
    assert overlaps(folders) <= jobs
    assert {int((folder / "session").read_text()) for folder in folders} == {child.pid for child in children[1]}
    assert all(child.returncode == 0 for child in children[1])


def test_two_jobs_do_overlap(folders, children):
    children[0][0] = 1.0
    local.run_jobs(folders[:2], 2, lambda folder: None)
    assert overlaps(folders[:2]) == 2


def test_an_interrupt_ends_all_and_comes_through(folders, children):
    children[0][0] = 60

    def interrupt(folder):
        if all((f / "began").exists() for f in folders[:2]):
            raise KeyboardInterrupt

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        local.run_jobs(folders, 2, interrupt)
    assert time.monotonic() - began < 30
    assert len(children[1]) == 2 and all(child.poll() is not None for child in children[1])
    assert not any((folder / "times").exists() for folder in folders)


def test_one_that_ignores_the_signal_is_killed(monkeypatch):
    monkeypatch.setattr(local, "STOP_SECONDS", 0.5)
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    child.stdout.readline()
    local.stop([child])
    assert child.returncode == -9


@pytest.mark.parametrize(
    "gpus, jobs, shares",
    [
        ("0123", 1, ["0123"]),
        ("0123", 2, ["02", "13"]),
        ("012", 2, ["02", "1"]),
        ("01", 3, ["0", "1", "0"]),
        ("", 2, ["", ""]),
    ],
)
def test_gpus_are_shared_out(gpus, jobs, shares):
    assert local.share_gpus(list(gpus), jobs) == [list(share) for share in shares]


def test_each_job_sees_its_own_gpus(folders, children, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4, GPU-a")
    children[0][0] = 1.0
    local.run_jobs(folders[:2], 2, lambda folder: None)
    assert [(folder / "began").read_text() for folder in folders[:2]] == ["4", "GPU-a"]


def test_gpus_are_counted_by_nvidia_smi(tmp_path, monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert local.visible_gpus() == []
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho 'GPU 0: H100 (UUID: GPU-1)'\necho 'GPU 1: H100 (UUID: GPU-2)'\n")
    program.chmod(0o755)
    assert local.visible_gpus() == ["0", "1"]
    program.write_text("#!/bin/sh\nexit 9\n")
    assert local.visible_gpus() == []
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert local.visible_gpus() == []


def test_engines_by_name():
    pytest.importorskip("distributed")
    assert find_engine().shares_this_machine and find_engine("dask").shares_this_machine
    cluster = find_engine("dask=tcp://host:8786")
    assert cluster.options == {"address": "tcp://host:8786"} and not cluster.shares_this_machine
    pytest.importorskip("submitit")
    assert find_engine("slurm", ["partition=gpu", "time=4"]).options == {"settings": {"partition": "gpu", "time": "4"}}


@pytest.mark.parametrize(
    "text, slurm, message",
    [
        ("lokal", [], "did you mean 'local'"),
        ("local=3", [], "only dask takes an address"),
        ("local", ["partition=gpu"], "this is for --engine slurm"),
        ("slurm", ["partition"], "give key=value"),
    ],
)
def test_wrong_engines(text, slurm, message):
    if text == "slurm":
        pytest.importorskip("submitit")
    with pytest.raises(InputError, match=message):
        find_engine(text, slurm)


def test_an_engine_whose_package_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"vireid-lab\[dask\]"):
        find_engine("dask")
