"""A page of pictures: where an image stands on the screen, to the pixel."""

from __future__ import annotations

import numpy as np
import pytest

from vireid_lab.widgets.picture_page import DPI, open_page, pixels_on_screen, put


def test_an_image_is_as_large_as_fits_and_in_the_middle_of_its_box():
    red = np.zeros((40, 20, 3), np.uint8)
    red[..., 0] = 255
    page = open_page((3, 2))
    place = put(page, red, left=0.5, top=1.5, box=(2, 1), title="")
    assert place == pytest.approx((0.5 + (2 - 0.5) / 2, 1.5, 1 / 40))  # the height decides, 1 inch
    screen = pixels_on_screen(page.figure)
    assert screen.shape == (2 * DPI, 3 * DPI, 3) and screen.dtype == np.uint8
    rows, columns = np.nonzero((screen == (255, 0, 0)).all(2))
    assert (rows.min(), rows.max() + 1) == pytest.approx((0.5 * DPI, 1.5 * DPI), abs=1)
    assert (columns.min(), columns.max() + 1) == pytest.approx((1.25 * DPI, 1.75 * DPI), abs=1)
    assert len(rows) == pytest.approx(DPI * DPI / 2, rel=0.03)
    assert (screen[(screen != (255, 0, 0)).any(2)] > 200).all()  # nothing else on it


def test_a_wide_image_is_bounded_by_the_width_and_its_title_stands_above():
    page = open_page((3, 2))
    place = put(page, np.zeros((10, 60, 3), np.uint8), left=0.5, top=1, box=(2, 1), title="a title")
    assert place == pytest.approx((0.5, 1, 2 / 60))
    (title,) = page.texts
    assert title.get_text() == "a title" and title.get_position() == pytest.approx((1.5, 1.05))
    black = (pixels_on_screen(page.figure) < 100).all(2)
    assert black[: DPI - 4].any() and black[DPI + 2 : DPI + 50, 84 : DPI * 5 // 2 - 4].all()
