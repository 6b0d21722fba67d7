"""The run folder: one process at a time, one configuration for its whole life."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vireid_lab.runtime import InputError, read_json, write_json

MAY_DIFFER = frozenset(
    {"preset", "data_root", "log_every", "checkpoint_every", "keep_checkpoints", "tensorboard", "workers"}
)


def require_same(recorded: dict[str, Any], asked: dict[str, Any], where: Path) -> None:
    """Compares two configurations, but for what does not change the result (`MAY_DIFFER`).

    Raises:
        InputError: the differing keys, with both values.
    """
    keys = sorted((recorded.keys() | asked.keys()) - MAY_DIFFER)
    pairs = [(key, recorded.get(key), asked.get(key)) for key in keys]
    differing = [f"{key} ({there} there, {here} asked)" for key, there, here in pairs if there != here]
    if differing:
        raise InputError(
            f"{where} is of another run: {'; '.join(differing)}; resume with its own settings or choose another --out"
        )


def is_finished(path: Path) -> bool:
    """Whether the run of a folder has done all its steps."""
    return (path / "run.json").exists() and read_json(path / "run.json").get("finished", False)


@contextlib.contextmanager
def claim(path: Path, config: dict[str, Any], resume: bool) -> Iterator[None]:
    """Holds a run folder for this process, new or to be resumed.

    The lock is the kernel's (flock), so that a killed process frees it.

    Args:
        path: the run folder; made when it is not there.
        config: what the run is made of, as JSON values; written to config.json, or compared with it.
        resume: whether a run that is already there may be continued.

    Raises:
        InputError: the folder is in use, holds something else, holds a run and `resume` is False, or a run of another
            configuration.
    """
    known = (path / "config.json").exists()
    if path.exists() and not known and any(p for p in path.iterdir() if not p.name.startswith(".")):
        raise InputError(f"{path} is not empty and not a run (no config.json): choose another --out")
    path.mkdir(parents=True, exist_ok=True)
    with (path / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise InputError(f"{path} is in use by another training: wait for it or choose another --out") from None
        for unfinished in (*path.glob(".*-*"), *path.glob("checkpoints/.*-*")):
            unfinished.unlink()  # a process was killed while it wrote
        if not known:
            write_json(path / "config.json", config)
        elif resume:
            require_same(read_json(path / "config.json"), config, path / "config.json")
        else:
            state, way = ("a finished", "keep it") if is_finished(path) else ("an unfinished", "go on with it")
            raise InputError(f"{path} holds {state} run: add --resume to {way}, or choose another --out")
        yield
