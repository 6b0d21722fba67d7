"""Runs with real kernels: how they end, what is left of them, what their records say."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest

from vireid_lab.batch import job
from vireid_lab.batch.processes import GRACE, end_processes, processes_of
from vireid_lab.batch.record import RUNNING_NOTEBOOK, Record, hold, read_record

FOR_EVER = "import time\nwhile True:\n    time.sleep(0.1)"
SLEEPER = "import subprocess\nsubprocess.Popen(['sleep', '1000'], start_new_session=True)"
STUBBORN = SLEEPER.replace("['sleep', '1000']", "['sh', '-c', 'trap : TERM; while :; do sleep 1000; done']")
PATIENCE = 60.0


def start(folder: Path, **options) -> subprocess.Popen:
    command = [sys.executable, "-m", "vireid_lab.batch.job", str(folder)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **options)


def finish(folder: Path) -> tuple[int, Record]:
    process = start(folder)
    _, errors = process.communicate(timeout=PATIENCE)
    assert errors == ""
    return process.returncode, read_record(folder)


def until(condition, what: str):
    end = time.monotonic() + PATIENCE
    while not (value := condition()):
        assert time.monotonic() < end, f"waited in vain: {what}"
        time.sleep(0.05)
    return value


def alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def sleepers(folder: Path) -> list[psutil.Process]:
    return [process for process in processes_of(folder) if process.name() == "sleep"]


def executor(folder: Path) -> psutil.Process | None:
    return next((p for p in processes_of(folder) if "vireid_lab.batch.execute" in p.cmdline()), None)


@pytest.fixture
def endless(tmp_path, write_notebook, make_job):
    """A started job whose kernel has a child in a session of its own and then loops: (folder, its supervisor)."""
    notebook = write_notebook(tmp_path, "endless", "out = ''", SLEEPER, FOR_EVER)
    folder = make_job(tmp_path / "run", notebook)
    started = []

    def begin(**options) -> tuple[Path, subprocess.Popen]:
        started.append(start(folder, **options))
        until(lambda: read_record(folder).pid == started[-1].pid, "the first record")
        until(lambda: sleepers(folder), "the kernel's child")
        return folder, started[-1]

    yield begin
    for process in started:
        process.kill()
        process.wait()
        process.stderr.close()
    until(lambda: not processes_of(folder), "the end of all processes")


def test_a_run_that_finishes(tmp_path, write_notebook, make_job):
    notebook = write_notebook(
        tmp_path, "sum {a}", "a = 1\nlr = 0.1\nnames = ['x']\nout = ''",
        "import os; print(os.getcwd(), a, repr(lr), names)", "import os; print(os.environ['OMP_NUM_THREADS'])",
    )  # fmt: skip
    cwd = tmp_path / "elsewhere"
    cwd.mkdir()
    parameters = {"a": 5, "lr": 1e-06, "names": ["p", "q"], "out": str(tmp_path)}
    folder = make_job(tmp_path / "run", notebook, parameters, cwd=str(cwd))
    code, record = finish(folder)
    assert (code, record.state, record.exit_code, record.cell, record.error) == (0, "finished", 0, None, "")
    assert record.attempts == 1 and record.host and record.started <= record.ended and 0.5 < record.seconds < PATIENCE
    executed = nbformat.read(folder / "sum {a}.ipynb", 4)
    assert executed.cells[1].metadata.tags == ["parameters"]
    outputs = "".join(output.text for cell in executed.cells for output in cell.get("outputs", []))
    assert outputs == f"{cwd} 5 1e-06 ['p', 'q']\n1\n"
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        [".lock", "job.json", "record.json", "log.txt", "sum {a}.ipynb"]
    )


def test_a_cell_error_has_its_number_and_its_last_lines(tmp_path, write_notebook, make_job):
    deep = "def f(n):\n    if n == 0:\n        raise ValueError('no such \\u00e9lan')\n    f(n - 1)\nf(30)"
    folder = make_job(tmp_path / "run", write_notebook(tmp_path, "bad", "a = 1", "1", deep, "2"), {"a": 2})
    code, record = finish(folder)
    assert (code, record.state, record.exit_code, record.cell) == (1, "failed", 1, 3)
    lines = record.error.splitlines()
    assert lines[-1] == "ValueError: no such élan" and 5 < len(lines) <= 15 and "\x1b" not in record.error
    assert nbformat.read(folder / "bad.ipynb", 4).cells[-1].outputs == []


def test_a_kernel_that_kills_itself(tmp_path, write_notebook, make_job):
    notebook = write_notebook(tmp_path, "deadly", "a = 1", "1", "import os; os.kill(os.getpid(), 9)", "2")
    folder = make_job(tmp_path / "run", notebook, {"a": 2})
    code, record = finish(folder)
    assert (code, record.state, record.cell) == (1, "failed", 3)
    assert record.error.startswith("the kernel died")
    cells = nbformat.read(folder / "deadly.ipynb", 4).cells
    assert {cell.metadata.papermill.status for cell in cells} == {"completed"}  # the notebook alone would tell nothing


@pytest.mark.slow
def test_a_time_out_leaves_no_process(tmp_path, write_notebook, make_job):
    notebook = write_notebook(tmp_path, "endless", "a = 1", STUBBORN, FOR_EVER)
    for timeout in (8.0, 16.0, 32.0, 64.0):  # a busy machine may not have started the kernel in the first ones
        folder = make_job(tmp_path / f"run{timeout}", notebook, timeout=timeout)
        process = start(folder)
        born = []
        while not born and process.poll() is None:
            born = sleepers(folder)
            time.sleep(0.05)
        process.communicate(timeout=timeout + PATIENCE)
        record = read_record(folder)
        assert (process.returncode, record.state) == (1, "timed out") and record.seconds >= timeout
        assert processes_of(folder) == []
        if born and record.cell == 3:
            break
    assert record.error == f"over the time-out of {timeout:g} s" and record.seconds >= timeout + GRACE
    assert not alive(born[0])
    assert (folder / "endless.ipynb").exists() and not (folder / RUNNING_NOTEBOOK).exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_run(endless, number):
    folder, supervisor = endless()
    end_processes(folder.with_name("run2"))  # of another run: these are not touched
    assert len(processes_of(folder)) >= 3 and read_record(folder).state == "running"
    supervisor.send_signal(number)
    supervisor.communicate(timeout=PATIENCE)
    record = read_record(folder)
    assert (supervisor.returncode, record.state, record.cell) == (1, "interrupted", 3)
    assert processes_of(folder) == []


@pytest.mark.slow
def test_sigkill_of_the_executor(endless):
    folder, supervisor = endless()
    executor(folder).kill()
    supervisor.communicate(timeout=PATIENCE)
    record = read_record(folder)
    assert (supervisor.returncode, record.state, record.exit_code, record.cell) == (1, "failed", -9, 3)
    assert "SIGKILL" in record.error and processes_of(folder) == []


def test_a_run_ends_with_the_process_that_started_it(tmp_path, write_notebook, make_job):
    folder = make_job(tmp_path / "run", write_notebook(tmp_path, "endless", "a = 1", FOR_EVER))
    code = "import subprocess, sys; subprocess.run([sys.executable, '-m', 'vireid_lab.batch.job', sys.argv[1]])"
    parent = subprocess.Popen([sys.executable, "-c", code, str(folder)], start_new_session=True)
    until(lambda: (folder / RUNNING_NOTEBOOK).exists(), "the start")
    assert read_record(folder).state == "running"
    parent.kill()
    parent.wait()
    until(lambda: read_record(folder).state == "interrupted", "the last record")
    assert read_record(folder).ended and processes_of(folder) == []


@pytest.mark.slow
def test_sigkill_of_the_supervisor_leaves_nothing_and_the_next_start_goes_through(endless):
    folder, supervisor = endless()
    frozen = executor(folder)
    frozen.suspend()  # so that it cannot notice; the next start has to clean up
    supervisor.kill()
    supervisor.communicate()
    assert read_record(folder).state == "interrupted" and "gone" in read_record(folder).error
    left = processes_of(folder)
    assert len(left) >= 3
    folder, second = endless()
    assert not any(alive(process) for process in left)
    assert read_record(folder).attempts == 2 and read_record(folder).pid == second.pid
    second.kill()
    until(lambda: not processes_of(folder), "the executor, which looks for its supervisor")
    assert read_record(folder).state == "interrupted"


def test_a_kernel_that_is_not_there(tmp_path, write_notebook, make_job):
    folder = make_job(tmp_path / "run", write_notebook(tmp_path, "n", "a = 1", "1"), kernel="julia-0")
    code, record = finish(folder)
    assert (code, record.state, record.cell) == (1, "failed", None) and "julia-0" in record.error


def test_a_folder_in_use_is_told_after_waiting(tmp_path, write_notebook, make_job, monkeypatch, capsys):
    folder = make_job(tmp_path / "run", write_notebook(tmp_path, "n", "a = 1"))
    monkeypatch.setattr(job, "WAIT", 0.3)
    monkeypatch.setattr(sys, "argv", ["job", str(folder)])
    before = time.monotonic()
    with hold(folder):
        assert job.main() == 1
    assert time.monotonic() - before >= 0.3
    assert "in use by another run" in capsys.readouterr().err and read_record(folder).state == "waiting"


@pytest.fixture
def small_disk(tmp_path):
    """A file system of one megabyte."""
    place = tmp_path / "disk"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], capture_output=True, text=True
    )
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", str(place)], check=True)


BIG = "print('x' * 3_000_000)"


def test_a_disk_that_fills_up_during_the_run(small_disk, tmp_path, write_notebook, make_job):
    folder = make_job(small_disk / "run", write_notebook(tmp_path, "big", "a = 1", BIG, "2"))
    process = start(folder)
    _, errors = process.communicate(timeout=PATIENCE)
    record = read_record(folder)
    assert process.returncode == 1 and errors == ""
    assert record.state == "failed" and "disk is full" in record.error
    assert sorted(path.name for path in folder.glob("*.ipynb")) == []


def test_a_disk_that_is_full_at_the_start(small_disk, tmp_path, write_notebook, make_job):
    folder = make_job(small_disk / "run", write_notebook(tmp_path, "n", "a = 1"))
    with open(small_disk / "filler", "wb", buffering=0) as filler, pytest.raises(OSError):
        while True:
            filler.write(b"x" * 4096)
    process = start(folder)
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1 and "No space left" in errors and len(errors.splitlines()) == 1
    assert not (folder / "record.json").exists() and read_record(folder).state == "waiting"


@pytest.mark.slow
def test_a_file_size_limit(tmp_path, write_notebook, make_job):
    folder = make_job(tmp_path / "run", write_notebook(tmp_path, "big", "a = 1", BIG, "2"))
    process = start(folder, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000)))
    _, errors = process.communicate(timeout=PATIENCE)
    record = read_record(folder)
    assert process.returncode == 1 and errors == ""
    assert record.state == "failed" and "file-size limit" in record.error
    assert sorted(path.name for path in folder.glob("*.ipynb")) == []


def test_the_supervisor_starts_without_heavy_imports():
    code = (
        "import sys, vireid_lab.batch.job;"
        "print([m for m in ('torch', 'papermill', 'nbformat', 'numpy', 'dask') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
