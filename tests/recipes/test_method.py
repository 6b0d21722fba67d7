from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from vireid_lab.data.batch import Batch
from vireid_lab.models.output import ReIDOutput
from vireid_lab.recipes.catalogue import RECIPES, choose_settings
from vireid_lab.recipes.criterion import Criterion, identity_loss
from vireid_lab.runtime import InputError


def output_and_batch(parts=None):
    draw = torch.Generator().manual_seed(0)
    shape = (8, 5) if parts is None else (8, parts, 5)
    features, logits = torch.randn(8, 6, generator=draw), torch.randn(*shape, generator=draw)
    ids = torch.tensor([0, 0, 3, 3] * 2)
    batch = Batch(torch.zeros(8, 3, 4, 4), ids, torch.arange(8) // 4, torch.ones(8, dtype=torch.int64))
    return ReIDOutput(features, features, logits, features), batch


def cross_entropy_by_hand(logits, label, smoothing):
    """-sum of target x log softmax, the target sharing `smoothing` over all classes."""
    log_p = logits - np.log(np.exp(logits).sum())
    target = np.full(len(logits), smoothing / len(logits))
    target[label] += 1 - smoothing
    return -(target * log_p).sum()


@pytest.mark.parametrize("parts", [None, 1, 3])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_cross_entropy_is_summed_over_parts_and_averaged_over_images(parts, smoothing):
    output, batch = output_and_batch(parts)
    rows = output.logits.double().numpy().reshape(8, -1, 5)
    by_image = [
        sum(cross_entropy_by_hand(p, y, smoothing) for p in row) for row, y in zip(rows, batch.ids, strict=True)
    ]
    expected = np.mean(by_image)
    losses = Criterion("ce", smoothing)(output, batch)
    assert losses["ce"].item() == pytest.approx(expected, rel=1e-5) and losses["total"] == losses["ce"]
    by_hand = np.mean(rows.mean(1).argmax(1) == batch.ids.numpy())
    assert losses["accuracy"].item() == pytest.approx(by_hand)


def test_weights_multiply_the_losses_and_all_are_logged():
    output, batch = output_and_batch()
    losses = Criterion("ce+triplet:0.5+wrt:2")(output, batch)
    expected = losses["ce"] + 0.5 * losses["triplet"] + 2 * losses["wrt"]
    assert losses["total"].item() == pytest.approx(expected.item())
    assert losses.keys() == {"total", "ce", "triplet", "wrt", "accuracy"}


def test_identical_logits_cost_the_logarithm_of_their_number():
    assert identity_loss(torch.zeros(4, 3, 7), torch.arange(4)).item() == pytest.approx(3 * math.log(7))


@pytest.mark.parametrize("slot, message", [("ce+wrd", "did you mean 'wrt'"), ("none", "give at least one")])
def test_bad_losses_are_named(slot, message):
    with pytest.raises(InputError, match=message):
        Criterion(slot)


@pytest.mark.parametrize("recipe", sorted(RECIPES))
def test_every_recipe_trains_and_embeds_at_its_tiny_size(recipe):
    settings = choose_settings(recipe, "tiny")
    method = RECIPES[recipe].build(settings, n_ids=5)
    _, batch = output_and_batch()
    images = torch.rand(8, 3, *settings.size, generator=torch.Generator().manual_seed(0))
    losses = method.criterion(method.model(images, batch.modality), batch)
    losses["total"].backward()
    assert all(p.grad is not None for p in method.model.parameters() if p.requires_grad)
    assert method.model.eval().embed(images, batch.modality).shape[0] == 8


@pytest.mark.parametrize("recipe, head", [("agw", "gap"), ("pcb", "part:6"), ("pcb", "reduce:64"), ("pcb", "parts:.5")])
def test_heads_that_cannot_be_built_are_named(recipe, head):
    with pytest.raises(InputError, match=f"'{head}'|head={head}"):
        RECIPES[recipe].build(choose_settings(recipe, "tiny", {"head": head}), n_ids=5)
