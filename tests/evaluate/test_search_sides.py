"""What a search is given: folders and files that no data set describes."""

import json

import pytest
from PIL import Image

from vireid_lab.data.records import BENCHMARK, INFRARED, VISIBLE
from vireid_lab.evaluate.search_sides import gallery_images, image_files
from vireid_lab.runtime import InputError


@pytest.fixture
def folder(tmp_path):
    for name in ("a/deep/2.png", "a/1.jpg", "b/3.PNG"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 8)).save(tmp_path / name)
    (tmp_path / "a" / "notes.txt").write_text("no image")
    return tmp_path


def test_all_images_at_any_depth_of_a_folder_are_its_gallery(folder):
    found = gallery_images(folder, VISIBLE)
    assert [record.path for record in found.records] == ["a/1.jpg", "a/deep/2.png", "b/3.PNG"]
    assert {(record.pid, record.camid, record.modality) for record in found.records} == {(-1, -1, VISIBLE)}
    assert found.dataset.benchmark is None


def test_a_file_given_twice_is_searched_once(folder):
    files = [folder / "b/3.PNG", folder / "a/1.jpg", folder / "b/3.PNG"]
    assert [record.path for record in image_files(files, INFRARED).records] == ["b/3.PNG", "a/1.jpg"]


def test_images_of_a_part_of_a_synthetic_data_set_stay_labelled(folder):
    (folder / BENCHMARK).write_text(json.dumps({"seed": 3}))
    for found in (gallery_images(folder / "a" / "deep", VISIBLE), image_files([folder / "a/1.jpg"], VISIBLE)):
        assert found.dataset.benchmark == {"seed": 3}
        assert (found.dataset.root / found.records[0].path).is_file()


def test_a_folder_without_images_is_named(tmp_path):
    with pytest.raises(InputError, match="holds no people"):
        gallery_images(tmp_path, VISIBLE)
