"""Linear factors on images: range, equal change of brightness, one factor a part."""

from __future__ import annotations

import numpy as np
import pytest

from vireid_lab.analysis.factors import brightness_change, factors_parts, factors_whole
from vireid_lab.runtime import InputError


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    """Brighter at the bottom, with pixels at 0 and at 1."""
    images = np.random.default_rng(0).random((5, 50, 20, 3)) * np.linspace(0.2, 1, 50)[:, None, None]
    images[:, 0, 0], images[:, 1, 0] = 0, 1
    return images.astype(np.float32)


def row_factors(images: np.ndarray, changed: np.ndarray) -> np.ndarray:
    """(N, H) by least squares; every row of the images must follow its factor."""
    factors = (images * changed).sum(axis=(2, 3)) / (images**2).sum(axis=(2, 3))
    np.testing.assert_allclose(changed, images * factors[:, :, None, None], atol=1e-6)
    return factors


@pytest.mark.parametrize("strength", [0.05, 0.5, 0.95])
@pytest.mark.parametrize("options", [{}, {"shared": False}, {"parts": 4}, {"blur": 0.4}])
def test_every_image_loses_the_same_share_in_both_kinds(images, strength, options):
    whole = factors_whole(images, strength)
    parts = factors_parts(images, strength, np.random.default_rng(1), **options)
    for changed in (whole, parts):
        assert changed.dtype == np.float32 and changed.min() >= 0 and (changed <= images + 1e-7).all()
        lost = 1 - changed.sum(axis=(1, 2, 3), dtype=float) / images.sum(axis=(1, 2, 3), dtype=float)
        np.testing.assert_allclose(lost, strength, atol=1e-5)
        np.testing.assert_allclose(brightness_change(images, changed)[0], strength, atol=1e-5)


def test_one_factor_for_the_whole_image(images):
    np.testing.assert_allclose(row_factors(images, factors_whole(images, 0.3)), 0.7, rtol=1e-5)
    mean, root_mean_square = brightness_change(images, factors_whole(images, 0.3))
    np.testing.assert_allclose(mean, root_mean_square, rtol=1e-5)


def test_six_parts_from_top_to_bottom_with_a_factor_each(images):
    factors = row_factors(images, factors_parts(images, 0.5, np.random.default_rng(1)))
    borders = np.flatnonzero(np.abs(np.diff(factors[0])) > 1e-3) + 1
    np.testing.assert_array_equal(borders, np.ceil(np.arange(1, 6) * 50 / 6))
    assert np.ptp(factors, axis=1).min() > 0.3
    own = row_factors(images, factors_parts(images, 0.5, np.random.default_rng(1), shared=False))
    order, own_order = np.argsort(factors[:, ::9]), np.argsort(own[:, ::9])
    assert (order == order[0]).all() and (own_order != own_order[0]).any()


def test_blurred_borders_have_no_steps(images):
    sharp, soft = (
        row_factors(images, factors_parts(images, 0.5, np.random.default_rng(1), blur=blur)) for blur in (0, 0.4)
    )
    assert np.abs(np.diff(soft)).max() < 0.5 * np.abs(np.diff(sharp)).max()
    assert np.ptp(soft, axis=1).min() > 0.2
    np.testing.assert_allclose(soft[:, [0, -1]], sharp[:, [0, -1]], atol=0.15)  # nothing beyond the image blurs in


def test_the_draw_depends_on_the_generator_alone(images):
    first, again, other = (factors_parts(images, 0.5, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.05


def test_bad_input_is_named(images):
    rng = np.random.default_rng(0)
    for strength in (0, 1, -0.5, float("nan")):
        with pytest.raises(InputError, match="strength"):
            factors_whole(images, strength)
    for bad in (images * 2, images - 1, images * np.nan, (images * 255).astype(np.uint8), images[0], images[:0]):
        with pytest.raises(InputError, match=r"\[0, 1\]"):
            factors_parts(bad, 0.5, rng)
    for parts in (1, 51):
        with pytest.raises(InputError, match=f"parts {parts}"):
            factors_parts(images, 0.5, rng, parts=parts)
    black = np.concatenate([images, np.zeros_like(images[:1])])
    with pytest.raises(InputError, match="image 5 is black"):
        factors_parts(black, 0.5, rng)
    with pytest.raises(InputError, match="image 5 is black"):
        brightness_change(black, black)
