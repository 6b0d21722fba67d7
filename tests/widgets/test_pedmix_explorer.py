"""The PedMix explorer: its controls, counts and code agree with PedMix itself."""

from __future__ import annotations

import ast

import numpy as np
import pytest
import torch

from vireid_lab.augment.mixes import AttentiveCutMix, CutMix
from vireid_lab.augment.pedmix import PedMix
from vireid_lab.runtime import InputError
from vireid_lab.widgets.pedmix_explorer import PedMixExplorer, first_patch
from vireid_lab.widgets.pedmix_view import _map, contrast, mix_pair, render_pedmix


def pair(seed: int = 0, size: tuple[int, int] = (48, 24)) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.uniform(0, 1, (*size, 3)), rng.uniform(0, 1, size)


@pytest.fixture
def images():
    return {"one": pair(0), "it's two": pair(1)}


def last_value(code: str, names: dict):
    """Runs code as a notebook cell does: the value of its last expression."""
    tree = ast.parse(code)
    last = ast.Expression(tree.body.pop().value)
    exec(compile(tree, "cell", "exec"), names)
    return eval(compile(last, "cell", "eval"), names)


def test_it_begins_with_the_paper(images):
    explorer = PedMixExplorer(images)
    assert explorer.view == render_pedmix(*images["one"])
    assert "205 of 288 patches change places (71.2%), 2x2 pixels" in explorer.view.readout
    for row in ("center             64         42    0.656     0.65", "outer             128         96    0.750"):
        assert row in explorer.view.readout


def test_every_control_reaches_pedmix_and_the_code_reproduces_the_view(images):
    explorer = PedMixExplorer(images, variable="mine")
    first, by_name = explorer.view, explorer.controls
    changes = {
        "image": "it's two", "seed": 7, "patch": 4, "center_height": 0.5, "center_width": 0.5,
        "sub_center_height": 0.75, "sub_center_width": 1.0, "a_center": 0.15, "a_sub_center": 0.3, "a_outer": 1.0,
    }  # fmt: skip
    assert changes.keys() == by_name.keys()
    for name, value in changes.items():
        before = explorer.view
        by_name[name].value = value
        assert explorer.view != before, name
    pedmix = PedMix(4, (0.5, 0.5), (0.75, 1.0), (0.15, 0.3, 1.0))
    assert explorer.view == render_pedmix(*images["it's two"], pedmix, seed=7)
    assert last_value(explorer.code_line.code, {"mine": images}) == explorer.view
    explorer.reset_button.click()
    assert explorer.view == first


def test_a_choice_that_cannot_be_is_said_and_not_drawn(images):
    explorer = PedMixExplorer(images)
    explorer.controls["patch"].value = 5
    assert "the height 48 is no multiple of the patch, 5 pixels" in explorer.readout.value
    assert explorer.picture.layout.visibility == "hidden"
    explorer.controls["patch"].value = 4
    explorer.controls["center_height"].value = 1.0
    assert "center = (1, 0.333) is larger than sub_center" in explorer.readout.value
    explorer.controls["sub_center_height"].value = 1.0
    assert explorer.picture.layout.visibility == "visible"


def test_the_map_has_the_colour_of_each_patch():
    pedmix = PedMix(2)
    exchanged = pedmix.draw((1, 3, 48, 24), np.random.default_rng(0))[0]
    colours = _map(pedmix, exchanged, (48, 24))
    seen = {tuple(colour) for colour in colours.reshape(-1, 3)}
    assert colours.shape == (48, 24, 3) and len(seen) == 6  # three regions, exchanged or not
    for region, (patches, moved) in enumerate(pedmix.counts((48, 24)).values()):
        inside = (pedmix.regions((48, 24)) == region).repeat(2, 0).repeat(2, 1)
        numbers = sorted(np.unique(colours[inside], axis=0, return_counts=True)[1].tolist())
        assert numbers == sorted((4 * moved, 4 * (patches - moved)))


def test_the_share_from_the_infrared_image_is_that_of_the_pixels():
    visible, infrared = torch.zeros(1, 3, 48, 24), torch.ones(1, 3, 48, 24)
    for mix in (PedMix(2), CutMix(), AttentiveCutMix(0.2, contrast)):
        (mixed_visible, _), share = mix_pair(mix, [visible, infrared], seed=3)
        assert share == pytest.approx(float(mixed_visible.mean()), abs=1e-6) and 0 < share < 1


def test_contrast_is_the_standard_deviation_of_each_cell():
    image = torch.rand(2, 3, 36, 18, generator=torch.Generator().manual_seed(0))
    seen = contrast(image, torch.zeros(2))
    assert seen.shape == (2, 18, 9)
    cell = image[1].mean(0)[2 * 5 : 2 * 5 + 2, 2 * 3 : 2 * 3 + 2].numpy()
    assert float(seen[1, 5, 3]) == pytest.approx(cell.std(), abs=1e-4)


def test_a_network_is_named_and_used(images):
    def left(pictures, modality):
        return torch.tensor([[1.0, 0.0]]).expand(len(pictures), 1, 2)

    view = render_pedmix(*images["one"], attention=left)
    assert "looks with the network given" in view.readout and "no network" not in view.readout
    assert PedMixExplorer(images, left).view == view
    assert last_value(PedMixExplorer(images, left).code_line.code, {"images": images, "attention": left}) == view


@pytest.mark.parametrize(
    ("size", "patch"), [((288, 144), 12), ((96, 48), 4), ((100, 50), 5), ((128, 64), 8), ((7, 5), 1)]
)
def test_the_first_patch_fits(size, patch):
    assert first_patch(*size) == patch
    assert PedMixExplorer({"a": pair(size=size)}).controls["patch"].value == patch


def test_pictures_that_are_no_pair(images):
    with pytest.raises(InputError, match="`images` is empty"):
        PedMixExplorer({})
    with pytest.raises(InputError, match="outside"):
        render_pedmix(images["one"][0] * 2, images["one"][1])
    with pytest.raises(InputError, match="no pairs"):
        render_pedmix(images["one"][0], pair(size=(24, 24))[1])
    with pytest.raises(InputError, match="infrared image of shape"):
        render_pedmix(images["one"][0], np.zeros((48, 24, 2)))
