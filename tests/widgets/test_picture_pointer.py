"""The picture with a pointer: PNG, positions that stay inside, sliders that hold the same state."""

from __future__ import annotations

import io

import numpy as np
import pytest
from ipywidgets import IntRangeSlider, IntSlider
from PIL import Image

from vireid_lab.runtime import InputError
from vireid_lab.widgets.picture_pointer import PicturePointer, encode_png, pointer_sliders


def decoded(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)))


def pointer(height=20, width=30, **options) -> PicturePointer:
    return PicturePointer(np.zeros((height, width)), "black", **options)


def test_a_png_holds_the_picture():
    image = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    np.testing.assert_array_equal(decoded(encode_png(image)), image)
    grey = np.array([[-1.0, 0.0, 0.5, 1.0, 2.0, np.nan]])
    np.testing.assert_array_equal(decoded(encode_png(grey)), [[0, 0, 128, 255, 255, 0]])


@pytest.mark.parametrize("shape", [(4,), (4, 4, 2), (1, 4, 4, 3), (0, 4)])
def test_what_is_no_picture_is_refused(shape):
    with pytest.raises(InputError, match=r"give \(H, W\) or \(H, W, 3\)"):
        encode_png(np.zeros(shape))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ((2, 3, 5, 9), (2, 3, 5, 9)),
        ((-4, -1, 99, 99), (0, 0, 20, 30)),
        ((5, 6, 5, 6), (5, 6, 6, 7)),
        ((9, 9, 2, 2), (9, 9, 10, 10)),
        ((50, 50, 60, 60), (19, 29, 20, 30)),
    ],
)
def test_a_rectangle_is_cut_to_the_picture_and_has_a_pixel(given, kept):
    assert pointer(rectangle=given).rectangle == kept
    later = pointer()
    later.rectangle = list(given)  # as the browser sends it
    assert later.rectangle == kept


def test_a_point_stays_in_the_picture():
    chosen = pointer(mode="point", point=(50, -3))
    assert chosen.point == chosen.position == (19, 0)


def test_a_smaller_picture_keeps_what_lies_in_it():
    shown = pointer(rectangle=(4, 10, 18, 28), point=(15, 25))
    before = shown.png
    shown.show(np.ones((10, 15, 3)), "white")
    assert (shown.size, shown.rectangle, shown.point, shown.alt) == ((10, 15), (4, 10, 10, 15), (9, 14), "white")
    assert shown.png != before


def test_a_sheet_of_cells_is_pointed_at_in_cells():
    shown = pointer(mode="point", point=(19, 3))
    shown.show(np.ones((40, 60)), "sheet", cells=(2, 5))
    assert (shown.size, shown.point) == ((2, 5), (1, 3))


def test_rows_and_columns_of_a_rectangle_are_sliders_in_both_directions():
    shown = pointer(rectangle=(4, 10, 18, 28))
    rows, columns = pointer_sliders(shown)
    assert isinstance(rows, IntRangeSlider) and rows.tooltip and rows.description == "rows"
    assert (rows.value, rows.max, columns.value, columns.max) == ((4, 18), 20, (10, 28), 30)
    shown.rectangle = (0, 1, 2, 3)
    assert (rows.value, columns.value) == ((0, 2), (1, 3))
    columns.value = (7, 30)
    assert shown.rectangle == (0, 7, 2, 30)
    for _ in range(2):  # an empty one is not possible, also where the rectangle need not change for it
        rows.value = (20, 20)
        assert shown.rectangle == (19, 7, 20, 30) and rows.value == (19, 20)


def test_the_sliders_follow_the_size_of_the_picture():
    shown = pointer(rectangle=(4, 10, 18, 28))
    rows, columns = pointer_sliders(shown)
    shown.show(np.zeros((10, 15)), "small")
    assert (rows.value, rows.max, columns.value, columns.max) == ((4, 10), 10, (10, 15), 15)
    shown.show(np.zeros((100, 150)), "large")
    shown.rectangle = (50, 60, 90, 140)
    assert (rows.value, rows.max, columns.value, columns.max) == ((50, 90), 100, (60, 140), 150)


def test_a_point_has_two_plain_sliders():
    shown = pointer(mode="point", point=(3, 4))
    row, column = pointer_sliders(shown)
    assert isinstance(row, IntSlider) and (row.value, row.max, column.value, column.max) == (3, 19, 4, 29)
    column.value = 12
    shown.point = (7, shown.point[1])
    assert shown.point == (7, 12) and (row.value, column.value) == (7, 12)


def test_its_front_end_asks_no_network():
    for text in (str(PicturePointer._esm), str(PicturePointer._css)):
        assert len(text) > 500 and "http" not in text and "import" not in text
