"""Shared by all tests: a cache folder of their own, a real image of four bands, GPU tests skipped without a GPU."""

import importlib.util
import json
import signal
from pathlib import Path

import numpy as np
import pytest


@pytest.fixture(scope="session", autouse=True)
def interruptible():
    """Processes that the tests start can be interrupted even where the tests run in a shell's background."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory):
    """The tests neither read nor fill the user's cache; processes they start inherit it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VIREID_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def satellite():
    """(4, 300, 300) uint16 Sentinel-2 reflectance times 10000: B02 blue, B03 green, B04 red, B08 near infrared."""
    package = importlib.util.find_spec("spyndex")
    if package is None:
        pytest.skip("spyndex is not installed: pip install vireid-lab[dev] brings its satellite image")
    chip = json.loads((Path(package.origin).parent / "data" / "S2_10m.json").read_text())
    return np.array(chip, dtype=np.uint16)


@pytest.fixture(scope="session")
def swept_run():
    """Makes a run with made-up numbers: swept_run(rank1, seed, **slots, **settings); its best checkpoint says .99."""
    from vireid_lab.analysis.run_results import RunResult

    def make(rank1, seed=0, *, label=None, finished=True, layout="sysu", images=4, infrared="nir", **given):
        slots = {"recipe": "made", "augment": "flip", "backbone": "resnet10", "head": "gem+bnneck"}
        slots |= {"attention": "none", "losses": "ce"}
        slots |= {name: given.pop(name) for name in list(given) if name in slots}
        label = label or {"sysu": "sysu-all gallery=official shots=1", "regdb": "regdb-v2t shots=all"}[layout]
        config = {**slots, "preset": "tiny", "layout": layout, "steps": 600, "size": [96, 48], "n_ids": 64, **given}
        world = {"layout": layout, "ids": 80, "images": images, "seed": seed, "difficulty": "medium"}
        entry = {"rank1": rank1, "mAP": rank1 / 2, "protocol": label.split()[0]}
        metrics = {(label, "last"): entry, (label, "best"): {**entry, "rank1": 0.99}}
        config["seed"], world["infrared"] = seed, infrared
        return RunResult(None, "made", slots, config, seed, seed, f"d{seed}", world, "", finished, metrics)

    return make


def pytest_collection_modifyitems(items):
    gpu_tests = [item for item in items if item.get_closest_marker("gpu")]
    if not gpu_tests:
        return
    import torch

    if not torch.cuda.is_available():
        for item in gpu_tests:
            item.add_marker(pytest.mark.skip(reason="no CUDA device here"))
