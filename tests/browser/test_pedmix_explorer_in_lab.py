"""The PedMix explorer in a real JupyterLab in a real browser: sliders, numbers, picture, read-out, a refused choice."""

from __future__ import annotations

import pytest
from lab import small_notebook
from shown import Shown

pytestmark = [pytest.mark.browser, pytest.mark.slow]
CELL = """import numpy as np
from vireid_lab.spectra.world import World
from vireid_lab.widgets.pedmix_explorer import PedMixExplorer

world = World(0, (96, 48))
images = {f"id {pid}": tuple(world.render(pid, 0, modality, 0).image / 255 for modality in (0, 1)) for pid in (0, 1)}
PedMixExplorer(images)"""


def type_number(shown: Shown, name: str, value: int) -> None:
    field = shown.page.get_by_label(name, exact=True)
    field.fill(str(value))
    field.press("Enter")


def test_controls_move_picture_and_counts(lab, tmp_path):
    from playwright.sync_api import expect

    expect.set_options(timeout=30_000)
    lab.run_notebook(small_notebook(CELL), "pedmix.ipynb")
    page, shown = lab.page, Shown(lab.page, "PedMix")
    expect(shown.readout).to_contain_text("205 of 288 patches change places (71.2%), 4x4 pixels")
    picture = shown.picture.get_attribute("src")
    page.screenshot(path=tmp_path / "first.png")

    shown.handle("ratio A_O").press("Home")
    expect(shown.readout).to_contain_text("109 of 288")  # 42 + 67, and none of the outer region
    expect(shown.code).to_contain_text("ratios=(0.65, 0.7, 0.0)")
    picture = shown.expect_another(picture)
    shown.handle("ratio A_C").press("ArrowRight")
    expect(shown.readout).to_contain_text("112 of 288")  # 0.7 of 64 is 44.8
    picture = shown.expect_another(picture)

    shown.handle("Φ1 width").press("ArrowRight")
    expect(shown.code).to_contain_text("center=(2/3, 3/8)")
    picture = shown.expect_another(picture)
    type_number(shown, "seed", 3)
    picture = shown.expect_another(picture)
    page.get_by_label("image", exact=True).select_option("id 1")
    picture = shown.expect_another(picture)
    type_number(shown, "patch", 8)
    expect(shown.readout).to_contain_text("of 72 patches change places")
    picture = shown.expect_another(picture)

    type_number(shown, "patch", 7)
    expect(shown.readout).to_contain_text("the height 96 is no multiple of the patch, 7 pixels")
    expect(shown.picture).to_be_hidden()
    page.screenshot(path=tmp_path / "refused.png")
    reset = page.get_by_role("button", name="Reset")
    assert reset.bounding_box()["width"] == pytest.approx(90, abs=1)  # however long the code line beside it
    reset.click()
    expect(shown.readout).to_contain_text("205 of 288")
    expect(shown.picture).to_be_visible()
    page.screenshot(path=tmp_path / "last.png")
