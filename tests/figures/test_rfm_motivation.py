"""RFM's motivation (Fig. 5): the factors of materials against a calculation of its own, and the sheet."""

from __future__ import annotations

import numpy as np
import pytest

from vireid_lab.figures import rfm
from vireid_lab.spectra.labels import CODES, LABELS
from vireid_lab.spectra.world import World


@pytest.fixture
def scene():
    """Visible image, mask of three materials and an infrared image that is k · G exactly."""
    rng = np.random.default_rng(0)
    visible = rng.integers(40, 120, (48, 24, 3)).astype(np.uint8)
    mask = np.full((48, 24), CODES["brick"], np.uint8)
    mask[10:30, 4:20], mask[30:44, 6:18] = CODES["upper"], CODES["lower"]
    k = {CODES["brick"]: 0.5, CODES["upper"]: 2.0, CODES["lower"]: 1.25}
    factors = np.vectorize(k.get)(mask)
    return visible / 255, factors * visible[..., 1] / 255, mask, factors


def test_the_factor_of_each_material_is_found_and_one_factor_is_not_enough(scene):
    visible, infrared, mask, factors = scene
    found = rfm.material_factors(visible, infrared, mask)
    np.testing.assert_allclose(found.factors, factors)
    np.testing.assert_allclose(found.predicted, infrared)
    assert found.r2 == pytest.approx(1)
    (slope,), residual, *_ = np.linalg.lstsq(visible[..., 1].reshape(-1, 1), infrared.ravel(), rcond=None)
    assert found.r2_one == pytest.approx(1 - residual[0] / np.square(infrared - infrared.mean()).sum())
    assert found.r2_one < 0.9


@pytest.fixture(scope="module")
def row():
    world = World(0, (96, 48))
    visible, infrared = (world.render(1, 0, modality, 0, moment=0) for modality in (0, 1))
    return rfm.motivation(visible.image, infrared.image, visible.mask, np.random.default_rng(0))


def test_the_factors_of_the_motivation_are_those_that_made_its_images(row):
    green = row.visible[..., 1]
    for factors, image in (row.random, row.ltg):
        np.testing.assert_allclose(image[..., 1], np.minimum(factors * green, 1), atol=2e-6)
    for label in np.unique(row.mask):  # one factor on all pixels of a material
        of_label = row.random[0][(row.mask == label) & (green > 0)]
        np.testing.assert_allclose(of_label, of_label[0], rtol=1e-4)
    assert len(np.unique(row.ltg[0])) > 3 and row.ltg[0].min() <= 1  # rectangles: no material is left whole
    assert row.true.r2 > 0.5 > row.true.r2_one
    fits = rfm.describe_fits([row, row])
    assert fits.endswith(
        f"{row.true.r2:.2f}, {row.true.r2:.2f}; one factor {row.true.r2_one:.2f}, {row.true.r2_one:.2f}"
    )


def test_the_motivation_shows_each_image_in_its_block(row):
    figure = rfm.motivation_sheet([row, row], LABELS)
    axes = figure.axes[0]
    canvas = np.asarray(axes.images[0].get_array())
    np.testing.assert_array_equal(canvas[:96, :48], rfm.to_uint8(row.visible))
    names = [text.get_text().replace("\n", " ") for text in axes.texts]
    assert names[:3] == ["visible", "true materials", "the scene"]
    for name, image in (("infrared camera", row.infrared), ("k · G", row.true.predicted)):
        middle = axes.texts[names.index(name)].get_position()[0]
        left = round(middle - 24)
        np.testing.assert_array_equal(canvas[-99:-3, left : left + 48], rfm.to_uint8(image))
    places = [text.get_position()[0] for text in axes.texts if text.get_text() in ("factor", "image")]
    for place, shown in zip(places, (*row.random, *row.ltg), strict=True):
        left, expected = round(place - 24), rfm.as_colours(shown) if shown.ndim == 2 else rfm.to_uint8(shown)
        np.testing.assert_array_equal(canvas[:96, left : left + 48], expected)


def test_colours_of_factors_go_from_purple_over_white_to_orange_and_zero_is_the_end():
    colours = rfm.as_colours(np.array([[0.0, 1e-6, 0.1, 1.0, 10.0, 50.0]]))[0].astype(int)
    assert (colours[0] == colours[1]).all() and (colours[1] == colours[2]).all() and (colours[4] == colours[5]).all()
    assert colours[3].min() > 235 and colours[2][2] > colours[2][1] and colours[4][0] > colours[4][2] + 50
