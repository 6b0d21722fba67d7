"""The explorer of SA-Softmax's geometry in a real JupyterLab in a real browser: keyboard, buttons, play, picture."""

from __future__ import annotations

import pytest
from lab import small_notebook

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SLOW = {"timeout": 30_000}  # a new descent and its picture take a second, many on a busy machine
CELL = """from vireid_lab.widgets.softmax_explorer import SoftmaxExplorer

SoftmaxExplorer()"""


def test_steps_and_losses_move_the_picture(lab, tmp_path):
    from playwright.sync_api import expect

    lab.run_notebook(small_notebook(CELL), "softmax.ipynb")
    page = lab.page
    readout, picture = page.locator("pre[role=status]"), page.locator('img[alt^="Points and prototypes"]')
    readout.wait_for(timeout=75_000)
    expect(readout).to_contain_text("after 10 of 200 steps", **SLOW)
    expect(readout).to_contain_text("ce:0.3+sas_fm:0.7+ast:1: classified rightly 100%", **SLOW)
    shown = picture.get_attribute("src")

    def expect_another() -> None:
        nonlocal shown
        expect(picture).not_to_have_attribute("src", shown, **SLOW)
        shown = picture.get_attribute("src")

    page.locator(".noUi-handle").first.focus()  # the steps
    page.keyboard.press("ArrowRight")
    expect(readout).to_contain_text("after 11 of 200 steps", **SLOW)
    expect_another()
    page.get_by_role("button", name="sas", exact=True).click()
    expect(readout).to_contain_text("ce:0.3+sas:0.7+ast:1: ", **SLOW)
    expect_another()
    page.locator(".noUi-handle").nth(2).focus()  # β
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    expect(readout).to_contain_text("ce:0.3+sas:0.7: ", **SLOW)
    expect(page.locator(".vireid-code pre")).to_contain_text(
        "render_toy('ce:0.3+sas:0.7', steps=11, gap=70.0, seed=0)", **SLOW
    )
    expect_another()
    page.locator(".jupyter-widgets.widget-play button").first.click()
    expect(readout).not_to_contain_text("after 11 of 200 steps", **SLOW)
    page.locator(".jupyter-widgets.widget-play button").first.click()  # pauses
    page.screenshot(path=tmp_path / "softmax.png")
    page.get_by_role("button", name="Reset").click()
    expect(readout).to_contain_text("after 10 of 200 steps", **SLOW)
    expect(readout).to_contain_text("ce:0.3+sas_fm:0.7+ast:1: ", **SLOW)
