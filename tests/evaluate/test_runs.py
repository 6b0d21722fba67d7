import json

import numpy as np
import pytest

from vireid_lab.cli import main
from vireid_lab.data.layouts import open_dataset
from vireid_lab.evaluate.evaluation_plan import plan_evaluation
from vireid_lab.evaluate.features import raw_pixels
from vireid_lab.evaluate.runs import evaluate_model
from vireid_lab.evaluate.scoring import Options
from vireid_lab.recipes.run import open_run
from vireid_lab.recipes.training import train
from vireid_lab.runtime import InputError

TOY = ("weights=none", "size=32x16", "ids_per_batch=2", "steps=2", "checkpoint_every=2")


@pytest.fixture(scope="module")
def run_folder(sysu_root, tmp_path_factory):
    return train("baseline", sysu_root, "tiny", tmp_path_factory.mktemp("runs") / "run", TOY, device="cpu")


def evaluate(capsys, *arguments):
    """Exit code and the JSON of the last line, or the errors."""
    code = main(["evaluate", *map(str, arguments), "--json"])
    out, err = capsys.readouterr()
    return code, json.loads(out.splitlines()[-1]) if code == 0 else err


def test_a_run_is_scored_on_both_splits_and_keeps_the_result(run_folder, capsys):
    before = json.loads((run_folder / "run.json").read_text())
    code, values = evaluate(capsys, run_folder, "--trials", 3)
    assert code == 0
    expected = {
        "protocol": "sysu-all", "gallery": "seeded", "shots": 1, "trials": 3, "split": "test", "seed": 0, "flip": False,
        "neck": "after", "l2": True, "rerank": False, "checkpoint": "last", "synthetic": False, "queries": 24,
        "invalid_queries": 0, "gallery_size": 16,
    }  # fmt: skip
    assert expected.items() <= values.items()
    assert 0 <= values["train_rank1"] <= 1 and values["data"].startswith("sysu ")
    record = json.loads((run_folder / "run.json").read_text())
    assert record["metrics"]["sysu-all gallery=seeded shots=1 trials=3"] == values
    assert record["train_rank1"] == values["train_rank1"] and record["protocol"] == "sysu-all"
    assert before.items() <= record.items() and record["benchmark"] is None


def test_evaluations_stand_side_by_side(run_folder, capsys):
    for options in (["--protocol", "sysu-indoor"], ["--protocol", "diagnostic-v2v"], ["--flip", "--rerank"]):
        assert evaluate(capsys, run_folder, *options)[0] == 0
    labels = set(json.loads((run_folder / "run.json").read_text())["metrics"])
    assert labels >= {
        "sysu-indoor gallery=seeded shots=1",
        "diagnostic-v2v gallery=all shots=1",
        "sysu-all gallery=seeded shots=1 flip rerank",
    }
    assert len(list((run_folder / "features").iterdir())) == 4  # two splits, with flip and without


def test_evaluating_again_gives_the_same(run_folder, capsys):
    first, second = (evaluate(capsys, run_folder, "--protocol", "sysu-indoor")[1] for _ in range(2))
    assert first == second


def test_the_train_split_is_that_of_the_training_identities(run_folder):
    run = open_run(run_folder)
    dataset = run.dataset()
    result = evaluate_model(run.model(), dataset, None, (32, 16), split="train")
    assert (result.queries, result.gallery_size, result.conditions.split) == (24, 16, "train")
    plan = plan_evaluation(dataset, split="train")
    assert {record.pid for record in plan.records} == {1, 2, 3, 4}


def test_raw_pixels_find_colours_within_the_visible_cameras(sysu_root):
    dataset = open_dataset(sysu_root)
    plan = plan_evaluation(dataset, "diagnostic-v2v", Options(trials=2))
    result = plan.evaluation(raw_pixels(dataset, plan.records, (32, 16))).result(
        flip=False, neck=None, split="test", seed=None, checkpoint=None, data=dataset.fingerprint, synthetic=False
    )
    assert result.metrics["rank1"] == 1.0  # each identity is one colour
    assert (result.queries, result.gallery_size) == (16, 48)


def test_features_of_other_images_are_refused(sysu_root):
    dataset = open_dataset(sysu_root)
    plan = plan_evaluation(dataset)
    with pytest.raises(InputError, match="not those of the 72 images"):
        plan.evaluation(raw_pixels(dataset, plan.records[1:], (8, 4)))


def test_top_matches_show_the_nearest_of_the_trial(sysu_root):
    dataset = open_dataset(sysu_root)
    plan = plan_evaluation(dataset, "sysu-all")
    evaluation = plan.evaluation(raw_pixels(dataset, plan.records, (32, 16)))
    query, gallery = evaluation.sides(trial=1)
    top = evaluation.top_matches(k=4, trial=1)
    first = np.array([top.indices[i, 0] for i in range(len(query.features))])
    np.testing.assert_array_equal(top.correct[:, 0], gallery.pool.ids[first] == query.pool.ids)
    of_cam3 = query.pool.cams == 3
    assert not np.isin(gallery.pool.cams[top.indices[of_cam3]], 2).any()
    assert np.isin(gallery.pool.cams[top.indices[~of_cam3]], 2).any()
    assert (np.diff(top.distances, axis=1) >= 0).all()


@pytest.mark.parametrize(
    "options, message",
    [
        (["--protocol", "regdb-v2t"], "layout regdb, not sysu"),
        (["--gallery", "official"], "exp/rand_perm_cam.mat, or use --gallery seeded"),
        (["--neck", "middle"], "unknown neck 'middle'"),
        (["--data", "{tmp}"], "no known layout"),
    ],
)
def test_what_does_not_fit_is_an_error_and_changes_nothing(run_folder, tmp_path, capsys, options, message):
    before = (run_folder / "run.json").read_bytes()
    code, errors = evaluate(capsys, run_folder, *(option.format(tmp=tmp_path) for option in options))
    assert code == 2 and message in errors and len(errors.splitlines()) == 1
    assert (run_folder / "run.json").read_bytes() == before


def test_a_folder_that_is_no_run(tmp_path, capsys):
    code, errors = evaluate(capsys, tmp_path)
    assert code == 2 and "is not a run" in errors
