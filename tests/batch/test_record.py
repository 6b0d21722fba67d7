"""Jobs and records on disk, and the lock that tells whether a run is alive."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from vireid_lab.batch.record import STATES, Job, Record, hold, is_held, read_job, read_record, write_job, write_record
from vireid_lab.runtime import InputError

JOB = Job("/n.ipynb", {"lr": 1e-06, "names": ["a"]}, "n", "1", "2", "3", cwd="/", timeout=2.5, threads=2)
HOLDER = """
import sys, time
from pathlib import Path
from vireid_lab.batch.record import hold
with hold(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """A process that holds `tmp_path`."""
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_a_job_is_read_as_it_was_written(tmp_path):
    write_job(tmp_path, JOB)
    assert read_job(tmp_path) == JOB


@pytest.mark.parametrize("state", sorted(set(STATES) - {"running"}))
def test_a_record_is_read_as_it_was_written(tmp_path, state):
    record = Record(state, 1, "2026-01-01T00:00:00+00:00", "", 1.5, 3, "two\nlines", "host", 12, 2)
    write_record(tmp_path, record)
    assert read_record(tmp_path) == record


def test_a_run_without_a_record_is_waiting(tmp_path):
    assert read_record(tmp_path) == Record("waiting", None, "", "", 0.0, None, "", "", None, 0)


def test_a_running_run_that_nobody_holds_was_interrupted(tmp_path, holder):
    write_record(tmp_path, Record("running", pid=holder.pid, attempts=3))
    assert read_record(tmp_path).state == "running"
    holder.kill()
    holder.wait()
    record = read_record(tmp_path)
    assert (record.state, record.attempts, record.error) == ("interrupted", 3, "the process that ran it has gone")
    assert json.loads((tmp_path / "record.json").read_text())["state"] == "running"  # reading changes nothing


def test_a_held_folder_is_refused_until_its_holder_is_gone(tmp_path, holder):
    with pytest.raises(InputError, match="in use by another run"), hold(tmp_path):
        pass
    assert is_held(tmp_path)
    holder.kill()
    with hold(tmp_path, wait=10):
        assert is_held(tmp_path)
    assert not is_held(tmp_path)


def test_asking_makes_no_lock(tmp_path):
    assert not is_held(tmp_path) and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("change", [{"extra": 1}, {"state": None}, {"state": "done"}])
def test_a_record_of_another_kind_is_refused(tmp_path, change):
    write_record(tmp_path, Record())
    path = tmp_path / "record.json"
    content = json.loads(path.read_text()) | change
    path.write_text(json.dumps({key: value for key, value in content.items() if value is not None or key != "state"}))
    with pytest.raises(InputError, match="record.json"):
        read_record(tmp_path)


def test_a_folder_without_a_job_is_named(tmp_path):
    with pytest.raises(InputError, match="job.json is not there"):
        read_job(tmp_path)
