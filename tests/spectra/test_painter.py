"""The painter of places: what it covers, in image heights, and how its grain spreads."""

import numpy as np
import pytest

from vireid_lab.spectra.labels import CODES
from vireid_lab.spectra.painter import HEIGHT, WIDTH, Painter, texture


@pytest.fixture
def painter():
    """On 115 x 240 pixels: one hundred to an image height."""
    return Painter(np.random.default_rng(0), 100)


def test_a_texture_is_lognormal_with_the_contrast_asked_for():
    grain = np.log(texture(np.random.default_rng(0), (200, 300), 0.6, 0.3))
    assert grain.std() == pytest.approx(0.3, rel=1e-3) and abs(grain.mean()) < 0.02
    coarse = np.log(texture(np.random.default_rng(0), (200, 300), 5, 0.3))
    near, far = (np.corrcoef(each[:, :-3].ravel(), each[:, 3:].ravel())[0, 1] for each in (coarse, grain))
    assert near > 0.7 > 0.1 > abs(far)


def test_a_material_covers_its_rectangle_and_nothing_else(painter):
    before = painter.detail.copy()
    painter.fill(painter.box(0.5, 0.2, 0.8, 0.6), "wood", light=2)
    covered = painter.labels == CODES["wood"]
    assert covered[20:60, 50:80].all() and covered.sum() == 40 * 30
    np.testing.assert_array_equal(painter.detail[~covered], before[~covered])
    once = Painter(np.random.default_rng(0), 100)
    once.fill(once.box(0.5, 0.2, 0.8, 0.6), "wood")
    np.testing.assert_allclose(painter.detail[covered], 2 * once.detail[covered], rtol=1e-6)


def test_a_rectangle_beyond_the_edge_ends_at_it(painter):
    painter.fill(painter.box(-1, -1, 0.1, 0.1), "brick")
    assert (painter.labels == CODES["brick"]).sum() == 10 * 10


@pytest.mark.parametrize("bond", [False, True])
def test_joints_lie_between_courses_and_stones_and_a_bond_shifts_every_other_course(bond):
    painter = Painter(np.random.default_rng(0), 128)  # a power of two: the borders of pixels have no rounding
    wall = painter.box(0, 0, WIDTH, 1)
    painter.joints(wall, course=1 / 8, length=1 / 4, bond=bond, label="plaster", gap=1 / 4)
    row, column = np.mgrid[:128, : painter.labels.shape[1]]
    shift = 16 * (row // 16 % 2) if bond else 0  # half a stone
    joint = (row % 16 < 4) | ((column + shift) % 32 < 4)
    np.testing.assert_array_equal(painter.labels[wall] == CODES["plaster"], joint)
    assert not (painter.labels[128:] == CODES["plaster"]).any()


def test_the_ground_reaches_from_the_wall_to_the_lower_edge_and_gets_lighter(painter):
    painter.floor("brick", 0.8)
    ground = painter.labels == CODES["brick"]
    assert ground[80:].all() and not ground[:80].any() and len(ground) == round(100 * HEIGHT)
    assert painter.detail[-5:].mean() > 1.2 * painter.detail[80:85].mean()


def test_windows_are_as_wide_and_as_far_apart_as_their_pitch_says(painter):
    painter.windows(0.2, 0.6, pitch=0.5, frame="metal")
    glass = painter.labels[30] == CODES["glass"]
    frame = painter.labels[30] == CODES["metal"]
    starts = np.flatnonzero(glass & ~np.roll(glass, 1))
    assert (np.diff(starts[::2]) == 50).all() and len(starts) >= 6  # a bar halves each window
    widths = [glass[start : start + 28].sum() for start in starts[:-2:2]]
    assert all(abs(width - 26.5) <= 1.5 for width in widths) and frame.any()
    assert not (painter.labels[[10, 70]] == CODES["glass"]).any()
