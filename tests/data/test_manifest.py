import csv

import pytest

from vireid_lab.data.layouts import open_dataset
from vireid_lab.data.loader import image_loader
from vireid_lab.data.records import UNKNOWN
from vireid_lab.runtime import InputError

IMAGES = {"a/1.png": 10, "a/2.jpg": 20, "b/1.bmp": 30, "b/2.png": 40}
ROWS = [
    {"path": "a/1.png", "pid": 7, "camid": 1, "modality": "visible", "split": "train"},
    {"path": "a/2.jpg", "pid": 7, "camid": 2, "modality": "infrared", "split": "train"},
    {"path": "b/1.bmp", "pid": 12, "camid": 1, "modality": "visible", "split": "gallery"},
    {"path": "b/2.png", "pid": 12, "camid": 2, "modality": "infrared", "split": "query"},
]


def write_csv(path, rows=ROWS, drop=()):
    names = [name for name in ROWS[0] if name not in drop]
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.DictWriter(file, names, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path


def described(dataset):
    return {(r.path, r.pid, r.camid, r.modality, r.split) for r in dataset.records}


EXPECTED = {
    ("a/1.png", 7, 1, 0, "train"),
    ("a/2.jpg", 7, 2, 1, "train"),
    ("b/1.bmp", 12, 1, 0, "gallery"),
    ("b/2.png", 12, 2, 1, "query"),
}


@pytest.mark.parametrize("name", ["manifest.csv", "people.csv"])
def test_a_csv_manifest_is_read(write_images, name):
    root = write_images(IMAGES)
    table = write_csv(root / name)
    dataset = open_dataset(root if name == "manifest.csv" else table)
    assert described(dataset) == EXPECTED
    assert dataset.layout == "manifest" and dataset.root == root


def test_a_parquet_manifest_is_read(write_images):
    pyarrow = pytest.importorskip("pyarrow")
    import pyarrow.parquet as parquet

    root = write_images(IMAGES)
    parquet.write_table(pyarrow.Table.from_pylist(ROWS), root / "manifest.parquet")
    assert described(open_dataset(root)) == EXPECTED
    (root / "manifest.parquet").write_bytes(b"no parquet")
    with pytest.raises(InputError, match="cannot be read as Parquet"):
        open_dataset(root)


def test_its_images_are_loaded(write_images):
    root = write_images(IMAGES)
    dataset = open_dataset(write_csv(root / "manifest.csv"))
    (batch,) = image_loader(dataset, dataset.records, size=(8, 4))
    values = {r.path: int(batch.images[i].float().mean()) for i, r in enumerate(dataset.records)}
    assert values == IMAGES


def test_an_image_may_be_query_and_gallery_but_not_trained_with_too(write_images):
    root = write_images(IMAGES)
    twice = [*ROWS, {**ROWS[3], "split": "gallery"}, {**ROWS[3], "split": "query"}, {**ROWS[0], "split": "query"}]
    assert described(open_dataset(write_csv(root / "manifest.csv", twice))) == {
        *EXPECTED,
        ("b/2.png", 12, 2, 1, "gallery"),
    }


def test_people_and_cameras_need_not_be_known_but_in_training(write_images):
    root = write_images(IMAGES)
    rows = [{**ROWS[0], "camid": ""}, {**ROWS[1]}, *({**row, "pid": "", "camid": ""} for row in ROWS[2:])]
    known = {(r.path, r.pid, r.camid) for r in open_dataset(write_csv(root / "manifest.csv", rows)).records}
    assert known == {
        ("a/1.png", 7, UNKNOWN),
        ("a/2.jpg", 7, 2),
        *((path, UNKNOWN, UNKNOWN) for path in list(IMAGES)[2:]),
    }


@pytest.mark.parametrize("missing", ["path", "pid", "camid", "modality", "split"])
def test_a_missing_column_is_named(write_images, missing):
    root = write_images(IMAGES)
    with pytest.raises(
        InputError, match=f"manifest.csv has no column '{missing}'.*'vireid data manifest FOLDER' writes one"
    ):
        open_dataset(write_csv(root / "manifest.csv", drop=[missing]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"modality": "ultraviolet"}, "manifest.csv:3 is unreadable: modality 'ultraviolet'"),
        ({"pid": "x"}, "manifest.csv:3 is unreadable: pid 'x'"),
        ({"pid": "1" + 18 * "0"}, "pid '10*' is no whole number from 0 on with at most 18 digits"),
        ({"camid": "1b"}, "manifest.csv:3 is unreadable: camid '1b'"),
        ({"pid": ""}, "manifest.csv:3 is unreadable: pid is empty: an image can be trained with only"),
        ({"split": "validation"}, "manifest.csv:3 is unreadable: split 'validation'"),
        ({"path": "a/3.jpg"}, "a/3.jpg is missing: listed in manifest.csv:3"),
    ],
)
def test_a_bad_row_is_named_by_its_line(write_images, change, message):
    root = write_images(IMAGES)
    rows = [ROWS[0], {**ROWS[1], **change}, *ROWS[2:]]
    with pytest.raises(InputError, match=message):
        open_dataset(write_csv(root / "manifest.csv", rows))
