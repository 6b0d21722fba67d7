"""The commands of the pages and notebooks, run one after the other in one folder, on less data and for fewer steps.

Of a sweep its plan is made, and of `make` what it would do.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from pages import NOTEBOOKS, PAGES, ROOT, commands

from vireid_lab.cli import main
from vireid_lab.data.layouts import open_dataset
from vireid_lab.data.records import INFRARED, MODALITY_NAMES, VISIBLE

LESS = {  # words behind a command that only make it shorter
    ("data", "make"): "--ids 6 --images 2 --size 64x32".split(),
    ("weights", "make"): "--ids 8 --steps 2".split(),
    ("train",): "--set size=48x24 ids_per_batch=3 steps=4 checkpoint_every=2 keep_checkpoints=true".split(),
    ("run",): ["--dry-run"],
}
FOLLOWED = [page for page in (*PAGES, *NOTEBOOKS) if page.name != "add_a_paper.md"]  # has a test of its own
FIRST = ["README.md", "protocols.md"]  # make what the others use


def run(words: list[str], folder: Path) -> None:
    """Runs one command as it is written, or shorter."""
    program, *arguments = words
    if program == "make":
        subprocess.run(["make", "-n", "-C", str(ROOT), *arguments], check=True, capture_output=True)
    elif program == "vireid" and "..." not in arguments:
        if arguments[0] == "report":  # on a run in the place of its sweep, which was only planned
            shutil.copytree(folder / "work/run", folder / arguments[1] / "run")
        less = next((more for start, more in LESS.items() if tuple(arguments[: len(start)]) == start), [])
        assert main([*arguments, *less]) == 0, words
        if arguments[0] == "report":
            shutil.rmtree(folder / arguments[1])


def write_own_images(folder: Path) -> None:
    """What a reader of `protocols.md` has: images of their own, queries, features, another data set."""
    dataset = open_dataset(folder / "work/sysu")
    for record in dataset.select("test"):
        name = f"{MODALITY_NAMES[record.modality]}/{record.pid}_c{record.camid}_{Path(record.path).name}"
        (folder / "work/mine" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(dataset.root / record.path, folder / "work/mine" / name)
    infrared, visible = (dataset.select("test", modality) for modality in (INFRARED, VISIBLE))
    for name in ("someone.jpg", "unknown.jpg"):
        shutil.copyfile(dataset.root / infrared[0].path, folder / name)
    rng, arrays = np.random.default_rng(0), {}
    for side, records in (("query", infrared), ("gallery", visible)):
        arrays[f"{side}_features"] = rng.normal(size=(len(records), 8))
        arrays |= {f"{side}_ids": [r.pid for r in records], f"{side}_cams": [r.camid for r in records]}
        arrays[f"{side}_paths"] = [r.path for r in records]
    np.savez(folder / "work/features.npz", **arrays)
    assert main(["data", "make", "work/llcm", "--layout", "llcm", *LESS["data", "make"]]) == 0


@pytest.mark.slow
def test_every_command_of_the_documents_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VIREID_CACHE", str(tmp_path / "cache"))
    for page in sorted(FOLLOWED, key=lambda page: FIRST.index(page.name) if page.name in FIRST else len(FIRST)):
        (tmp_path / "work/mine/manifest.csv").unlink(missing_ok=True)  # that an earlier page wrote
        for words in commands(page):
            run(words, tmp_path)
        if page.name == FIRST[0]:
            write_own_images(tmp_path)
    assert (tmp_path / "found.png").is_file() and (tmp_path / "work/index").is_dir()
    assert "step picked on the test set" in capsys.readouterr().out
