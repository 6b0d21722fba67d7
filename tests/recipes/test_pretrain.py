from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from vireid_lab.cli import main
from vireid_lab.models.backbone import build_backbone
from vireid_lab.models.weights import load_backbone_weights, visible_weights_path
from vireid_lab.recipes.pretrain import make_visible_weights, random_batches, render_people
from vireid_lab.runtime import InputError
from vireid_lab.spectra.world import World


def test_people_are_rendered_with_their_labels():
    world = World(3, size=(64, 32), wardrobe="pretraining")
    images, labels = render_people(world, ids=2)
    assert images.shape == (16, 3, 64, 32) and images.dtype == torch.uint8
    assert labels.tolist() == [0] * 8 + [1] * 8
    expected = world.render(2, 1, 0, 1).image  # second person, first camera, second image
    assert np.array_equal(images[9].permute(1, 2, 0), expected)


def test_batches_follow_from_seed_and_step():
    images, labels = torch.arange(300).to(torch.uint8).view(100, 3, 1, 1), torch.arange(100)
    batches = list(random_batches(images, labels, steps=4, seed=5)(0))
    again = list(random_batches(images, labels, steps=4, seed=5)(2))
    assert len(batches) == 4 and torch.equal(batches[2].images, again[0].images)
    assert not torch.equal(batches[0].ids, batches[1].ids)
    assert torch.equal(batches[0].images, images[batches[0].ids]) and not batches[0].modality.any()


def test_the_weights_are_made_once_and_can_be_loaded(capsys):
    command = ["weights", "make", "visible", "--ids", "3", "--steps", "2", "--json"]
    assert main(command) == 0
    path = visible_weights_path("resnet10")
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {"weights": str(path)}
    made = path.stat().st_mtime_ns
    backbone = build_backbone("resnet10", two_stream="stem")
    statement = load_backbone_weights(backbone, "resnet10", "visible")
    assert "3 synthetic people in visible light" in statement and "2 steps at 96x48, seed 0" in statement

    assert main(command) == 0 and path.stat().st_mtime_ns == made
    assert "is there already" in capsys.readouterr().out
    before = torch.load(path)["tensors"]
    assert main([*command, "--force", "--seed", "1"]) == 0
    assert not torch.equal(before["conv1.weight"], torch.load(path)["tensors"]["conv1.weight"])


@pytest.mark.parametrize("values", [{"ids": 1}, {"steps": 0}])
def test_values_that_cannot_be_used_are_named(values, tmp_path):
    with pytest.raises(InputError, match="ids=.*steps="):
        make_visible_weights(out=tmp_path / "w.pt", **values)
    assert not (tmp_path / "w.pt").exists()
