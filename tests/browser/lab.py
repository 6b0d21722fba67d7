"""A real JupyterLab on loopback with a random token and folders of its own, and a page of a real Chromium in it."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import nbformat

CHROMIUM = Path("/usr/bin/chromium")
ROOT = Path(__file__).parents[2]
SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},  # all cells are in the page, seen or not
}
# The idle indicator runs ahead of the connection, and Run All would then be lost: the application itself is asked.
KERNEL_ANSWERS = """async () => {
  const app = window.jupyterapp;
  await app.restored;
  const panel = app.shell.currentWidget;
  await panel.context.ready;
  await panel.sessionContext.ready;
  const kernel = panel.sessionContext.session.kernel;
  await kernel.info;
  return (await kernel.requestKernelInfo()).content.status;
}"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def own_folders(home: Path) -> dict[str, str]:
    """Environment of a server that neither reads nor writes the user's settings."""
    names = {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime"}
    names |= {"IPYTHONDIR": "ipython", "MPLCONFIGDIR": "matplotlib", "JUPYTERLAB_SETTINGS_DIR": "settings"}
    names["JUPYTERLAB_WORKSPACES_DIR"] = "workspaces"
    folders = {name: str(home / folder) for name, folder in names.items()}
    return {**os.environ, **folders, "HOME": str(home), "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


@contextlib.contextmanager
def lab_server(folder: Path, home: Path) -> Iterator[str]:
    """Serves the notebooks of a folder; yields the address of one (alone, without other tabs), with {} for its name."""
    port, token = free_port(), secrets.token_hex(24)
    overrides = home / "config" / "labconfig" / "default_setting_overrides.json"
    overrides.parent.mkdir(parents=True)
    overrides.write_text(json.dumps(SETTINGS))
    environment = {**own_folders(home), "JUPYTER_TOKEN": token}  # not on the command line, which others can read
    options = ["--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0"]
    options += [f"--ServerApp.root_dir={folder}", "--LabApp.news_url=", "--LabApp.extension_manager=readonly"]
    options += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    options += ["--LabApp.expose_app_in_browser=True"]
    log = home / "server.log"
    with log.open("w") as stream:
        command = [sys.executable, "-m", "jupyterlab", *options]
        server = subprocess.Popen(command, env=environment, stdout=stream, stderr=stream, start_new_session=True)
    try:
        _wait_for(f"http://127.0.0.1:{port}/api/status?{urlencode({'token': token})}", server, log)
        yield f"http://127.0.0.1:{port}/lab/tree/{{}}?{urlencode({'token': token})}&reset"
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def _wait_for(address: str, server: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5).read()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()[-3000:]}")


@contextlib.contextmanager
def chromium() -> Iterator[Any]:
    """A headless Chromium; Playwright allows only one at a time in a process."""
    from playwright.sync_api import sync_playwright

    arguments = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), headless=True, args=arguments)
        yield browser
        browser.close()


def left_behind(request: Any) -> bool:
    """Whether JupyterLab was asking for its own state, and the answer was cut off because the test left the page."""
    return request.failure == "net::ERR_ABORTED" and "/api/" in request.url


@contextlib.contextmanager
def watched_page(browser: Any) -> Iterator[tuple[Any, list[str]]]:
    """A page of its own and its errors: console errors, uncaught exceptions and failed requests."""
    page = browser.new_page(viewport={"width": 1440, "height": 1000})
    page.set_default_timeout(30_000)
    errors: list[str] = []

    def failed(request: Any) -> None:
        if not left_behind(request):
            errors.append(f"request: {request.url.split('?')[0]}")

    page.on("pageerror", lambda error: errors.append(f"exception: {error}"))
    page.on("requestfailed", failed)
    page.on("console", lambda said: errors.append(f"console: {said.text}") if said.type == "error" else None)
    yield page, errors
    page.close()


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab with one page.

    Attributes:
        folder: where it looks for notebooks.
        address: of a notebook, with {} for its file name.
        page: of Playwright.
        errors: what went wrong in the browser so far.
    """

    folder: Path
    address: str
    page: Any
    errors: list[str]

    def run_notebook(self, notebook: nbformat.NotebookNode, name: str) -> None:
        """Opens a notebook and runs all its cells; returns when the kernel has begun."""
        nbformat.write(notebook, self.folder / name)
        self.page.goto(self.address.format(name))
        self.page.wait_for_selector(".jp-Notebook .jp-CodeCell")
        assert self.page.evaluate(KERNEL_ANSWERS) == "ok"
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.locator('.lm-Menu-item[data-command="runmenu:run-all"]').click()

    def drag(self, start: tuple[float, float], stop: tuple[float, float]) -> None:
        """Drags from (x, y) to (x, y), CSS pixels of the page."""
        mouse = self.page.mouse
        mouse.move(*start)
        mouse.down()
        mouse.move(*stop, steps=5)
        mouse.up()


def small_notebook(code: str) -> nbformat.NotebookNode:
    """A notebook of one code cell."""
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)], metadata=metadata)
