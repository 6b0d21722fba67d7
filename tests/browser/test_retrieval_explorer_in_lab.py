"""The retrieval explorer in a real JupyterLab in a real browser: thumbnails, dots, filters, Grad-CAM, reset."""

from __future__ import annotations

import pytest
from lab import small_notebook

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SLOW = {"timeout": 30_000}  # on a busy machine
CELL = """from pathlib import Path

import numpy as np
import torch
from vireid_lab.data.records import Dataset, Record
from vireid_lab.evaluate.features import Features
from vireid_lab.evaluate.evaluation_plan import plan_evaluation
from vireid_lab.models.agw import AGW
from vireid_lab.models.backbone import build_backbone
from vireid_lab.widgets.retrieval_explorer import RetrievalExplorer
from vireid_lab.widgets.retrieval_search import Search

torch.manual_seed(0)
model = AGW(build_backbone("resnet10"), 3)  # not trained
cells = [(cam, pid, frame) for cam in range(1, 7) for pid in (5, 6, 7) for frame in (1, 2, 3)]
records = tuple(Record(f"cam{c}/{p:04d}/{f:04d}.jpg", p, c, int(c in (3, 6)), "test") for c, p, f in cells)
columns = [np.array(column) for column in zip(*((r.pid, r.camid, r.modality) for r in records))]
rng = np.random.default_rng(0)
features = Features(rng.standard_normal((54, 8)), *columns, [r.path for r in records])
images = rng.integers(0, 256, (54, 96, 48, 3)).astype(np.uint8)
points = np.stack([np.arange(54) % 9, np.arange(54) // 9], 1)  # the last image is the upper right dot
search = Search(plan_evaluation(Dataset(Path("."), "sysu", records)), features, images, points, model)
RetrievalExplorer({"noise": search})"""
UNLABELLED = "A query and the 10 gallery images nearest to it; nobody has said who the query is"
LAST_DOT = (3.3 / 3.4, (3.4 - 2.49) / 3.4)  # (x, y) as shares of the map: 9 x 6 dots at 0.4 inch, below the legend


def test_a_query_is_chosen_by_thumbnail_and_by_dot_and_finds_what_the_filters_let(lab, tmp_path):
    from playwright.sync_api import expect

    lab.run_notebook(small_notebook(CELL), "retrieval.ipynb")
    page = lab.page
    readout, picture = page.locator("pre[role=status]"), page.locator('img[alt^="A query and"]')
    thumbnails, plane = (page.locator(".vireid-pointer-frame").nth(number) for number in (0, 1))
    dot, code = page.locator('img[alt^="the dot"]'), page.locator(".vireid-code pre")
    readout.wait_for(timeout=75_000)
    expect(readout).to_contain_text("query 0 (id 5, cam 3, infrared) among 9 images, any camera", **SLOW)
    expect(dot).to_have_attribute("alt", "the dot: id 5, cam 3, infrared", **SLOW)
    shown = picture.get_attribute("src")
    explorer = page.locator(".widget-vbox", has=readout).first
    assert explorer.evaluate("e => e.scrollWidth <= e.clientWidth")  # nothing to scroll sideways

    def expect_another() -> None:
        nonlocal shown
        expect(picture).not_to_have_attribute("src", shown, **SLOW)
        shown = picture.get_attribute("src")

    def click(frame, x: float, y: float) -> None:
        box = frame.bounding_box()
        page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])

    click(thumbnails, 4.5 / 8, 0.5 / 2)
    expect(readout).to_contain_text("query 4 (id 6, cam 3, infrared)", **SLOW)
    expect_another()
    page.keyboard.press("ArrowRight")
    expect(readout).to_contain_text("query 5 (id 6, cam 3, infrared)", **SLOW)
    expect(code).to_contain_text("query=5, among='any camera', gradcam=False)", **SLOW)
    expect_another()
    click(plane, *LAST_DOT)
    expect(dot).to_have_attribute("alt", "the dot: id 7, cam 6, infrared", **SLOW)
    expect(readout).to_contain_text("query 5 (id 6, cam 3, infrared)", **SLOW)
    page.get_by_role("button", name="Search with it").click()
    expect(readout).to_contain_text("query 17 (id 7, cam 6, infrared) among 12 images", **SLOW)
    expect_another()
    page.get_by_label("Grad-CAM").check()
    expect(readout).to_contain_text("of 11 maps are empty", **SLOW)
    expect_another()
    page.screenshot(path=tmp_path / "retrieval.png")
    page.get_by_label("gallery", exact=True).select_option("cam 2, visible")
    expect(readout).to_contain_text("among 3 images, cam 2, visible", **SLOW)
    expect_another()
    page.get_by_label("queries", exact=True).select_option("cam 3, infrared")
    expect(readout).to_contain_text("left out (cam2 for cam3 queries)", **SLOW)
    expect(picture).to_be_hidden(**SLOW)
    page.get_by_role("button", name="Reset").click()
    expect(readout).to_contain_text("query 0 (id 5, cam 3, infrared) among 9 images, any camera", **SLOW)
    expect(dot).to_have_attribute("alt", "the dot: id 5, cam 3, infrared", **SLOW)


def test_images_that_nobody_has_labelled_are_searched_without_ticks_and_crosses(lab, tmp_path):
    """As in notebook 08 with a folder of unlabelled images."""
    from playwright.sync_api import expect

    cell = CELL.replace("p, c, int(c in (3, 6))", "-1, -1, int(c in (3, 6))").replace('"sysu"', '"manifest"')
    lab.run_notebook(small_notebook(cell), "unlabelled.ipynb")
    page = lab.page
    readout, dot = page.locator("pre[role=status]"), page.locator('img[alt^="the dot"]')
    readout.wait_for(timeout=75_000)
    expect(readout).to_contain_text("query 0 (id unknown, cam unknown, infrared) among 36 images", **SLOW)
    expect(readout).to_contain_text("nobody has said who it is", **SLOW)
    expect(page.locator('img[alt^="A query and"]')).to_have_attribute("alt", UNLABELLED, **SLOW)
    box = page.locator(".vireid-pointer-frame").nth(1).bounding_box()
    page.mouse.click(box["x"] + LAST_DOT[0] * box["width"], box["y"] + LAST_DOT[1] * box["height"])
    expect(dot).to_have_attribute("alt", "the dot: id unknown, cam unknown, infrared", **SLOW)
    page.get_by_role("button", name="Search with it").click()
    expect(readout).to_contain_text("query 17 (id unknown", **SLOW)
    page.screenshot(path=tmp_path / "unlabelled.png")
    assert "✓" not in readout.inner_text() and "✗" not in readout.inner_text()
