"""Tubes drawn on a canvas against closed forms."""

import numpy as np
import pytest

from vireid_lab.spectra.surface import AZIMUTH, CLEAR, ROWS, Canvas, Light, plain, tube

FRONTAL = Light((0.0, 0.0, 1.0), 0.25)


def empty(size=(200, 160), light=FRONTAL):
    return Canvas(np.zeros(size, np.uint8), np.ones(size, np.float32), light)


def draw(canvas, texture, near=0.0, yaw=0.0, start=(80, 40), end=(80, 140), half=0.2):
    surface = tube([(0, half), (1, half)], 0.5, texture, 1.0)
    canvas.draw(surface, np.array([*start, near], float), np.array([*end, near], float), 100, yaw)


@pytest.mark.parametrize("start, end", [((80, 40), (80, 140)), ((80, 140), (80, 40)), ((30, 60), (110, 120))])
def test_a_tube_covers_its_rectangle(start, end):
    canvas = empty()
    draw(canvas, plain(7), start=start, end=end)
    assert (canvas.labels == 7).sum() == pytest.approx(100 * 40, rel=0.03)


def test_the_width_follows_the_elliptical_section():
    for yaw, half in ((0, 20), (np.pi / 2, 10), (0.6, np.hypot(20 * np.cos(0.6), 10 * np.sin(0.6)))):
        canvas = empty()
        draw(canvas, plain(7), yaw=yaw)
        assert (canvas.labels[90] == 7).sum() == pytest.approx(2 * half, abs=1.5)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_nearer_surface_is_seen_in_any_order(order):
    canvas = empty()
    for index in order:
        draw(canvas, plain(5 + index), near=30.0 * index, start=(80 + 10 * index, 40), end=(80 + 10 * index, 140))
    assert canvas.labels[90, 90] == 6 and canvas.labels[90, 62] == 5


def test_yaw_turns_the_texture():
    texture = plain(1)
    texture[:, np.abs(AZIMUTH) < 0.2] = 2  # a stripe on the front
    seen = {}
    for yaw in (0.0, 0.7, np.pi):
        canvas = empty()
        draw(canvas, texture, yaw=yaw)
        seen[yaw] = np.flatnonzero(canvas.labels[90] == 2)
    assert seen[0.0].mean() == pytest.approx(80, abs=1)
    half = np.hypot(20 * np.cos(0.7), 10 * np.sin(0.7))
    assert seen[0.7].mean() == pytest.approx(80 + half * np.sin(0.7), abs=2)
    assert not seen[np.pi].size


def test_a_hole_shows_what_lies_behind():
    canvas = empty()
    draw(canvas, plain(3))
    texture = plain(4)
    texture[ROWS > 0.5] = CLEAR
    draw(canvas, texture, near=50.0)
    assert canvas.labels[60, 80] == 4 and canvas.labels[120, 80] == 3


def test_shading_is_wrapped_lambert():
    light = Light((0.6, 0.0, 0.8), 0.25)
    canvas = empty(light=light)
    draw(canvas, plain(7))
    for column in range(63, 98):
        s = (column + 0.5 - 80) / 20
        cosine = 0.6 * s + 0.8 * np.sqrt(1 - s * s)
        assert canvas.shading[90, column] == pytest.approx(0.25 + 0.75 * (0.6 * cosine + 0.4) ** 2, abs=0.02)


def test_what_lies_outside_of_the_canvas_is_left_out():
    canvas = empty()
    draw(canvas, plain(7), start=(-400, 40), end=(-400, 140))
    assert not canvas.labels.any()
    draw(canvas, plain(7), start=(80, -50), end=(80, 50))
    assert (canvas.labels == 7).sum() == pytest.approx(50 * 40, rel=0.05)
