"""The augmentation explorer in a real JupyterLab in a real browser: typing, adding, removing, the setting it prints."""

from __future__ import annotations

import pytest
from lab import small_notebook

pytestmark = [pytest.mark.browser, pytest.mark.slow]
CELL = """import numpy as np
from vireid_lab.spectra.world import World
from vireid_lab.widgets.augment_explorer import AugmentExplorer

world, images = World(0, (96, 48)), {}
for pid in (0, 1):
    visible, infrared = (world.render(pid, 0, modality, 0) for modality in (0, 1))
    images[f"id {pid}"] = visible.image / 255, infrared.image / 255, np.stack([visible.mask, infrared.mask])
AugmentExplorer(images)"""


def test_a_chain_is_built_and_drawn(lab, tmp_path):
    from playwright.sync_api import expect

    expect.set_options(timeout=30_000)
    lab.run_notebook(small_notebook(CELL), "augment.ipynb")
    page = lab.page
    readout, code = page.locator("pre[role=status]"), page.locator(".vireid-code pre")
    picture = page.locator('img[alt^="A visible and an infrared image"]')
    slot = page.get_by_label("augment", exact=True)

    def expect_slot(text: str, steps: str) -> None:
        """Text field, read-out, picture and code agree."""
        expect(readout).to_contain_text(f"--set augment={text}\n")
        expect(slot).to_have_value(text)
        expect(picture).to_have_attribute("alt", f"A visible and an infrared image: original{steps}")
        expect(code).to_contain_text(f"slot='{text}'")

    readout.wait_for(timeout=150_000)
    expect_slot("flip+crop+channel+pedmix", ", then flip, then crop, then channel, then pedmix")
    page.screenshot(path=tmp_path / "first.png")
    page.get_by_title("Remove the last one").click()
    expect_slot("flip+crop+channel", ", then flip, then crop, then channel")
    page.get_by_label("next", exact=True).select_option("ltg_material")
    page.get_by_title("Add it to the end, or before the mix").click()
    expect_slot("flip+crop+channel+ltg_material", ", then flip, then crop, then channel, then ltg_material")
    slot.fill("grayscale:1+channel_erasing:1+cutmix")
    slot.press("Enter")
    expect_slot("grayscale:1+channel_erasing:1+cutmix", ", then grayscale:1, then channel_erasing:1, then cutmix")

    before = picture.get_attribute("src")
    seed = page.get_by_label("seed", exact=True)
    seed.fill("5")
    seed.press("Enter")
    expect(picture).not_to_have_attribute("src", before)
    expect(code).to_contain_text("seed=5")
    page.screenshot(path=tmp_path / "chain.png")
    slot.fill("grayscal")
    slot.press("Enter")
    expect(readout).to_contain_text("did you mean 'grayscale'?")
    expect(picture).to_be_hidden()
    page.get_by_role("button", name="Reset").click()
    expect_slot("flip+crop+channel+pedmix", ", then flip, then crop, then channel, then pedmix")
