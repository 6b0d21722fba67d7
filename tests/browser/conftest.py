"""JupyterLab and Chromium, started once for all browser tests."""

from __future__ import annotations

import importlib.util
import os

import lab as harness
import pytest


def what_is_missing() -> str:
    if not harness.CHROMIUM.exists():
        return f"{harness.CHROMIUM} is not installed: apt-get install chromium"
    if importlib.util.find_spec("playwright") is None:
        return 'playwright is not installed: pip install "vireid-lab[browser]"'
    return ""


def require_browser() -> None:
    """Without a browser the tests are skipped, in CI (variable CI) they fail."""
    missing = what_is_missing()
    if missing:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(missing)


@pytest.fixture(scope="session")
def browser():
    """Chromium."""
    require_browser()
    with harness.chromium() as running:
        yield running


@pytest.fixture(scope="module")
def browser_page(browser):
    """A page of Chromium for files; no errors in it until the last test of the module."""
    with harness.watched_page(browser) as (page, errors):
        yield page
        assert errors == []


@pytest.fixture(scope="session")
def browser_lab(browser, tmp_path_factory):
    """A `lab.Lab`."""
    folder, home = tmp_path_factory.mktemp("notebooks"), tmp_path_factory.mktemp("home")
    with harness.lab_server(folder, home) as address, harness.watched_page(browser) as (page, errors):
        yield harness.Lab(folder, address, page, errors)


@pytest.fixture
def lab(browser_lab, tmp_path):
    """The lab for one test: no errors before it and none after it, and a screenshot if anything goes wrong."""
    browser_lab.errors.clear()
    yield browser_lab
    browser_lab.page.screenshot(path=tmp_path / "last.png")
    assert browser_lab.errors == []
