"""Resized images on disk, memory-mapped: decoded once, shared by all workers and processes without copies."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from vireid_lab.runtime import InputError, atomic_path, cache_dir

from .images import read_image
from .records import Record
from .scan import threaded
from .transforms import resize

VERSION = 1  # raised when the same files would give other pixels


class ImageCache:
    """Images of a list of records, by position.

    Attributes:
        images: (N, H, W, 3) uint8, memory-mapped, read-only.
        masks: (N, H, W) uint8 material labels, or None.

    Pickling passes the files' names, so that a worker process maps the same pages.
    """

    def __init__(self, images: Path, masks: Path | None = None):
        self.paths = (images, masks)
        self.images = np.load(images, mmap_mode="r")
        self.masks = None if masks is None else np.load(masks, mmap_mode="r")

    def __reduce__(self):
        return ImageCache, self.paths

    def __len__(self) -> int:
        return len(self.images)


def open_cache(root: Path, records: Sequence[Record], size: tuple[int, int], masks: bool = False) -> ImageCache:
    """Opens the cache of these records, building it first where there is none.

    The key is made of each file's path, length and time of change: a file that is edited, added, renamed or removed
    gives another cache. (A change that keeps both length and time is not noticed.) Caches lie in
    `cache_dir()/images`; they may be deleted at any time. Two processes that need the same cache build it once.

    Args:
        root: folder that the records' paths are relative to.
        records: N records; row i of the cache is record i.
        size: (height, width) in pixels. Images are resized with antialiasing, masks by nearest neighbour.
        masks: whether to add the material masks.

    Raises:
        InputError: a file is missing or unreadable (it is named), there is no mask, or the disk is too small.
    """
    height, width = size
    if height < 1 or width < 1:
        raise InputError(f"image size {height}x{width}: height and width must be at least 1 pixel")
    paths = [record.path for record in records]
    images = _cached(root, paths, (height, width, 3), lambda path: resize(read_image(path), size))
    if not masks:
        return ImageCache(images)
    without = next((record for record in records if record.mask is None), None)
    if without:
        raise InputError(f"{root / without.path} has no material mask: only what 'vireid data make' writes has masks")
    names = [record.mask for record in records]
    labels = _cached(root, names, (height, width), lambda path: resize(read_image(path, "L"), size, nearest=True))
    return ImageCache(images, labels)


def _cached(root: Path, paths: list[str], shape: tuple[int, ...], decode: Callable[[Path], object]) -> Path:
    """The .npy file, (N, *shape) uint8, of these image files; built where it is not there."""
    file = cache_dir() / "images" / f"{_key(root, paths, shape)}.npy"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with _locked(file.with_suffix(".lock")):
            for left in file.parent.glob(f".{file.stem}-*"):  # by a process that was killed while it held the lock
                left.unlink()
            if not file.exists():
                _build(file, root, paths, shape, decode)
    except OSError as error:
        raise InputError(
            f"the image cache {file.parent} cannot be written ({error.strerror}): set VIREID_CACHE to another folder"
        ) from error
    return file


def _key(root: Path, paths: list[str], shape: tuple[int, ...]) -> str:
    digest = hashlib.sha256(f"{VERSION} {root.resolve()} {shape}".encode())
    for path in paths:
        try:
            status = (root / path).stat()
        except OSError as error:
            raise InputError(f"{root / path} is not there: 'vireid data check' lists all missing files") from error
        digest.update(f"\n{path} {status.st_size} {status.st_mtime_ns}".encode())
    return digest.hexdigest()[:24]


def _build(file: Path, root: Path, paths: list[str], shape: tuple[int, ...], decode: Callable) -> None:
    needed, free = len(paths) * int(np.prod(shape)), shutil.disk_usage(file.parent).free
    if needed > free:  # writing to a mapped file on a full disk would kill the process
        raise InputError(
            f"the image cache needs {needed / 2**30:.1f} GiB and {file.parent} has {free / 2**30:.1f} GiB free: "
            "make room or set VIREID_CACHE to a folder on another disk"
        )
    with atomic_path(file) as temporary:
        array = np.lib.format.open_memmap(temporary, mode="w+", dtype=np.uint8, shape=(len(paths), *shape))
        pixels = threaded(lambda path: np.asarray(decode(root / path)), paths, f"caching at {shape[0]}x{shape[1]}")
        for row, values in enumerate(pixels):
            array[row] = values
        array.flush()


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Holds a lock between processes; the system frees it when a process dies."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
