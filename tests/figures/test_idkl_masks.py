"""The masks of the purifier for pictures: against the network, and what channels tell against loops."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from matplotlib.collections import PathCollection

from vireid_lab.data.transforms import normalise, to_float
from vireid_lab.figures import idkl_masks
from vireid_lab.figures.idkl_masks import Masks
from vireid_lab.models.backbone import build_backbone
from vireid_lab.models.idkl import IDKL
from vireid_lab.runtime import InputError

IDS, MODALITY = np.array([4, 4, 4, 4, 9, 9, 9, 9]), np.array([0, 0, 1, 1] * 2)
FEATURES = np.random.default_rng(0).normal(size=(8, 3)) + np.outer(MODALITY, [0, 2, 5])


@pytest.fixture
def images():
    return np.random.default_rng(1).integers(0, 256, (8, 64, 32, 3)).astype(np.uint8)


@pytest.mark.parametrize("purifier", ["paper", "released"])
def test_the_masks_are_those_of_the_network_in_evaluation(purifier, images, monkeypatch):
    torch.manual_seed(0)
    model = IDKL(build_backbone("resnet10"), 3, purifier)
    monkeypatch.setattr(idkl_masks, "BATCH", 3)  # the last batch is smaller
    masks = idkl_masks.purifier_masks(model, images, IDS, MODALITY)
    assert model.training
    with torch.no_grad():
        inputs = normalise(to_float(torch.from_numpy(images).permute(0, 3, 1, 2)))
        output = model.eval()(inputs, torch.from_numpy(MODALITY))
    for found, mask in ((masks.m_e, output.mask_e), (masks.m_r, output.mask_r)):
        expected = mask if purifier == "paper" else mask.mean((2, 3))
        np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_allclose(masks.product, masks.m_e * masks.m_r)
    specific, normalised = output.specific.numpy(), output.normalised.numpy()
    np.testing.assert_allclose(masks.between, idkl_masks.between_identities(specific, IDS, MODALITY), atol=1e-4)
    np.testing.assert_allclose(masks.gap, idkl_masks.modality_gap(normalised, MODALITY), atol=1e-4)


def test_what_channels_tell_by_loops():
    def mean(values):
        return sum(values) / len(values)

    def variance(values):
        return mean([(v - mean(values)) ** 2 for v in values])

    between, gap = idkl_masks.between_identities(FEATURES, IDS, MODALITY), idkl_masks.modality_gap(FEATURES, MODALITY)
    for c in range(3):
        of = {(i, m): FEATURES[(i == IDS) & (m == MODALITY), c].tolist() for i in (4, 9) for m in (0, 1)}
        whole = {m: of[4, m] + of[9, m] for m in (0, 1)}
        shares = [variance([mean(of[i, m]) for i in (4, 9)]) / variance(whole[m]) for m in (0, 1)]
        assert between[c] == pytest.approx(mean(shares))
        spread = mean([variance(whole[m]) for m in (0, 1)]) ** 0.5
        assert gap[c] == pytest.approx(abs(mean(whole[0]) - mean(whole[1])) / spread)


def test_a_constant_channel_tells_nothing():
    constant = np.ones((8, 1))
    assert idkl_masks.between_identities(constant, IDS, MODALITY) == 0
    assert idkl_masks.modality_gap(constant, MODALITY) == 0
    assert idkl_masks.rank_correlation(np.ones(3), FEATURES) == 0


@pytest.fixture
def masks():
    m_e = np.array([[0.1, 0.6, 0.9, 0.7], [0.3, 0.8, 0.9, 0.5]])
    m_r = np.array([[0.9, 0.8, 0.1, 0.2], [0.9, 0.6, 0.1, 0.4]])
    return Masks(m_e, m_r, between=np.array([0.1, 0.3, 0.5, 0.4]), gap=np.array([0.5, 1, 3, 2]))


def test_what_they_keep_in_words(masks):
    words = idkl_masks.describe_masks(masks).splitlines()
    assert words[0].startswith("m_e: mean weight 0.60, 3 of 4 channels above 1/2") and "2 of 4" in words[1]
    assert words[2] == f"both keep 1 channels; mean of m_e m_r {masks.product.mean():.2f}"
    assert words[3].endswith(
        "m_e with the variance between identities +0.80, of m_r with the gap of the modalities -1.00"
    )


def test_the_sheet_shows_the_weights_in_order_and_each_channel_beside_what_it_tells(masks):
    figure = idkl_masks.mask_sheet(masks)
    order, enhancing, reducing = figure.axes
    for line, values in zip(order.lines, (masks.m_e, masks.m_r, masks.product), strict=True):
        np.testing.assert_allclose(line.get_ydata(), np.sort(values.mean(0))[::-1])
    for axes, x, values in ((enhancing, masks.between, masks.m_e), (reducing, masks.gap, masks.m_r)):
        (cloud,) = [each for each in axes.collections if isinstance(each, PathCollection)]
        np.testing.assert_allclose(cloud.get_offsets(), np.stack([x, values.mean(0)], 1))
    assert reducing.get_title() == "rank correlation -1.00"


def test_a_mask_that_weighs_nothing_is_said_to(masks):
    flat = Masks(np.full_like(masks.m_e, 0.5), masks.m_r, masks.between, masks.gap)
    first, second, *_ = idkl_masks.describe_masks(flat).splitlines()
    assert first.endswith("it weighs nothing, because no hidden unit of its network fires any more")
    assert "weighs nothing" not in second
    assert idkl_masks.mask_sheet(flat).axes[1].get_title() == "the same for all channels"


def test_a_network_without_a_purifier_is_named(images):
    with pytest.raises(InputError, match="no purifier: give losses a term ip"):
        idkl_masks.purifier_masks(IDKL(build_backbone("resnet10"), 3, "none"), images, IDS, MODALITY)
