"""Mixed pairs: what is counted against explicit calculations, and what is drawn against what was given."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from vireid_lab.augment.mixes import Mixup, PatchMix
from vireid_lab.augment.pedmix import PedMix
from vireid_lab.figures import tmpa_mixes
from vireid_lab.spectra.labels import CODES, FIRST_PERSON


def corner(images, modality):
    """Looks at the upper left quarter."""
    maps = torch.zeros(len(images), 4, 4)
    maps[:, :2, :2] = 1
    return maps


def test_mixes_take_pixels_from_the_partner_where_they_say_so(pairs):
    mixed = tmpa_mixes.mix_pairs(pairs, corner, seed=3)
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
    words = tmpa_mixes.describe_taken({"Cut\nMix": tmpa_mixes.Mixed(np.zeros((1, 4, 4, 3), np.uint8), taken)}, masks)
    assert words == f"Cut Mix: 33 % of the person, {100 * 7 / 13:.0f} % of the rest"


def test_the_sheet_has_a_row_for_each_image_of_each_person(pairs):
    mixed = {
        "a": tmpa_mixes.Mixed(pairs[::-1].copy(), np.zeros(pairs.shape[:3])),
        "b": tmpa_mixes.Mixed(pairs // 2, np.zeros(pairs.shape[:3])),
    }
    axes = tmpa_mixes.mix_sheet(pairs, mixed, ["id 1", "id 2"]).axes[0]
    canvas = np.asarray(axes.images[0].get_array())
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == ["id 1\nvis", "id 1\nir", "id 2\nvis", "id 2\nir"]
    for row, place in enumerate((0, 2, 1, 3)):
        for column, expected in enumerate((pairs[place], pairs[::-1][place], pairs[place] // 2)):
            shown = canvas[51 * row : 51 * row + 48, 27 * column : 27 * column + 24]
            np.testing.assert_array_equal(shown, expected)
