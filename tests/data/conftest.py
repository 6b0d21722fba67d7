"""Tiny benchmarks on disk, one of each layout, made once and copied for tests that change them."""

import shutil

import pytest
from pair_files import save
from PIL import Image

from vireid_lab.data.make import make_benchmark

SIZE = (40, 32)


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """made(layout) -> the folder of a benchmark of 4 + 4 identities; not to be changed."""
    folder, done = tmp_path_factory.mktemp("cam9") / "regdb_cam1", {}

    def made(layout):
        if layout not in done:
            images = {"sysu": 2, "regdb": 3, "llcm": 1}[layout]
            done[layout] = make_benchmark(folder / layout, layout, ids=4, images=images, size=SIZE, workers=1)
        return done[layout]

    return made


@pytest.fixture
def copied(made, tmp_path):
    """copied(layout) -> a copy that the test may change."""
    return lambda layout: shutil.copytree(made(layout), tmp_path / layout)


@pytest.fixture
def write_images(tmp_path):
    """write_images({path: grey value}) writes 20x10 images (height x width) and returns their folder."""

    def write(values):
        for path, value in values.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (10, 20), (value, value, value)).save(tmp_path / path)
        return tmp_path

    return write


@pytest.fixture
def write(tmp_path):
    """write(visible, infrared, suffix) -> the two paths."""

    def write(visible, infrared, suffix=".tiff"):
        paths = tmp_path / f"0001_rgb{suffix}", tmp_path / f"0001_nir{suffix}"
        save(paths[0], visible)
        save(paths[1], infrared)
        return paths

    return write
