"""From a folder of images to a manifest: what the paths tell, what is guessed, and what is refused."""

import json

import numpy as np
import pytest
from PIL import Image

from vireid_lab.cli import main
from vireid_lab.data.check import check_dataset
from vireid_lab.data.folder import write_manifest
from vireid_lab.data.layouts import open_dataset
from vireid_lab.data.path_pattern import numbers, read_paths
from vireid_lab.data.records import BENCHMARK, INFRARED, UNKNOWN, VISIBLE
from vireid_lab.runtime import InputError

PATTERN = "{modality}/{pid}_c{camid}_*"


@pytest.fixture
def folder(tmp_path):
    """Six people, 3 and 10 of them in one modality only; visible images are coloured, infrared ones grey."""
    root = tmp_path / "photos"
    for pid in (1, 2, 3, 7, 10, 12):
        for kind, cams in (("RGB", (1, 2)), ("ir", (3,))):
            for cam in cams if (pid, kind) not in ((3, "ir"), (10, "RGB")) else ():
                for frame in (1, 2):
                    path = root / kind / f"{pid:04d}_c{cam}_{frame}.jpg"
                    path.parent.mkdir(parents=True, exist_ok=True)
                    colour = (200, 90, 30 + pid) if kind == "RGB" else (90 + pid,) * 3
                    Image.new("RGB", (16, 32), colour).save(path)
    return root


def known(root):
    return {r.path: (r.pid, r.camid, r.modality, r.split) for r in open_dataset(root).records}


def test_the_pattern_reads_who_where_and_which_light(folder):
    made = write_manifest(folder, PATTERN)
    records = known(folder)
    assert made.table == folder / "manifest.csv" and (made.ids, len(made.rows)) == (6, 5 * 4 + 5 * 2)
    assert records["RGB/0007_c2_1.jpg"] == (7, 2, VISIBLE, "test")
    assert records["ir/0010_c3_2.jpg"] == (10, 3, INFRARED, "test")
    assert {split for *_, split in records.values()} == {"test"}
    assert not made.left_out and not made.by_colour


def test_names_are_numbered_in_their_order_and_other_files_left_out(folder):
    for name in ("entrance/bea/1.png", "entrance/adam/1.png", "yard/bea/2.png", "yard/bea.png", ".hidden/x/1.png"):
        path = folder / "more" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8), (255, 0, 0) if "entrance" in name else (60, 60, 60)).save(path)
    made = write_manifest(folder / "more", "{camid}/{pid}/*")
    found = {path: record[:3] for path, record in known(folder / "more").items()}
    assert found == {"entrance/adam/1.png": (1, 1, 0), "entrance/bea/1.png": (2, 1, 0), "yard/bea/2.png": (2, 2, 1)}
    assert made.left_out == ["yard/bea.png"] and "the pattern does not fit yard/bea.png" in made.to_text()


def test_without_a_pattern_nobody_is_known_and_grey_is_infrared(folder):
    made = write_manifest(folder)
    assert made.by_colour and made.ids == 0
    for path, (pid, camid, modality, split) in known(folder).items():
        assert (pid, camid, split) == (UNKNOWN, UNKNOWN, "test")
        assert modality == (VISIBLE if path.startswith("RGB") else INFRARED)
    report = check_dataset(folder)
    assert report.ids == 0 and not report.faults
    assert [problem.hint for problem in report.problems] == [
        "30 images have no identity: they can be searched, and not scored"
    ]


def test_a_share_of_the_people_with_both_modalities_is_trained_with(folder, tmp_path):
    trained = []
    for number, seed in enumerate((0, 0, 1, 2, 3)):
        write_manifest(folder, PATTERN, tmp_path / f"{number}.csv", train=0.5, seed=seed)
        records = known(tmp_path / f"{number}.csv").values()
        trained.append({pid for pid, *_, split in records if split == "train"})
        assert not trained[-1] & {pid for pid, *_, split in records if split == "test"}
    assert all(len(people) == 2 and people <= {1, 2, 7, 12} for people in trained)
    assert trained[0] == trained[1] and any(people != trained[0] for people in trained)


def test_the_split_may_stand_in_the_paths(folder):
    (folder / "ir").rename(folder / "query")
    (folder / "RGB").rename(folder / "gallery")
    write_manifest(folder, "{split}/{pid}_c{camid}_*")
    for path, (*_, modality, split) in known(folder).items():
        assert split == path.split("/")[0] and modality == (INFRARED if split == "query" else VISIBLE)


def test_a_table_elsewhere_finds_the_images_and_keeps_the_label_of_synthetic_ones(folder, tmp_path):
    (folder / BENCHMARK).write_text(json.dumps({"synthetic": True, "seed": 3}))
    made = write_manifest(folder, PATTERN, tmp_path / "elsewhere" / "m.csv")
    dataset = open_dataset(made.table)
    assert all(
        (dataset.root / record.path).samefile(folder / record.path.split("photos/")[1]) for record in dataset.records
    )
    assert dataset.benchmark == {"synthetic": True, "seed": 3} and "synthetic" in dataset.fingerprint
    assert not (folder / "manifest.csv").exists()


def test_masks_of_a_synthetic_data_set_are_no_images_of_people(folder):
    (folder / "masks").mkdir()
    (folder / "masks" / "materials.json").write_text("{}")
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(folder / "masks" / "x.png")
    assert len(write_manifest(folder).rows) == 30


@pytest.mark.parametrize(
    ("pattern", "options", "message"),
    [
        ("{modality}/{person}_*", {}, r"unknown field of the pattern .* 'person'.*known: pid, camid, modality, split"),
        ("{pid}/{pid}", {}, r"names \{pid\} twice: put \*"),
        ("{modality}-{pid}", {}, r"fits none of the 30 images of .*, not RGB/0001_c1_1\.jpg"),
        ("*/{modality}_*", {}, r"unknown modality in the paths, at \{modality\} of the pattern: '0001'"),
        ("*/{pid}_c{camid}_{split}", {}, r"unknown split in the paths, at \{split\} of the pattern: '1'"),
        ("{modality}/{pid}", {}, r"each of the 30 identities of .* has one image.*is \{pid\} at the right place"),
        ("RGB/{pid}_*", {}, r"all 20 images of .* are visible.*name \{modality\} in the pattern"),
        (PATTERN, {"train": 0.2}, r"train=0\.2 of the 4 identities with images of both modalities"),
        ("", {"train": 0.5}, r"train=0\.5 of the 0 identities .* the pattern needs \{pid\}"),
    ],
)
def test_a_pattern_that_does_not_fit_says_the_way_out_and_writes_nothing(folder, pattern, options, message):
    with pytest.raises(InputError, match=message) as error:
        write_manifest(folder, pattern, **options)
    assert "\n" not in str(error.value) and not (folder / "manifest.csv").exists()


def test_images_whose_colour_cannot_be_seen_are_named(folder):
    for name in ("a", "b"):
        (folder / "RGB" / f"{name}.jpg").write_bytes(b"nothing")
    with pytest.raises(InputError, match=r"2 of 32 images cannot be decoded .*RGB/a\.jpg, .*RGB/b\.jpg\): copy them"):
        write_manifest(folder)
    assert not (folder / "manifest.csv").exists()
    assert len(write_manifest(folder, PATTERN).left_out) == 2


def test_a_field_stays_inside_its_folder():
    assert read_paths(["a/b_c1.jpg", "ab_c1.jpg"], "{pid}_c{camid}") == [None, {"pid": "ab", "camid": "1"}]


def test_numbers_that_do_not_fit_into_64_bits_are_names():
    assert numbers(["9" * 18, "007"]) == {"": "", "9" * 18: "9" * 18, "007": "7"}
    assert numbers(["9" * 19, "007"]) == {"": "", "007": "1", "9" * 19: "2"}


def test_the_command_writes_it_once(folder, tmp_path, capsys):
    assert main(["data", "manifest", str(folder), "--pattern", PATTERN, "--json"]) == 0
    values = json.loads(capsys.readouterr().out.splitlines()[-1])
    table = str(folder / "manifest.csv")
    assert values == {"manifest": table, "images": 30, "ids": 6, "left_out": [], "modality_by_colour": False}
    assert main(["data", "check", table]) == 0
    capsys.readouterr()
    (tmp_path / "empty").mkdir()
    for arguments, message in (
        ([folder], f"{table} is there already: use it as it is, remove it, or choose another --out"),
        ([tmp_path / "empty"], "holds no people: there is no image (.bmp, .jpeg, .jpg, .png) in it"),
        ([folder, "--out", tmp_path / "m.parquet"], "m.parquet: a manifest is written as .csv"),
        ([tmp_path / "none"], "is no folder: give the one that holds your images"),
    ):
        assert main(["data", "manifest", *map(str, arguments)]) == 2
        error = capsys.readouterr().err
        assert message in error and len(error.splitlines()) == 1
