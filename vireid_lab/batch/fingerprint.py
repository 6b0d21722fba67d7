"""SHA-256 of what a result depends on: the notebook, the code of the package, the data."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import vireid_lab

from .parameters import read_cells


def code_sha() -> str:
    """Over all .py files of the package: path below it and content."""
    package = Path(vireid_lab.__file__).parent
    files = sorted(package.rglob("*.py"), key=lambda path: path.relative_to(package).as_posix())
    return _digest((path.relative_to(package).as_posix(), _sha(path.read_bytes())) for path in files)


def notebook_sha(path: Path) -> str:
    """Over the types, tags and sources of a notebook's cells, not over outputs, ids and other metadata.

    Raises:
        InputError: the file is missing or not a notebook.
    """
    return _digest((cell["cell_type"], cell["tags"], cell["source"]) for cell in read_cells(path))


def data_sha(parameters: dict[str, Any], cwd: str | Path = ".") -> str:
    """Over path, size and time of the files that text parameters other than `out` point to; empty without any.

    Args:
        parameters: a folder among their values stands for all files below it, but for those below `out`.
        cwd: where relative paths start.
    """
    out = Path(cwd, parameters["out"]).resolve() if isinstance(parameters.get("out"), str) else None
    facts = [
        (name, str(path), path.stat().st_size, path.stat().st_mtime_ns)
        for name, value in sorted(parameters.items())
        if name != "out" and isinstance(value, str) and value
        for path in _files(Path(cwd, value))
        if out is None or not path.resolve().is_relative_to(out)
    ]
    return _digest(facts) if facts else ""


def _files(path: Path) -> Iterator[Path]:
    try:
        found = [path] if path.is_file() else [Path(top, name) for top, _, names in os.walk(path) for name in names]
    except (OSError, ValueError):  # a text that is no path, too long or with a null character
        return
    yield from sorted(found)


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _digest(facts: Iterable[Any]) -> str:
    return _sha("\n".join(json.dumps(fact) for fact in facts).encode())
