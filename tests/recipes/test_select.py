from __future__ import annotations

import json
import shutil
from dataclasses import replace

import pytest
import torch

from vireid_lab.analysis.run_results import read_run
from vireid_lab.cli import main
from vireid_lab.data.layouts import open_dataset
from vireid_lab.evaluate.runs import evaluate_model, evaluate_run
from vireid_lab.recipes.run import open_run
from vireid_lab.recipes.select import KeepBest, best_path, hold_out
from vireid_lab.recipes.training import train
from vireid_lab.runtime import InputError
from vireid_lab.train.checkpoint import checkpoint_path, load_checkpoint


def test_held_out_identities_leave_the_training_and_nothing_else_changes(toy_root):
    dataset = open_dataset(toy_root)
    rest, held = hold_out(dataset, 2, seed=0)
    assert sorted(rest.train_ids + held.train_ids) == dataset.train_ids and len(held.train_ids) == 2
    assert {r.pid for r in rest.select("held-out")} == set(held.train_ids)
    assert [r.path for r in rest.records] == [r.path for r in dataset.records]
    assert rest.select("query") == dataset.select("query")
    assert hold_out(dataset, 2, seed=0) == (rest, held)
    assert any(hold_out(dataset, 2, seed)[1].train_ids != held.train_ids for seed in range(1, 6))


@pytest.mark.parametrize("count", [1, 5, 6])
def test_a_count_that_cannot_be_held_out_is_named(toy_root, count):
    with pytest.raises(InputError, match=f"select={count}"):
        hold_out(open_dataset(toy_root), count, seed=0)


def test_the_best_weights_are_kept_and_a_new_callback_knows_their_score(toy_root, tmp_path):
    """A model that embeds by its mean colour finds everyone; one that embeds all alike does not."""

    class Colour(torch.nn.Module):
        def __init__(self, sharp):
            super().__init__()
            self.sharp = torch.nn.Parameter(torch.tensor(sharp))

        def embed(self, images, modality, neck):
            return self.sharp * images.mean((1, 2, 3))[:, None] + torch.tensor([[0.0, 1.0]])

    _, held = hold_out(open_dataset(toy_root), 3, seed=0)
    arguments = tmp_path, held, (32, 16), 2, {}, torch.device("cpu")
    keep = KeepBest(*arguments)
    keep(1, Colour(9.0))
    assert not best_path(tmp_path).exists()  # not at a multiple of `every`
    keep(2, Colour(0.0))
    constant = load_checkpoint(best_path(tmp_path))["mAP"]
    keep(4, Colour(1.0))
    keep(6, Colour(0.0))
    best = load_checkpoint(best_path(tmp_path))
    assert best["step"] == 4 and best["model"]["sharp"] == 1.0 and best["mAP"] > constant
    KeepBest(*arguments)(8, Colour(0.0))
    assert load_checkpoint(best_path(tmp_path))["step"] == 4


@pytest.fixture(scope="module")
def selected(toy_root, toy, tmp_path_factory):
    out = tmp_path_factory.mktemp("selected") / "run"
    return open_run(train("baseline", toy_root, out=out, overrides=[*toy, "select=2"], device="cpu"))


def test_a_run_with_select_opens_with_its_best_weights_or_its_last(selected):
    best, last = load_checkpoint(best_path(selected.path)), load_checkpoint(checkpoint_path(selected.path))
    assert selected.config["n_ids"] == 4 and best["step"] in (2, 4, 6) and last["step"] == 6
    for name, weights in (("result", best), ("best", best), ("last", last)):
        opened = selected.model(checkpoint=name).state_dict()
        assert all(torch.equal(opened[key], value) for key, value in weights["model"].items()), name


def test_last_and_best_are_told_apart_where_they_differ(selected, tmp_path):
    copy = open_run(shutil.copytree(selected.path, tmp_path / "run"))
    best = load_checkpoint(best_path(copy.path))
    best["model"]["neck.classifier.weight"] += 1
    torch.save(best, best_path(copy.path))
    last, found = (copy.model(checkpoint=name).state_dict()["neck.classifier.weight"] for name in ("last", "best"))
    assert not torch.equal(last, found) and torch.equal(found, best["model"]["neck.classifier.weight"])


def test_both_checkpoints_stay_in_the_record(selected, capsys):
    """The training identities are the four that were trained on, not the six of the data set."""
    for arguments in (["--checkpoint", "last"], ["--checkpoint", "best"], []):
        assert main(["evaluate", str(selected.path), "--device", "cpu", *arguments]) == 0
    metrics, dataset = selected.summary["metrics"], selected.dataset()
    (last, values), (best, of_best) = sorted(metrics.items(), key=lambda item: len(item[0]))
    assert best == f"{last} best" and values["checkpoint"] == "last"
    assert of_best["checkpoint"] == "best on 2 held-out training identities"
    held = set(hold_out(dataset, 2, seed=0)[1].train_ids)
    four = replace(dataset, records=tuple(r for r in dataset.records if r.split == "train" and r.pid not in held))
    for name, entry in (("last", values), ("best", of_best)):
        expected = evaluate_model(selected.model(checkpoint=name), four, None, (32, 16), split="train")
        assert expected.queries == 4 * 3 and entry["train_rank1"] == expected.metrics["rank1"]
    assert {checkpoint for _, checkpoint in read_run(selected.path).metrics} == {"last", "best"}


def test_the_record_says_what_synthetic_data_was_made_with(toy_root, toy, tmp_path):
    root, made = shutil.copytree(toy_root, tmp_path / "data"), {"seed": 7, "difficulty": "easy"}
    (root / "benchmark.json").write_text(json.dumps(made))
    run = open_run(train("baseline", root, out=tmp_path / "run", overrides=[*toy, "steps=2"], device="cpu"))
    evaluate_run(run, checkpoint="last")
    found = read_run(run.path)
    assert (found.benchmark, found.data_seed) == (made, 7)


def test_checkpoints_that_are_not_there(selected, toy_root, toy, tmp_path, capsys):
    plain = train("baseline", toy_root, out=tmp_path / "run", overrides=[*toy, "steps=2"], device="cpu")
    for path, name, message in (
        (plain, "best", "held out no identities; train with select=N"),
        (selected.path, "bset", "unknown checkpoint 'bset': did you mean 'best'?"),
    ):
        before = (path / "run.json").read_bytes()
        assert main(["evaluate", str(path), "--device", "cpu", "--checkpoint", name]) == 2
        assert message in capsys.readouterr().err and (path / "run.json").read_bytes() == before
