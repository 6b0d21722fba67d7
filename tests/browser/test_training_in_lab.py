"""A training launched from a cell of a real JupyterLab: the tab is closed, the kernel restarted, the cell run again."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import time
import urllib.request
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from lab import Lab, small_notebook

from vireid_lab.data.make import make_benchmark
from vireid_lab.recipes.own_process import stop_training
from vireid_lab.runtime import InputError
from vireid_lab.train.log import read_metrics

pytestmark = [pytest.mark.browser, pytest.mark.slow]
STEPS = 1000
CELL = """from vireid_lab.recipes.launch import launch
from vireid_lab.recipes.run import open_run

settings = {{"weights": "none", "size": (32, 16), "ids_per_batch": 2, "steps": {steps}, "log_every": 5}}
run = open_run(launch("baseline", {root!r}, out={out!r}, overrides=settings))
print("steps of the finished run:", run.summary["steps"])"""


def restart_kernel(lab: Lab) -> None:
    """Asks the server to restart the kernel of training.ipynb."""
    parts = urlsplit(lab.address)
    token = parse_qs(parts.query)["token"][0]

    def ask(path: str, data: bytes | None = None):
        address = f"{parts.scheme}://{parts.netloc}/api/{path}"
        request = urllib.request.Request(address, data, {"Authorization": f"token {token}"})
        return json.loads(urllib.request.urlopen(request, timeout=30).read())

    (kernel,) = [session["kernel"]["id"] for session in ask("sessions") if session["path"] == "training.ipynb"]
    ask(f"kernels/{kernel}/restart", b"")


def last_step(out: Path) -> int:
    rows = read_metrics(out / "metrics.jsonl") if (out / "metrics.jsonl").exists() else []
    return rows[-1]["step"] if rows else 0


def wait_for_more(out: Path) -> None:
    before, deadline = last_step(out), time.monotonic() + 60
    while last_step(out) == before:
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.fixture
def out(tmp_path):
    """A run folder; what trains in it is ended with the test."""
    yield tmp_path / "run"
    with contextlib.suppress(InputError):
        stop_training(tmp_path / "run")


def test_a_closed_tab_and_a_restarted_kernel_lose_nothing(lab, tmp_path, out):
    root = tmp_path / "data"
    make_benchmark(root, "sysu", 8, 2, (64, 32), seed=0)
    notebook = small_notebook(CELL.format(steps=STEPS, root=str(root), out=str(out)))
    tab = lab.page.context.browser.new_page()
    tab.set_default_timeout(30_000)
    dataclasses.replace(lab, page=tab).run_notebook(notebook, "training.ipynb")
    tab.get_by_text("images/s").wait_for(timeout=120_000)  # the line of progress; torch is imported twice before it
    tab.screenshot(path=tmp_path / "training.png")
    tab.close()
    process = (out / ".process").read_text()
    restart_kernel(lab)
    wait_for_more(out)

    lab.run_notebook(notebook, "training.ipynb")
    output = lab.page.locator(".jp-OutputArea-output")
    output.filter(has_text="following the training").wait_for(timeout=120_000)
    output.filter(has_text=f"steps of the finished run: {STEPS}").wait_for(timeout=300_000)
    assert (out / ".process").read_text() == process
    assert [row["step"] for row in read_metrics(out / "metrics.jsonl")] == list(range(5, STEPS + 1, 5))
