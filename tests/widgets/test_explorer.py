"""The pattern of the explorers, on the smallest one: controls, first render, errors, reset, code."""

from __future__ import annotations

import numpy as np
import pytest
from ipywidgets import IntSlider

from vireid_lab.runtime import InputError
from vireid_lab.widgets.explorer import Explorer, View
from vireid_lab.widgets.picture_pointer import PicturePointer, encode_png


def view_of(number: int, rectangle: tuple) -> View:
    if number == 7:
        raise InputError("seven cannot be shown: choose another number")
    if number == 8:
        raise ZeroDivisionError("a bug")
    picture = encode_png(np.full((4, 4), number, np.uint8))
    return View(picture, f"the number is {number}\nin <{rectangle}>", f"grey of {number}")


class Smallest(Explorer):
    def __init__(self, number: int = 1) -> None:
        self.calls = []

        def render(**values) -> View:
            self.calls.append(values)
            return view_of(**values)

        slider = IntSlider(number, 0, 10, description="number", tooltip="what is shown")
        area = PicturePointer(np.zeros((10, 10)), "black", rectangle=(1, 2, 3, 4))
        super().__init__(render, {"number": slider, "rectangle": area}, lambda values: f"view_of(**{values!r})")


def test_the_first_view_is_drawn_by_the_constructor():
    explorer = Smallest()
    assert explorer.calls == [{"number": 1, "rectangle": (1, 2, 3, 4)}]
    assert explorer.view == view_of(1, (1, 2, 3, 4))
    assert 'alt="grey of 1"' in explorer.picture.value
    assert "<b>the number is 1</b>\nin &lt;(1, 2, 3, 4)&gt;" in explorer.readout.value


@pytest.mark.parametrize(("number", "error"), [(7, InputError), (8, ZeroDivisionError)])
def test_a_first_view_that_fails_is_an_error_and_no_widget(number, error):
    with pytest.raises(error):
        Smallest(number)


def test_each_control_draws_the_view_anew():
    explorer = Smallest()
    explorer.controls["number"].value = 2
    explorer.controls["rectangle"].rectangle = (0, 0, 5, 5)
    assert explorer.calls[1:] == [
        {"number": 2, "rectangle": (1, 2, 3, 4)},
        {"number": 2, "rectangle": (0, 0, 5, 5)},
    ]
    assert explorer.view == view_of(2, (0, 0, 5, 5))


def test_bad_input_is_said_in_the_read_out_and_hides_the_picture():
    explorer = Smallest()
    explorer.controls["number"].value = 7
    assert "✗ seven cannot be shown" in explorer.readout.value
    assert explorer.picture.layout.visibility == "hidden"
    explorer.controls["number"].value = 3
    assert "the number is 3" in explorer.readout.value and explorer.picture.layout.visibility == "visible"


def test_a_bug_is_said_and_raised():
    explorer = Smallest()
    with pytest.raises(ZeroDivisionError):
        explorer.controls["number"].value = 8
    assert "ZeroDivisionError: a bug" in explorer.readout.value and explorer.picture.layout.visibility == "hidden"


def test_reset_brings_the_first_view_back_with_one_redraw():
    explorer = Smallest()
    first = explorer.view
    explorer.controls["number"].value = 5
    explorer.controls["rectangle"].rectangle = (0, 0, 9, 9)
    explorer.calls.clear()
    explorer.reset_button.click()
    assert explorer.values == {"number": 1, "rectangle": (1, 2, 3, 4)} and explorer.view == first
    assert len(explorer.calls) == 1


def test_nested_updates_draw_once_at_the_end_of_the_outermost():
    explorer = Smallest()
    with explorer.one_update():
        with explorer.one_update():
            explorer.controls["number"].value = 5
        explorer.controls["number"].value = 6
    assert [call["number"] for call in explorer.calls] == [1, 6]


def test_the_code_reproduces_the_view():
    explorer = Smallest()
    explorer.controls["number"].value = 4
    assert eval(explorer.code_line.code) == explorer.view


def test_a_view_shows_itself_in_a_notebook():
    page = view_of(3, (1, 2))._repr_html_()
    assert 'alt="grey of 3"' in page and "in &lt;(1, 2)&gt;" in page and 'src="data:image/png;base64,' in page
