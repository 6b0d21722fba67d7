from __future__ import annotations

import numpy as np
import pytest
import torch

from vireid_lab.augment.basic import Flip, PadCrop
from vireid_lab.augment.ltg_draw import Beta, Constant, Uniform
from vireid_lab.augment.pipeline import Pipeline, build_augment, parse_slot
from vireid_lab.data.batch import Batch
from vireid_lab.runtime import InputError


def batch_with_masks(size=4):
    masks = torch.randint(1, 255, (size, 12, 6), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    images = masks[:, None].expand(-1, 3, -1, -1) / 255
    row = torch.arange(size)
    return Batch(images, ids=row, modality=row % 2, camids=row, masks=masks)


def test_masks_move_with_the_images_and_labels_stay():
    batch = batch_with_masks(16)
    out = build_augment("flip+crop:3")(batch, np.random.default_rng(0))
    assert not torch.equal(out.masks, batch.masks)
    assert torch.equal((out.images[:, 1] * 255).round().to(torch.uint8), out.masks)
    assert out.ids is batch.ids and out.modality is batch.modality


def test_masks_stay_where_the_pixels_do():
    class Darken:
        moves_pixels = False
        needs_masks = False

        def draw(self, shape, rng):
            return rng.random(shape[0]).astype(np.float32)

        def apply(self, images, factors):
            return images * torch.from_numpy(factors)[:, None, None, None]

    batch = batch_with_masks()
    out = Pipeline([Darken()])(batch, np.random.default_rng(0))
    assert torch.equal(out.masks, batch.masks) and (out.images < batch.images).all()


def test_the_slot_chooses_the_order_and_the_values():
    flip, crop = build_augment("flip:0.2+crop:4").augmentations
    assert isinstance(flip, Flip) and flip.p == 0.2
    assert isinstance(crop, PadCrop) and crop.pixels == 4
    batch = batch_with_masks()
    assert build_augment("none")(batch, np.random.default_rng(0)).images is batch.images


def test_the_names_of_ltg_and_its_rivals():
    factors = {"ltg": Beta(0.5, 0.5), "ltg_beta3": Beta(0.3, 0.3), "ltg_uniform": Uniform(), "erasing": Constant(0)}
    for name, factor in factors.items():
        (made,) = build_augment(name).augmentations
        assert made.factor == factor and made.p == 0.5 and made.t_min == 1e-6 and made.once == (name == "erasing")
    ltg, erasing, channel, material = build_augment(
        "ltg_uniform:0.01+erasing:0.3+channel:0.2+ltg_material:0.1"
    ).augmentations
    assert ltg.t_min == 0.01 and [other.p for other in (erasing, channel, material)] == [0.3, 0.2, 0.1]


@pytest.mark.parametrize("name", ["ltg", "erasing", "channel_erasing", "channel", "grayscale"])
def test_masks_stay_where_light_changes(name):
    batch = batch_with_masks(16)
    out = build_augment(name)(batch, np.random.default_rng(0))
    assert out.masks is batch.masks and out.images.shape == batch.images.shape


def test_parse_slot():
    assert parse_slot("none") == {}
    assert parse_slot("ce+triplet:0.5") == {"ce": None, "triplet": 0.5}


@pytest.mark.parametrize("slot", ["", "ce+", "ce+ce", "ce:half", "ce:", "ce:nan", "ce:-inf", "+ce"])
def test_a_slot_that_cannot_be_read_is_named(slot):
    with pytest.raises(InputError, match="slot"):
        parse_slot(slot)


def test_an_unknown_augmentation_names_the_nearest():
    with pytest.raises(InputError, match="unknown augmentation 'flop': did you mean 'flip'"):
        build_augment("flop+crop")
