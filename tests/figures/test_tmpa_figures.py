"""TMPA's pictures: what is computed against explicit calculations, and what is drawn against what was given."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from vireid_lab.augment.mixes import Mixup, PatchMix
from vireid_lab.augment.pedmix import PedMix
from vireid_lab.figures import tmpa, tmpa_saliency
from vireid_lab.figures.saliency import overlay
from vireid_lab.models.backbone import build_backbone
from vireid_lab.models.one_stream import OneStream
from vireid_lab.models.tmpa import TMPA
from vireid_lab.runtime import InputError
from vireid_lab.spectra.labels import CODES, FIRST_PERSON


@pytest.fixture
def pairs():
    """Two visible images, then their two infrared partners, (4, 48, 24, 3); visible pixels are even, infrared odd."""
    rng = np.random.default_rng(0)
    images = 2 * rng.integers(0, 120, (4, 48, 24, 3)).astype(np.uint8)
    images[2:] += 1
    return images


def corner(images, modality):
    """Looks at the upper left quarter."""
    maps = torch.zeros(len(images), 4, 4)
    maps[:, :2, :2] = 1
    return maps


def test_mixes_take_pixels_from_the_partner_where_they_say_so(pairs):
    mixed = tmpa.mix_pairs(pairs, corner, seed=3)
    assert [name.replace("\n", " ") for name in mixed] == ["Mixup", "CutMix", "PatchMix", "Attentive CutMix", "PedMix"]
    partner = np.concatenate([pairs[2:], pairs[:2]])
    for name, made in mixed.items():
        assert made.images.shape == pairs.shape and made.taken.shape == pairs.shape[:3]
        expected = (1 - made.taken[..., None]) * pairs + made.taken[..., None] * partner
        np.testing.assert_allclose(made.images, expected, atol=0.51, err_msg=name)
    halves = torch.from_numpy(pairs).permute(0, 3, 1, 2).float().chunk(2)
    for name, mix in (("Mixup", Mixup()), ("PatchMix", PatchMix()), ("PedMix", PedMix())):
        expected = torch.cat(mix(*halves, np.random.default_rng(3))).round()
        np.testing.assert_allclose(mixed[name].images, expected.permute(0, 2, 3, 1), atol=1)
    assert mixed["PedMix"].taken[0].mean() == pytest.approx((42 + 67 + 96) / 288)


def test_what_is_taken_is_counted_on_the_person_and_beside_it():
    taken = np.zeros((1, 4, 4))
    taken[0, :2] = 1  # the upper half
    masks = np.full((1, 4, 4), CODES["brick"], np.uint8)
    masks[0, 1:, 0] = FIRST_PERSON  # three pixels of the first column, one of them taken
    words = tmpa.describe_taken({"Cut\nMix": tmpa.Mixed(np.zeros((1, 4, 4, 3), np.uint8), taken)}, masks)
    assert words == f"Cut Mix: 33 % of the person, {100 * 7 / 13:.0f} % of the rest"


def test_the_sheet_has_a_row_for_each_image_of_each_person(pairs):
    mixed = {
        "a": tmpa.Mixed(pairs[::-1].copy(), np.zeros(pairs.shape[:3])),
        "b": tmpa.Mixed(pairs // 2, np.zeros(pairs.shape[:3])),
    }
    axes = tmpa.mix_sheet(pairs, mixed, ["id 1", "id 2"]).axes[0]
    canvas = np.asarray(axes.images[0].get_array())
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == ["id 1\nvis", "id 1\nir", "id 2\nvis", "id 2\nir"]
    for row, place in enumerate((0, 2, 1, 3)):
        for column, expected in enumerate((pairs[place], pairs[::-1][place], pairs[place] // 2)):
            shown = canvas[51 * row : 51 * row + 48, 27 * column : 27 * column + 24]
            np.testing.assert_array_equal(shown, expected)


def arm(gap: float) -> tmpa.Arm:
    """Three people with four visible and four infrared images each; infrared ones are moved by `gap`."""
    rng = np.random.default_rng(1)
    ids, modality = np.repeat([5, 6, 7], 8), np.tile([0, 0, 0, 0, 1, 1, 1, 1], 3)
    features = np.eye(8)[ids - 5] + 0.05 * rng.normal(size=(24, 8))
    features[:, 7] += gap * modality
    return tmpa.Arm(features, ids, modality)


def test_every_network_has_its_map_and_its_distances():
    arms = {"B": arm(2.0), "B+PedMix": arm(0.0)}
    figure = tmpa.tsne_sheet(arms, seed=0)
    assert [axes.get_title() for axes in figure.axes] == ["B", "B+PedMix"]
    for axes in figure.axes:
        points = np.concatenate([cloud.get_offsets() for cloud in axes.collections])
        assert len(axes.collections) == 6 and points.shape == (24, 2)  # three people, two shapes
    for name, line in zip(arms, tmpa.describe_arms(arms).splitlines(), strict=True):
        unit = arms[name].features / np.linalg.norm(arms[name].features, axis=1, keepdims=True)
        groups = {True: [], False: []}
        for i in range(24):
            for j in range(24):
                if arms[name].modality[i] == 1 and arms[name].modality[j] == 0:
                    groups[bool(arms[name].ids[i] == arms[name].ids[j])].append(math.dist(unit[i], unit[j]))
        assert line.startswith(f"{name}: same person {np.mean(groups[True]):.2f}, others {np.mean(groups[False]):.2f}")
    few = arms["B"].of([5, 7])
    assert set(few.ids) == {5, 7} and len(few.features) == len(few.modality) == 16


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
        tmpa_saliency.match_maps(model, images, ids, modality)
    rows = [0, 2, 3]
    heats = tmpa_saliency.match_maps(model, images[rows], ids[rows], modality[rows])
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
    np.testing.assert_allclose(tmpa_saliency.energy_shares(heats, masks), [4 / 10, 1 / 5, np.nan])
    np.testing.assert_array_equal(tmpa_saliency.pointing_game(heats, masks), [1, 0, np.nan])
    flat = np.zeros((1, 4, 2))
    flat[0, :3, 0] = 1  # its middle is on the person
    flat[0, 0, 0] -= 1e-8
    assert tmpa_saliency.pointing_game(np.stack([flat[0], flat[0, ::-1]]), masks[:2]).tolist() == [1, 0]
    words = tmpa_saliency.describe_looks({"B": heats, "none": 0 * heats}, masks)
    assert words.splitlines() == [
        "area of the person: 25.0 % of the image",
        "B: 30.0 % of the energy on the person, pointing game 50 % (1 of 3 maps are empty)",
        "none: no map (3 of 3 maps are empty)",
    ]


def test_the_heat_of_each_network_stands_beside_the_image(pairs):
    heats = {"B": np.random.default_rng(0).random((4, 48, 24)), "B+PedMix+MFT": np.zeros((4, 48, 24))}
    axes = tmpa_saliency.mix_saliency_sheet(pairs, heats, list("abcd")).axes[0]
    canvas = np.asarray(axes.images[0].get_array())
    np.testing.assert_array_equal(canvas[51:99, :24], pairs[1])
    np.testing.assert_array_equal(canvas[51:99, 27:51], overlay(pairs[1], heats["B"][1]))
    assert [label.get_text() for label in axes.get_xticklabels()] == ["image", "B", "B+PedMix\n+MFT"]
