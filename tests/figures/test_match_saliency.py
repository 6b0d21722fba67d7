"""Heat maps of matches against Grad-CAM by hand, their counts, and what is drawn against what was given."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from vireid_lab.figures import match_saliency
from vireid_lab.figures.heat_maps import overlay
from vireid_lab.models.backbone import build_backbone
from vireid_lab.models.one_stream import OneStream
from vireid_lab.models.tmpa import TMPA
from vireid_lab.runtime import InputError
from vireid_lab.spectra.labels import CODES, FIRST_PERSON


@pytest.fixture(scope="module")
def models():
    torch.manual_seed(0)
    return OneStream(build_backbone("resnet10"), 4), TMPA(build_backbone("resnet10"), 4)


@pytest.mark.parametrize("which", [0, 1], ids=["one stream", "tmpa"])
def test_maps_speak_for_the_mean_of_the_same_person_in_the_other_modality(models, which, pairs):
    model = models[which].train()
    ids, modality = np.array([1, 2, 1, 1]), np.array([0, 1, 1, 1])
    images = np.repeat(pairs, 2, axis=1).repeat(2, axis=2)  # 96 x 48
    with pytest.raises(InputError, match="identity 2 has no image of the other modality"):
        match_saliency.match_maps(model, images, ids, modality)
    rows = [0, 2, 3]
    heats = match_saliency.match_maps(model, images[rows], ids[rows], modality[rows])
    assert model.training and heats.shape == (3, 96, 48)
    model.eval()
    x = torch.from_numpy(images[rows]).permute(0, 3, 1, 2) / 255 - torch.tensor([0.485, 0.456, 0.406])[:, None, None]
    x = x / torch.tensor([0.229, 0.224, 0.225])[:, None, None]
    kinds = torch.from_numpy(modality[rows])
    target = F.normalize(model.embed(x, kinds).detach(), dim=1)[1:].mean(0)
    maps = model(x[:1], kinds[:1]).maps.detach().requires_grad_()
    F.cosine_similarity(model.neck(model.pool(maps))[0][0], target, dim=0).backward()
    expected = F.relu((maps.grad.mean((2, 3), keepdim=True) * maps.detach()).sum(1))[0]  # Grad-CAM, Eq. 1 and 2
    expected = (expected - expected.min()) / (expected.max() - expected.min())
    up = F.interpolate(expected[None, None], (96, 48), mode="bilinear", align_corners=False)[0, 0].numpy()
    np.testing.assert_allclose(heats[0], up / up.max(), atol=2e-3)


def test_energy_and_pointing_game_by_hand():
    masks = np.full((3, 4, 2), CODES["brick"], np.uint8)
    masks[:, :2, 0] = FIRST_PERSON
    masks[1, 3, 1] = CODES["occluder"]  # in front of the person, no part of it
    heats = np.zeros((3, 4, 2))
    heats[0] = 1
    heats[0, 0, 0] = 3  # on the person, the largest
    heats[1, 3, 1], heats[1, 1, 0] = 4, 1
    np.testing.assert_allclose(match_saliency.energy_shares(heats, masks), [4 / 10, 1 / 5, np.nan])
    np.testing.assert_array_equal(match_saliency.pointing_game(heats, masks), [1, 0, np.nan])
    flat = np.zeros((1, 4, 2))
    flat[0, :3, 0] = 1  # its middle is on the person
    flat[0, 0, 0] -= 1e-8
    assert match_saliency.pointing_game(np.stack([flat[0], flat[0, ::-1]]), masks[:2]).tolist() == [1, 0]
    words = match_saliency.describe_looks({"B": heats, "none": 0 * heats}, masks)
    assert words.splitlines() == [
        "area of the person: 25.0 % of the image",
        "B: 30.0 % of the energy on the person, pointing game 50 % (1 of 3 maps are empty)",
        "none: no map (3 of 3 maps are empty)",
    ]


def test_the_heat_of_each_network_stands_beside_the_image(pairs):
    heats = {"B": np.random.default_rng(0).random((4, 48, 24)), "B+PedMix+MFT": np.zeros((4, 48, 24))}
    axes = match_saliency.match_sheet(pairs, heats, list("abcd")).axes[0]
    canvas = np.asarray(axes.images[0].get_array())
    np.testing.assert_array_equal(canvas[51:99, :24], pairs[1])
    np.testing.assert_array_equal(canvas[51:99, 27:51], overlay(pairs[1], heats["B"][1]))
    assert [label.get_text() for label in axes.get_xticklabels()] == ["image", "B", "B+PedMix\n+MFT"]


def test_the_agreement_of_maps_by_hand():
    a = np.array([[[0, 1], [2, 3]], [[1, 1], [1, 1]], [[0, 0], [0, 1]]], float)
    b = np.array([[[0, 2], [4, 6]], [[0, 1], [2, 3]], [[1, 1], [1, 0]]], float)
    words = match_saliency.describe_agreement({"x": a, "y": b})
    assert words.endswith("x and y +0.00 (n = 2)")  # +1, a flat map, -1
