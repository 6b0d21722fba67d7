from __future__ import annotations

import numpy as np
import pytest
import torch

from vireid_lab.augment.basic import Flip, PadCrop
from vireid_lab.runtime import InputError


def images_and_masks(batch=5, height=7, width=4):
    images = torch.arange(batch * 3 * height * width, dtype=torch.float32).view(batch, 3, height, width) + 1
    return images, images[:, 0].to(torch.uint8)


def test_flip_mirrors_the_drawn_images_and_no_others():
    images, masks = images_and_masks()
    mirrored = np.array([True, False, True, False, False])
    out, out_masks = Flip().apply(images, mirrored), Flip().apply(masks, mirrored)
    for i, chosen in enumerate(mirrored):
        expected = images[i].numpy()[:, :, ::-1] if chosen else images[i].numpy()
        assert np.array_equal(out[i], expected)
        assert np.array_equal(out_masks[i], masks[i].numpy()[:, ::-1] if chosen else masks[i])
    assert out_masks.dtype == torch.uint8


@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_flip_draws_with_its_probability(p):
    share = Flip(p).draw((20_000, 3, 4, 4), np.random.default_rng(0)).mean()
    assert abs(share - p) < 4 * np.sqrt(p * (1 - p) / 20_000) + 1e-12


def test_crop_agrees_with_slicing_a_padded_array():
    images, masks = images_and_masks()
    crop = PadCrop(2)
    corners = crop.draw(tuple(images.shape), np.random.default_rng(1))
    out, out_masks = crop.apply(images, corners), crop.apply(masks, corners)
    for i, (top, left) in enumerate(corners):
        window = np.s_[top : top + 7, left : left + 4]
        for c in range(3):
            assert np.array_equal(out[i, c], np.pad(images[i, c].numpy(), 2)[window])
        assert np.array_equal(out_masks[i], np.pad(masks[i].numpy(), 2)[window])


def test_crop_reaches_every_place_and_the_middle_is_the_image():
    crop = PadCrop(2)
    corners = crop.draw((5_000, 3, 7, 4), np.random.default_rng(0))
    assert {tuple(c) for c in corners} == {(y, x) for y in range(5) for x in range(5)}
    images, _ = images_and_masks(batch=1)
    assert torch.equal(crop.apply(images, np.array([[2, 2]])), images)


@pytest.mark.parametrize("augmentation", [Flip(0.5), PadCrop(3)])
def test_calling_is_drawing_and_applying(augmentation):
    images, _ = images_and_masks()
    drawn = augmentation.draw(tuple(images.shape), np.random.default_rng(7))
    assert torch.equal(augmentation(images, np.random.default_rng(7)), augmentation.apply(images, drawn))


@pytest.mark.parametrize("make, value", [(Flip, 1.5), (PadCrop, -1), (PadCrop, 2.5), (PadCrop, float("nan"))])
def test_values_that_cannot_be_used_are_named(make, value):
    with pytest.raises(InputError, match=f"{value:g}"):
        make(value)
