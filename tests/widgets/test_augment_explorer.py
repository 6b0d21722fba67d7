"""The augmentation explorer: its steps end where training's pipeline ends, and its code reproduces the view."""

from __future__ import annotations

import ast

import numpy as np
import pytest
import torch
from PIL import Image

from vireid_lab.augment.mixes import MIXES
from vireid_lab.augment.pipeline import AUGMENTATIONS, build_augment
from vireid_lab.data.batch import Batch
from vireid_lab.recipes.settings import Settings, parse_overrides, with_overrides
from vireid_lab.runtime import InputError
from vireid_lab.spectra.labels import LABELS
from vireid_lab.widgets.augment_explorer import AugmentExplorer
from vireid_lab.widgets.augment_view import play_slot, read_pair, render_augment


def pair(seed: int = 0, size: tuple[int, int] = (48, 24)) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    masks = rng.integers(0, len(LABELS), (2, *size), dtype=np.uint8)
    return rng.uniform(0, 1, (*size, 3)), rng.uniform(0, 1, size), masks


@pytest.fixture
def images():
    return {"one": pair(0), "it's two": pair(1)[:2]}


def brightness(pictures, modality):
    return pictures.mean(1)[:, ::8, ::8]


def batch_of(visible, infrared, masks) -> Batch:
    both = np.stack([visible, np.repeat(infrared[..., None], 3, axis=2)]).astype(np.float32)
    zeros = torch.zeros(2, dtype=torch.int64)
    return Batch(torch.from_numpy(both).permute(0, 3, 1, 2), zeros, torch.arange(2), zeros, torch.from_numpy(masks))


@pytest.mark.parametrize("name", [*AUGMENTATIONS, *MIXES])
def test_the_steps_are_those_of_training(name):
    visible, infrared, masks = pair()
    slot = f"flip:1+{name}" if name != "flip" else "crop:2+flip"
    steps = play_slot(visible, infrared, masks, slot, 3, brightness)
    batch = batch_of(visible, infrared, masks)
    out = build_augment(slot, brightness)(batch, np.random.default_rng(3))
    assert [step.name for step in steps] == ["original", *slot.split("+")]
    assert torch.equal(steps[0].images, batch.images)
    assert torch.equal(steps[-1].images, out.extra.get("mixed", out.images))


def test_the_share_of_changed_pixels():
    visible, infrared, masks = pair()
    infrared[:] = 0.5
    original, flipped, grey = play_slot(visible, infrared, masks, "flip:1+grayscale:0", 0)
    assert original.changed.tolist() == [0, 0] and grey.changed.tolist() == [0, 0]
    assert flipped.changed.tolist() == [1, 0]  # an even image looks the same in a mirror


def test_the_read_out_has_the_setting_that_trains_with_it(images):
    view = render_augment(*images["one"], slot="flip:0.2+crop:4+pedmix")
    first = view.readout.splitlines()[0]
    assert first == "--set augment=flip:0.2+crop:4+pedmix"
    settings = with_overrides(Settings(), parse_overrides([first.removeprefix("--set ")]))
    assert type(build_augment(settings.augment).mix).__name__ == "PedMix"
    assert [line.split()[0] for line in view.readout.splitlines()[4:]] == ["original", "flip:0.2", "crop:4", "pedmix"]


def last_value(code: str, names: dict):
    """Runs code as a notebook cell does: the value of its last expression."""
    tree = ast.parse(code)
    last = ast.Expression(tree.body.pop().value)
    exec(compile(tree, "cell", "exec"), names)
    return eval(compile(last, "cell", "eval"), names)


def test_controls_buttons_and_code(images):
    explorer = AugmentExplorer(images, slot="flip:1", attention=brightness, variable="mine")
    first = explorer.view
    assert first == render_augment(*images["one"], slot="flip:1")
    explorer.name.value = "attentive_cutmix"
    explorer.add_button.click()
    assert explorer.slot.value == "flip:1+attentive_cutmix"
    explorer.controls["image"].value = "it's two"
    explorer.controls["seed"].value = 4
    expected = render_augment(*images["it's two"], slot="flip:1+attentive_cutmix", seed=4, attention=brightness)
    assert explorer.view == expected
    assert last_value(explorer.code_line.code, {"mine": images, "attention": brightness}) == expected
    assert "--set augment=flip:1+attentive_cutmix" in explorer.code_line.code
    for left in ("flip:1", "none", "none"):
        explorer.drop_button.click()
        assert explorer.slot.value == left
    explorer.name.value = "channel"
    explorer.add_button.click()
    assert explorer.slot.value == "channel"
    explorer.reset_button.click()
    assert explorer.view == first


def test_what_is_added_goes_before_the_mix(images):
    explorer = AugmentExplorer(images, slot="flip+pedmix:4+replace")
    explorer.name.value = "channel"
    explorer.add_button.click()
    assert explorer.slot.value == "flip+channel+pedmix:4+replace"
    assert explorer.view == render_augment(*images["one"], slot="flip+channel+pedmix:4+replace")
    explorer.name.value = "cutmix"
    explorer.add_button.click()
    assert explorer.slot.value == "flip+channel+pedmix:4+replace+cutmix"
    assert "only one" in explorer.readout.value


def test_what_cannot_be_is_said(images):
    explorer = AugmentExplorer(images, slot="flip")
    for slot, said in (
        ("flop", "did you mean &#x27;flip&#x27;"),
        ("pedmix+flip", "stands behind a mix"),
        ("pedmix:7", "no multiple of the patch, 7 pixels"),
        ("", "is empty or there twice"),
        ("attentive_cutmix", "no network"),
    ):
        explorer.slot.value = slot
        assert said in explorer.readout.value and explorer.picture.layout.visibility == "hidden", slot
    explorer.slot.value = "ltg_material"
    assert explorer.picture.layout.visibility == "visible"
    explorer.controls["image"].value = "it's two"
    assert "needs material masks" in explorer.readout.value
    with pytest.raises(InputError, match="`images` is empty"):
        AugmentExplorer({})
    with pytest.raises(InputError, match="give equal sizes"):
        render_augment(images["one"][0], np.zeros((24, 24)))


def test_files_of_your_own(tmp_path):
    rng = np.random.default_rng(0)
    colour, grey = rng.integers(0, 256, (48, 24, 3), dtype=np.uint8), rng.integers(0, 256, (48, 24), dtype=np.uint8)
    for name, pixels in (("colour.png", colour), ("grey.png", grey)):
        Image.fromarray(pixels).save(tmp_path / name)
    visible, infrared = read_pair(tmp_path / "colour.png", tmp_path / "grey.png", size=(48, 24))
    np.testing.assert_allclose(visible, colour / 255, atol=1e-6)
    np.testing.assert_allclose(infrared, np.repeat(grey[..., None], 3, 2) / 255, atol=1e-6)
    assert [image.shape for image in read_pair(tmp_path / "colour.png", tmp_path / "grey.png")] == [(288, 144, 3)] * 2
    with pytest.raises(InputError, match="none.png is not there"):
        read_pair(tmp_path / "colour.png", tmp_path / "none.png")
