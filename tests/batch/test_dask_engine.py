"""Runs on Dask: embedded, and on a real cluster of processes that loses a worker."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from vireid_lab.batch.record import read_record
from vireid_lab.runtime import InputError

pytest.importorskip("distributed")

from vireid_lab.batch.engines import dask  # noqa: E402

CELLS = ("import os, time", "time.sleep(seconds)", "print('gpus:', os.environ.get('CUDA_VISIBLE_DEVICES'))")


@pytest.fixture
def make_jobs(write_notebook, make_job, tmp_path):
    """make_jobs([seconds of run 0, of run 1, ...]) -> their folders; a negative number is a run that fails."""

    def make(seconds: list[float]) -> list[Path]:
        notebook = write_notebook(tmp_path, "sleep", "seconds = 0.0", *CELLS)
        return [make_job(tmp_path / "out" / f"run{i}", notebook, {"seconds": s}) for i, s in enumerate(seconds)]

    return make


@contextlib.contextmanager
def dask_command(*arguments: str):
    """A process of `dask`, ended with its children at the end of the block."""
    process = psutil.Popen([sys.executable, "-m", "dask", *arguments], stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        for one in (*(process.children(recursive=True) if process.is_running() else []), process):
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
        process.wait()


@pytest.fixture
def cluster():
    """A scheduler and two workers, each a process of its own: its address, and the workers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{probe.getsockname()[1]}"
    with contextlib.ExitStack() as stack:
        stack.enter_context(dask_command("scheduler", "--host", address, "--no-dashboard"))
        options = ("--host", "127.0.0.1", "--nthreads", "1", "--no-nanny", "--no-dashboard")
        workers = [stack.enter_context(dask_command("worker", address, *options)) for _ in range(2)]
        yield address, workers


def wait_for(condition, seconds: float = 60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.slow
def test_the_runs_of_a_killed_worker_are_done_again(cluster, make_jobs):
    address, workers = cluster
    folders = make_jobs([4.0, 4.0, -1.0])
    heard = set()

    def kill_a_worker():
        wait_for(lambda: all(read_record(folder).state == "running" for folder in folders[:2]))
        workers[0].kill()

    killer = threading.Thread(target=kill_a_worker)
    killer.start()
    dask.run_jobs(folders, 2, lambda folder: heard.add((folder.name, read_record(folder).state)), address=address)
    killer.join()
    assert workers[0].poll() == -signal.SIGKILL and workers[1].poll() is None
    records = [read_record(folder) for folder in folders]
    assert [record.state for record in records] == ["finished", "finished", "failed"]
    assert sorted(record.attempts for record in records[:2]) == [1, 2]
    assert records[2].attempts == 1
    twice = next(i for i in range(2) if records[i].attempts == 2)
    assert records[twice].seconds > 4  # from the beginning, not what was left
    assert {("run0", "running"), ("run0", "finished"), ("run2", "failed")} <= heard
    for folder in folders:
        assert {path.name for path in folder.glob("*.ipynb")} == {"sleep.ipynb"}


@pytest.mark.slow
def test_embedded_workers_share_the_gpus_and_listen_to_this_machine_only(make_jobs, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "5,6")
    folders, hosts = make_jobs([1.5, 1.5]), set()

    def changed(folder):
        for process in (psutil.Process(), *psutil.Process().children()):
            with contextlib.suppress(psutil.NoSuchProcess):
                hosts.update(c.laddr.ip for c in process.net_connections("tcp") if c.status == psutil.CONN_LISTEN)

    dask.run_jobs(folders, 2, changed)
    assert [read_record(folder).state for folder in folders] == ["finished"] * 2
    assert hosts == {"127.0.0.1"}
    texts = [(folder / "sleep.ipynb").read_text() for folder in folders]
    assert sorted(("gpus: 5" in text, "gpus: 6" in text) for text in texts) == [(False, True), (True, False)]


INTERRUPTED = """
import sys
from pathlib import Path
from vireid_lab.batch.engines import dask
if __name__ == "__main__":
    dask.run_jobs([Path(name) for name in sys.argv[2:]], 2, lambda folder: None, sys.argv[1] or None)
"""


@pytest.mark.slow
@pytest.mark.parametrize("embedded", [True, False], ids=["embedded", "at an address"])
def test_ctrl_c_ends_the_runs(embedded, make_jobs, tmp_path, request):
    address = "" if embedded else request.getfixturevalue("cluster")[0]
    folders = make_jobs([100.0, 100.0, 0.0])
    script = tmp_path / "script.py"
    script.write_text(INTERRUPTED)
    command = [sys.executable, str(script), address, *map(str, folders)]
    runner = psutil.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    wait_for(lambda: all((folder / ".running.ipynb").exists() for folder in folders[:2]))
    assert kernels_in(tmp_path)
    os.killpg(runner.pid, signal.SIGINT)  # as a terminal does: the workers of an embedded cluster get it too
    said = runner.communicate(timeout=300)[1]
    assert said.strip().splitlines()[-1] == "KeyboardInterrupt"
    assert [read_record(folder).state for folder in folders] == ["interrupted", "interrupted", "waiting"]
    assert kernels_in(tmp_path) == []


def kernels_in(folder: Path) -> list[str]:
    """Command lines of the living processes of runs below `folder`: they know it from their environment."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if any(value.startswith(str(folder)) for value in process.environ().values()):
                found.append(process.cmdline())
    return found


def test_a_scheduler_that_is_not_there_is_named(make_jobs, monkeypatch):
    monkeypatch.setattr(dask, "CONNECT_SECONDS", 1)
    folders = make_jobs([0.0])
    for address in ("tcp://127.0.0.1:9", "nonsense://here"):
        with pytest.raises(InputError, match=f"no Dask scheduler answers at '{address}'.*`dask scheduler`"):
            dask.run_jobs(folders, 1, lambda folder: None, address=address)
    assert read_record(folders[0]).state == "waiting"


@pytest.mark.slow
def test_workers_that_cannot_start_runs_are_an_error(cluster, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="cannot start runs: the supervisor of .*empty could not start"):
        dask.run_jobs([tmp_path / "empty"], 1, lambda folder: None, address=cluster[0])
