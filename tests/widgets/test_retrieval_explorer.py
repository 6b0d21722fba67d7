"""The retrieval explorer: query, filters, map and found images hold one state, and its code reproduces the view."""

from __future__ import annotations

import ast
import base64

import numpy as np
import pytest
from made_search import make_search, marked_records, sysu_records
from PIL import Image

from vireid_lab.data.transforms import resize
from vireid_lab.runtime import InputError
from vireid_lab.widgets.picture_pointer import encode_png
from vireid_lab.widgets.query_picker import COLUMNS, FRAME, GAP, ROWS, THUMBNAIL, QueryPicker, thumbnails
from vireid_lab.widgets.retrieval_explorer import RetrievalExplorer
from vireid_lab.widgets.retrieval_map import dot_pixels
from vireid_lab.widgets.retrieval_search import ANY
from vireid_lab.widgets.retrieval_view import render_retrieval


@pytest.fixture(scope="module")
def searches():
    records = sysu_records(people=6)  # 36 queries: three pages
    return {"model": make_search(records), "by day": make_search(records, protocol="diagnostic-v2v", seed=1)}


@pytest.fixture
def explorer(searches):
    return RetrievalExplorer(searches)


def test_it_shows_what_the_pure_function_gives(explorer, searches):
    assert explorer.view == render_retrieval(searches["model"])
    explorer.picker.query = 30
    explorer.among.value = "cam 4, visible"
    assert explorer.view == render_retrieval(searches["model"], 30, "cam 4, visible")
    explorer.search.value = "by day"  # has fewer queries: 4 cameras of 6 people
    assert explorer.view == render_retrieval(searches["by day"], 23, "cam 4, visible")


def test_another_search_draws_once(searches, monkeypatch):
    explorer = RetrievalExplorer(searches)
    calls, render = [], explorer.render
    monkeypatch.setattr(explorer, "render", lambda **values: calls.append(values) or render(**values))
    explorer.picker.query = 30
    explorer.search.value = "by day"
    explorer.reset_button.click()
    assert [(call["search"], call["query"]) for call in calls] == [("model", 30), ("by day", 23), ("model", 0)]


def test_a_thumbnail_chooses_the_query_and_a_page_another_one(explorer):
    picker = explorer.picker
    assert picker.pointer.size == (ROWS, COLUMNS) and picker.page.max == 3
    picker.pointer.point = (1, 3)
    assert picker.query == COLUMNS + 3 and explorer.view.readout[2:].startswith(f"query {COLUMNS + 3} ")
    picker.page.value = 2
    assert picker.query == ROWS * COLUMNS + COLUMNS + 3
    picker.page.value = 3  # its last four: an empty cell chooses the last one
    assert picker.query == 35 and picker.pointer.point == (0, 3)
    picker.pointer.point = (1, 7)
    assert picker.query == 35 and picker.pointer.point == (0, 3)
    picker.query = 2
    assert picker.page.value == 1 and picker.pointer.point == (0, 2)
    assert picker.pointer.title == "queries 1 to 16 of 36: choose one"


def test_the_filter_of_the_queries_offers_those_of_a_camera(explorer, searches):
    picker, search = explorer.picker, searches["model"]
    cams = search.features.cams[search.queries]
    picker.seen.value = "cam 6, infrared"
    assert picker.query == np.flatnonzero(cams == 6)[0] and picker.page.max == 2
    picker.pointer.point = (0, 4)
    assert picker.query == np.flatnonzero(cams == 6)[4]
    picker.query = 1  # of camera 3
    assert picker.seen.value == ANY and picker.query == 1


def test_modality_is_a_filter_of_all_three_where_there_are_two():
    explorer = RetrievalExplorer({"both": make_search(marked_records(), "manifest")})
    for choice in (explorer.picker.seen, explorer.among, explorer.dots):
        assert choice.options[:3] == (ANY, "visible", "infrared")
    explorer.picker.seen.value = "infrared"
    assert ", infrared)" in explorer.view.readout.splitlines()[0]
    explorer.among.value = "visible"
    assert all(" visible " in line for line in explorer.view.readout.splitlines()[3:])


def test_thumbnails_lie_in_equal_cells_and_the_chosen_one_is_framed():
    images = np.random.default_rng(0).integers(0, 256, (10, 192, 96, 3)).astype(np.uint8)
    sheet = thumbnails(images, 9)
    cells = sheet.reshape(ROWS, THUMBNAIL[0] + 2 * GAP, COLUMNS, THUMBNAIL[1] + 2 * GAP, 3).swapaxes(1, 2)
    for place, image in enumerate(images):
        cell = cells[divmod(place, COLUMNS)]
        small = np.asarray(resize(Image.fromarray(image), THUMBNAIL))
        assert (cell[GAP:-GAP, GAP:-GAP] == small).all()
        assert (cell[:GAP] == (FRAME if place == 9 else 255)).all()
    assert (cells[1, 2:] == 255).all()


def test_a_dot_shows_its_image_and_a_query_can_be_searched_with(explorer, searches):
    search = searches["model"]
    pixels = dot_pixels(search.points)
    assert explorer.dot == search.queries[0] and explorer.map.point == tuple(pixels[search.queries[0]])
    explorer.map.point = tuple(pixels[search.queries[20]].tolist())
    assert explorer.dot == search.queries[20]
    png = base64.b64encode(encode_png(search.images[explorer.dot])).decode()
    assert png in explorer.pointed.value and "query 20" in explorer.pointed.value
    assert search.features.paths[explorer.dot] in explorer.pointed.value
    explorer.search_button.click()
    assert explorer.picker.query == 20 and explorer.view == render_retrieval(search, 20)
    explorer.map.point = tuple(pixels[search.gallery[2]].tolist())
    assert explorer.dot == search.gallery[2] and "in the gallery" in explorer.pointed.value
    assert explorer.search_button.disabled
    (left, *_) = set(range(len(pixels))) - {*search.gallery} - {*search.queries}
    explorer.map.point = tuple(pixels[left].tolist())
    assert "not drawn in this trial" in explorer.pointed.value


def test_the_map_shows_the_dots_of_a_camera_and_always_the_query(explorer, searches):
    search, before = searches["model"], explorer.map.png
    explorer.dots.value = "cam 4, visible"
    assert explorer.map.png != before and "map of 19 images" in explorer.map.alt  # 6 people, 3 frames, and the query
    (hidden,) = search.queries[[7]]
    explorer.map.point = tuple(dot_pixels(search.points)[hidden].tolist())
    assert search.features.cams[explorer.dot] == 4 or explorer.dot == search.queries[0]


def test_the_dot_follows_the_query_and_stays_while_only_the_gallery_changes(explorer, searches):
    search = searches["model"]
    explorer.picker.query = 9
    assert explorer.dot == search.queries[9]
    explorer.map.point = (0, 0)
    pointed = explorer.dot
    explorer.among.value = "cam 1, visible"
    assert explorer.dot == pointed and explorer.map.point == (0, 0)


def test_what_the_protocol_leaves_out_is_said_and_the_map_goes_on(explorer):
    explorer.among.value = "cam 2, visible"  # the query is of camera 3
    assert "cam2 for cam3 queries" in explorer.readout.value and explorer.picture.layout.visibility == "hidden"
    explorer.picker.seen.value = "cam 6, infrared"
    assert explorer.picture.layout.visibility == "visible" and "among 6 images" in explorer.view.readout


def test_the_copied_code_reproduces_the_view(searches):
    explorer = RetrievalExplorer(searches, variable="tried")
    for change in (
        lambda: setattr(explorer.search, "value", "by day"),
        lambda: setattr(explorer.picker.pointer, "point", (1, 6)),
        lambda: setattr(explorer.among, "value", "cam 1, visible"),
    ):
        change()
        tree = ast.parse(explorer.code_line.code)
        last, names = ast.Expression(tree.body.pop().value), {"tried": searches}
        exec(compile(tree, "cell", "exec"), names)
        assert eval(compile(last, "cell", "eval"), names) == explorer.view


def test_reset_brings_everything_back(explorer):
    first, seen, dots = explorer.view, explorer.picker.pointer.png, explorer.map.png
    explorer.search.value = "by day"
    explorer.picker.seen.value = "cam 5, visible"
    explorer.among.value = "cam 1, visible"
    explorer.dots.value = "infrared"
    explorer.map.point = (3, 3)
    assert explorer.view != first
    explorer.reset_button.click()
    assert explorer.view == first and (explorer.picker.seen.value, explorer.dots.value) == (ANY, ANY)
    assert (explorer.picker.pointer.png, explorer.map.png) == (seen, dots)
    assert explorer.dot == explorer.searches["model"].queries[0]


def test_grad_cam_is_offered_where_there_is_a_model(explorer):
    assert explorer.gradcam.disabled and not explorer.gradcam.value


def test_no_searches_are_named():
    with pytest.raises(InputError, match="`searches` is empty"):
        RetrievalExplorer({})


def test_every_control_has_a_name_and_a_tooltip(explorer):
    picker = explorer.picker
    assert isinstance(picker, QueryPicker)
    named = [explorer.search, explorer.among, explorer.gradcam, explorer.dots, picker.seen, picker.page]
    assert all(control.description and control.tooltip for control in [*named, explorer.search_button])
    assert picker.pointer.title and picker.pointer.alt and explorer.map.alt
