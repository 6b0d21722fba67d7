"""One region: the numbers of the read-out against known factors, and the picture that goes with them."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from vireid_lab.analysis.reflection import CHANNELS
from vireid_lab.runtime import InputError
from vireid_lab.widgets.region_view import DOTS, _dots, render_region

LEFT, RIGHT, BOTH = (5, 0, 30, 32), (5, 32, 30, 64), (5, 0, 30, 64)


def rows_of(readout: str) -> dict[str, list[float]]:
    """Channel -> k, offset, R², residual, median, 5 % and 95 % of the ratio."""
    lines = (line.split() for line in readout.splitlines() if line.startswith(CHANNELS))
    return {name: [float(number) for number in numbers] for name, *numbers in lines}


@pytest.mark.parametrize(("rectangle", "k"), [(LEFT, 1.5), (RIGHT, 0.5)])
def test_one_material_has_its_factor(pairs, rectangle, k):
    view = render_region(*pairs["first"], rectangle)
    rows = rows_of(view.readout)
    for name, share in (("red", 0.5), ("green", 1.0), ("blue", 0.25)):
        assert rows[name] == pytest.approx([k / share, 0, 1, 0, *[k / share] * 3], abs=2e-3)
    assert view.readout.startswith("✓ one material")
    assert f"NIR = {k:.3f} green" in view.alt


def test_two_materials_are_not_one(pairs):
    view = render_region(*pairs["first"], BOTH)
    assert view.readout.startswith("✗ not one material")
    k, _, r2, *_, low, high = rows_of(view.readout)["green"]
    visible, infrared, _ = pairs["first"]
    x, y = visible[5:30, :, 1].ravel(), infrared[5:30].ravel()
    assert k == pytest.approx(sum(x * y) / sum(x * x), abs=1e-3)
    assert r2 == pytest.approx(1 - sum((y - k * x) ** 2) / sum((y - y.mean()) ** 2), abs=2e-3)
    assert (low, high) == pytest.approx((0.5, 1.5), abs=1e-3)


def test_an_offset_is_fitted_when_it_is_asked_for(pairs):
    visible, infrared, valid = pairs["first"]
    view = render_region(visible, infrared + np.float32(0.05), valid, LEFT, offset=True)
    assert rows_of(view.readout)["green"][:3] == pytest.approx([1.5, 0.05, 1], abs=1e-3)
    assert "NIR = 1.500 green + 0.050" in view.alt
    assert rows_of(render_region(visible, infrared + np.float32(0.05), valid, LEFT).readout)["green"][1] == 0


def test_masked_pixels_are_counted(pairs):
    visible, infrared, valid = pairs["first"]
    infrared = infrared.copy()
    infrared[1, :3] = 1.0
    view = render_region(visible, infrared, valid, (0, 0, 10, 32))
    assert "rows 0-10, columns 0-32: 285 pixels used, 35 masked" in view.readout  # a row of 32, and 3 saturated ones


@pytest.mark.parametrize("change", [{"channel": "red"}, {"offset": True}, {"zoom": True}, {"rectangle": RIGHT}])
def test_every_choice_changes_the_picture_and_the_same_choice_does_not(pairs, change):
    first = render_region(*pairs["first"], LEFT)
    assert render_region(*pairs["first"], LEFT) == first
    visible, infrared, valid = pairs["first"]
    noisy = infrared + np.random.default_rng(0).normal(0, 0.02, infrared.shape).astype(np.float32)
    plain = render_region(visible, noisy, valid, LEFT)
    other = render_region(visible, noisy, valid, **{"rectangle": LEFT, **change})
    assert other.picture != plain.picture
    assert Image.open(io.BytesIO(other.picture)).size == Image.open(io.BytesIO(plain.picture)).size


@pytest.mark.parametrize("rectangle", [(0, 0, 0, 5), (5, 5, 2, 9), (0, 0, 49, 5), (-1, 0, 4, 4)])
def test_a_rectangle_outside_the_picture_is_named(pairs, rectangle):
    with pytest.raises(InputError, match="give row0 < row1 <= 48 and col0 < col1 <= 64"):
        render_region(*pairs["first"], rectangle)


def test_regions_without_a_fit_are_errors_in_words(pairs):
    visible, infrared, valid = pairs["first"]
    with pytest.raises(InputError, match="did you mean 'green'"):
        render_region(visible, infrared, valid, LEFT, channel="gren")
    with pytest.raises(InputError):
        render_region(visible, infrared, valid, (4, 4, 5, 5))  # one pixel
    with pytest.raises(InputError):
        render_region(visible, infrared, valid, (0, 0, 1, 64))  # masked
    with pytest.raises(InputError):
        render_region(visible, np.full_like(infrared, np.nan), valid, LEFT)


def test_the_dots_are_few_valid_and_spread():
    visible = np.arange(100 * 300, dtype=np.float32).reshape(100, 300) / 30000
    valid = np.ones(visible.shape, bool)
    valid[:50] = False
    dots = _dots(visible, visible * 2, valid)
    assert dots.shape[0] == 2 and DOTS / 2 < dots.shape[1] <= DOTS
    assert dots[0].min() == 0.5 and dots[0].max() > 0.999
    np.testing.assert_array_equal(dots[1], 2 * dots[0])
