from __future__ import annotations

import numpy as np
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from vireid_lab.figures.retrieval import retrieval_strips, right_matches
from vireid_lab.figures.style import RIGHT, WRONG

INDICES = np.array([[2, 0, 1], [1, 2, -1]])  # the second query has two images left
QUERY_IDS, GALLERY_IDS = np.array([7, 9]), np.array([7, 9, 9])


def test_right_and_wrong_are_known_from_the_ids():
    expected = [[False, True, False], [True, True, False]]  # -1 is not the last image
    assert right_matches(INDICES, QUERY_IDS, GALLERY_IDS).tolist() == expected


def test_boxes_and_marks_agree_with_the_ids_and_nothing_is_drawn_where_nothing_is_left(people):
    distances = np.array([[0.1, 0.2, 0.3], [0.4, 0.5, np.nan]])
    figure = retrieval_strips(people[:2], people[2:], INDICES, QUERY_IDS, GALLERY_IDS, ["id 7", "id 9"], distances)
    axes = figure.axes[0]
    boxes = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    places = sorted((box.get_y(), box.get_x(), to_hex(box.get_edgecolor()), box.get_linestyle()) for box in boxes)
    right, wrong = to_hex(RIGHT), to_hex(WRONG)
    assert [colour for _, _, colour, _ in places] == [wrong, right, wrong, right, right]
    assert len({(colour, line) for _, _, colour, line in places}) == 2  # the line differs as the colour does
    texts = [text.get_text() for text in axes.texts]
    assert [text for text in texts if text in "✓✗"] == ["✗", "✓", "✗", "✓", "✓"]
    assert [text for text in texts if text not in "✓✗"] == ["0.10", "0.20", "0.30", "0.40", "0.50"]
    canvas = axes.images[0].get_array()
    np.testing.assert_array_equal(canvas[:24, -12:], people[2 + INDICES[0, 2]])
    assert (canvas[-24:, -12:] == 255).all()


def test_cameras_stand_before_the_distances_if_they_are_given(people):
    distances, cams = np.array([[0.1, 0.2, 0.3], [0.4, 0.5, np.nan]]), np.array([5, 1, 2])
    given = people[:2], people[2:], INDICES, QUERY_IDS, GALLERY_IDS, ["id 7", "id 9"], distances
    (axes,) = retrieval_strips(*given, cams).axes
    texts = [text.get_text() for text in axes.texts if text.get_text() not in "✓✗"]
    assert texts == ["cam 2, 0.10", "cam 5, 0.20", "cam 1, 0.30", "cam 1, 0.40", "cam 2, 0.50"]
