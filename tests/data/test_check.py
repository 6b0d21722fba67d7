import json
import shutil

import pytest
from PIL import Image

from vireid_lab.cli import main
from vireid_lab.data.check import check_dataset


def problems(root):
    return {(problem.path, problem.kind) for problem in check_dataset(root).problems}


@pytest.mark.parametrize(("layout", "images"), [("sysu", 96), ("regdb", 48), ("llcm", 8 * 18 - 4)])
def test_a_sound_data_set_has_no_problem(made, layout, images, capsys):
    assert main(["data", "check", str(made(layout)), "--json"]) == 0
    report = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert set(report) == {"layout", "images", "ids", "fingerprint", "problems"}
    assert (report["layout"], report["images"], report["ids"], report["problems"]) == (layout, images, 8, [])
    assert report["fingerprint"].startswith(layout)


def test_unreadable_images_and_masks_are_listed_and_the_exit_code_is_one(copied, capsys):
    root = copied("sysu")
    (root / "cam1/0001/0001.jpg").write_bytes(b"")
    (root / "cam3/0002/0002.jpg").write_bytes(b"no image at all")
    whole = (root / "cam6/0007/0001.jpg").read_bytes()
    (root / "cam6/0007/0001.jpg").write_bytes(whole[: len(whole) // 2])  # its head is good: only decoding shows it
    (root / "masks/cam2/0003/0001.png").write_bytes(b"no mask")
    (root / "masks/cam2/0003/0002.png").unlink()
    assert main(["data", "check", str(root), "--json"]) == 1
    listed = json.loads(capsys.readouterr().out.splitlines()[-1])["problems"]
    assert {(p["path"], p["kind"]) for p in listed} == {
        ("cam1/0001/0001.jpg", "unreadable"),
        ("cam3/0002/0002.jpg", "unreadable"),
        ("cam6/0007/0001.jpg", "unreadable"),
        ("masks/cam2/0003/0001.png", "unreadable"),
        ("masks/cam2/0003/0002.png", "missing"),
    }
    assert all(p["hint"] for p in listed)


def test_the_missing_permutations_are_only_noted(copied, capsys):
    root = copied("sysu")
    (root / "exp/rand_perm_cam.mat").unlink()
    assert problems(root) == {("exp/rand_perm_cam.mat", "note")}
    assert main(["data", "check", str(root)]) == 0
    assert "rand_perm_cam.mat" in capsys.readouterr().out


def test_what_no_list_or_rule_names_is_mislabelled(copied):
    root = copied("sysu")
    shutil.copytree(root / "cam1", root / "cam7")
    (root / "cam1/0001").rename(root / "cam1/0099")
    (root / "cam2/0001").rename(root / "cam2/one")
    (root / "cam2/0002/0001.jpg").rename(root / "cam2/0002/first.jpg")
    (root / "cam2/0002/notes.txt").write_text("x")
    (root / "cam2/0002/Thumbs.db").write_text("x")
    assert problems(root) == {
        ("cam7", "mislabelled"),
        ("cam1/0099", "mislabelled"),
        ("cam2/one", "mislabelled"),
        ("cam2/0002/first.jpg", "mislabelled"),
        ("cam2/0002/notes.txt", "mislabelled"),
    }


def test_an_identity_in_training_and_in_test_is_mislabelled(copied):
    root = copied("sysu")
    (root / "exp/test_id.txt").write_text("4,5,6,7,8")
    assert ("exp/test_id.txt", "mislabelled") in problems(root)


def test_an_identity_list_that_is_no_list_is_unreadable(copied):
    root = copied("sysu")
    (root / "exp/val_id.txt").write_text("four")
    assert ("exp/val_id.txt", "unreadable") in problems(root)


@pytest.mark.parametrize(("cameras", "lacking"), [((1, 2, 4, 5), "visible"), ((3, 6), "infrared")])
def test_a_training_identity_with_one_modality_is_listed(copied, cameras, lacking):
    root = copied("sysu")
    for camera in cameras:
        shutil.rmtree(root / f"cam{camera}/0002")
        shutil.rmtree(root / f"cam{camera}/0006")  # a test identity: no fault
    (problem,) = check_dataset(root).problems
    assert problem.kind == "one-modality" and f"identity 2 has no {lacking}" in problem.hint


def test_a_half_copied_data_set_is_listed_not_refused(copied, capsys):
    root = copied("sysu")
    shutil.rmtree(root / "exp")
    shutil.rmtree(root / "cam4")
    assert main(["data", "check", str(root), "--json"]) == 1
    listed = json.loads(capsys.readouterr().out.splitlines()[-1])["problems"]
    missing = {p["path"] for p in listed if p["kind"] == "missing"}
    assert missing == {"exp/train_id.txt", "exp/val_id.txt", "exp/test_id.txt", "cam4"}


def test_regdb_lists_files_of_all_ten_splits(copied):
    root = copied("regdb")
    (root / "Visible/3/v_00001.bmp").unlink()
    (root / "Thermal/3/t_00002.bmp").rename(root / "Thermal/3/other.bmp")
    (root / "idx/test_thermal_7.txt").unlink()
    (root / "idx/train_visible_9.txt").write_text("Visible/1/v_00001.bmp\n")
    found = problems(root)
    assert found == {
        ("Visible/3/v_00001.bmp", "missing"),
        ("Thermal/3/t_00002.bmp", "missing"),
        ("Thermal/3/other.bmp", "mislabelled"),
        ("idx/test_thermal_7.txt", "missing"),
        ("idx/train_visible_9.txt:1", "unreadable"),
    }


def test_regdb_labels_that_contradict_one_another_are_mislabelled(copied):
    root = copied("regdb")
    path = root / "idx/train_thermal_1.txt"
    lines = path.read_text().splitlines()
    lines[0] = lines[0].rpartition(" ")[0] + " 3"  # identity 1 has label 0 elsewhere
    path.write_text("\n".join(lines))
    assert problems(root) == {("idx/train_thermal_1.txt:1", "mislabelled")}
    lines[0] = "Visible/1/v_00001.bmp 0"
    path.write_text("\n".join(lines))
    assert problems(root) == {("idx/train_thermal_1.txt:1", "unreadable")}


def test_llcm_names_are_compared_with_folders(copied):
    root = copied("llcm")
    test = root / "test_vis/cam1/0005"
    (test / "0005_c01_s000001_f0001_vis.jpg").rename(test / "0005_c02_s000001_f0001_vis.jpg")
    (root / "test_vis/cam2/0005").rename(root / "test_vis/cam2/0077")
    shutil.copytree(root / "test_vis/cam4/0005", root / "test_vis/cam10/0005")
    Image.new("RGB", (4, 4)).save(root / "vis/0001/0001_c01_s9_f9_vis.jpg")
    (root / "nir/0002/0002_c09_s000001_f0001_nir.jpg").unlink()
    assert problems(root) == {
        ("test_vis/cam1/0005/0005_c02_s000001_f0001_vis.jpg", "mislabelled"),
        ("test_vis/cam1/0005/0005_c01_s000001_f0001_vis.jpg", "missing"),  # idx/test_vis.txt still names it
        ("masks/test_vis/cam1/0005/0005_c02_s000001_f0001_vis.png", "missing"),
        ("test_vis/cam2/0077", "mislabelled"),
        ("test_vis/cam2/0005/0005_c02_s000001_f0001_vis.jpg", "missing"),
        ("test_vis/cam10", "mislabelled"),
        ("vis/0001/0001_c01_s9_f9_vis.jpg", "mislabelled"),
        ("nir/0002/0002_c09_s000001_f0001_nir.jpg", "missing"),
    }


@pytest.mark.parametrize("root", ["nowhere", "."])
def test_an_unknown_layout_is_exit_code_two_in_one_line(tmp_path, root, capsys):
    assert main(["data", "check", str(tmp_path / root)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and str(tmp_path) in error and "SYSU-MM01" in error


def test_an_empty_manifest_is_a_problem(tmp_path):
    (tmp_path / "manifest.csv").write_text("path,pid,camid,modality,split\n")
    assert problems(tmp_path) == {(".", "missing")}
