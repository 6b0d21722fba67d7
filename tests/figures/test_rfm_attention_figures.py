"""RFM's attention maps (Fig. 10): maps against the model, shares by hand, and the sheet against what was given."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from vireid_lab.figures import rfm_attention
from vireid_lab.figures.heat_maps import overlay, stretch
from vireid_lab.models.backbone import build_backbone
from vireid_lab.models.rfm import RFM
from vireid_lab.runtime import InputError
from vireid_lab.spectra.labels import CODES, FIRST_PERSON


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return RFM(build_backbone("resnet10", two_stream="none"), 4, parts=6, reduction=8, attention="mam")


def test_the_maps_are_those_of_the_model_whatever_the_batch_and_its_mode_stays(model):
    images = np.random.default_rng(1).integers(0, 256, (5, 96, 48, 3)).astype(np.uint8)
    modality = [0, 1, 1, 0, 1]
    model.train()
    maps = rfm_attention.attention_maps(model, images, modality, batch=2)
    assert model.training
    with torch.no_grad():
        shift, width = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
        inputs = torch.from_numpy((images / 255 - shift) / width).permute(0, 3, 1, 2).float()
        output = model.eval()(inputs, torch.tensor(modality))
    np.testing.assert_allclose(maps.original, output.maps.mean(1), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(maps.attention, output.attention[:, 0], rtol=1e-4)
    np.testing.assert_allclose(maps.weighted, maps.attention * maps.original, rtol=1e-4, atol=1e-6)


def test_a_model_without_attention_is_refused():
    plain = RFM(build_backbone("resnet10", two_stream="none"), 4, parts=6, reduction=8, attention="none")
    with pytest.raises(InputError, match="attention=mam"):
        rfm_attention.attention_maps(plain, np.zeros((1, 96, 48, 3), np.uint8), [0])


def test_the_share_on_the_person_by_hand():
    masks = np.zeros((2, 8, 4), np.uint8)
    masks[:, :4, :2] = FIRST_PERSON  # upper left quarter: one place of a 2 x 2 map
    masks[1, 4:6, :2] = CODES["hair"]  # and half of the place below it
    masks[0, 7, 3] = CODES["occluder"]  # in front of the person, not a part of it
    original = np.array([[[1.0, 1], [1, 1]]] * 2)
    attention = np.array([[[1.0, 0], [0, 0]], [[0, 0], [1, 0]]])
    maps = rfm_attention.AttentionMaps(original, attention, np.array([[[3.0, 1], [0, 0]], [[1, 0], [1, 2]]]))
    shares = rfm_attention.person_shares(maps, masks)
    np.testing.assert_allclose(shares["area"], [0.25, 0.375])
    np.testing.assert_allclose(shares["original"], [0.25, 0.375])
    np.testing.assert_allclose(shares["attention"], [1, 0.5])
    np.testing.assert_allclose(shares["weighted"], [0.75, 1.5 / 4])
    words = rfm_attention.describe_shares(shares)
    assert "area 31.2 %" in words and "more in 1 of 2 images, +25.00 points" in words


def test_the_range_of_the_attention_is_that_of_its_images():
    attention = np.array([[[0.5, 0.6]], [[0.8, 0.9]]])
    maps = rfm_attention.AttentionMaps(attention, attention, attention)
    assert rfm_attention.describe_range(maps) == "attention from 0.500 to 0.900, inside one image at most 1.20 : 1"


def test_the_sheet_shows_both_images_of_each_person_beside_their_maps(people):
    rng = np.random.default_rng(0)
    maps = rfm_attention.AttentionMaps(*(rng.random((4, 6, 3)).astype(np.float32) for _ in range(3)))
    axes = rfm_attention.attention_sheet(people[:4], maps, ["id 1", "id 2"]).axes[0]
    canvas = np.asarray(axes.images[0].get_array())
    expected = overlay(people[3], stretch(maps.attention[3], (24, 12)))
    np.testing.assert_array_equal(canvas[27:51, 0:12], people[2])
    np.testing.assert_array_equal(canvas[27:51, 4 * 15 : 4 * 15 + 12], people[3])
    np.testing.assert_array_equal(canvas[27:51, 6 * 15 : 6 * 15 + 12], expected)
