"""The synthetic benchmark, made once and kept: all runs that ask for the same people share the files."""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from vireid_lab.runtime import InputError, cache_dir
from vireid_lab.spectra.world import VERSION, World

from .make import default_infrared, make_benchmark, plan_benchmark


def kept_benchmark(
    layout: str,
    ids: int,
    images: int,
    size: tuple[int, int],
    seed: int,
    difficulty: str = "medium",
    infrared: str | None = None,
    control: str = "none",
) -> Path:
    """Returns a benchmark of the cache folder, and makes it when it is not there; one printed line says which.

    Its name says what it is, with the generator's VERSION behind: sysu-64x4-96x48-medium-nir-seed0-v1. Processes that
    want the same one at the same time wait for the first, and take its place if it dies.

    Args: as for `make_benchmark`.

    Returns:
        The folder, whole.

    Raises:
        InputError: an argument cannot be used, or the cache folder cannot be written.
    """
    infrared = infrared or default_infrared(layout)
    number = len(plan_benchmark(layout, ids, images))
    World(seed, tuple(size), difficulty, infrared, control=control)  # bad settings are known before there is a lock
    light = infrared if control == "none" else f"{infrared}-{control}"
    name = f"{layout}-{ids}x{images}-{size[0]}x{size[1]}-{difficulty}-{light}-seed{seed}-v{VERSION}"
    root = cache_dir() / "benchmarks" / name
    with one_maker(root) as to_be_made:
        if not to_be_made:
            print(f"data: {root}, made before", flush=True)
            return root
        for unfinished in root.parent.glob(f".{name}-*"):
            shutil.rmtree(unfinished, ignore_errors=True)  # of a maker that was killed
        start = time.perf_counter()
        make_benchmark(root, layout, ids, images, tuple(size), seed, difficulty, infrared, control=control)
        print(f"data: {root}, {number} images made in {time.perf_counter() - start:.0f} s", flush=True)
    return root


@contextlib.contextmanager
def one_maker(path: Path) -> Iterator[bool]:
    """Yields whether `path` is still to be made; only one process at a time is inside, others wait and say so.

    The lock is one of `lockf`: the kernel frees it with the process that holds it, and processes that this one starts
    do not inherit it (those of `flock` would outlive a killed maker in its pool of workers).

    Raises:
        InputError: the folder of `path` cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.with_name(f".{path.name}.lock").open("w")
    except OSError as error:
        raise InputError(
            f"{path.parent} cannot be written: {error.strerror}; set VIREID_CACHE to another folder"
        ) from error
    with lock:
        try:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print(f"waiting for another process, which makes {path}", flush=True)
            fcntl.lockf(lock, fcntl.LOCK_EX)
        yield not path.exists()
