"""The fingerprint tells data sets apart: by their files, and made ones also by how they were made."""

from pathlib import Path

from vireid_lab.data.records import Dataset, Record

RECORDS = (Record("cam1/0001/0001.jpg", 1, 1, 0, "train"), Record("cam3/0002/0001.jpg", 2, 3, 1, "test"))


def fingerprint(root: Path, records=RECORDS) -> str:
    return Dataset(root, "sysu", records).fingerprint


def test_fingerprint_counts_and_follows_the_files(tmp_path):
    plain = fingerprint(tmp_path)
    assert plain.startswith("sysu test-infrared=1 train-visible=1 sha256=")
    assert fingerprint(tmp_path / "elsewhere") == plain
    assert fingerprint(tmp_path, RECORDS[::-1]) == plain
    moved = (RECORDS[0], Record("cam3/0002/0002.jpg", 2, 3, 1, "test"))
    assert fingerprint(tmp_path, moved) != plain


def test_fingerprint_of_a_made_data_set_follows_its_making(tmp_path):
    found = set()
    for made in ('{"seed": 0, "synthetic": true}', '{"synthetic": true, "seed": 0}', '{"seed": 1, "synthetic": true}'):
        (tmp_path / "benchmark.json").write_text(made)
        found.add(fingerprint(tmp_path))
    assert len(found) == 2
    assert all(" synthetic sha256=" in text for text in found)
