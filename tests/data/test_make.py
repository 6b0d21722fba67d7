import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import scipy.io
from PIL import Image

from vireid_lab.cli import main
from vireid_lab.data.layouts import open_dataset
from vireid_lab.data.make import make_benchmark, plan_benchmark, read_counts
from vireid_lab.runtime import InputError
from vireid_lab.spectra.labels import LABELS
from vireid_lab.spectra.world import World

SMALL = ["--ids", "2", "--images", "1", "--size", "40x32", "--workers", "1"]


def digest(root):
    """Of all names and bytes below a folder."""
    sha = hashlib.sha256()
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        sha.update(f"{path.relative_to(root)} ".encode() + path.read_bytes())
    return sha.hexdigest()


@pytest.mark.parametrize("layout", ["sysu", "regdb", "llcm"])
def test_same_seed_same_bytes_for_any_number_of_workers(tmp_path, layout):
    options = {"layout": layout, "ids": 2, "images": 1, "size": (40, 32)}
    one = digest(make_benchmark(tmp_path / "one", seed=3, workers=1, **options))
    time.sleep(1.1)  # a date within a file would differ
    assert digest(make_benchmark(tmp_path / "two", seed=3, workers=2, **options)) == one
    assert digest(make_benchmark(tmp_path / "other", seed=4, workers=1, **options)) != one


@pytest.mark.parametrize("layout", ["sysu", "regdb", "llcm"])
def test_images_and_masks_are_the_worlds(made, layout):
    root = made(layout)
    world = World(seed=0, size=(40, 32), infrared="thermal" if layout == "regdb" else "nir")
    index = {}
    for record in sorted(open_dataset(root).records, key=lambda record: record.path):
        key = record.pid, record.camid, record.modality
        index[key] = index.get(key, -1) + 1
        shot = world.render(*key, index[key], moment=index[key] if layout == "regdb" else None)
        mask = np.asarray(Image.open(root / record.mask))
        assert mask.dtype == np.uint8 and (mask == shot.mask).all()
        pixels = np.asarray(Image.open(root / record.path).convert("RGB"))
        if layout == "regdb":
            assert (pixels == shot.image).all()
        else:
            file = io.BytesIO()
            grey = Image.fromarray(shot.image[..., 0])
            (grey if record.modality else Image.fromarray(shot.image)).save(file, "JPEG", quality=shot.quality)
            assert (root / record.path).read_bytes() == file.getvalue()


def test_the_table_of_the_masks_and_how_it_was_made(made):
    table = json.loads((made("sysu") / "masks/materials.json").read_text())
    assert table == {str(code): name for code, name in LABELS.items()}
    facts = json.loads((made("regdb") / "benchmark.json").read_text())
    assert facts["synthetic"] is True and facts["infrared"] == "thermal" and facts["size"] == [40, 32]


def test_regdb_pairs_share_a_moment():
    for planned in plan_benchmark("regdb", ids=2, images=3):
        assert planned.moment == planned.index
    assert {planned.moment for planned in plan_benchmark("sysu", ids=2, images=3)} == {None}


def test_rand_perm_cam_has_the_official_form(made):
    root = made("sysu")
    cells = scipy.io.loadmat(root / "exp/rand_perm_cam.mat")["rand_perm_cam"]
    assert cells.shape == (6, 1)
    for camera in range(1, 7):
        of_camera = cells[camera - 1][0].squeeze()  # as the public evaluators read it
        for pid in range(1, 9):
            order = of_camera[pid - 1]
            assert order.shape == (10, 2)
            for trial in range(10):
                assert sorted(order[trial]) == [1, 2]
                assert (root / f"cam{camera}/{pid:04d}/{order[trial][0]:04d}.jpg").is_file()


def test_counts_set_the_test_images_exactly(tmp_path):
    counts = {"1,6": 3, "3,6": 2, "3,9": 1, "4,9": 12}
    (tmp_path / "counts.json").write_text(json.dumps(counts))
    root = tmp_path / "made"
    options = ["--counts", str(tmp_path / "counts.json"), *SMALL]
    assert main(["data", "make", str(root), *options]) == 0
    dataset = open_dataset(root)
    found = {}
    for record in dataset.select("test"):
        key = f"{record.camid},{record.pid}"
        found[key] = found.get(key, 0) + 1
    assert found == counts
    assert dataset.train_ids == [1, 2]
    cells = scipy.io.loadmat(root / "exp/rand_perm_cam.mat")["rand_perm_cam"]
    assert cells[3][0].squeeze()[8].shape == (10, 12) and cells[1][0].squeeze()[8].size == 0


def test_training_identities_keep_clear_of_the_given_test_identities():
    plan = plan_benchmark("sysu", ids=3, images=1, counts={(1, 2): 1, (3, 4): 1})
    assert {planned.record.pid for planned in plan if planned.record.split == "train"} == {1, 3, 5}


@pytest.mark.parametrize("text", ["[]", "{}", '{"1": 3}', '{"7,1": 3}', '{"1,1": 0}', '{"1,1": "x"}', "nonsense"])
def test_a_bad_counts_file_is_named(tmp_path, text):
    (tmp_path / "counts.json").write_text(text)
    with pytest.raises(InputError, match="counts.json"):
        read_counts(tmp_path / "counts.json")


def test_it_says_that_it_is_synthetic_and_what_comes_next(tmp_path, capsys):
    assert main(["data", "make", str(tmp_path / "made"), *SMALL, "--json"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "synthetic" in lines[0]
    assert any("vireid train" in line and str(tmp_path / "made") in line for line in lines)
    summary = json.loads(lines[-1])
    assert summary["images"] == 24 and summary["synthetic"] is True


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--layout", "sysuu"], "sysuu"),
        (["--size", "96"], "'96'"),
        (["--ids", "0"], "ids = 0"),
        (["--images", "-1"], "images = -1"),
        (["--seed", "-1"], "seed -1"),
        (["--workers", "0"], "workers 0"),
        (["--difficulty", "mediun"], "mediun"),
        (["--infrared", "far"], "far"),
        (["--counts", "nowhere.json"], "nowhere.json"),
    ],
)
def test_a_bad_option_is_one_line_and_leaves_nothing(tmp_path, options, named, capsys):
    assert main(["data", "make", str(tmp_path / "made"), *SMALL, *options]) == 2
    error = capsys.readouterr().err
    assert named in error and error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_in_it_is_left_alone(tmp_path, capsys):
    (tmp_path / "keep").write_text("mine")
    assert main(["data", "make", str(tmp_path), *SMALL]) == 2
    assert str(tmp_path) in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["keep"]
    (tmp_path / "empty").mkdir()
    assert main(["data", "make", str(tmp_path / "empty"), *SMALL]) == 0


def heed_interrupts():
    """Jobs in the background of a shell ignore Ctrl-C, and so would all processes that the tests start."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_an_interrupt_leaves_nothing(tmp_path, workers):
    command = [sys.executable, "-m", "vireid_lab", "data", "make", "made", "--ids", "900", "--workers", workers]
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=heed_interrupts,
    )
    while process.poll() is None and not any(tmp_path.rglob("*.jpg")):
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal's Ctrl-C: to parent and workers alike
    _, error = process.communicate(timeout=300)
    assert process.returncode == 130 and "Traceback" not in error
    assert list(tmp_path.iterdir()) == []
