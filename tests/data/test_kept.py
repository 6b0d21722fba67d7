"""Benchmarks in the cache folder: made once, by one process at a time, and whole."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from vireid_lab.data.kept import kept_benchmark, one_maker
from vireid_lab.data.layouts import open_dataset
from vireid_lab.data.make import make_benchmark
from vireid_lab.runtime import InputError
from vireid_lab.spectra.world import VERSION

SMALL = ("sysu", 2, 1, (64, 32), 3)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("VIREID_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def start(arguments: tuple) -> subprocess.Popen:
    """kept_benchmark in a process and a process group of its own."""
    code = f"from vireid_lab.data.kept import kept_benchmark; kept_benchmark(*{arguments})"
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, start_new_session=True)


def contents(root) -> dict:
    return {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_it_is_the_benchmark_of_these_settings_under_a_name_that_says_them(cache, tmp_path):
    root = kept_benchmark(*SMALL)
    assert root == cache / "benchmarks" / f"sysu-2x1-64x32-medium-nir-seed3-v{VERSION}"
    assert contents(root) == contents(make_benchmark(tmp_path / "direct", *SMALL))
    thermal = kept_benchmark("regdb", 2, 1, (64, 32), 0, "hard")
    assert thermal.name == f"regdb-2x1-64x32-hard-thermal-seed0-v{VERSION}"
    assert open_dataset(thermal).benchmark["infrared"] == "thermal"


def test_the_second_call_makes_nothing_and_each_says_so_in_a_line(capsys):
    root = kept_benchmark(*SMALL)
    first = capsys.readouterr().out
    times = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    assert kept_benchmark(*SMALL, infrared="nir") == root  # the default, said
    second = capsys.readouterr().out
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == times
    assert first.startswith(f"data: {root}, 24 images made in ") and first.count("\n") == 1
    assert second == f"data: {root}, made before\n"


def test_another_process_waits_says_so_and_uses_what_the_first_made(cache):
    root = cache / "benchmarks" / f"sysu-2x1-64x32-medium-nir-seed3-v{VERSION}"
    with one_maker(root) as to_be_made:
        assert to_be_made
        other = start(SMALL)
        assert other.stdout.readline() == f"waiting for another process, which makes {root}\n"
        make_benchmark(root, *SMALL)
        assert other.poll() is None
    words, _ = other.communicate(timeout=300)
    assert words == f"data: {root}, made before\n" and other.returncode == 0


def test_two_at_the_same_time_make_one(cache):
    both = [start(SMALL) for _ in range(2)]
    words = "".join(process.communicate(timeout=300)[0] for process in both)
    assert [process.returncode for process in both] == [0, 0]
    assert words.count("images made in") == 1 and words.count("made before") == 1
    assert open_dataset(next((cache / "benchmarks").glob("sysu-*"))).benchmark["ids"] == 2


@pytest.mark.slow
def test_a_killed_maker_leaves_the_place_to_the_next(cache):
    many = ("sysu", 40, 1, (64, 32), 3)
    first = start(many)
    try:
        patience = time.monotonic() + 60
        while not list((cache / "benchmarks").glob(".sysu-*/cam1")) and time.monotonic() < patience:
            time.sleep(0.01)
        first.kill()  # it alone: the processes that render for it are still there
        first.wait()
        assert not list((cache / "benchmarks").glob("sysu-*"))
        second = start(many)
        words, _ = second.communicate(timeout=300)
    finally:
        os.killpg(first.pid, signal.SIGKILL)
    assert second.returncode == 0 and "images made in" in words
    (root,) = (cache / "benchmarks").glob("sysu-*")
    assert len(open_dataset(root).records) == 2 * 40 * 6


def test_what_a_killed_maker_left_is_removed(cache):
    name = f"sysu-2x1-64x32-medium-nir-seed3-v{VERSION}"
    (cache / "benchmarks" / f".{name}-x3k9" / "cam1").mkdir(parents=True)
    kept_benchmark(*SMALL)
    assert sorted(path.name for path in (cache / "benchmarks").iterdir()) == [f".{name}.lock", name]


@pytest.mark.parametrize(
    "changed, words",
    [
        ({"layout": "../x"}, "unknown layout"),
        ({"difficulty": "a/b"}, "unknown difficulty"),
        ({"infrared": "warm"}, "unknown infrared"),
        ({"ids": 0}, "ids = 0"),
        ({"size": (8, 8)}, "size"),
        ({"seed": -1}, "seed"),
    ],
)
def test_settings_that_cannot_be_used_are_named_before_anything_is_written(cache, changed, words):
    settings = dict(zip(("layout", "ids", "images", "size", "seed"), SMALL, strict=True))
    with pytest.raises(InputError, match=words):
        kept_benchmark(**{**settings, **changed})
    assert not cache.exists()


def test_a_cache_folder_that_cannot_be_written_is_named(cache):
    cache.write_text("a file")
    with pytest.raises(InputError, match="benchmarks cannot be written: .*VIREID_CACHE"):
        kept_benchmark(*SMALL)
