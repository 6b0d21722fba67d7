"""CSV files with typed, checked rows: a fault is named with file and line."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from vireid_lab.runtime import InputError, unknown

Row = TypeVar("Row")
READERS = {"str": str, "int": int, "float": float}


def read_rows(path: Path, kind: type[Row], check: Callable[[Row], None], key: tuple[str, ...]) -> list[Row]:
    """Reads a CSV file whose columns are the fields of a dataclass.

    Args:
        path: the file.
        kind: dataclass with fields of type str, int and float.
        check: raises InputError for a row that cannot be used.
        key: the columns that tell rows apart; none of them may be empty.

    Raises:
        InputError: the file cannot be read, has other columns, or a row that cannot be used.
    """
    fields = dataclasses.fields(kind)
    rows, seen = [], {}
    for line, cells in _numbered(path, [field.name for field in fields]):
        try:
            row = kind(*(READERS[str(f.type)](cell.strip()) for f, cell in zip(fields, cells, strict=True)))
            check(row)
        except (InputError, ValueError) as error:
            raise InputError(f"{path} line {line}: {error}") from error
        name = tuple(getattr(row, column) for column in key)
        if not all(name):
            raise InputError(f"{path} line {line}: give {', '.join(key)}")
        if name in seen:
            raise InputError(f"{path} line {line}: the same {', '.join(key)} as in line {seen[name]}")
        seen[name] = line
        rows.append(row)
    return rows


def one_of(kind: str, value: Any, options: tuple) -> None:
    """Raises InputError for a value that is not among the options."""
    if value not in options:
        raise unknown(kind, value, options)


def _numbered(path: Path, columns: list[str]) -> Iterator[tuple[int, list[str]]]:
    """(line, cells) of each row below the header."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.reader(file)
            if next(reader, None) != columns:
                raise InputError(f"{path} line 1: the columns must be {','.join(columns)}")
            for cells in reader:
                if len(cells) != len(columns):
                    raise InputError(f"{path} line {reader.line_num}: {len(cells)} cells for {len(columns)} columns")
                yield reader.line_num, cells
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} cannot be read: {error}") from error
