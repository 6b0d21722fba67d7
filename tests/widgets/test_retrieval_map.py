"""The map of a search: where its dots lie on the picture, and which one is pointed at."""

from __future__ import annotations

import numpy as np
import pytest
from made_search import make_search, sysu_records
from matplotlib.colors import to_rgb

from vireid_lab.figures.style import RIGHT, WRONG
from vireid_lab.widgets.picture_page import DPI
from vireid_lab.widgets.retrieval_map import INCHES, dot_pixels, dot_places, draw_search, nearest_image


@pytest.fixture(scope="module")
def search():
    return make_search(sysu_records())


def near(picture: np.ndarray, pixel: np.ndarray, reach: int = 6) -> np.ndarray:
    row, column = pixel
    return picture[max(row - reach, 0) : row + reach + 1, max(column - reach, 0) : column + reach + 1].reshape(-1, 3)


def holds(pixels: np.ndarray, colour: str) -> bool:
    return bool((np.abs(pixels.astype(float) - 255 * np.array(to_rgb(colour))).max(1) < 40).any())


def test_the_page_keeps_the_shape_of_the_map(search):
    places = dot_places(search.points)
    a, b = (x - x[0] for x in (places, search.points))
    assert np.allclose(a * b[1, 0], b * a[1, 0])  # one scale for both axes
    assert (places > 0).all() and (places < INCHES).all()
    assert np.isclose(places.max(0) - places.min(0), [INCHES[0] - 0.2, INCHES[1] - 0.62]).any()
    x, y = places[7]
    assert dot_pixels(search.points)[7] == pytest.approx([(INCHES[1] - y) * DPI, x * DPI], abs=1)


def test_one_place_for_all_is_the_middle():
    assert np.allclose(dot_places(np.ones((5, 2))), dot_places(np.ones((5, 2)))[0])


def test_the_dot_that_is_pointed_at_is_the_nearest_of_those_shown(search):
    pixels, rng = dot_pixels(search.points), np.random.default_rng(1)
    shown = rng.random(len(pixels)) < 0.5
    for place in rng.integers(0, 544, (50, 2)):
        far = {i: (r - place[0]) ** 2 + (c - place[1]) ** 2 for i, (r, c) in enumerate(pixels.tolist()) if shown[i]}
        assert far[nearest_image(search.points, shown, tuple(place))] == min(far.values())


def test_dots_have_the_colours_of_the_legend_where_they_are_shown(search):
    query, pixels = 4, dot_pixels(search.points)
    asking, found = search.queries[query], search.find(query)
    everything = np.ones(len(pixels), bool)
    picture = draw_search(search, query, found, everything)
    assert picture.shape == (INCHES[1] * DPI, INCHES[0] * DPI, 3)
    assert holds(near(picture, pixels[asking], 2), "black")
    wrong = found.images[~found.right]
    assert all(holds(near(picture, pixels[image]), WRONG) for image in wrong)
    same = np.flatnonzero(search.features.ids == search.features.ids[asking])
    assert sum(holds(near(picture, pixels[image]), RIGHT) for image in same if image != asking) >= len(same) - 2
    hidden = everything.copy()
    hidden[wrong] = False
    alone = [i for i in wrong if np.sort(np.abs(pixels - pixels[i]).max(1))[1] > 14]
    fewer = draw_search(search, query, found, hidden)
    assert alone and all((near(fewer, pixels[image]) == 255).all() for image in alone)
