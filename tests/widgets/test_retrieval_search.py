"""What a query finds, against explicit sorting: protocol, filters, places, words and picture."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
import torch
from made_search import make_search, marked_records, sorted_gallery, sysu_records
from PIL import Image

from vireid_lab.data.records import UNKNOWN
from vireid_lab.data.transforms import from_pictures
from vireid_lab.figures.saliency import similarity_map
from vireid_lab.models.agw import AGW
from vireid_lab.models.backbone import build_backbone
from vireid_lab.runtime import InputError
from vireid_lab.widgets.retrieval_search import ANY
from vireid_lab.widgets.retrieval_view import heat_maps, render_retrieval


@pytest.fixture(scope="module")
def search():
    torch.manual_seed(0)
    return make_search(sysu_records(), model=AGW(build_backbone("resnet10", two_stream="stem"), 4))


def query_of(search, cam: int) -> int:
    return int(np.flatnonzero(search.features.cams[search.queries] == cam)[4])


def test_queries_are_infrared_and_the_gallery_holds_one_image_of_each_person_and_camera(search):
    records = search.plan.records
    assert {records[i].camid for i in search.queries} == {3, 6} and len(search.queries) == 2 * 4 * 3
    cells = [(records[i].pid, records[i].camid) for i in search.gallery]
    assert sorted(cells) == [(pid, cam) for pid in range(5, 9) for cam in (1, 2, 4, 5)]


@pytest.mark.parametrize("among", [ANY, "cam 4, visible", "cam 1, visible"])
def test_every_query_finds_what_explicit_sorting_finds(search, among):
    for query, asking in enumerate(search.queries):
        found = search.find(query, among)
        expected = sorted_gallery(search, query, lambda record: among == ANY or record.camid == int(among[4]))
        assert found.images.tolist() == [image for _, image in expected[:10]]
        assert found.distances == pytest.approx([distance for distance, _ in expected[:10]])
        same = [search.features.ids[image] == search.features.ids[asking] for _, image in expected]
        assert found.right.tolist() == same[:10]
        assert (found.among, found.first_right) == (len(expected), same.index(True) + 1)


def test_camera_2_does_not_count_for_camera_3(search):
    assert search.find(query_of(search, 6), "cam 2, visible").among == 4
    query = query_of(search, 3)
    nothing = search.find(query, "cam 2, visible")
    assert (len(nothing.images), nothing.among, nothing.first_right) == (0, 0, 0)
    with pytest.raises(InputError, match=r"nothing seen by cam 2, visible: left out \(cam2 for cam3 queries\)"):
        render_retrieval(search, query, "cam 2, visible")


def test_filters_are_of_modality_where_there_are_two_and_of_cameras(search):
    assert list(search.seen_by(search.queries)) == [ANY, "cam 3, infrared", "cam 6, infrared"]
    both = make_search(marked_records(), "manifest")
    filters = both.seen_by(both.gallery)
    cameras = ["cam 1, visible", "cam 2, visible", "cam 2, infrared", "cam 3, infrared"]
    assert list(filters) == [ANY, "visible", "infrared", *cameras]
    records = [both.plan.records[image] for image in both.gallery]
    assert filters["infrared"].tolist() == [record.modality == 1 for record in records]
    assert filters["cam 2, visible"].tolist() == [(r.camid, r.modality) == (2, 0) for r in records]
    assert (both.features.modality[both.find(0, "infrared").images] == 1).all()


def test_a_person_who_is_not_in_the_gallery_is_said(search):
    records = [r for r in sysu_records() if r.pid != 5 or r.modality == 1]
    alone = make_search(records)
    view = render_retrieval(alone, 0)
    assert alone.find(0).first_right == 0
    assert view.readout.startswith("✗ query 0 (id 5, cam 3, infrared) among 9 images, any camera: its person is not")
    assert "none is of its person: the query is invalid" in view.readout
    few = render_retrieval(alone, 0, "cam 1, visible")
    assert len(few.readout.splitlines()) == 3 + 3 and few.alt == (
        "A query and the 3 gallery images nearest to it; right ones, with a tick: none"
    )


def test_the_words_are_the_ranking_and_the_scores(search):
    query = query_of(search, 3)
    asking = search.plan.records[search.queries[query]]
    expected = sorted_gallery(search, query)
    right = [search.plan.records[image].pid == asking.pid for _, image in expected]
    head, protocol, _, *lines = render_retrieval(search, query).readout.splitlines()
    assert head.startswith(f"{'✓' if right[0] else '✗'} query {query} (id {asking.pid}, cam 3, infrared) among 12 ")
    assert head.endswith(f"the first right one at place {right.index(True) + 1}")
    ahead = {search.plan.records[image].pid for _, image in expected[: right.index(True)]}
    places = [place for place, hit in enumerate(right, 1) if hit]
    precision = np.mean([number / place for number, place in enumerate(places, 1)])
    assert protocol == (
        "protocol sysu-all: 12 of 16 gallery images count (left out: cam2 for cam3 queries); "
        f"rank {len(ahead) + 1} (counted by identity), average precision {precision:.2f}"
    )
    assert len(lines) == 10
    for place, (line, (distance, image), hit) in enumerate(zip(lines, expected, right, strict=False), 1):
        record = search.plan.records[image]
        sign = "✓" if hit else "✗"
        words = [str(place), sign, f"{distance:.3f}", "id", f"{record.pid},", "cam", f"{record.camid},", "visible"]
        assert line.split() == [*words, record.path]


def test_grad_cam_is_of_each_pair_and_only_on_the_picture(search):
    query = query_of(search, 6)
    found = search.find(query)
    model, asking = search.model.eval(), search.queries[query]
    images = from_pictures(search.images[[asking, *found.images]])
    with torch.no_grad():
        features = model.embed(images, torch.tensor([1] + [0] * 10))
    maps = heat_maps(search, query, found)
    layer = model.backbone.layer4
    assert np.allclose(maps[0], similarity_map(model, layer, images[0], 1, features[1]), atol=1e-4)
    for place in (1, 7):
        expected = similarity_map(model, layer, images[place], 0, features[0])
        assert np.allclose(maps[place], expected, atol=1e-4)
    plain, heat = (render_retrieval(search, query, gradcam=state) for state in (False, True))
    assert plain.picture != heat.picture and heat.readout.startswith(plain.readout)
    empty = sum(not each.any() for each in maps)
    assert f"{empty} of 11 maps are empty" in heat.readout
    sizes = {Image.open(io.BytesIO(view.picture)).size for view in (plain, heat)}
    assert len(sizes) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"query": 24}, "query 24: there are the queries 0 to 23"),
        ({"query": -1}, "there are the queries 0 to 23"),
        ({"among": "cam 4 visible"}, "did you mean 'cam 4, visible'"),
        ({"gradcam": True}, "Grad-CAM needs the model"),
    ],
)
def test_what_cannot_be_shown_is_named(search, options, message):
    with pytest.raises(InputError, match=message):
        render_retrieval(replace(search, model=None), **options)


def test_a_search_has_an_image_a_point_and_a_feature_for_each_record(search):
    for name in ("images", "points"):
        with pytest.raises(InputError, match=f"71 {name} for the 72 images of the plan"):
            replace(search, **{name: getattr(search, name)[1:]})
    with pytest.raises(InputError, match="are not those of the 72 images"):
        replace(search, features=search.features.of([5]))


def test_what_nobody_has_labelled_is_found_and_neither_right_nor_wrong():
    records = [replace(record, pid=UNKNOWN, camid=UNKNOWN) for record in sysu_records()]
    search = make_search(records, "manifest")
    found = search.find(0)
    assert not search.is_known(0) and not found.right.any() and found.first_right == 0 and len(found.images) == 10
    assert list(search.seen_by(search.gallery)) == [ANY, "cam unknown, visible"]
    view = render_retrieval(search, 0)
    assert "id unknown, cam unknown" in view.readout and "nobody has said who it is" in view.readout
    assert not set("✓✗") & set(view.readout) and "average precision" not in view.readout
    assert view.alt == "A query and the 10 gallery images nearest to it; nobody has said who the query is"
