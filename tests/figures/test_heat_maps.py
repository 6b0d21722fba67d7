"""Heat maps: stretched, beside their scale, and against the person's true place."""

from __future__ import annotations

import numpy as np
import pytest

from vireid_lab.figures.heat_maps import draw_scale, person_cover, stretch
from vireid_lab.figures.samples import draw_montage
from vireid_lab.spectra.labels import FIRST_PERSON


def test_maps_are_stretched_from_their_least_to_their_most():
    heat = stretch(np.array([[0.5, 0.6], [0.5, 0.7]], np.float32), (8, 4))
    assert heat.shape == (8, 4) and (heat.min(), heat.max()) == (0, 1) and heat[-1, -1] == 1
    assert not stretch(np.full((2, 2), 0.5, np.float32), (8, 4)).any()


def test_a_place_is_person_to_the_share_of_its_pixels():
    masks = np.zeros((1, 4, 4), np.uint8)
    masks[0, :2, :3] = FIRST_PERSON
    np.testing.assert_array_equal(person_cover(masks, (2, 2)), [[[1, 0.5], [0, 0]]])


def test_the_scale_stands_at_the_right_of_the_montage():
    figure, axes = draw_montage([[np.zeros((8, 4, 3), np.uint8)]], ["row"], ["column"], 3.0, right=0.75)
    draw_scale(axes, ("least", "most"), margin=0.25)
    montage, scale = axes.get_position(), figure.axes[1].get_position()
    assert montage.x1 < scale.x0 == pytest.approx(1 - 0.68 / 3)
    assert scale.height == pytest.approx(montage.height / 2)
    assert [text.get_text() for text in figure.axes[1].get_yticklabels()] == ["least", "most"]
