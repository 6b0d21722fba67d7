from __future__ import annotations

import pytest
import torch

from vireid_lab.data.layouts import open_dataset
from vireid_lab.recipes.run import open_run, train
from vireid_lab.recipes.select import KeepBest, best_path, hold_out
from vireid_lab.runtime import InputError
from vireid_lab.train.checkpoint import load_checkpoint


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


def test_a_run_with_select_opens_with_its_best_weights(toy_root, toy, tmp_path):
    run = open_run(train("baseline", toy_root, out=tmp_path / "run", overrides=[*toy, "select=2"]))
    best = load_checkpoint(best_path(run.path))
    assert run.config["n_ids"] == 4 and best["step"] in (2, 4, 6)
    assert torch.equal(run.model().state_dict()["neck.classifier.weight"], best["model"]["neck.classifier.weight"])
