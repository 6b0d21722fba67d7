"""The engine for SLURM where there is none: submitit's local executor runs the array, programs are played by scripts.

`make test-slurm` (tests/slurm) asks a real SLURM.
"""

import os
import signal
from pathlib import Path

import psutil
import pytest

from vireid_lab.batch.record import read_record
from vireid_lab.runtime import InputError

submitit = pytest.importorskip("submitit")

from vireid_lab.batch.engines import slurm  # noqa: E402


@pytest.fixture
def make_jobs(write_notebook, make_job, tmp_path):
    """make_jobs([seconds of run 0, ...], **fields of the jobs) -> their folders; a negative number is a run that
    fails."""

    def make(seconds: list[float], **fields) -> list[Path]:
        notebook = write_notebook(tmp_path, "sleep", "seconds = 0.0", "import time", "time.sleep(seconds)")
        folder = tmp_path / "out"
        return [make_job(folder / f"run{i}", notebook, {"seconds": s}, **fields) for i, s in enumerate(seconds)]

    return make


@pytest.fixture
def executor(tmp_path):
    executor = submitit.AutoExecutor(tmp_path / "out" / "slurm", cluster="local")
    executor.update_parameters(timeout_min=10)
    return executor


@pytest.fixture
def play(tmp_path, monkeypatch):
    """play(program=script of the shell): the only programs on the path."""

    def write(**scripts: str) -> None:
        folder = tmp_path / "bin"
        folder.mkdir()
        for name, text in scripts.items():
            (folder / name).write_text(f"#!/bin/sh\n{text}\n")
            (folder / name).chmod(0o755)
        monkeypatch.setenv("PATH", str(folder))

    return write


@pytest.mark.slow
def test_a_run_whose_node_is_taken_away_is_done_again(executor, make_jobs):
    folders = make_jobs([3.0, -1.0])
    heard, preempted = set(), []

    def changed(folder):
        record = read_record(folder)
        heard.add((folder.name, record.state))
        if record.state == "running" and folder == folders[0] and not preempted:
            task = psutil.Process(record.pid).parent()  # submitit's
            task.send_signal(signal.SIGUSR2)
            preempted.append(task.pid)

    slurm.run_array(executor, folders, changed)
    again, failed = (read_record(folder) for folder in folders)
    assert (again.state, again.attempts, failed.state, failed.attempts) == ("finished", 2, "failed", 1)
    assert again.seconds > 3
    assert {("run0", "running"), ("run0", "finished"), ("run1", "failed")} <= heard
    assert len(preempted) == 1


@pytest.mark.slow
def test_ctrl_c_cancels_the_runs(executor, make_jobs):
    folders = make_jobs([100.0])
    supervisors = []

    def changed(folder):
        record = read_record(folder)
        if record.state == "running":
            supervisors.append(psutil.Process(record.pid))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        slurm.run_array(executor, folders, changed)
    assert read_record(folders[0]).state == "interrupted"
    ended, left = psutil.wait_procs(supervisors, timeout=10)  # its lock is free a moment before its number is
    assert ended and not left


@pytest.mark.slow
def test_a_node_that_cannot_start_runs_is_an_error(executor, tmp_path):
    (tmp_path / "out" / "empty").mkdir(parents=True)
    with pytest.raises(InputError, match="a node cannot start runs: see .*_log.err"):
        slurm.run_array(executor, [tmp_path / "out" / "empty"], lambda folder: None)


def test_without_slurm_the_other_engines_are_named(make_jobs, play):
    play(srun="")
    with pytest.raises(InputError, match="no SLURM on this machine.*'sbatch'.*--engine local.*dask"):
        slurm.run_jobs(make_jobs([0.0]), 1, lambda folder: None, {"time": "5"})


def test_what_sbatch_is_given_and_what_it_refuses(make_jobs, play, tmp_path):
    seen = tmp_path / "seen.sh"
    cat = f'while IFS= read -r line; do echo "$line"; done < "$1" > {seen}'
    refuse = 'echo "sbatch: error: invalid partition specified: moon" >&2; exit 1'
    play(sbatch=f"{cat}\n{refuse}", srun="", squeue="", scancel="")
    settings = {
        "partition": "moon",
        "gpus_per_node": "2",
        "mem_gb": "7.5",
        "account": "lab",
        "setup": '["module load x"]',
    }
    with pytest.raises(InputError, match="SLURM refuses the runs: sbatch: error: invalid partition specified: moon"):
        slurm.run_jobs(make_jobs([0.0] * 4, timeout=601), 3, lambda folder: None, settings)
    script = seen.read_text().splitlines()
    for flag in (
        "array=0-3%3", "partition=moon", "gpus-per-node=2", "mem=7680MB", "account=lab", "job-name=vireid", "time=16",
    ):  # fmt: skip
        assert f"#SBATCH --{flag}" in [line.replace("'", "") for line in script]
    assert "module load x" in script


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"partitoin": "gpu"}, "unknown setting of --slurm 'partitoin': did you mean 'partition'?"),
        ({"nodes": "2"}, "unknown setting of --slurm 'nodes'"),
        ({"time": "1:00:00"}, "--slurm time=1:00:00: give a whole number of minutes"),
        ({"time": "5", "gpus_per_node": "many"}, "gpus_per_node"),
        ({}, "--slurm time=MINUTES, or the --timeout"),
    ],
)
def test_wrong_settings_are_named(settings, message, make_jobs, play):
    play(sbatch="exit 1", srun="", squeue="", scancel="")
    with pytest.raises(InputError) as caught:
        slurm.run_jobs(make_jobs([0.0]), 1, lambda folder: None, settings)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_job_that_the_queue_no_longer_has_is_over(tmp_path, play, monkeypatch):
    monkeypatch.setattr(slurm, "QUEUE_SECONDS", 0)
    play(squeue="echo 7_0")
    here, gone = (submitit.SlurmJob(tmp_path, f"7_{i}") for i in range(2))
    queue = slurm.Queue()
    assert not queue.has_left(here) and not queue.has_left(gone)
    queue.ask()
    assert not queue.has_left(here) and queue.has_left(gone)
    (Path(os.environ["PATH"]) / "squeue").write_text("#!/bin/sh\nexit 1\n")  # the controller does not answer
    queue.ask()
    assert not queue.has_left(gone)
