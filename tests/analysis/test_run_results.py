import json

import pytest
from made_runs import LABEL, write_run

from vireid_lab.analysis import run_results
from vireid_lab.analysis.run_results import read_run, read_runs, runs_on_record
from vireid_lab.runtime import InputError


def test_runs_are_found_at_any_depth(tmp_path):
    write_run(tmp_path / "b" / "deep" / "run", seed=3, world=7)
    write_run(tmp_path / "a", finished=False)
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "run.json").write_text("{}")  # of something else: no config.json beside it
    first, second = read_runs(tmp_path)
    assert (first.path, first.finished) == (tmp_path / "a", False)
    assert (second.seed, second.data_seed, second.recipe) == (3, 7, "rfm")
    assert second.slots == {
        "recipe": "rfm", "augment": "flip", "backbone": "resnet10", "head": "gem", "attention": "none",
        "losses": "ce+triplet",
    }  # fmt: skip


def test_runs_on_record_are_those_of_the_folder_given_or_else_of_the_repository(tmp_path, monkeypatch):
    made = write_run(tmp_path / "runs" / "a")
    assert runs_on_record(tmp_path / "runs") == [made]
    assert {run.recipe for run in runs_on_record()} >= {"rfm", "tmpa", "idkl", "sa_softmax", "cal", "baseline"}
    monkeypatch.setattr(run_results, "ON_RECORD", tmp_path / "nothing")  # as installed, without the repository
    assert runs_on_record() == []
    with pytest.raises(InputError, match="is not a folder"):
        runs_on_record(tmp_path / "nothing")


def test_both_checkpoints_share_a_label(tmp_path):
    run = write_run(tmp_path / "run", last=0.3, best=0.4)
    assert {key: values["rank1"] for key, values in run.metrics.items()} == {(LABEL, "last"): 0.3, (LABEL, "best"): 0.4}


def test_world_and_scale_are_in_words(tmp_path):
    run = write_run(tmp_path / "run", infrared="thermal")
    assert run.world == "synthetic sysu, thermal, medium, 80 + 80 identities, 4 images a camera"
    assert run.scale == "tiny: resnet10, 96x48, 600 steps, 64 training identities"
    epochs = write_run(tmp_path / "epochs", steps=0, epochs=90)
    assert "90 epochs" in epochs.scale


def test_a_run_on_photographs(tmp_path):
    write_run(tmp_path / "run", trial=4, layout="regdb", data="regdb sha256=2")
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    (tmp_path / "run" / "run.json").write_text(json.dumps(record | {"benchmark": None}))
    run = read_run(tmp_path / "run")
    assert (run.world, run.infrared, run.data_seed) == ("regdb sha256=2", "thermal", 4)


def test_bad_folders(tmp_path):
    with pytest.raises(InputError, match="not a folder"):
        read_runs(tmp_path / "none")
    write_run(tmp_path / "run")
    (tmp_path / "run" / "config.json").write_text('{"recipe": "rfm"}')
    with pytest.raises(InputError, match="run is not a run that can be read"):
        read_runs(tmp_path)
