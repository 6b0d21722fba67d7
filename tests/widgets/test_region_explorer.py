"""The region explorer: all its controls hold one state, and its code reproduces what it shows."""

from __future__ import annotations

import ast

import numpy as np
import pytest

from vireid_lab.runtime import InputError
from vireid_lab.widgets.region_explorer import RegionExplorer, log_colours
from vireid_lab.widgets.region_view import render_region

RECTANGLE = (5, 4, 30, 28)


@pytest.fixture
def explorer(pairs):
    return RegionExplorer(pairs, rectangle=RECTANGLE)


def test_it_shows_what_the_pure_function_gives(explorer, pairs):
    assert explorer.view == render_region(*pairs["first"], RECTANGLE)
    explorer.channel.value = "blue"
    explorer.offset.value = True
    explorer.zoom.value = True
    explorer.pair.value = "it's second"
    assert explorer.view == render_region(*pairs["it's second"], RECTANGLE, "blue", True, True)


def test_a_masked_middle_is_not_where_it_begins(pairs):
    visible, infrared, valid = pairs["first"]
    assert RegionExplorer({"clear": (visible, infrared, valid)}).left.rectangle == (16, 21, 32, 43)
    valid[16:32] = False
    assert RegionExplorer({"masked": (visible, infrared, valid)}).left.rectangle == (0, 0, 48, 64)


def test_both_pictures_and_the_sliders_hold_one_rectangle(explorer, pairs):
    rows, columns = explorer.sliders
    assert explorer.left.rectangle == explorer.right.rectangle == RECTANGLE
    explorer.right.rectangle = (1, 2, 20, 30)
    assert explorer.left.rectangle == (1, 2, 20, 30) and (rows.value, columns.value) == ((1, 20), (2, 30))
    columns.value = (40, 60)
    assert explorer.left.rectangle == explorer.right.rectangle == (1, 40, 20, 60)
    assert explorer.view == render_region(*pairs["first"], (1, 40, 20, 60))


def last_value(code: str, names: dict):
    """Runs code as a notebook cell does: the value of its last expression."""
    tree = ast.parse(code)
    last = ast.Expression(tree.body.pop().value)
    exec(compile(tree, "cell", "exec"), names)
    return eval(compile(last, "cell", "eval"), names)


def test_the_copied_code_reproduces_the_view(pairs):
    explorer = RegionExplorer(pairs, variable="scenes")
    explorer.pair.value = "it's second"
    explorer.channel.value = "red"
    explorer.sliders[0].value = (7, 40)
    assert last_value(explorer.code_line.code, {"scenes": pairs}) == explorer.view


def test_reset_brings_everything_back(explorer):
    first = explorer.view
    before = explorer.right.png
    explorer.pair.value = "it's second"
    explorer.second.value = "ratio"
    explorer.channel.value = "red"
    explorer.zoom.value = explorer.offset.value = True
    explorer.left.rectangle = (0, 0, 48, 64)
    assert explorer.view != first and explorer.right.png != before
    explorer.reset_button.click()
    assert explorer.view == first and explorer.right.png == before and explorer.second.value == "infrared"
    assert explorer.right.rectangle == RECTANGLE and explorer.sliders[1].value == (4, 28)


def test_a_pair_of_another_size_cuts_the_rectangle(pairs):
    small = tuple(array[:20, :16] for array in pairs["first"])
    explorer = RegionExplorer({**pairs, "small": small}, rectangle=RECTANGLE)
    explorer.pair.value = "small"
    assert explorer.left.size == explorer.right.size == (20, 16)
    assert explorer.left.rectangle == explorer.right.rectangle == (5, 4, 20, 16)
    assert explorer.view == render_region(*small, (5, 4, 20, 16))


def test_a_region_without_a_fit_says_so_and_the_next_one_is_shown(explorer, pairs):
    explorer.left.rectangle = (0, 0, 1, 64)  # masked
    assert "✗" in explorer.readout.value and explorer.picture.layout.visibility == "hidden"
    explorer.left.rectangle = RECTANGLE
    assert explorer.view == render_region(*pairs["first"], RECTANGLE)
    assert explorer.picture.layout.visibility == "visible"


def test_a_rectangle_that_cannot_be_shown_at_first_is_an_error(pairs):
    with pytest.raises(InputError):
        RegionExplorer(pairs, rectangle=(0, 0, 1, 64))
    with pytest.raises(InputError, match="`pairs` is empty"):
        RegionExplorer({})


def test_every_control_has_a_name_and_a_tooltip(explorer):
    named = [explorer.pair, explorer.offset, explorer.zoom, *explorer.sliders, explorer.reset_button]
    assert all(control.description and control.tooltip for control in named)
    for choice in (explorer.channel, explorer.second):
        assert choice.description and len(choice.tooltips) == len(choice.options) and all(choice.tooltips)


def test_linear_light_is_shown_with_the_curve_of_a_screen(pairs):
    linear, encoded = (RegionExplorer(pairs, linear=state) for state in (True, False))
    assert linear.left.png != encoded.left.png and linear.view == encoded.view


def test_ratio_colours_are_logarithmic_and_masked_pixels_white():
    ratio = np.exp(np.linspace(-1, 1, 101))[None].repeat(4, axis=0)
    ratio[3] = np.nan
    colours = log_colours(ratio)
    np.testing.assert_array_equal(colours[3], 1)
    np.testing.assert_allclose(colours[0, 50], log_colours(7 * ratio)[0, 50], atol=0.01)  # a factor changes nothing
    np.testing.assert_allclose(colours[0, 50], (0.128, 0.567, 0.551), atol=0.01)  # the middle of viridis
    np.testing.assert_array_equal(log_colours(np.full((2, 2), np.nan)), 1)
