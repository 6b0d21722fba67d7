"""The explorer of CAL's correspondences in a real JupyterLab in a real browser: mouse, keyboard, buttons, both ways."""

from __future__ import annotations

import pytest
from lab import small_notebook

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SLOW = {"timeout": 30_000}  # on a busy machine
CELL = """import numpy as np
import torch
from vireid_lab.analysis.correspondence import correspond
from vireid_lab.recipes.catalogue import RECIPES, choose_settings
from vireid_lab.widgets.correspondence_explorer import CorrespondenceExplorer

torch.manual_seed(0)
model = RECIPES["cal"].build(choose_settings("cal", "tiny", {"head": "drm:4+alpha:0.6"}), 5).model  # not trained
images = np.random.default_rng(0).integers(0, 256, (2, 2, 96, 48, 3)).astype(np.uint8)
pairs = dict(zip(["noise", "more noise"], correspond(model, images)))
CorrespondenceExplorer(pairs)"""


def test_parts_and_places_are_answered_both_ways(lab, tmp_path):
    from playwright.sync_api import expect

    lab.run_notebook(small_notebook(CELL), "correspondence.ipynb")
    page = lab.page
    readout, picture = page.locator("pre[role=status]"), page.locator('img[alt*="asks back"]')
    frame, code = page.locator(".vireid-pointer-frame"), page.locator(".vireid-code pre")
    readout.wait_for(timeout=75_000)
    expect(readout).to_contain_text("part I1 -> visible", **SLOW)
    expect(readout).to_contain_text("part V1 -> infrared", **SLOW)
    shown = picture.get_attribute("src")

    def expect_another() -> None:
        nonlocal shown
        expect(picture).not_to_have_attribute("src", shown, **SLOW)
        shown = picture.get_attribute("src")

    box = frame.bounding_box()
    page.mouse.click(box["x"] + 40.5 / 48 * box["width"], box["y"] + 50.5 / 96 * box["height"])
    expect(readout).to_contain_text("place (row 3, column 2) of the infrared map -> visible", **SLOW)
    expect(code).to_contain_text("'infrared', (50, 40))", **SLOW)
    expect_another()
    for _ in range(3):
        page.keyboard.press("ArrowUp")
    expect(readout).to_contain_text("place (row 2, column 2) of the infrared map -> visible", **SLOW)
    expect_another()
    page.get_by_role("button", name="visible", exact=True).click()
    expect(readout).to_contain_text("place (row 2, column 2) of the visible map -> infrared", **SLOW)
    expect_another()
    page.get_by_label("query").select_option("part 3")
    expect(readout).to_contain_text("part V3 -> infrared", **SLOW)
    expect(code).to_contain_text("'visible', 3)", **SLOW)
    expect_another()
    page.get_by_label("pair").select_option("more noise")
    expect_another()
    page.screenshot(path=tmp_path / "correspondence.png")
    page.get_by_role("button", name="Reset").click()
    expect(readout).to_contain_text("part I1 -> visible", **SLOW)
    expect(code).to_contain_text("pairs['noise'], 'infrared', 1)", **SLOW)
