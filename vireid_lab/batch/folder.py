"""The folder of a batch: `batch.json` names its runs, the lock is held by the one runner that works on it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from vireid_lab.runtime import InputError, write_json

from .record import hold, is_held

BATCH = "batch.json"


def check_folder(out: Path, resume: bool) -> None:
    """Looks whether a batch can be made or continued in `out`; writes nothing.

    Raises:
        InputError: `out` is in use by another runner, is a file or a folder of something else, or holds a batch and
            `resume` is not set.
    """
    if out.exists() and not out.is_dir():
        raise InputError(f"'{out}' is a file: give a folder")
    if is_held(out):
        raise InputError(f"'{out}' is in use by another 'vireid run': wait for its end, or give another folder")
    _check_content(out, resume)


@contextlib.contextmanager
def claim(out: Path, resume: bool) -> Iterator[None]:
    """Makes the folder and holds it; the system lets go of it when the process ends, however it ends.

    Raises:
        InputError: as `check_folder`, or the folder cannot be written.
    """
    check_folder(out, resume)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"'{out}' cannot be made: {error.strerror}") from error
    with hold(out):
        _check_content(out, resume)  # another runner may have come and gone since
        yield


def _check_content(out: Path, resume: bool) -> None:
    if (out / BATCH).exists():
        if not resume:
            raise InputError(f"'{out}' holds a batch: --resume goes on with it; or give another folder")
    elif out.exists() and any(entry.name != ".lock" for entry in out.iterdir()):
        raise InputError(f"'{out}' is not empty and holds no batch: give a new folder, or empty it first")


def write_batch(out: Path, names: Sequence[str]) -> None:
    """Says which runs were asked for, in their order."""
    write_json(out / BATCH, {"runs": list(names)})


def not_asked_for(out: Path, names: Sequence[str]) -> list[str]:
    """Names of the runs in the folder that are not among `names`."""
    return sorted({path.parent.name for path in out.glob("*/job.json")} - set(names))
