from __future__ import annotations

import csv

import numpy as np
import pytest
from PIL import Image


@pytest.fixture(scope="session")
def toy_root(tmp_path_factory):
    """A data set of six training and three test identities, each a colour with noise, as a manifest."""
    root = tmp_path_factory.mktemp("toy")
    rng = np.random.default_rng(0)
    rows = []
    for pid in range(1, 10):
        colour = rng.integers(40, 215, 3)
        for modality in (0, 1):
            for index in range(3):
                pixels = np.clip(colour + rng.normal(0, 25, (32, 16, 3)), 0, 255)
                if modality == 1:
                    pixels[:] = pixels.mean(2, keepdims=True)
                path = f"{pid}_{modality}_{index}.png"
                Image.fromarray(pixels.astype(np.uint8)).save(root / path)
                split = "train" if pid <= 6 else "gallery" if modality == 0 else "query"
                rows.append([path, pid, 1 + modality, modality, split])
    with (root / "manifest.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["path", "pid", "camid", "modality", "split"], *rows])
    return root


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    """Image caches and weights of the tests, apart from the user's."""
    monkeypatch.setenv("VIREID_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture(scope="session")
def toy():
    """Settings small enough for tests; of a setting given twice the later value counts."""
    return ("weights=none", "size=32x16", "ids_per_batch=3", "steps=6", "checkpoint_every=2", "log_every=2")
