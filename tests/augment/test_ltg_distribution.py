"""The draws of LTG agree in distribution with Alg. 1."""

from __future__ import annotations

import numpy as np
import pytest
from ltg_reference import draw_and_play, play
from scipy.stats import ks_2samp

from vireid_lab.augment.ltg_draw import Beta, LTGDraw, Uniform


@pytest.mark.parametrize(
    "factor, sample",
    [(Beta(), lambda rng: rng.beta(0.5, 0.5)), (Uniform(), lambda rng: rng.random())],
    ids=["beta", "uniform"],
)
def test_draws_agree_in_distribution_with_alg_1(factor, sample):
    size, number, rng = (48, 24), 500, np.random.default_rng(0)
    ltg = LTGDraw(p=1.0, factor=factor)
    ours, theirs = [], []
    for _ in range(number):
        image = rng.random((3, *size)) * 0.8
        parameters = ltg.draw((1, 3, *size), rng)
        _, memory, played = play(image, parameters.rectangles[0], parameters.factors[0])
        ours.append(statistics(memory, played))
        theirs.append(statistics(*draw_and_play(image, rng, sample)))
    for a, b in zip(np.transpose(ours), np.transpose(theirs), strict=True):
        assert ks_2samp(a, b).pvalue > 0.01


def statistics(memory, played):
    """Rectangles, covered share, mean cumulated factor, and its logarithm at the centre."""
    height, width = memory.shape[1:]
    return played, (memory != 1).mean(), memory.mean(), np.log(memory[0, height // 2, width // 2] + 1e-12)


@pytest.mark.slow
@pytest.mark.parametrize(
    "size, factor, expected",
    [
        ((384, 192), Beta(), 13.8),
        ((384, 192), Beta(0.3, 0.3), 7.5),
        ((384, 192), Uniform(), 28.3),
        ((288, 144), Beta(), 13.9),
        ((288, 144), Beta(0.3, 0.3), 7.7),
        ((288, 144), Uniform(), 29.7),
    ],
)
def test_number_of_rectangles_at_the_sizes_of_the_papers(size, factor, expected):
    rng, ltg, number = np.random.default_rng(0), LTGDraw(p=1.0, factor=factor), 300
    played = []
    for _ in range(number):
        parameters = ltg.draw((1, 3, *size), rng)
        image = rng.random((3, *size), dtype=np.float32) * 0.8
        played.append(play(image, parameters.rectangles[0], parameters.factors[0])[2])
    assert abs(np.mean(played) - expected) < 0.3 + 3 * np.std(played) / np.sqrt(number)


def test_rectangles_lie_inside_and_have_the_sizes_asked_for():
    parameters = LTGDraw(p=1.0).draw((40, 3, 384, 192), np.random.default_rng(0))
    top, left, bottom, right = np.moveaxis(parameters.rectangles, 2, 0)
    height, width = bottom - top, right - left
    assert (top >= 0).all() and (left >= 0).all() and (bottom <= 384).all() and (right <= 192).all()
    share, aspect = height * width / (384 * 192), height / width
    assert 0.019 < share.min() < 0.03 and 0.35 < share.max() < 0.405
    assert 0.29 < aspect.min() < 0.4 and 3 < aspect.max() < 3.45


@pytest.mark.parametrize("p", [0.0, 0.5, 1.0])
def test_the_probability(p):
    share = len(LTGDraw(p=p, once=True).draw((4000, 3, 16, 8), np.random.default_rng(0)).chosen) / 4000
    assert abs(share - p) < 4 * np.sqrt(p * (1 - p) / 4000) + 1e-12
