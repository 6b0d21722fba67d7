"""Random erasing in both forms, channel exchange, grayscale, and LTG on true materials."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torchvision.transforms.v2 import functional as tv

from vireid_lab.augment.channel import ChannelExchange, Grayscale
from vireid_lab.augment.erasing import ChannelErasing, Erasing
from vireid_lab.augment.material_ltg import MaterialLTG, MaterialParameters
from vireid_lab.augment.pipeline import build_augment
from vireid_lab.data.batch import Batch
from vireid_lab.runtime import InputError
from vireid_lab.spectra.labels import LABELS


def images_and_masks(batch=20, height=40, width=20):
    rng = torch.Generator().manual_seed(0)
    images = torch.rand(batch, 3, height, width, generator=rng) * 0.7 + 0.1
    return images, torch.randint(0, len(LABELS), (batch, height, width), generator=rng, dtype=torch.uint8)


def test_erasing_blackens_one_rectangle_and_nothing_else():
    images, _ = images_and_masks()
    erasing = Erasing(0.5)
    parameters = erasing.draw(tuple(images.shape), np.random.default_rng(0))
    assert 0 < len(parameters.chosen) < len(images)
    expected = images.clone()
    for image, ((top, left, bottom, right),) in zip(parameters.chosen, parameters.rectangles, strict=True):
        expected[image, :, top:bottom, left:right] = 0
    assert torch.equal(erasing.apply(images, parameters), expected)


def test_channel_erasing_fills_one_rectangle_channel_by_channel():
    images, _ = images_and_masks()
    erasing = ChannelErasing(0.5)
    parameters = erasing.draw(tuple(images.shape), np.random.default_rng(0))
    same = Erasing(0.5).draw(tuple(images.shape), np.random.default_rng(0))
    assert all(map(np.array_equal, parameters[:2], same[:2]))
    assert 0 < len(parameters.chosen) < len(images)
    expected = images.clone()
    for image, ((top, left, bottom, right),) in zip(parameters.chosen, parameters.rectangles, strict=True):
        for c, value in enumerate((0.4914, 0.4822, 0.4465)):
            expected[image, c, top:bottom, left:right] = value
    assert torch.equal(erasing.apply(images, parameters), expected)
    nobody = parameters._replace(chosen=parameters.chosen[:0], rectangles=parameters.rectangles[:0])
    assert torch.equal(erasing.apply(images, nobody), images)


def test_grayscale_is_that_of_torchvision():
    images, _ = images_and_masks()
    grayscale = Grayscale(0.5)
    grey = grayscale.draw(tuple(images.shape), np.random.default_rng(0))
    assert 0 < grey.sum() < len(images)
    out = grayscale.apply(images, grey)
    expected = tv.rgb_to_grayscale(images, num_output_channels=3)
    for image, chosen in enumerate(grey):
        torch.testing.assert_close(out[image], expected[image] if chosen else images[image], atol=2e-4, rtol=0)
    infrared = images[:, :1].expand(-1, 3, -1, -1)
    assert torch.equal(Grayscale(1.0)(infrared, np.random.default_rng(0)), infrared)


def test_channel_exchange_puts_one_channel_into_all():
    images, _ = images_and_masks(600, 4, 2)
    out = ChannelExchange(0.5)(images, np.random.default_rng(0))
    seen = np.zeros(4, dtype=int)
    for image, exchanged in zip(images, out, strict=True):
        candidates = [image[[c, c, c]] for c in range(3)] + [image]
        (which,) = [k for k, candidate in enumerate(candidates) if torch.equal(exchanged, candidate)]
        seen[which] += 1
    assert np.all(np.abs(seen - [100, 100, 100, 300]) < 50)
    infrared = images[:, :1].expand(-1, 3, -1, -1)
    assert torch.equal(ChannelExchange(1.0)(infrared, np.random.default_rng(0)), infrared)


def test_material_ltg_multiplies_each_material_by_its_own_factor():
    images, masks = images_and_masks()
    images[0, 1][masks[0] == 3] = 0  # a material that is black in one channel
    ltg = MaterialLTG(0.6)
    parameters = ltg.draw(tuple(images.shape), np.random.default_rng(0))
    assert 0 < len(parameters.chosen) < len(images)
    expected = images.numpy().astype(np.float64)
    for image, factors in zip(parameters.chosen, parameters.factors, strict=True):
        for label in np.unique(masks[image]):
            for c in range(3):
                pixels = expected[image, c][masks[image] == label]
                expected[image, c][masks[image] == label] = pixels * (factors[label, c] / (pixels.max() or 1))
    out = ltg.apply(images, parameters, masks)
    np.testing.assert_allclose(out.numpy(), expected, rtol=1e-5, atol=1e-7)
    assert out.min() >= 0 and out.max() <= 1


def test_material_ltg_names_what_is_wrong():
    images, masks = images_and_masks()
    everyone = MaterialLTG(1.0)
    parameters = everyone.draw(tuple(images.shape), np.random.default_rng(0))
    assert isinstance(parameters, MaterialParameters)
    with pytest.raises(InputError, match="before Normalize"):
        everyone.apply(images - 0.5, parameters, masks)
    with pytest.raises(InputError, match="label 200"):
        everyone.apply(images, parameters, torch.full_like(masks, 200))


@pytest.mark.parametrize("make", [Erasing, ChannelErasing, ChannelExchange, Grayscale, MaterialLTG])
@pytest.mark.parametrize("p", [-0.1, 1.5, float("nan")])
def test_a_probability_that_is_none_is_named(make, p):
    with pytest.raises(InputError, match=f"probability {p:g}"):
        make(p)


def test_in_a_pipeline_masks_reach_the_augmentation_that_needs_them():
    images, masks = images_and_masks()
    row = torch.arange(len(images))
    batch = Batch(images, ids=row, modality=row % 2, camids=row, masks=masks)
    pipeline = build_augment("flip+ltg_material:1")
    assert pipeline.needs_masks and not build_augment("flip+ltg").needs_masks
    out = pipeline(batch, np.random.default_rng(0))
    rng = np.random.default_rng(0)
    flip, material = pipeline.augmentations
    mirrored = flip.draw(tuple(images.shape), rng)
    parameters = material.draw(tuple(images.shape), rng)
    moved = flip.apply(masks, mirrored)
    assert torch.equal(out.masks, moved)
    assert torch.equal(out.images, material.apply(flip.apply(images, mirrored), parameters, moved))
    with pytest.raises(InputError, match="masks=True"):
        pipeline(Batch(images, ids=row, modality=row % 2, camids=row), np.random.default_rng(0))
