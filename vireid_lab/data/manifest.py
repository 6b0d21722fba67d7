"""Your own data: a table (CSV or Parquet) with the columns path, pid, camid, modality and split."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from vireid_lab.runtime import InputError, require

from .records import MODALITY_NAMES, UNKNOWN
from .scan import Scan

COLUMNS = ("path", "pid", "camid", "modality", "split")
SPLITS = ("train", "query", "gallery", "test")
DIGITS = 18  # of an identity or camera, which is kept in 64 bits
NAMES = ("manifest.csv", "manifest.parquet")


def scan_manifest(table: Path) -> Scan:
    """Reads a manifest; paths are relative to its folder.

    Columns: path; pid and camid (whole numbers; empty where they are not known, pid not in training); modality
    ("visible" or "infrared", or 0 or 1); split ("train", and "query" and "gallery", or "test" where the protocol forms
    them). Other columns are ignored. An image is listed once, or once as query and once in the gallery.
    """
    scan = Scan(table.parent)
    rows = _parquet_rows(table) if table.suffix == ".parquet" else _csv_rows(table)
    splits: dict[str, set[str]] = defaultdict(set)
    for place, row in rows:
        path, split, earlier = row["path"], row["split"], splits[row["path"]]
        fault = _fault(row)
        if fault:
            scan.report(place, "unreadable", fault)
        elif not (scan.root / path).is_file():
            scan.report(path, "missing", f"listed in {place}: paths are relative to the manifest's folder")
        elif split in earlier or (earlier and earlier | {split} != {"query", "gallery"}):
            scan.report(place, "mislabelled", f"left out: {path} is listed before, as {' and '.join(sorted(earlier))}")
        else:
            earlier.add(split)
            scan.add(path, *(int(row[name] or UNKNOWN) for name in ("pid", "camid")), _modality(row["modality"]), split)
    return scan


def _modality(value: str) -> int | None:
    return {"0": 0, "1": 1, **{name: code for code, name in enumerate(MODALITY_NAMES)}}.get(value.lower())


def is_number(word: str) -> bool:
    """Whether a word can stand for a person or a camera."""
    return word.isdecimal() and len(word) <= DIGITS


def _fault(row: dict[str, str]) -> str | None:
    for column in ("pid", "camid"):
        if row[column] and not is_number(row[column]):
            return f"{column} '{row[column]}' is no whole number from 0 on with at most {DIGITS} digits"
    if _modality(row["modality"]) is None:
        return f"modality '{row['modality']}' is neither 'visible' nor 'infrared'"
    if row["split"] not in SPLITS:
        return f"split '{row['split']}' is none of {', '.join(SPLITS)}"
    if row["split"] == "train" and not row["pid"]:
        return "pid is empty: an image can be trained with only where its identity is known"
    return None if row["path"] else "path is empty"


def _csv_rows(table: Path) -> Iterator[tuple[str, dict[str, str]]]:
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            _check_columns(table, reader.fieldnames or ())
            for row in reader:
                yield f"{table.name}:{reader.line_num}", {name: (row[name] or "").strip() for name in COLUMNS}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{table} cannot be read as CSV: {error}") from error


def _parquet_rows(table: Path) -> Iterator[tuple[str, dict[str, str]]]:
    parquet = require("pyarrow.parquet", "parquet")
    try:
        columns = parquet.read_schema(table).names
        _check_columns(table, columns)
        rows = parquet.read_table(table, columns=list(COLUMNS)).to_pylist()
    except (OSError, ValueError) as error:  # pyarrow's own errors are ValueErrors
        raise InputError(f"{table} cannot be read as Parquet: {error}") from error
    for number, row in enumerate(rows, start=1):
        yield f"{table.name}:{number}", {name: "" if row[name] is None else str(row[name]) for name in COLUMNS}


def _check_columns(table: Path, found: object) -> None:
    missing = [name for name in COLUMNS if name not in found]
    if missing:
        raise InputError(
            f"{table} has no column '{missing[0]}': a manifest needs the columns {', '.join(COLUMNS)}; "
            "'vireid data manifest FOLDER' writes one"
        )
