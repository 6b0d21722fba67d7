"""The LTG explorer in a real JupyterLab in a real browser: sliders, play, the factor's numbers, picture, read-out."""

from __future__ import annotations

import re

import pytest
from lab import small_notebook
from shown import Shown

pytestmark = [pytest.mark.browser, pytest.mark.slow]
CELL = """import numpy as np
from vireid_lab.widgets.ltg_explorer import LTGExplorer

rng = np.random.default_rng(0)
images = {name: (rng.uniform(0, 1, (24, 12, 3)), rng.uniform(0, 1, (24, 12))) for name in ("one", "two")}
LTGExplorer(images, embed=lambda pictures, modality: pictures.mean((2, 3)))"""


class Played(Shown):
    """The explorer with its rectangles."""

    def expect_rectangles(self, shown: int, last: int) -> None:
        """Slider, read-out, picture and code agree; of the images one may have ended earlier."""
        from playwright.sync_api import expect

        expect(self.readout).to_contain_text(f"{shown} of {last}")
        expect(self.picture).to_have_attribute("alt", re.compile(f"after {shown} of {last} rectangles"))
        expect(self.handle("rectangles")).to_have_attribute("aria-valuenow", f"{shown}.0")
        expect(self.code).to_contain_text(f"rectangles={None if shown == last else shown}, embed=embed")

    def last(self) -> int:
        """How many rectangles the longer draw has."""
        return max(map(int, re.findall(r"\d+ of (\d+)", self.readout.inner_text())))


def test_sliders_and_play_move_picture_and_read_out(lab, tmp_path):
    from playwright.sync_api import expect

    lab.run_notebook(small_notebook(CELL), "ltg.ipynb")
    page, shown = lab.page, Played(lab.page, "LTG,")
    expect(shown.readout).to_contain_text("feature distance, before to after: visible")
    shown.expect_rectangles(shown.last(), shown.last())
    picture = shown.picture.get_attribute("src")

    shown.handle("t_min").press("End")  # 0.1: a short draw
    picture = shown.expect_another(picture)
    expect(shown.code).to_contain_text("t_min=0.1")
    last = shown.last()
    shown.expect_rectangles(last, last)
    shown.handle("rectangles").press("ArrowLeft")
    picture = shown.expect_another(picture)
    shown.expect_rectangles(last - 1, last)
    shown.handle("rectangles").press("Home")
    picture = shown.expect_another(picture)
    shown.expect_rectangles(0, last)
    expect(shown.readout).to_contain_text("visible 0.000, infrared 0.000")

    page.evaluate(
        """() => {
          const image = document.querySelector('img[alt^="LTG,"]').closest('.widget-html-content');
          window.played = [];
          new MutationObserver(() => window.played.push(image.querySelector('img').alt))
            .observe(image, {childList: true, subtree: true, attributes: true});
        }"""
    )
    page.locator(".widget-play button").first.click()
    expect(shown.readout).to_contain_text(f"{last} of {last}", timeout=30_000)
    shown.expect_rectangles(last, last)
    played = page.evaluate("window.played.map(alt => Math.max(...[...alt.matchAll(/after (\\d+)/g)].map(m => +m[1])))")
    assert played == sorted(played) and len(set(played)) > 1  # a page that is slow may leave one out
    page.screenshot(path=tmp_path / "played.png")

    picture = shown.picture.get_attribute("src")
    expect(shown.handle("value")).to_be_hidden()
    page.get_by_label("factor f_g").select_option("constant")
    picture = shown.expect_another(picture)
    expect(shown.handle("value")).to_be_visible()
    expect(shown.handle("a")).to_be_hidden()
    page.get_by_label("once").press("Space")
    picture = shown.expect_another(picture)
    expect(shown.code).to_contain_text("factor=Constant(value=0.5), once=True")
    page.get_by_label("image").select_option("two")
    picture = shown.expect_another(picture)
    page.get_by_label("seed").fill("12")
    page.get_by_label("seed").press("Enter")
    shown.expect_another(picture)
    expect(shown.code).to_contain_text("render_ltg(*images['two'], options, seed=12, rectangles=None, embed=embed)")

    page.get_by_role("button", name="Reset").click()
    expect(shown.code).to_contain_text("images['one'], options, seed=0")
    shown.expect_rectangles(shown.last(), shown.last())
