"""The maps of MFT's queries: measured against explicit loops, and drawn where they belong."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from vireid_lab.figures import tmpa_transfer
from vireid_lab.figures.heat_maps import overlay, stretch
from vireid_lab.models.backbone import build_backbone
from vireid_lab.models.tmpa import TMPA
from vireid_lab.spectra.labels import CODES, FIRST_PERSON


@pytest.fixture
def images():
    """(4, 48, 24, 3) uint8 of noise."""
    return np.random.default_rng(0).integers(0, 256, (4, 48, 24, 3)).astype(np.uint8)


def test_reading_is_measured_as_explicit_loops_do():
    rng = np.random.default_rng(0)
    weights = rng.random((2, 2, 2, 2, 2))
    weights /= weights.sum((3, 4), keepdims=True)
    masks = np.full((2, 4, 4), CODES["brick"], np.uint8)
    masks[0, :2, :2] = FIRST_PERSON  # one place of the map
    masks[1, :, :1] = FIRST_PERSON  # half of two places
    covered = np.array([[[1, 0], [0, 0]], [[0.5, 0], [0.5, 0]]])
    entropies, sums, totals = [], [0, 0], [0, 0]
    for n in range(2):
        for y in range(2):
            for x in range(2):
                read, entropy = 0, 0
                for b in range(2):
                    for a in range(2):
                        weight = weights[n, y, x, b, a]
                        read, entropy = read + weight * covered[n, b, a], entropy - weight * math.log(weight)
                entropies.append(math.exp(entropy))
                for kind, share in enumerate((covered[n, y, x], 1 - covered[n, y, x])):
                    sums[kind], totals[kind] = sums[kind] + share * read, totals[kind] + share
    reading = tmpa_transfer.measure_reading(weights, masks)
    assert reading.tokens == 4 and reading.area == 0.25
    assert reading.effective == pytest.approx(np.mean(entropies))
    assert (reading.from_person, reading.from_rest) == pytest.approx((sums[0] / totals[0], sums[1] / totals[1]))
    alike = tmpa_transfer.measure_reading(np.full((2, 2, 2, 2, 2), 0.25), masks)
    assert alike.effective == pytest.approx(4) and alike.from_person == pytest.approx(0.25)
    assert "a query reads 4.0 of 4 tokens" in str(alike)


def test_the_weights_are_those_of_the_model(images):
    torch.manual_seed(0)
    model = TMPA(build_backbone("resnet10"), 4).train()
    weights = tmpa_transfer.transfer_weights(model, images, [0, 0, 1, 1])
    assert model.training and weights.shape == (4, 6, 3, 6, 3)
    np.testing.assert_allclose(weights.sum((3, 4)), 1, rtol=1e-5)
    single = tmpa_transfer.transfer_weights(model, images[2:3], [1])
    np.testing.assert_allclose(weights[2:3], single, rtol=1e-4, atol=1e-5)


def test_marks_stand_on_the_queries_whose_maps_are_shown(images):
    weights = np.random.default_rng(0).random((4, 6, 3, 6, 3))
    axes = tmpa_transfer.transfer_sheet(images, weights, list("abcd")).axes[0]
    canvas = np.asarray(axes.images[0].get_array())
    marks = {tuple(np.ravel(line.get_xydata())) for line in axes.lines}
    for number, (y, x) in enumerate(((0, 1), (2, 1), (4, 1), (0, 0)), 1):  # head, chest, legs, corner of a 6 x 3 map
        left = number * 27
        expected = overlay(images[1], stretch(weights[1, y, x], (48, 24)))
        np.testing.assert_array_equal(canvas[51:99, left : left + 24], expected)
        centre = (left + 8 * x + 4 - 0.5, 51 + 8 * y + 4 - 0.5)
        assert centre in marks and (centre[0] - left, centre[1]) in marks
