"""The LTG explorer: every option has a control, the rectangles can be played, and its code reproduces the view."""

from __future__ import annotations

import ast
import dataclasses

import numpy as np
import pytest

from vireid_lab.augment.ltg_draw import Beta, Constant, LTGDraw, Uniform
from vireid_lab.runtime import InputError
from vireid_lab.widgets.ltg_explorer import LTGExplorer
from vireid_lab.widgets.ltg_view import render_ltg

FIRST = LTGDraw(p=1.0, r=(0.3, 3.33333))


@pytest.fixture
def images():
    rng = np.random.default_rng(0)
    return {
        name: (rng.uniform(0, 1, (24, 12, 3)).astype(np.float32), rng.uniform(0, 1, (24, 12)).astype(np.float32))
        for name in ("first", "it's second")
    }


@pytest.fixture
def explorer(images):
    return LTGExplorer(images)


def with_counted_redraws(explorer: LTGExplorer) -> list:
    calls, render = [], explorer.render

    def counted(**values):
        calls.append(values)
        return render(**values)

    explorer.render = counted
    return calls


def test_it_shows_what_the_pure_function_gives(explorer, images):
    assert explorer.view == render_ltg(*images["first"], FIRST)
    explorer.controls["image"].value = "it's second"
    explorer.controls["seed"].value = 5
    explorer.rectangles.rectangles = 2
    assert explorer.view == render_ltg(*images["it's second"], FIRST, 5, 2)


@pytest.mark.parametrize(
    ("values", "options"),
    [
        ({"p": 0.5}, {"p": 0.5}),
        ({"s": (0.1, 0.1 + 0.2)}, {"s": (0.1, 0.3)}),
        ({"r": (0.5, 2.0)}, {"r": (0.5, 2.0)}),
        ({"t_min": 1e-2}, {"t_min": 0.01}),
        ({"a": 0.3, "b": 2.0}, {"factor": Beta(0.3, 2.0)}),
        ({"factor": "uniform"}, {"factor": Uniform()}),
        ({"factor": "constant", "value": 0.2}, {"factor": Constant(0.2)}),
        ({"once": True}, {"once": True}),
        ({"per_channel": False}, {"per_channel": False}),
    ],
    ids=str,
)
def test_every_option_has_its_control(explorer, images, values, options):
    for name, value in values.items():
        explorer.controls[name].value = value
    assert explorer.view == render_ltg(*images["first"], dataclasses.replace(FIRST, **options))
    assert {field.name for field in dataclasses.fields(LTGDraw)} <= explorer.controls.keys()


def test_the_slider_and_play_hold_the_number_of_rectangles(explorer, images):
    steps, last = explorer.rectangles, explorer.view.rectangles
    assert (steps.slider.min, steps.slider.max, steps.slider.value, steps.play.max) == (0, last, last, last)
    steps.play.value = 3  # as the browser sets it, one after the other
    assert steps.slider.value == 3 and explorer.view == render_ltg(*images["first"], FIRST, rectangles=3)
    steps.slider.value = 0
    assert steps.play.value == 0 and explorer.view == render_ltg(*images["first"], FIRST, rectangles=0)
    steps.slider.value = last
    assert steps.rectangles is None  # the end stays the end when the next draw is longer


def test_another_draw_has_another_end_and_keeps_the_chosen_number(explorer):
    numbers = {}
    for seed in range(8):
        explorer.controls["seed"].value = seed
        numbers[seed] = explorer.view.rectangles
        assert explorer.rectangles.slider.value == explorer.rectangles.slider.max == numbers[seed]
    short, long = min(numbers, key=numbers.get), max(numbers, key=numbers.get)
    assert numbers[short] < numbers[long]
    explorer.controls["seed"].value = long
    explorer.rectangles.slider.value = chosen = numbers[long] - 1
    calls = with_counted_redraws(explorer)
    explorer.controls["seed"].value = short
    assert explorer.rectangles.slider.value == numbers[short] and len(calls) == 1
    explorer.controls["seed"].value = long
    assert explorer.rectangles.slider.value == chosen and len(calls) == 2


def test_a_draw_that_changes_nothing_is_no_trouble(explorer):
    explorer.controls["p"].value = 0
    assert explorer.view.rectangles == explorer.rectangles.slider.value == 0
    assert "visible 0.000, infrared 0.000" in explorer.readout.value
    explorer.controls["p"].value = 1
    assert explorer.rectangles.slider.value == explorer.view.rectangles > 1


@pytest.mark.parametrize("factor", ["Beta(a, b)", "uniform", "constant"])
def test_the_copied_code_reproduces_the_view(images, factor):
    def embed(pictures, modality):
        return pictures.mean((2, 3)) + modality[:, None]

    explorer = LTGExplorer(images, embed, variable="people")
    with explorer.one_update():
        for name, value in {
            "image": "it's second",
            "seed": 7,
            "s": (0.05, 0.3),
            "t_min": 1e-3,
            "factor": factor,
        }.items():
            explorer.controls[name].value = value
        explorer.rectangles.rectangles = 4
    tree, names = ast.parse(explorer.code_line.code), {"people": images, "embed": embed}
    last = ast.Expression(tree.body.pop().value)  # as a notebook cell does
    exec(compile(tree, "cell", "exec"), names)
    assert eval(compile(last, "cell", "eval"), names) == explorer.view


def test_the_first_code_needs_no_model(explorer, images):
    names = {"images": images}
    exec(explorer.code_line.code.replace("render_ltg(", "view = render_ltg("), names)
    assert names["view"] == explorer.view


def test_only_the_numbers_of_the_factor_are_on_the_page(explorer):
    for factor, shown in (("Beta(a, b)", {"a", "b"}), ("uniform", set()), ("constant", {"value"})):
        explorer.factor.value = factor
        assert {name for name in ("a", "b", "value") if explorer.controls[name].layout.display != "none"} == shown


def test_reset_brings_everything_back_with_one_redraw(explorer):
    first = explorer.view
    explorer.controls["seed"].value = 3
    explorer.factor.value = "constant"
    explorer.controls["once"].value = True
    explorer.rectangles.rectangles = 0
    calls = with_counted_redraws(explorer)
    explorer.reset_button.click()
    assert explorer.view == first and len(calls) == 1
    assert explorer.rectangles.slider.value == first.rectangles


def test_sizes_that_fit_nowhere_are_said(explorer):
    with explorer.one_update():
        explorer.controls["s"].value = (1, 1)
        explorer.controls["r"].value = (6, 6)
    assert "✗ LTG: no rectangle" in explorer.readout.value and explorer.picture.layout.visibility == "hidden"
    explorer.reset_button.click()
    assert explorer.picture.layout.visibility == "visible"


def test_images_that_cannot_be_shown_at_first_are_an_error(images):
    with pytest.raises(InputError, match="`images` is empty"):
        LTGExplorer({})
    with pytest.raises(InputError, match="before Normalize"):
        LTGExplorer({"normalised": tuple(4 * image for image in images["first"])})


def test_every_control_has_a_name_and_a_tooltip(explorer):
    named = {**explorer.controls, "rectangles": explorer.rectangles.slider}
    assert all(control.description and control.tooltip for control in named.values())
    assert explorer.rectangles.play.tooltip
