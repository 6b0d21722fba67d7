from __future__ import annotations

import numpy as np
import pytest

from vireid_lab.analysis.factor_results import FactorResult, FactorRun, Move
from vireid_lab.figures.discrepancy import describe_scores, discrepancy_curves, factor_map_sheet, factor_maps

STRENGTHS = (0.25, 0.5)


def run(seed: int) -> FactorRun:
    """Twelve images; the parts' factors move them all by 50 along one axis, the one factor hardly at all."""
    rng = np.random.default_rng(seed)
    original = rng.normal(size=(12, 16))
    moves = {}
    for kind, step in (("whole", 0.012), ("parts", 50.0)):
        for strength in STRENGTHS:
            scores = {"mmd": step * strength + 0.1 * seed, "frechet": 100 * strength, "centroid": 1.0}
            p_values = {"mmd": 0.02, "frechet": 0.04 + 0.01 * seed, "centroid": 0.03}
            features = original + np.eye(16)[0] * step
            moves[kind, strength] = Move(features, strength, strength, scores, p_values)
    return FactorRun(seed, np.arange(12), original, moves, {})


@pytest.fixture
def result():
    return FactorResult("toy network", STRENGTHS, 6, 19, [run(seed) for seed in range(3)])


def test_the_scores_are_means_over_the_seeds_beside_the_largest_p_value(result):
    # mmd 0.003 + (0, 0.1, 0.2): mean 0.103, deviation 0.1
    assert describe_scores(result, "whole", 0.25).splitlines() == [
        "squared MMD 0.103 ± 0.100",
        "squared Fréchet 25 ± 0",
        "centroids / spread 1.00 ± 0.00",
        "each p ≤ 0.06",
    ]


def test_one_seed_has_no_spread(result):
    alone = FactorResult("toy network", STRENGTHS, 6, 19, result.runs[1:2])
    assert describe_scores(alone, "whole", 0.25).splitlines()[0] == "squared MMD 0.103"


def test_there_is_a_map_for_each_kind_and_strength_and_a_move_is_seen_in_it(result):
    maps = factor_maps(result, result.runs[0], STRENGTHS)
    assert [panel.title.replace("\n", " ") for panel in maps] == [
        "one factor, 25 % darker", "one factor, 50 % darker",
        "a factor for each part, 25 % darker", "a factor for each part, 50 % darker",
    ]  # fmt: skip
    for panel, apart in zip(maps, (False, False, True, True), strict=True):
        gaps = np.linalg.norm(panel.original[:, None] - panel.changed, axis=2)
        assert (gaps.argmin(axis=1) == np.arange(12)).all() != apart  # nearest to itself, unless all have moved away
    assert len(factor_maps(result, result.runs[0], [0.5])) == 2


def test_crosses_are_the_originals_and_dots_the_changed_ones(result):
    maps = factor_maps(result, result.runs[0], STRENGTHS)
    figure = factor_map_sheet(maps)
    assert [axes.get_title()[:3] for axes in figure.axes] == ["(a)", "(b)", "(c)", "(d)"]
    for axes, panel in zip(figure.axes, maps, strict=True):
        dots, crosses = axes.collections
        np.testing.assert_array_equal(dots.get_offsets(), panel.changed)
        np.testing.assert_array_equal(crosses.get_offsets(), panel.original)
        assert len(crosses.get_paths()[0].vertices) == 4 < len(dots.get_paths()[0].vertices)  # two strokes, a circle
        assert axes.get_xlabel() == panel.note
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["original", "after the factors"]


def test_the_curves_are_means_with_bands_from_the_smallest_to_the_largest():
    values = {"whole": np.array([[1.0, 2, 3], [3, 4, 8]]), "parts": np.array([[5.0, 6, 7], [5, 6, 9]])}
    (axes,) = discrepancy_curves((0.1, 0.5, 0.9), {"mmd": values}).axes
    for line, band, expected in zip(axes.lines, axes.collections, values.values(), strict=False):
        np.testing.assert_allclose(line.get_xdata(), [10, 50, 90])
        np.testing.assert_allclose(line.get_ydata(), expected.mean(axis=0))
        outline = band.get_paths()[0].vertices
        for x, column in zip((10, 50, 90), expected.T, strict=True):
            heights = outline[np.isclose(outline[:, 0], x), 1]
            assert (heights.min(), heights.max()) == (column.min(), column.max())
    whole, parts = axes.lines[:2]
    assert (whole.get_linestyle(), whole.get_marker()) != (parts.get_linestyle(), parts.get_marker())
    assert "2 seeds" in axes.figure.legends[0].get_title().get_text()
