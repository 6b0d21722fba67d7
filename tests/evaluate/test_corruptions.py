"""Hidden and badly cropped images, against pixels counted and moved one by one."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from vireid_lab.evaluate.corruptions import GREY, misalign, occlude
from vireid_lab.runtime import InputError


class Direction:
    """A generator of one direction."""

    def __init__(self, angle: float):
        self.angle = angle

    def uniform(self, low, high, n):
        assert (low, high) == (0, 2 * np.pi)
        return np.full(n, self.angle)


@pytest.fixture
def images():
    """Seven images without the grey of the rectangles."""
    return torch.from_numpy(np.random.default_rng(0).integers(0, GREY, (7, 3, 48, 24), dtype=np.uint8))


@pytest.mark.parametrize("share", [0.0, 0.1, 0.25, 0.5, 1.0])
def test_a_rectangle_of_the_share_is_grey_and_all_else_as_it_was(images, share):
    before = images.clone()
    hidden = occlude(images, share, np.random.default_rng(1))
    assert torch.equal(images, before)
    places = set()
    for image, given in zip(hidden.numpy(), images.numpy(), strict=True):
        grey = (image == GREY).all(0)
        rows, columns = np.flatnonzero(grey.any(1)), np.flatnonzero(grey.any(0))
        assert grey.sum() == len(rows) * len(columns) and grey.sum() == pytest.approx(share * grey.size, abs=40)
        if share:
            assert len(rows) / 48 == pytest.approx(len(columns) / 24, abs=0.05)
            assert np.ptp(rows) == len(rows) - 1 and np.ptp(columns) == len(columns) - 1
            places.add((rows[0], columns[0]))
        assert np.array_equal(image[:, ~grey], given[:, ~grey])
    assert len(places) > 3 or share in (0.0, 1.0)


def test_the_whole_range_of_places_comes_up():
    images = torch.zeros(4000, 1, 4, 2, dtype=torch.uint8)
    grey = (occlude(images, 0.25, np.random.default_rng(0))[:, 0] == GREY).double().mean(0)
    rows, columns = np.array([1, 2, 2, 1]) / 3, np.array([1, 1]) / 2  # of a 2 x 1 rectangle at 3 x 2 places
    assert grey.numpy() == pytest.approx(np.outer(rows, columns), abs=0.03)


def test_the_same_generator_hides_the_same(images):
    one, other = (occlude(images, 0.2, np.random.default_rng(3)) for _ in range(2))
    assert torch.equal(one, other)


@pytest.mark.parametrize(("angle", "down", "right"), [(0, 0, 6), (90, 6, 0), (180, 0, -6), (270, -6, 0)])
def test_a_shift_moves_whole_pixels_and_repeats_the_edge(images, angle, down, right):
    moved = misalign(images, 6 / 48, 1.0, Direction(np.radians(angle)))
    rows = np.clip(np.arange(48) - down, 0, 47)
    columns = np.clip(np.arange(24) - right, 0, 23)
    expected = images.numpy()[:, :, rows][:, :, :, columns]
    assert np.abs(moved.numpy().astype(int) - expected).max() <= 1  # float32 coordinates


@pytest.mark.parametrize("scale", [0.8, 1.0, 1.25, 2.0])
def test_a_scale_stretches_a_ramp_about_the_middle(scale):
    height, width = 60, 30
    ramp = torch.arange(height, dtype=torch.uint8)[None, None, :, None].expand(1, 1, height, width) * 2
    seen = misalign(ramp, 0.0, scale, np.random.default_rng(0))[0, 0].double()
    middle = (height - 1) / 2
    expected = 2 * np.clip((np.arange(height) - middle) / scale + middle, 0, height - 1)
    assert np.abs(seen.numpy() - expected[:, None]).max() <= 0.51


def test_a_shift_is_counted_in_the_new_crop_whatever_its_scale():
    dot = torch.zeros(1, 1, 81, 41, dtype=torch.uint8)
    dot[0, 0, 40, 20] = 255
    for scale in (1.0, 2.0):
        seen = misalign(dot, 10 / 81, scale, Direction(np.pi / 2))[0, 0].double().numpy()
        assert np.average(np.arange(81), weights=seen.sum(1)) == pytest.approx(50, abs=0.1)
        assert np.average(np.arange(41), weights=seen.sum(0)) == pytest.approx(20, abs=0.1)


def test_directions_are_drawn_for_each_image():
    dots = torch.zeros(64, 1, 81, 41, dtype=torch.uint8)
    dots[:, 0, 40, 20] = 255
    seen = misalign(dots, 10 / 81, 1.0, np.random.default_rng(0))[:, 0].double().numpy()
    total = seen.sum((1, 2))
    down = (seen * np.arange(81)[:, None]).sum((1, 2)) / total - 40
    right = (seen * np.arange(41)).sum((1, 2)) / total - 20
    assert np.hypot(down, right) == pytest.approx(np.full(64, 10.0), abs=0.2)
    assert min(down) < -8 and max(down) > 8 and min(right) < -8 and max(right) > 8


def test_what_cannot_be_is_named(images):
    rng = np.random.default_rng(0)
    with pytest.raises(InputError, match="occlusion of 1.5: give a share of the image, 0 to 1"):
        occlude(images, 1.5, rng)
    with pytest.raises(InputError, match="scale 0: give a number above 0"):
        misalign(images, 0.0, 0.0, rng)
