from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import LogNorm, to_rgb

from vireid_lab.analysis.reflection import band_ratios, fit_region
from vireid_lab.figures.clouds import cloud, collect_lines, mark_boxes
from vireid_lab.figures.ratios import LOWEST, band_ratio_sheet, explained_by_category
from vireid_lab.figures.reflection import encoding_effect, linear_transformation, model_limits, paint_regions
from vireid_lab.runtime import InputError


@pytest.fixture
def scene():
    """Two materials side by side under one shading: k is 2 on the left (label 1) and 0.5 on the right (label 7)."""
    shading = np.random.default_rng(0).uniform(0.1, 0.4, (30, 40)).astype(np.float32)
    regions = np.repeat([[1] * 16 + [7] * 24], 30, axis=0)
    visible = np.repeat(shading[..., None], 3, axis=2)
    return visible, shading * np.where(regions == 1, 2, 0.5).astype(np.float32), regions


def test_a_cloud_holds_the_pixels_of_its_mask_and_the_line_of_its_channel(scene):
    visible, infrared, regions = scene
    visible[..., 2] *= 0.5
    mask = regions == 1
    blue = cloud("wall", visible, infrared, mask, fit_region(visible, infrared, mask), channel=2)
    np.testing.assert_array_equal(blue.x, [visible[r, c, 2] for r in range(30) for c in range(16)])
    np.testing.assert_array_equal(blue.y, [infrared[r, c] for r in range(30) for c in range(16)])
    assert blue.slope == pytest.approx(4) and blue.intercept == 0
    assert blue.words == "wall: k 4.00, R² 1.000"


def test_marked_boxes_are_the_largest_squares_of_regions_that_differ():
    regions = np.zeros((20, 60), int)
    regions[1:16, 1:16], regions[2:13, 20:31], regions[2:9, 40:47], regions[15:17, 30:32] = 4, 9, 2, 5
    ratio = np.select([regions == 4, regions == 9, regions == 2], [1.0, 1.1, 0.4], 8.0)
    assert mark_boxes(regions, ratio) == {4: (1, 1, 16, 16), 2: (2, 40, 9, 47)}  # 5 differs more, but is too small
    ratio[8, 8] = np.nan  # now the first square lies beside a masked pixel, and the second material is the largest
    boxes = mark_boxes(regions, ratio)
    assert list(boxes)[0] == 9
    for label, (row0, column0, row1, column1) in boxes.items():
        assert (regions[row0:row1, column0:column1] == label).all()
        assert np.isfinite(ratio[row0:row1, column0:column1]).all()


def test_without_a_usable_region_nothing_is_marked():
    assert mark_boxes(np.zeros((5, 5), int), np.ones((5, 5))) == {}
    assert mark_boxes(np.ones((5, 5), int), np.full((5, 5), np.nan)) == {}


def test_regions_have_their_colour_and_masked_pixels_are_black(scene):
    visible, _, regions = scene
    valid = np.ones(regions.shape, bool)
    valid[3, 4] = False
    painted = paint_regions(visible, regions, valid, {1: "#ff0000"})
    grey = visible[5, 6].mean()
    np.testing.assert_allclose(painted[5, 6], 0.3 * grey + 0.7 * np.array(to_rgb("#ff0000")), atol=1e-6)
    np.testing.assert_allclose(painted[5, 30], np.full(3, painted[5, 30, 0]))  # 7 has no colour: grey
    assert (painted[3, 4] == 0).all()


def test_figure_1_draws_the_fitted_lines_and_their_numbers(scene):
    visible, infrared, regions = scene
    everywhere = regions > 0
    lines = collect_lines(visible, infrared, everywhere, regions, {1: "leaf", 7: "road"})
    x, y = visible[..., 1].ravel().astype(float), infrared.ravel().astype(float)
    slope = (x @ y) / (x @ x)
    r2 = 1 - ((y - slope * x) ** 2).sum() / ((y - y.mean()) ** 2).sum()
    assert lines.whole.slope == pytest.approx(slope) and lines.whole.r2 == pytest.approx(r2)
    assert list(lines.parts) == [7, 1] and lines.parts_r2 == pytest.approx(1)  # the larger first
    figure = linear_transformation(visible, infrared, everywhere, regions, lines, "material")
    vis, nir, _, inside, single, several = figure.axes
    assert [text.get_text() for text in vis.texts] == [text.get_text() for text in nir.texts] == ["A", "B"]
    for axes, slopes in ((inside, (0.5, 2)), (several, (0.5, 2)), (single, (slope,))):
        for line, expected in zip(axes.lines, slopes, strict=True):
            ends, heights = line.get_data()
            np.testing.assert_allclose(heights, expected * ends, rtol=1e-5)
    assert len({line.get_linestyle() for line in inside.lines}) == 2  # told apart without colour
    assert f"{r2:.3f}".replace("-", "−") in single.get_title() and "1.000" in several.get_title()
    assert [text.get_text() for text in inside.get_legend().get_texts()] == [c.words for c in lines.marked.values()]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [c.words for c in lines.parts.values()]
    for outline, (row0, column0, row1, column1) in zip(vis.patches[1::2], lines.boxes.values(), strict=True):
        assert outline.get_xy() == (column0 - 0.5, row0 - 0.5)
        assert (outline.get_width(), outline.get_height()) == (column1 - column0, row1 - row0)


def test_masked_pixels_are_in_no_cloud_of_figure_1(scene):
    visible, infrared, regions = scene
    valid = np.ones(regions.shape, bool)
    valid[:, 3], infrared[5, 20] = False, np.nan
    lines = collect_lines(visible, infrared, valid, regions, {1: "leaf", 7: "road"})
    assert len(lines.parts[1].x) == 15 * 30 and len(lines.parts[7].x) == 24 * 30 - 1
    assert len(lines.whole.x) == 15 * 30 + 24 * 30 - 1
    row0, column0, row1, column1 = lines.boxes[1]
    assert column0 > 3 or column1 <= 3


def test_a_large_cloud_is_thinned_evenly_for_drawing_only(scene):
    visible, infrared, _ = (np.tile(image, (5, 5) + (1,) * (image.ndim - 2)) for image in scene)
    mask = np.ones(infrared.shape, bool)
    everything = cloud("all", visible, infrared, mask, fit_region(visible, infrared))
    figure = model_limits([("one light", visible, mask, [everything])])
    (points,) = (c for c in figure.axes[1].collections)
    drawn = points.get_offsets()
    assert len(everything.x) == 30_000 and len(drawn) == 3000
    np.testing.assert_array_equal(drawn[-1], [everything.x[-1], everything.y[-1]])


def test_each_case_of_the_limits_stands_above_its_own_scatter(scene):
    visible, infrared, regions = scene
    left, right = (
        cloud(name, visible, infrared, regions == label, fit_region(visible, infrared, regions == label))
        for name, label in (("sun", 1), ("lamp", 7))
    )
    figure = model_limits([("one light", visible, regions == 1, [left]), ("two", visible, regions > 0, [left, right])])
    titles = [axes.get_title() for axes in figure.axes[:2]]
    assert titles == ["one light", "two"] and [len(axes.lines) for axes in figure.axes[2:]] == [1, 2]
    words = [text.get_text() for text in figure.axes[3].get_legend().get_texts()]
    assert words == [left.words, right.words]


def test_the_encoding_panels_show_both_lines_of_each_region(scene):
    visible, infrared, regions = scene
    mask = regions == 1
    straight, free = (
        cloud("wall", visible, infrared + 0.1, mask, fit_region(visible, infrared + 0.1, mask, offset=offset))
        for offset in (False, True)
    )
    assert free.intercept == pytest.approx(0.1, abs=1e-5) and "offset +0.10" in free.words
    (axes,) = encoding_effect({"as stored": [(straight, free)]}).axes
    through, beside = (line.get_ydata() for line in axes.lines)
    assert through[0] == 0 and beside[0] == pytest.approx(0.1, abs=1e-5)
    assert axes.get_ylabel() == "NIR (as stored)"


def test_band_ratios_share_one_logarithmic_scale_and_masked_pixels_stay_masked(scene):
    visible, infrared, _ = scene
    valid = np.ones(infrared.shape, bool)
    valid[:3] = False
    ratios = band_ratios(visible, infrared, valid)
    figure = band_ratio_sheet([("place", visible, ratios)])
    images = [axes.images[0] for axes in figure.axes[1:4]]
    assert all(isinstance(image.norm, LogNorm) for image in images)
    assert len({(image.norm.vmin, image.norm.vmax) for image in images}) == 1
    for channel, image in enumerate(images):
        shown = image.get_array()
        assert np.ma.getmaskarray(shown)[:3].all() and not np.ma.getmaskarray(shown)[3:].any()
        np.testing.assert_array_equal(shown[3:].data, ratios[3:, :, channel])
        assert tuple(image.cmap.get_bad()) == (1, 1, 1, 1)
    assert "10.0 % of the pixels" in figure.legends[0].get_texts()[0].get_text()


def test_a_pair_without_any_ratio_is_refused(scene):
    with pytest.raises(InputError, match="every pixel is masked"):
        band_ratio_sheet([("night", scene[0], np.full((30, 40, 3), np.nan))])


def test_explained_variance_shows_every_pair_and_the_medians():
    scores = {"street": (np.array([0.2, -3, 0.4]), np.array([0.9, 0.95, 1.0])), "wall": (np.full(2, -2.0), np.ones(2))}
    (axes,) = explained_by_category(scores).axes
    drawn = [line.get_xdata().tolist() for line in axes.lines]
    assert drawn == [[0.2, LOWEST, 0.4], [0.2], [0.9, 0.95, 1], [0.95], [LOWEST] * 2, [LOWEST], [1, 1], [1]]
    assert [text.get_text() for text in axes.texts] == ["0.20", "0.95", "−2.00", "1.00"]
    assert [line.get_marker() for line in axes.lines[1::2]] == ["^", "o", "<", "o"]  # an arrow: beyond the axis
    assert [label.get_text() for label in axes.get_yticklabels()] == ["street (3)", "wall (2)"]
    assert axes.yaxis_inverted()  # the first on top
