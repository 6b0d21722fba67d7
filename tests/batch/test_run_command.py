"""`vireid run` as a user meets it: what it refuses, the dry run, and batches with real kernels."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from vireid_lab.batch.record import read_record
from vireid_lab.cli import main
from vireid_lab.cli.run import read_axis

PARAMETERS = "seed = 0\nlr = 0.001\nlosses = 'ce'\nsizes = [1]\nout = ''"
BEHAVIOUR = """\
import os, pathlib, signal, time
if seed == 1:
    raise ValueError("as asked")
if seed == 2:
    os.kill(os.getpid(), signal.SIGKILL)
if seed in (4, 5) and "GATE_OPEN" not in os.environ:
    pathlib.Path(f"at-gate-{seed}").touch()
    time.sleep(600)
if seed == 6:
    time.sleep(600)"""
COUNT = "with open('done.txt', 'a') as file:\n    file.write(f'{seed}\\n')"


@pytest.fixture
def notebook(tmp_path, write_notebook, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return write_notebook(tmp_path, "note", PARAMETERS, BEHAVIOUR, COUNT)


def start(*arguments, **environment) -> subprocess.Popen:
    command = [sys.executable, "-m", "vireid_lab", "run", "note", *arguments]
    return subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def wait_for(*paths: Path, seconds: float = 240) -> None:
    deadline = time.monotonic() + seconds
    while not all(path.exists() for path in paths):
        assert time.monotonic() < deadline, f"still not there: {paths}"
        time.sleep(0.1)


def processes_below(folder: Path) -> list[str]:
    """Command lines of the processes that belong to a run in `folder`: supervisors, executors, kernels."""
    found = []
    for process in psutil.process_iter():
        try:
            line = " ".join(process.cmdline())
            if str(folder) in line or process.environ().get("VIREID_JOB", "").startswith(str(folder)):
                found.append(line)
        except psutil.Error:
            continue
    return found


def table_of(output: str) -> dict[str, str]:
    """State of each run as the printed table has it."""
    lines = output.splitlines()
    rows = lines[next(i for i, line in enumerate(lines) if line.split()[:2] == ["run", "state"]) + 1 :]
    cells = [re.split(r"\s{2,}", row) for row in rows[: rows.index("")]]
    return {name: state for name, state, *_ in cells}


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["nope"], "unknown notebook 'nope': did you mean 'note'?"),
        (["note", "-p", "los", "ce"], "did you mean 'losses'"),
        (["note", "-p", "seed", "0.5"], "'seed'"),
        (["note", "--grid", "lr=0.1,fast"], "'lr'"),
        (["note", "--grid", "lr="], "nothing to run"),
        (["note", "--grid", "lr"], "give key=a,b,c"),
        (["note", "--seeds", ""], "nothing to run"),
        (["note", "--seeds", "0,x"], "--seeds '0,x'"),
        (["note", "--seeds", ",".join(map(str, range(501)))], "501 runs, more than 500: say --yes"),
        (["note", "--jobs", "0"], "--jobs 0"),
        (["note", "--timeout", "0"], "--timeout 0"),
        (["note", "--timeout", "nan"], "--timeout nan"),
        (["note", "--engine", "dusk"], "did you mean 'dask'"),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_written(notebook, capsys, arguments, message):
    assert main(["run", *arguments, "--out", "out"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("vireid: error: ") and message in error and len(error.splitlines()) == 1
    assert not Path("out").exists()


@pytest.mark.slow  # dask tries for ten seconds
def test_a_scheduler_that_is_not_there(notebook, capsys):
    pytest.importorskip("distributed")
    assert main(["run", "note", "--engine", "dask=tcp://127.0.0.1:1", "--out", "out"]) == 2
    error = capsys.readouterr().err
    assert "no Dask scheduler answers at 'tcp://127.0.0.1:1'" in error and len(error.splitlines()) == 1
    assert not Path("out").exists()


def test_folders_that_cannot_be_used(notebook, capsys):
    Path("full").mkdir()
    Path("full/a.txt").touch()
    assert main(["run", "note", "--out", "full"]) == 2
    assert main(["run", "note", "--out", "note.ipynb"]) == 2
    errors = capsys.readouterr().err.splitlines()
    assert "is not empty and holds no batch" in errors[0] and "is a file" in errors[1]
    assert os.listdir("full") == ["a.txt"]


def test_a_dry_run_prints_the_table_and_writes_nothing(notebook, capsys):
    before = sorted(Path().rglob("*"))
    command = ["run", "note", "--grid", "sizes=[1,2],[3]", "losses=ce,ce+triplet", "--seeds", "0,1", "--out", "out"]
    assert main([*command, "--dry-run", "--json"]) == 0
    assert sorted(Path().rglob("*")) == before
    *lines, last = capsys.readouterr().out.splitlines()
    plan = json.loads(last)
    assert plan["to_run"] == len(plan["runs"]) == 8
    assert plan["runs"][0]["parameters"] | {"out": ""} == {"sizes": [1, 2], "losses": "ce", "seed": 0, "out": ""}
    assert lines[0].split() == ["run", "swept", "would", "because"]
    assert lines[8].split()[-5:] == ["sizes=[3]", "losses=ce+triplet", "seed=1", "run", "new"]


def test_more_runs_than_the_limit_with_yes(notebook, capsys):
    seeds = ",".join(map(str, range(501)))
    assert main(["run", "note", "--seeds", seeds, "--yes", "--dry-run", "--out", "out"]) == 0
    assert "501 of 501 to run" in capsys.readouterr().out


@pytest.mark.parametrize(
    "text, axis",
    [
        ("losses=ce,ce+triplet", ("losses", ["ce", "ce+triplet"])),
        ("sizes=[1,2],[3, (4,5)]", ("sizes", ["[1,2]", "[3, (4,5)]"])),
        ("""names=["a,b"],c""", ("names", ['["a,b"]', "c"])),
        ("quoted='a,b',c", ("quoted", ["'a,b'", "c"])),
        ("text=a=b,", ("text", ["a=b", ""])),
    ],
)
def test_values_of_a_grid_are_split_at_commas_outside_of_brackets(text, axis):
    assert read_axis(text) == axis


@pytest.mark.slow
def test_nothing_is_lost_or_done_twice_when_the_runner_is_killed(notebook, tmp_path):
    command = ["--seeds", "0,1,2,3,4,5,6,7,8,9,10,11", "--jobs", "2", "--timeout", "60", "--out", "out", "--json"]
    out = tmp_path / "out"
    first = start(*command)
    wait_for(tmp_path / "at-gate-4", tmp_path / "at-gate-5")
    first.kill()
    first.wait()
    second = start(*command, "--resume", GATE_OPEN="1")
    output, errors = second.communicate()
    assert second.returncode == 1, errors
    assert sorted(map(int, (tmp_path / "done.txt").read_text().split())) == [0, 3, 4, 5, 7, 8, 9, 10, 11]
    result = json.loads(output.splitlines()[-1])
    runs = {row["parameters"]["seed"]: row for row in result["runs"]}
    states = {seed: "finished" for seed in range(12)} | {1: "failed", 2: "failed", 6: "timed out"}
    assert {seed: row["state"] for seed, row in runs.items()} == states
    assert table_of(output) == {f"note-seed={seed}": state for seed, state in states.items()}
    assert [seed for seed, row in runs.items() if row["skipped"]] == [0, 3]
    assert runs[1]["reason"] == runs[2]["reason"] == "again: it failed in cell 2"
    assert all(runs[seed]["reason"].startswith("again: it was interrupted") for seed in (4, 5))
    assert {runs[seed]["reason"] for seed in range(6, 12)} == {"not started yet"}
    assert (runs[1]["cell"], runs[2]["cell"], runs[6]["cell"]) == (2, 2, 2)
    assert "ValueError: as asked" in runs[1]["error"] and "kernel died" in runs[2]["error"]
    assert (result["finished"], result["failed"]) == (9, 3)
    assert "note-seed=1: failed in cell 2 of note.ipynb" in output and "9 of 12 done, 2 failed, 1 timed out" in output
    assert Path(result["report"]).exists()
    assert [path.name for path in out.rglob("*.ipynb")] == ["note.ipynb"] * 12
    assert processes_below(out) == []


@pytest.mark.slow
def test_ctrl_c_ends_the_kernels_and_a_second_runner_is_refused(notebook, tmp_path, capsys):
    runner = start("--seeds", "4,7", "--jobs", "1", "--out", "out")
    wait_for(tmp_path / "at-gate-4")
    assert main(["run", "note", "--seeds", "4,7", "--out", "out", "--resume"]) == 2
    assert "in use" in capsys.readouterr().err
    assert len(processes_below(tmp_path / "out")) >= 3  # supervisor, executor, kernel
    runner.send_signal(signal.SIGINT)
    output, errors = runner.communicate(timeout=300)
    assert runner.returncode == 130 and "Traceback" not in errors
    assert table_of(output) == {"note-seed=4": "interrupted", "note-seed=7": "waiting"}
    assert "--resume" in output.splitlines()[-1]
    assert processes_below(tmp_path / "out") == []
    assert read_record(tmp_path / "out" / "note-seed=4").cell == 2


@pytest.mark.slow
def test_the_batch_goes_on_when_nobody_reads_any_more(notebook, tmp_path):
    runner = start("--seeds", "0,1", "--out", "out")
    runner.stdout.readline()
    runner.stdout.close()
    assert runner.wait() == 1 and "Traceback" not in runner.stderr.read()
    assert read_record(tmp_path / "out" / "note-seed=0").state == "finished"
    assert read_record(tmp_path / "out" / "note-seed=1").state == "failed"


@pytest.mark.slow
def test_a_disk_that_is_full_is_said_and_counts_as_a_failure(notebook, tmp_path):
    """A file-size limit of 1,500 bytes: jobs and records fit, executed notebooks and the report do not."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1500, before[1]))
    try:
        runner = start("--seeds", "0", "--out", "out")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    output, errors = runner.communicate()
    assert runner.returncode == 1, output + errors
    assert table_of(output) == {"note-seed=0": "failed"} and "the disk is full" in output
    assert "no report: " in output and "Traceback" not in errors
