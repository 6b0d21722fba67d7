import pickle
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from vireid_lab.data import cache as cache_module
from vireid_lab.data.cache import open_cache
from vireid_lab.data.layouts import open_dataset
from vireid_lab.data.records import Record
from vireid_lab.runtime import InputError


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A cache of the test's own."""
    monkeypatch.setenv("VIREID_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "images"


def records(*paths):
    return [Record(path, 1, 1, 0, "train") for path in paths]


def built(folder):
    return len(list(folder.glob("*.npy")))


def test_rows_are_the_images_of_the_records(folder, made):
    root = made("sysu")
    listed = open_dataset(root).records
    cache = open_cache(root, listed, (40, 32), masks=True)
    assert isinstance(cache.images, np.memmap) and not cache.images.flags.writeable
    assert cache.images.shape == (96, 40, 32, 3) and cache.masks.shape == (96, 40, 32)
    for row in range(0, 96, 7):
        assert (cache.images[row] == np.asarray(Image.open(root / listed[row].path).convert("RGB"))).all()
        assert (cache.masks[row] == np.asarray(Image.open(root / listed[row].mask))).all()


def test_resizing_keeps_colours_and_the_labels_of_masks(folder, made):
    root = made("regdb")
    listed = open_dataset(root).records
    native, half = (open_cache(root, listed, size, masks=True) for size in ((40, 32), (20, 16)))
    assert half.images.shape == (48, 20, 16, 3)
    for row in range(48):
        assert half.images[row].mean() == pytest.approx(native.images[row].mean(), abs=4)
        assert set(np.unique(half.masks[row])) <= set(np.unique(native.masks[row]))


def test_a_small_structure_is_averaged_not_skipped(folder, tmp_path):
    stripes = np.zeros((40, 40), np.uint8)
    stripes[::2] = 255
    Image.fromarray(stripes).save(tmp_path / "stripes.png")
    pixels = open_cache(tmp_path, records("stripes.png"), (10, 10)).images[0]
    assert abs(pixels.astype(float) - 127.5).max() < 15


def test_images_of_different_sizes_are_fine(folder, tmp_path):
    Image.new("RGB", (30, 70), (200, 100, 0)).save(tmp_path / "a.png")
    Image.new("L", (11, 5), 50).save(tmp_path / "b.png")
    cache = open_cache(tmp_path, records("a.png", "b.png"), (8, 4))
    assert (cache.images[0] == [200, 100, 0]).all() and (cache.images[1] == 50).all()


def test_it_is_built_once_and_again_after_any_change(folder, write_images):
    root = write_images({"a.png": 10, "b.png": 20})
    open_cache(root, records("a.png", "b.png"), (8, 4))
    open_cache(root, records("a.png", "b.png"), (8, 4))
    assert built(folder) == 1
    time.sleep(0.02)  # the clock of a file system may tick in steps of some milliseconds
    write_images({"b.png": 90})  # same name, same length
    changed = open_cache(root, records("a.png", "b.png"), (8, 4))
    assert built(folder) == 2 and changed.images[:, 0, 0, 0].tolist() == [10, 90]
    (root / "b.png").rename(root / "c.png")
    open_cache(root, records("a.png", "c.png"), (8, 4))
    assert built(folder) == 3
    write_images({"d.png": 7})
    assert open_cache(root, records("a.png", "c.png", "d.png"), (8, 4)).images[2, 0, 0, 0] == 7
    other = shutil.copytree(root, root / "copy")
    Image.new("RGB", (10, 20), (1, 1, 1)).save(other / "a.png")
    assert open_cache(other, records("a.png"), (8, 4)).images[0, 0, 0, 0] == 1
    open_cache(root, records("a.png"), (4, 4))
    assert built(folder) == 6


def test_a_copy_for_a_worker_maps_the_same_file(folder, write_images):
    root = write_images({f"{i}.png": i for i in range(40)})
    cache = open_cache(root, records(*(f"{i}.png" for i in range(40))), (64, 32))
    pickled = pickle.dumps(cache)
    assert len(pickled) < 1000
    again = pickle.loads(pickled)
    assert isinstance(again.images, np.memmap) and (again.images[:, 0, 0, 0] == np.arange(40)).all()


def test_an_unreadable_image_is_named_and_nothing_half_built_stays(folder, write_images):
    root = write_images({"a.png": 10, "c.png": 30})
    (root / "b.png").write_bytes((root / "a.png").read_bytes()[:60])
    with pytest.raises(InputError, match="b.png cannot be decoded") as error:
        open_cache(root, records("a.png", "b.png", "c.png"), (8, 4))
    assert "\n" not in str(error.value)
    assert [path for path in folder.iterdir() if path.suffix != ".lock"] == []
    with pytest.raises(InputError, match="z.png is not there"):
        open_cache(root, records("a.png", "z.png"), (8, 4))


def test_masks_are_asked_for_where_there_are_none(folder, write_images):
    root = write_images({"a.png": 10})
    with pytest.raises(InputError, match="a.png has no material mask"):
        open_cache(root, records("a.png"), (8, 4), masks=True)


def test_a_size_that_is_none(folder, write_images):
    with pytest.raises(InputError, match="0x4"):
        open_cache(write_images({"a.png": 10}), records("a.png"), (0, 4))


def test_a_full_disk_is_said_beforehand(folder, write_images, monkeypatch):
    root = write_images({"a.png": 10})
    usage = shutil.disk_usage(root)
    monkeypatch.setattr(cache_module.shutil, "disk_usage", lambda path: usage._replace(free=10))
    with pytest.raises(InputError, match="VIREID_CACHE"):
        open_cache(root, records("a.png"), (8, 4))


def test_a_cache_folder_that_cannot_be_written(write_images, monkeypatch):
    root = write_images({"a.png": 10})
    monkeypatch.setenv("VIREID_CACHE", str(root / "a.png"))
    with pytest.raises(InputError, match="VIREID_CACHE"):
        open_cache(root, records("a.png"), (8, 4))


def test_what_a_killed_process_left_is_cleared_away(folder, write_images):
    root = write_images({"a.png": 10})
    open_cache(root, records("a.png"), (8, 4))
    (file,) = folder.glob("*.npy")
    left = file.with_name(f".{file.stem}-x1y2.npy")
    file.rename(left)
    assert (open_cache(root, records("a.png"), (8, 4)).images == 10).all()
    assert file.exists() and not left.exists()


def test_two_processes_build_it_once(folder, write_images, tmp_path):
    root = write_images({f"{i}.png": i for i in range(60)})
    code = f"""
import sys, pathlib
from vireid_lab.data import cache
from vireid_lab.data.records import Record
build = cache._build
cache._build = lambda *a: (print("builds"), build(*a))
sys.stdin.readline()
records = [Record(f"{{i}}.png", 1, 1, 0, "train") for i in range(60)]
found = cache.open_cache(pathlib.Path({str(root)!r}), records, (80, 40))
assert (found.images[:, 5, 5, 1] == range(60)).all()
"""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen([sys.executable, "-c", code], **pipes) for _ in range(2)]
    for process in processes:  # both have imported everything when they are let go
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert sorted(said) == ["", "builds\n"] and built(folder) == 1
