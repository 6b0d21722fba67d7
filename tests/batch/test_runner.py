"""What a batch does, skips and says, with an engine that writes records in the place of kernels."""

from __future__ import annotations

import json
import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest

from vireid_lab.batch import resume, runner
from vireid_lab.batch.plan import plan_runs
from vireid_lab.batch.progress import Progress, in_words
from vireid_lab.batch.record import Record, hold, read_job, read_record, write_record
from vireid_lab.batch.runner import run_batch
from vireid_lab.runtime import InputError

PARAMETERS = "seed = 0\nlr = 0.1\ndata = ''\nout = ''"
FINISHED = Record("finished", 0, seconds=10.0)


class Scripted:
    """An engine that gives each run the record of `outcomes` (by name, else finished) and keeps which it ran."""

    shares_this_machine = True

    def __init__(self, **outcomes: Record):
        self.outcomes, self.ran = {f"note-seed={key[1:]}": record for key, record in outcomes.items()}, []

    def run_jobs(self, folders, jobs, changed):
        for folder in folders:
            self.ran.append(folder.name)
            attempts = read_record(folder).attempts + 1
            with hold(folder):
                write_record(folder, Record("running", attempts=attempts))
                changed(folder)
                record = self.outcomes.get(folder.name, FINISHED)
                write_record(folder, replace(record, attempts=attempts))
            (folder / Path(read_job(folder).notebook).name).write_text("{}")
            changed(folder)


@pytest.fixture
def batch(tmp_path, write_notebook, monkeypatch):
    """batch(engine, seeds, fixed=[]) runs note.ipynb into tmp_path/out; `.lines` holds what was said."""
    notebook = write_notebook(tmp_path, "note", PARAMETERS, "print(seed)")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(runner, "make_report", lambda out, say: None)

    def go(engine, seeds=(0, 1, 2), fixed=(), **options):
        go.lines = []
        runs = plan_runs([notebook], list(fixed), seeds=list(seeds))
        return run_batch(tmp_path / "out", runs, engine, options.pop("jobs", 2), say=go.lines.append, **options)

    go.notebook, go.out = notebook, tmp_path / "out"
    return go


def reasons(result) -> list[str]:
    return [decision.reason for decision in result.decisions]


def test_a_batch_runs_all_and_a_resume_runs_none(batch):
    engine = Scripted()
    result = batch(engine)
    assert engine.ran == ["note-seed=0", "note-seed=1", "note-seed=2"] and result.all_finished()
    assert reasons(result) == ["new"] * 3
    assert json.loads((batch.out / "batch.json").read_text()) == {"runs": engine.ran}
    again = Scripted()
    result = batch(again, resume=True)
    assert again.ran == [] and reasons(result) == ["finished"] * 3 and result.all_finished()
    assert "3 finished already" in batch.lines[0]


def test_jobs_hold_what_was_asked(batch, monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    batch(Scripted(), seeds=[4], fixed=[("lr", "0.5")], timeout=7.0, jobs=1)
    job = read_job(batch.out / "note-seed=4")
    assert job.parameters == {"lr": 0.5, "seed": 4, "out": str(batch.out / "note-seed=4")}
    assert (job.cwd, job.timeout, job.name) == (str(Path.cwd()), 7.0, "note-seed=4")
    assert job.threads == len(os.sched_getaffinity(0)) and len(job.code_sha) == 64


def test_cores_are_divided_by_the_jobs_that_there_are(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)))
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    engine = Scripted()
    assert [runner.share_threads(engine, jobs, runs) for jobs, runs in ((1, 9), (3, 9), (16, 99), (16, 2))] == [
        8,
        2,
        1,
        4,
    ]
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert runner.share_threads(engine, 2, 9) is None, "the user has chosen"
    monkeypatch.delenv("OMP_NUM_THREADS")
    engine.shares_this_machine = False
    assert runner.share_threads(engine, 2, 9) is None


def test_what_did_not_finish_is_run_again_and_why_is_said(batch):
    first = Scripted(
        _0=Record("failed", 1, cell=3, error="a\nNameError: x"),
        _1=Record("timed out", seconds=60),
        _2=Record("interrupted"),
    )
    result = batch(first, seeds=range(4))
    assert not result.all_finished()
    said = "\n".join(batch.lines)
    assert "note-seed=0: failed in cell 3 after 0 s: NameError: x" in said
    assert "note-seed=0: failed in cell 3 of note.ipynb\n    a\n    NameError: x" in said
    assert "1 of 4 done, 1 failed, 1 timed out, 1 interrupted" in said
    again = Scripted()
    result = batch(again, seeds=range(5), resume=True)
    assert again.ran == [f"note-seed={i}" for i in (0, 1, 2, 4)] and result.all_finished()
    why = ["again: it failed in cell 3", "again: it timed out after 60 s", "again: it was interrupted"]
    assert reasons(result) == [*why, "finished", "new"]
    assert [line for line in batch.lines if ": again: " in line] == [f"note-seed={i}: {why[i]}" for i in range(3)]
    assert read_record(batch.out / "note-seed=0").attempts == 2


def test_a_new_job_never_lies_beside_an_old_result(batch):
    """Killed between writing the jobs and running them: the old record must not stand for the new job."""
    batch(Scripted(), seeds=[0])

    class Killed(Scripted):
        def run_jobs(self, folders, jobs, changed):
            raise SystemExit

    with pytest.raises(SystemExit):
        batch(Killed(), seeds=[0], fixed=[("lr", "0.7")], resume=True)
    engine = Scripted()
    result = batch(engine, seeds=[0], fixed=[("lr", "0.7")], resume=True)
    assert engine.ran == ["note-seed=0"] and reasons(result) == ["not started yet"]


@pytest.mark.parametrize("change", ["notebook", "output", "code", "data", "parameter", "result", "record"])
def test_stale_runs_are_run_again(batch, write_notebook, monkeypatch, change):
    data = batch.notebook.parent / "data"
    data.mkdir()
    (data / "a.txt").write_text("1")
    fixed = [("data", "data")]
    batch(Scripted(), seeds=[0], fixed=fixed)
    if change == "notebook":
        write_notebook(batch.notebook.parent, "note", PARAMETERS, "print(seed + 1)")
    elif change == "output":
        content = json.loads(batch.notebook.read_text())
        content["cells"][-1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "0"}]
        batch.notebook.write_text(json.dumps(content))
    elif change == "code":
        monkeypatch.setattr(resume, "code_sha", lambda: "0" * 64)
    elif change == "data":
        (data / "b.txt").write_text("2")
    elif change == "parameter":
        fixed.append(("lr", "0.2"))
    elif change == "result":
        (batch.out / "note-seed=0" / "note.ipynb").unlink()
    elif change == "record":
        (batch.out / "note-seed=0" / "record.json").write_text("{")
    reason = {
        "notebook": "again: the notebook changed",
        "output": "finished",
        "code": "again: the code of vireid_lab changed",
        "data": "again: the data changed",
        "parameter": "again: the parameter lr changed",
        "result": "again: its executed notebook is gone",
    }
    engine = Scripted()
    result = batch(engine, seeds=[0], fixed=fixed, resume=True)
    if change == "record":
        assert "record.json cannot be read as JSON" in reasons(result)[0]
    else:
        assert reasons(result) == [reason[change]]
    assert engine.ran == ([] if change == "output" else ["note-seed=0"])


def test_results_of_the_batch_inside_a_data_folder_do_not_make_it_stale(batch):
    batch(Scripted(), fixed=[("data", ".")])
    again = Scripted()
    batch(again, fixed=[("data", ".")], resume=True)
    assert again.ran == []


def test_runs_not_asked_for_are_left_alone_and_named(batch):
    batch(Scripted(), seeds=[0, 1])
    before = (batch.out / "note-seed=1" / "record.json").stat().st_mtime_ns
    batch(Scripted(), seeds=[0, 7], resume=True)
    assert "in the folder but not asked for, left alone: note-seed=1" in batch.lines
    assert (batch.out / "note-seed=1" / "record.json").stat().st_mtime_ns == before


def test_what_a_run_wrote_is_kept(batch):
    batch(Scripted(_0=Record("failed", 1)), seeds=[0])
    checkpoint = batch.out / "note-seed=0" / "checkpoint.pt"
    checkpoint.write_text("weights")
    batch(Scripted(), seeds=[0], resume=True)
    assert checkpoint.read_text() == "weights"


def test_a_folder_in_use_or_of_something_else(batch, tmp_path):
    batch(Scripted())
    with pytest.raises(InputError, match="--resume goes on with it"):
        batch(Scripted())
    with hold(batch.out), pytest.raises(InputError, match="in use"):
        batch(Scripted(), resume=True)
    (batch.out / "batch.json").unlink()
    with pytest.raises(InputError, match="holds no batch"):
        batch(Scripted(), resume=True)


def test_a_run_that_goes_on_elsewhere_is_not_started_twice(batch, monkeypatch):
    batch(Scripted(), seeds=[0])
    monkeypatch.setattr(runner, "WAIT", 0.3)
    engine = Scripted()
    with hold(batch.out / "note-seed=0"), pytest.raises(InputError, match="still running"):
        batch(engine, seeds=[0], resume=True)
    assert engine.ran == []


def test_a_run_without_a_record_counts_as_not_finished(batch):
    class Silent(Scripted):
        def run_jobs(self, folders, jobs, changed):
            changed(folders[0])

    result = batch(Silent(), seeds=[0])
    assert not result.all_finished()
    assert "could not start, or not write its record" in batch.lines[-1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_the_engine_and_leave_a_table(batch, number):
    class Signalled(Scripted):
        def run_jobs(self, folders, jobs, changed):
            super().run_jobs(folders[:1], jobs, changed)
            os.kill(os.getpid(), number)
            time.sleep(5)
            raise AssertionError("the signal did not come through")

    handlers = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    result = batch(Signalled())
    assert result.interrupted and result.report is None
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == handlers
    states = [line.split()[1] for line in batch.lines[-1].strip().splitlines()[1:]]
    assert states == ["finished", "waiting", "waiting"]


def test_a_full_disk_before_the_start_is_one_clear_error(batch, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(runner, "write_job", full)
    with pytest.raises(InputError, match="cannot be written: No space left on device"):
        batch(Scripted())


def test_the_estimate(batch, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("vireid_lab.batch.progress.time.monotonic", lambda: now[0])
    result = batch(Scripted(), seeds=range(6))
    folders = [decision.folder for decision in result.decisions]
    lines = []
    progress = Progress(result.decisions, 2, lines.append)
    assert progress.overall() == "0 of 6 done"
    for folder in folders[1:]:
        write_record(folder, Record())
    progress.changed(folders[0])
    assert lines[-1] == "1 of 6 done, about 25 s left"  # five of 10 s, two at a time
    with hold(folders[1]):
        write_record(folders[1], Record("running"))
        progress.changed(folders[1])
        now[0] += 6
        assert progress.overall() == "1 of 6 done, 1 running, about 22 s left"  # 4 + 4 x 10 s
    for i in range(2, 6):
        write_record(folders[i], FINISHED)
        progress.changed(folders[i])
    assert lines[-1] == "5 of 6 done, 1 running, about 4 s left"


@pytest.mark.parametrize(
    "seconds, text", [(0.4, "0 s"), (119, "119 s"), (150, "2 min"), (7190, "120 min"), (9000, "2.5 h")]
)
def test_times_in_words(seconds, text):
    assert in_words(seconds) == text
