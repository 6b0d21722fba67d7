"""The region explorer in a real JupyterLab in a real browser: mouse, keyboard, picture, read-out, copied code."""

from __future__ import annotations

import re

import nbformat
import pytest
from lab import ROOT, small_notebook
from shown import Shown

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SIZE = (120, 180)
NOTEBOOK = ROOT / "notebooks" / "01_reflection_prior.ipynb"
SMOKE_SIZE = (96, 144)  # of its scenes at the scale "smoke"
CELL = f"""import numpy as np
from vireid_lab.data.scene_pairs import from_arrays
from vireid_lab.spectra.scenes.pairs import render_scene
from vireid_lab.widgets.region_explorer import RegionExplorer

pairs = {{}}
for seed, category in enumerate(["street", "garden"]):
    scene = render_scene(np.random.default_rng(seed), {SIZE}, noise=0.01, category=category)
    pairs[category] = scene.visible, scene.infrared, from_arrays(scene.visible, scene.infrared).valid
RegionExplorer(pairs, rectangle=(20, 30, 60, 80))"""


class Regions(Shown):
    """The explorer with its two pictures of `size` (rows, columns) beside the scatter."""

    def __init__(self, page, size: tuple[int, int]) -> None:
        super().__init__(page, "Scatter")
        self.size, self.frames = size, page.locator(".vireid-pointer-frame")

    def place(self, row: float, col: float, frame: int = 0) -> tuple[float, float]:
        """Middle of a pixel of a picture, on the page."""
        height, width = self.size
        box = self.frames.nth(frame).bounding_box()
        return box["x"] + (col + 0.5) / width * box["width"], box["y"] + (row + 0.5) / height * box["height"]

    def expect_rectangle(self, row0: int, col0: int, row1: int, col1: int) -> None:
        """Read-out, both pictures, sliders and code agree."""
        from playwright.sync_api import expect

        expect(self.readout).to_contain_text(f"rows {row0}-{row1}, columns {col0}-{col1}:")
        for frame in (0, 1):
            words = f"to row, column) {row0}, {col0}, {row1}, {col1}."
            expect(self.frames.nth(frame)).to_have_attribute("aria-label", re.compile(re.escape(words)))
        expect(self.page.locator(".widget-readout", has_text=f"{row0} – {row1}")).to_be_visible()
        expect(self.page.locator(".widget-readout", has_text=f"{col0} – {col1}")).to_be_visible()
        expect(self.code).to_contain_text(f"rectangle=({row0}, {col0}, {row1}, {col1})")


def test_mouse_and_keyboard_move_picture_and_read_out(lab, tmp_path):
    lab.run_notebook(small_notebook(CELL), "explorer.ipynb")
    page, shown = lab.page, Regions(lab.page, SIZE)
    shown.expect_rectangle(20, 30, 60, 80)
    picture = shown.picture.get_attribute("src")

    lab.drag(shown.place(40, 50), shown.place(50, 70))  # from the inside: the rectangle moves
    shown.expect_rectangle(30, 50, 70, 100)
    picture = shown.expect_another(picture)
    lab.drag(shown.place(5, 110, frame=1), shown.place(24, 149, frame=1))  # in the other picture, outside: a new one
    shown.expect_rectangle(5, 110, 25, 150)
    picture = shown.expect_another(picture)
    lab.drag(shown.place(24, 149), shown.place(99, 169))  # at a corner: another size
    shown.expect_rectangle(5, 110, 100, 170)
    picture = shown.expect_another(picture)

    for keys, rectangle in (
        (["ArrowLeft", "ArrowLeft", "ArrowDown"], (6, 108, 101, 168)),
        (["Shift+ArrowUp", "Shift+ArrowRight"], (6, 108, 100, 169)),
    ):
        for key in keys:
            page.keyboard.press(key)
        shown.expect_rectangle(*rectangle)
        picture = shown.expect_another(picture)

    page.locator(".noUi-handle").first.focus()  # the upper end of the rows
    page.keyboard.press("ArrowRight")
    shown.expect_rectangle(7, 108, 100, 169)
    picture = shown.expect_another(picture)
    page.get_by_role("button", name="blue", exact=True).click()
    picture = shown.expect_another(picture)
    page.get_by_label("offset").press("Space")
    picture = shown.expect_another(picture)
    page.get_by_label("pair").select_option("garden")
    picture = shown.expect_another(picture)
    page.screenshot(path=tmp_path / "explorer.png")

    page.get_by_role("button", name="Reset").click()
    shown.expect_rectangle(20, 30, 60, 80)


def test_notebook_01_runs_and_its_explorer_answers(lab, tmp_path):
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    (place,) = (i for i, cell in enumerate(notebook.cells) if "parameters" in cell.metadata.get("tags", []))
    chosen = nbformat.v4.new_code_cell(f'scale = "smoke"\nout = {str(tmp_path)!r}')
    notebook.cells.insert(place + 1, chosen)
    lab.run_notebook(notebook, "01_reflection_prior.ipynb")
    page, shown = lab.page, Regions(lab.page, SMOKE_SIZE)
    shown.expect_rectangle(32, 48, 64, 96)
    picture = shown.picture.get_attribute("src")
    shown.frames.first.scroll_into_view_if_needed()
    lab.drag(shown.place(40, 60), shown.place(50, 70))
    shown.expect_rectangle(42, 58, 74, 106)
    picture = shown.expect_another(picture)
    page.keyboard.press("ArrowDown")
    shown.expect_rectangle(43, 58, 75, 106)
    assert shown.frames.first.evaluate("element => element === document.activeElement")  # the notebook took no key
    picture = shown.expect_another(picture)
    page.locator(".noUi-handle").first.focus()
    page.keyboard.press("ArrowLeft")
    shown.expect_rectangle(42, 58, 75, 106)
    picture = shown.expect_another(picture)
    handle = page.locator(".noUi-handle").first.bounding_box()
    x, y = handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2
    lab.drag((x, y), (x - 60, y))
    shown.expect_another(picture)
    page.screenshot(path=tmp_path / "explorer.png")
    page.locator(".jp-OutputArea-output", has_text="All of them on one page").wait_for()  # the last cell has run too


def test_the_code_is_copied(lab):
    lab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    lab.run_notebook(small_notebook(CELL), "copy.ipynb")
    shown = Regions(lab.page, SIZE)
    lab.page.get_by_role("button", name="Copy as code").click()
    lab.page.get_by_role("button", name="Copied").wait_for()
    copied = lab.page.evaluate("navigator.clipboard.readText()")
    assert copied == shown.code.inner_text() and "rectangle=(20, 30, 60, 80)" in copied


def test_a_point_is_set_by_mouse_and_keyboard(lab):
    cell = """import numpy as np
from ipywidgets import Label, VBox
from vireid_lab.widgets.picture_pointer import PicturePointer

pointer = PicturePointer(np.zeros((40, 60)), "black", mode="point", point=(5, 5))
label = Label()
pointer.observe(lambda change: setattr(label, "value", f"point {change['new']}"), "point")
VBox([pointer, label])"""
    lab.run_notebook(small_notebook(cell), "point.ipynb")
    frame = lab.page.locator(".vireid-pointer-frame")
    frame.wait_for()
    box = frame.bounding_box()
    lab.page.mouse.click(box["x"] + 30.5 / 60 * box["width"], box["y"] + 10.5 / 40 * box["height"])
    lab.page.get_by_text("point (10, 30)").wait_for()
    for key in ("ArrowUp", "ArrowLeft"):
        lab.page.keyboard.press(key)
    lab.page.get_by_text("point (9, 29)").wait_for()
