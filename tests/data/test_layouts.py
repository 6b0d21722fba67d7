import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vireid_lab.data.images import read_image
from vireid_lab.data.layouts import find_layout, open_dataset
from vireid_lab.runtime import InputError


def tuples(dataset):
    return {(r.path, r.pid, r.camid, r.modality, r.split) for r in dataset.records}


def test_sysu_is_read_by_name_relative_to_the_root(made):
    root = made("sysu")  # below folders called cam9 and regdb_cam1
    expected = set()
    for path in root.glob("cam*/*/*.jpg"):
        camera, pid, name = path.relative_to(root).parts
        camid = int(camera[3:])
        split = "train" if int(pid) <= 4 else "test"
        expected.add((f"{camera}/{pid}/{name}", int(pid), camid, int(camid in (3, 6)), split))
    dataset = open_dataset(root)
    assert tuples(dataset) == expected and len(expected) == 2 * 4 * 6 * 2
    assert dataset.layout == "sysu" and dataset.train_ids == [1, 2, 3, 4]
    order = [(r.split, r.path) for r in dataset.records]
    assert order == sorted(order)


def test_sysu_training_is_train_and_val_together(made):
    val = (made("sysu") / "exp/val_id.txt").read_text().strip()
    assert val == "4" and 4 in open_dataset(made("sysu")).train_ids


def test_sysu_missing_identity_folder_of_a_camera_is_normal(copied):
    root = copied("sysu")
    shutil.rmtree(root / "cam2/0001")
    dataset = open_dataset(root)
    assert {r.camid for r in dataset.records if r.pid == 1} == {1, 3, 4, 5, 6}


def test_id_files_may_lack_a_newline_have_spaces_or_be_empty(copied):
    root = copied("sysu")
    (root / "exp/train_id.txt").write_bytes(b"1, 2,\r\n")
    (root / "exp/val_id.txt").write_text("")
    dataset = open_dataset(root)
    assert dataset.train_ids == [1, 2]
    assert {r.pid for r in dataset.records} == {1, 2, 5, 6, 7, 8}  # 3 and 4 are in no list


@pytest.mark.parametrize("trial", [1, 2, 10])
def test_regdb_split_is_that_of_the_lists(made, trial):
    root = made("regdb")
    expected = set()
    for split in ("train", "test"):
        for modality, folder in enumerate(("visible", "thermal")):
            for line in (root / f"idx/{split}_{folder}_{trial}.txt").read_text().splitlines():
                path = line.split(" ")[0]
                expected.add((path, int(path.split("/")[1]), modality + 1, modality, split))
    dataset = open_dataset(root, trial=trial)
    assert tuples(dataset) == expected and len(expected) == 8 * 3 * 2
    assert dataset.layout == "regdb" and dataset.trial == trial and len(dataset.train_ids) == 4


def test_regdb_trials_are_one_to_ten(made):
    assert len({tuple(open_dataset(made("regdb"), trial=t).train_ids) for t in range(1, 11)}) > 3
    with pytest.raises(InputError, match="trial 11"):
        open_dataset(made("regdb"), trial=11)


def test_llcm_train_from_lists_and_test_from_folders(made):
    root = made("llcm")
    pattern = re.compile(r"(?:test_)?(?:vis|nir)/.*?(\d{4})_c(\d\d)_s\d+_f\d+_(vis|nir)\.jpg")
    expected = set()
    for path in root.glob("*/**/*.jpg"):
        name = str(path.relative_to(root))
        pid, camera, folder = pattern.fullmatch(name).groups()
        expected.add((name, int(pid), int(camera), int(folder == "nir"), "test" if "test" in name else "train"))
    dataset = open_dataset(root)
    assert tuples(dataset) == expected
    test_nir = {r.camid for r in dataset.records if r.split == "test" and r.modality == 1}
    assert test_nir == {1, 2, 4, 5, 6, 7, 8, 9}


def test_masks_belong_to_the_records(made):
    for layout in ("sysu", "regdb", "llcm"):
        for record in open_dataset(made(layout)).records:
            assert record.mask == str(Path("masks", record.path).with_suffix(".png"))
            assert (made(layout) / record.mask).is_file()


def test_single_channel_images_are_read_as_rgb(made):
    path = next((made("sysu") / "cam3").glob("*/*.jpg"))
    assert Image.open(path).mode == "L"
    pixels = np.asarray(read_image(path))
    assert pixels.shape == (40, 32, 3) and (pixels[..., 0] == pixels[..., 2]).all()


def test_an_image_of_sixteen_bits_is_refused(tmp_path):
    Image.fromarray(np.full((4, 4), 40_000, np.uint16)).save(tmp_path / "deep.png")
    with pytest.raises(InputError, match="deep.png.*8 bits"):
        read_image(tmp_path / "deep.png")


def test_fingerprint_tells_counts_and_depends_on_paths(copied):
    root = copied("regdb")
    before = open_dataset(root).fingerprint
    assert "train-visible=12" in before and "test-infrared=12" in before
    assert open_dataset(root).fingerprint == before
    for path in root.glob("idx/*.txt"):
        path.write_text(path.read_text().replace("v_00001", "v_99999"))
    for path in root.glob("Visible/*/v_00001.bmp"):
        path.rename(path.with_name("v_99999.bmp"))
    assert open_dataset(root).fingerprint != before


@pytest.mark.parametrize(
    ("layout", "lost", "named"),
    [
        ("sysu", "exp", "exp/train_id.txt"),
        ("sysu", "cam6", "cam6"),
        ("regdb", "Thermal", "Thermal/"),
        ("regdb", "idx", "idx/train_visible_1.txt"),
        ("llcm", "idx", "idx/train_vis.txt"),
        ("llcm", "test_nir", "test_nir"),
    ],
)
def test_a_layout_half_there_is_refused_with_the_missing_part(copied, layout, lost, named):
    root = copied(layout)
    shutil.rmtree(root / lost)
    with pytest.raises(InputError, match=f"{named}.* is missing") as error:
        open_dataset(root)
    assert "\n" not in str(error.value)


def test_an_identity_without_any_image_is_refused(copied):
    root = copied("sysu")
    (root / "exp/test_id.txt").write_text("5,6,7,8,9")
    with pytest.raises(InputError, match="test_id.txt.*identity 9"):
        open_dataset(root)


def test_a_wrong_root_names_the_way_out(made, tmp_path):
    root = made("sysu")
    for wrong, hint in (
        (root.parent, "did you mean"),
        (root / "exp", f"did you mean '{root}'"),
        (tmp_path, "expected"),
    ):
        with pytest.raises(InputError, match=re.escape(str(wrong))) as error:
            open_dataset(wrong)
        assert hint in str(error.value)
    with pytest.raises(InputError, match="is not there"):
        open_dataset(tmp_path / "nowhere")
    with pytest.raises(InputError, match="did you mean 'regdb'"):
        open_dataset(root, layout="redgb")


def test_two_data_sets_in_one_folder_are_refused(copied):
    root = copied("sysu")
    (root / "Visible").mkdir()
    with pytest.raises(InputError, match="sysu and regdb"):
        find_layout(root)
    assert open_dataset(root, layout="sysu").layout == "sysu"


def test_a_manifest_beside_folders_with_the_names_of_a_layout_can_be_given_itself(tmp_path):
    (tmp_path / "nir").mkdir()
    (tmp_path / "manifest.csv").write_text("path,pid,camid,modality,split\n")
    with pytest.raises(InputError, match="looks like llcm and manifest: .*; or give the manifest file itself"):
        find_layout(tmp_path)
    assert find_layout(tmp_path / "manifest.csv") == "manifest"
