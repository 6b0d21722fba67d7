"""CAL's pictures: numbers against explicit loops, and what is drawn against what was given."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from vireid_lab.analysis.correspondence import Correspondence, graph
from vireid_lab.figures import cal_graph, cal_materials, cal_parts
from vireid_lab.figures.heat_maps import overlay
from vireid_lab.spectra.labels import CODES

MATCH = np.array([2, 0, 1])


def make_pair(seed: int) -> Correspondence:
    """Three parts on maps of 4 x 2 of images of 24 x 12 pixels."""
    rng = np.random.default_rng(seed)
    answers = rng.random((2, 2, 3 + 8, 4, 2))
    answers /= answers.sum((3, 4), keepdims=True)
    regions = rng.random((2, 3, 4, 2)) * (rng.random((2, 3, 4, 2)) > 0.4)
    regions[:, :, 0, 0] = 0.5
    images = rng.integers(0, 256, (2, 24, 12, 3)).astype(np.uint8)
    return Correspondence(images, regions, answers, graph(answers, 3), MATCH)


PAIRS = [make_pair(seed) for seed in range(4)]


def cell(figure, row: int, column: int) -> np.ndarray:
    """An image of a montage."""
    canvas = np.asarray(figure.axes[0].images[0].get_array())
    return canvas[27 * row : 27 * row + 24, 15 * column : 15 * column + 12]


def test_a_map_is_drawn_in_its_cells_and_its_largest_value_is_brightest():
    image, heat = PAIRS[0].images[0], np.arange(8.0).reshape(4, 2)
    drawn = cal_parts.on_image(image, heat)
    expected = overlay(image, np.kron(heat / 7, np.ones((6, 6))))
    np.testing.assert_array_equal(drawn, expected)


def test_infrared_regions_stand_in_the_order_of_the_match():
    figure = cal_parts.region_sheet(PAIRS[:2], ["a", "b"])
    for row, pair in enumerate(PAIRS[:2]):
        np.testing.assert_array_equal(cell(figure, row, 0), pair.images[0])
        np.testing.assert_array_equal(cell(figure, row, 4), pair.images[1])
        for v in range(3):
            visible, infrared = pair.regions[0, v], pair.regions[1, MATCH[v]]
            np.testing.assert_array_equal(cell(figure, row, 1 + v), cal_parts.on_image(pair.images[0], visible))
            np.testing.assert_array_equal(cell(figure, row, 5 + v), cal_parts.on_image(pair.images[1], infrared))
    labels = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert labels == ["visible", "V1", "V2", "V3", "infrared", "I3", "I1", "I2"]


def test_a_row_of_fig_4_is_one_query_here_and_there():
    pair = PAIRS[0]
    figure = cal_parts.attention_sheet(pair)
    for v, u in enumerate(MATCH):
        for start, m, p in ((0, 0, v), (3, 1, u)):
            shown = [pair.regions[m, p], pair.answers[m, m, p], pair.answers[m, 1 - m, p]]
            for offset, (answers, heat) in enumerate(zip((m, m, 1 - m), shown, strict=True)):
                expected = cal_parts.on_image(pair.images[answers], heat)
                np.testing.assert_array_equal(cell(figure, v, start + offset), expected)


def test_overlap_is_that_of_sets_and_of_even_maps():
    sets = np.zeros((1, 3, 2, 2), bool)
    sets[0, 0, 0], sets[0, 1, :, 0], sets[0, 2, 1, 1] = True, True, True
    assert cal_parts.overlap(sets) == pytest.approx((1 / 3 + 0 + 0) / 3)
    assert cal_parts.overlap(np.full((2, 3, 2, 2), 0.25)) == 1
    assert "two regions share" in cal_parts.describe_parts(PAIRS)


def test_the_graph_holds_mean_weights_and_frames_the_match():
    figure = cal_graph.graph_sheet(PAIRS)
    before, table, after = figure.axes[:3]
    weights = np.zeros((3, 3))
    for pair in PAIRS:
        for u in range(3):
            for v in range(3):
                for image in (0, 1):
                    weights[u, v] += (pair.answers[1, image, u] * pair.answers[0, image, v]).sum() / 8
    np.testing.assert_allclose(np.asarray(table.images[0].get_array()), weights)
    assert [text.get_text() for text in table.texts] == [f"{weight:#.3g}" for weight in weights.ravel()]
    frames = {(round(box.get_y() + 0.47), round(box.get_x() + 0.47)) for box in table.patches}
    assert frames == {(2, 0), (0, 1), (1, 2)} and len(before.lines) == 9
    for line in after.lines:
        u, v = (
            (-line.get_ydata()).astype(int)
            if isinstance(line.get_ydata(), np.ndarray)
            else (-y for y in line.get_ydata())
        )
        assert MATCH[v] == u and line.get_linewidth() == pytest.approx(5 * weights[u, v] / weights.max())
    inside = weights[MATCH, range(3)].mean()
    assert f"mean weight of its edges {inside:#.3g}" in cal_graph.describe_graph(PAIRS)
    assert cal_graph.describe_graph(PAIRS).startswith("M̂: I3-V1, I1-V2, I2-V3;")


def test_random_matches_agree_as_often_as_all_their_combinations():
    orders = list(permutations(range(2)))
    shares = []
    for first in orders:
        for second in orders:
            shares.append(1.0 if first == second else 0.5)
    assert cal_graph.random_agreement(2, 2, draws=4000) == pytest.approx(np.mean(shares), abs=0.02)
    assert cal_graph.random_agreement(4, 1) == 1


def test_the_agreement_is_drawn_over_the_steps_and_chance_beside_it():
    log = [{"step": 10, "agreement": 0.4}, {"step": 20, "agreement": 0.9}]
    (axes,) = cal_graph.agreement_curve(log, 0.3).axes
    curve, chance = axes.lines
    assert curve.get_xydata().tolist() == [[10, 40], [20, 90]] and list(chance.get_ydata()) == [30, 30]


def test_materials_are_counted_as_explicit_loops_do():
    rng = np.random.default_rng(0)
    codes = [CODES[name] for name in ("upper", "belt", "skin", "brick", "occluder")]
    masks = rng.choice(codes, (4, 2, 24, 12)).astype(np.uint8)
    of_group = {CODES["upper"]: "upper", CODES["belt"]: "lower", CODES["skin"]: "skin", CODES["brick"]: "background",
                CODES["occluder"]: "occluder"}  # fmt: skip
    expected = np.zeros((2, 3, len(cal_materials.GROUPS)))
    for pair, mask in zip(PAIRS, masks, strict=True):
        for m in (0, 1):
            for p in range(3):
                total = pair.regions[m, p].sum()
                for y in range(24):
                    for x in range(12):
                        weight = pair.regions[m, p, y // 6, x // 6] / total / 36 / len(PAIRS)
                        group = cal_materials.GROUPS.index(of_group[int(mask[m, y, x])])
                        expected[m, p, group] += weight
    shares = cal_materials.material_shares(PAIRS, masks)
    np.testing.assert_allclose(shares, expected, atol=1e-9)
    np.testing.assert_allclose(cal_materials.purity(shares), expected.max(2))
    figure = cal_materials.material_bars(PAIRS, masks)
    widths = np.array([bar.get_width() for bar in figure.axes[0].patches]).reshape(len(cal_materials.GROUPS), 6).T
    shown = [each for v in range(3) for each in (expected[0, v], expected[1, MATCH[v]])]
    np.testing.assert_allclose(widths, 100 * np.array(shown), atol=1e-9)
    assert "visible: purity" in cal_materials.describe_materials(PAIRS, masks)


def test_matched_parts_on_the_same_things_overlap_wholly():
    shares = np.zeros((2, 3, 4))
    for v, u in enumerate(MATCH):
        shares[0, v, v] = shares[1, u, v] = 1
    assert cal_materials.agreement_of_materials(shares, MATCH) == (1, 0)
