"""The explorer of SA-Softmax's geometry: controls to slot, step, picture, words, code, reset."""

from __future__ import annotations

import ast

import pytest

from vireid_lab.analysis.softmax_toy import STEPS, descend
from vireid_lab.runtime import InputError
from vireid_lab.widgets.softmax_explorer import FIRST_STEP, SoftmaxExplorer, slot_of
from vireid_lab.widgets.softmax_view import render_toy


@pytest.fixture(scope="module")
def shared():
    return SoftmaxExplorer()


@pytest.fixture
def explorer(shared):
    shared.reset()
    return shared


@pytest.mark.parametrize(
    ("term", "alpha", "beta", "slot"),
    [
        ("sas_fm", 0.7, 1.0, "ce:0.3+sas_fm:0.7+ast:1"),
        ("sas", 1.0, 0.0, "sas:1"),
        ("sas_fm_wm", 0.1 + 0.2, 0.25, "ce:0.7+sas_fm_wm:0.3+ast:0.25"),
    ],
)
def test_sliders_write_the_slot_of_eq_11(term, alpha, beta, slot):
    assert slot_of(term, alpha, beta) == slot


def test_the_words_are_those_of_the_descent(explorer):
    trace = descend("ce:0.3+sas_fm:0.7+ast:1")
    assert f"<b>after {FIRST_STEP} of {STEPS} steps</b>" in explorer.readout.value
    own = float(trace.angles[0][FIRST_STEP].mean())
    assert f"rank-1 {trace.rank1(FIRST_STEP):.0%}, θ1 {own:.1f}°" in explorer.readout.value


def test_the_step_slider_and_the_play_button_move_the_picture(explorer):
    first = explorer.view
    explorer.steps.value = 40
    assert explorer.view.picture != first.picture and explorer.view.readout.startswith("after 40 of")
    explorer.play.value = 42
    assert explorer.steps.value == 42 and explorer.view.readout.startswith("after 42 of")
    assert "after 42 steps" in explorer.view.alt


@pytest.mark.parametrize(
    ("control", "value"), [("term", "sas"), ("alpha", 0.4), ("beta", 0.0), ("gap", 30.0), ("seed", 3)]
)
def test_every_control_changes_the_view_and_the_code_reproduces_it(explorer, control, value):
    first = explorer.view
    explorer.controls[control].value = value
    assert explorer.view.readout != first.readout and explorer.view.picture != first.picture
    names = {}
    body = ast.parse(explorer.code_line.code)
    last = ast.Expression(body.body.pop().value)
    exec(compile(body, "code", "exec"), names)
    assert eval(compile(last, "code", "eval"), names) == explorer.view
    explorer.reset_button.click()
    assert explorer.view == first and explorer.play.value == FIRST_STEP


def test_a_slow_control_waits_for_the_end_of_a_drag(explorer):
    sliders = [explorer.controls[name] for name in ("steps", "alpha", "beta", "gap")]
    assert not any(slider.continuous_update for slider in sliders)
    for name, control in explorer.controls.items():
        assert control.description and (all(control.tooltips) if name == "term" else control.tooltip), name


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("sas", STEPS + 1), f"steps={STEPS + 1}"),
        (("sas_mf", 1), "did you mean 'sas_fm'"),
        (("sas", 1, 130.0), "gap=130"),
    ],
)
def test_what_cannot_be_shown_is_named(arguments, message):
    with pytest.raises(InputError, match=message):
        render_toy(*arguments)
