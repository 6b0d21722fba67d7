"""SA-Softmax's criterion against Eq. 11 written out, its switches on every model, and a training that resumes."""

from __future__ import annotations

import math
import shutil

import pytest
import torch
from torch.nn import functional as F

from vireid_lab.data.batch import Batch
from vireid_lab.papers.reader import published
from vireid_lab.papers.slots import parse_slots
from vireid_lab.recipes.catalogue import RECIPES, choose_settings
from vireid_lab.recipes.criterion import PROTOTYPE_LOSSES
from vireid_lab.recipes.run import open_run
from vireid_lab.recipes.training import train
from vireid_lab.runtime import InputError
from vireid_lab.train.checkpoint import load_checkpoint

IDS = torch.tensor([0, 0, 3, 3] * 2)
BATCH = Batch(torch.zeros(8, 3, 4, 4), IDS, torch.arange(8) // 4, torch.ones(8, dtype=torch.int64))
IMAGES = torch.rand(8, 3, 96, 48, generator=torch.Generator().manual_seed(0))
FULL = "ce:0.3+sas_fm:0.7+ast:1"


def method(recipe="sa_softmax", **overrides):
    torch.manual_seed(0)
    return RECIPES[recipe].build(choose_settings(recipe, "tiny", overrides), n_ids=5)


def test_the_loss_is_eq_11_on_each_part_summed():
    built = method()
    output = built.model(IMAGES, BATCH.modality)
    losses = built.criterion(output, BATCH)
    prototypes = built.criterion.prototype_loss.prototypes
    softmax = sas = ast = 0.0
    for k, part in enumerate(output.embedding.split(64, dim=1)):
        softmax += F.cross_entropy(output.logits[:, k], IDS).item()
        for x, y, m in zip(part, IDS.tolist(), BATCH.modality.tolist(), strict=True):
            own, other = (y, y + 5) if m == 0 else (y + 5, y)
            e = (prototypes[k] @ x).exp().tolist()
            sas -= math.log(e[own] / sum(e)) / 8 + math.log(e[other] / (sum(e) - e[own])) / 8
            ast += (1 - torch.cosine_similarity(prototypes[k, other], x, dim=0).item()) / 8
    assert losses["sas_fm"].item() == pytest.approx(sas, rel=1e-5) and losses["ast"].item() == pytest.approx(ast)
    assert losses["total"].item() == pytest.approx(0.3 * softmax + 0.7 * sas + ast, rel=1e-5)
    assert losses.keys() == {"total", "ce", "sas_fm", "ast", "accuracy"}


ROWS = sorted({p.slots for p in published() if p.paper == "sa_softmax" and p.slots})


@pytest.mark.parametrize("row", [*ROWS, "recipe=sa_softmax losses=ce:0.3+sas_fm_wm:0.7"])
def test_every_row_of_the_tables_can_be_trained(row):
    built = method(**parse_slots(row))
    built.criterion(built.model(IMAGES, BATCH.modality), BATCH)["total"].backward()
    learned = dict(built.model.named_parameters())
    idle = [n for n, p in learned.items() if p.requires_grad and p.grad is None and "classifier" not in n]
    assert idle == []
    named = [name for name in parse_slots(row)["losses"].replace(":", "+").split("+") if name in PROTOTYPE_LOSSES]
    assert ("criterion.prototype_loss.prototypes" in learned) is bool(named)


@pytest.mark.parametrize("losses", [FULL, "am_softmax_m1", "circle_64"])
@pytest.mark.parametrize("recipe", sorted(RECIPES))
def test_it_plugs_into_every_model_with_a_set_of_prototypes_for_each_classifier(recipe, losses):
    built = method(recipe, losses=losses)
    output = built.model(IMAGES, BATCH.modality)
    built.criterion(output, BATCH)["total"].backward()
    sets, _, dim = built.criterion.prototype_loss.prototypes.shape
    assert sets == (1 if output.logits.ndim == 2 else output.logits.shape[1])
    assert sets * dim == output.embedding.shape[1]
    assert built.criterion.prototype_loss.prototypes.grad.abs().sum() > 0


def test_another_number_of_parts_in_the_model_is_named():
    model, criterion = method(head="parts:3+reduce:128").model, method().criterion
    with pytest.raises(InputError, match="gives 3 parts of width 128.*for 6 of width 64"):
        criterion(model(IMAGES, BATCH.modality), BATCH)


def test_without_a_classifier_the_accuracy_is_that_of_the_prototypes():
    built = method(losses="normface")
    output = built.model(IMAGES, BATCH.modality)
    rows = output.embedding.detach().unflatten(1, (6, 64))
    with torch.no_grad():
        built.criterion.prototype_loss.prototypes[:, 0] = rows[IDS == 0].mean(0)
        built.criterion.prototype_loss.prototypes[:, 3] = rows[IDS == 3].mean(0)
    assert built.criterion(output, BATCH)["accuracy"] == 1


@pytest.mark.parametrize(
    ("losses", "message"),
    [
        ("ce+ast:1", "ast needs modality prototypes: add one of sas, sas_fm, sas_fm_wm"),
        ("ce+circle_32+ast", "ast needs modality prototypes"),
        ("sas+sas_fm", "sas and sas_fm stand for one another: give one of them"),
        ("ce+sas_fn", "did you mean 'sas_fm'"),
        ("ce+am_softmax_m4", "did you mean 'am_softmax_m"),
    ],
)
def test_slots_that_make_no_loss_are_named(losses, message):
    with pytest.raises(InputError, match=message):
        method(losses=losses)


def test_fewer_than_two_identities_are_named():
    with pytest.raises(InputError, match="n_ids=1"):
        RECIPES["sa_softmax"].build(choose_settings("sa_softmax", "tiny"), n_ids=1)


def test_the_paper_preset_is_that_of_its_text():
    settings = choose_settings("sa_softmax", "paper")
    assert settings.slots == {
        "augment": "flip+erasing", "backbone": "resnet50", "head": "parts:12", "attention": "none", "losses": FULL,
    }  # fmt: skip
    assert (settings.size, settings.ids_per_batch, settings.images_per_id) == ((384, 192), 8, 8)
    assert (settings.optimiser, settings.lr, settings.two_stream, settings.augment) == (
        "sgd", 0.01, "conv", "flip+erasing",
    )  # fmt: skip


def test_prototypes_are_kept_resumed_and_missed(toy_root, toy, tmp_path):
    cut = [*toy, "head=parts:2+reduce:8"]
    whole = train("sa_softmax", toy_root, "tiny", tmp_path / "whole", cut, device="cpu")

    class Stop(Exception):
        pass

    def stop(done, model):
        if done == 3:
            raise Stop

    with pytest.raises(Stop):
        train("sa_softmax", toy_root, "tiny", tmp_path / "cut", cut, device="cpu", callbacks=[stop])
    shutil.copytree(tmp_path / "cut", tmp_path / "robbed")
    train("sa_softmax", toy_root, "tiny", tmp_path / "cut", cut, device="cpu", resume=True)
    name = "criterion.prototype_loss.prototypes"
    ends = [load_checkpoint(path / "checkpoints" / "last.pt")["model"][name] for path in (whole, tmp_path / "cut")]
    assert ends[0].shape == (2, 12, 8) and torch.equal(*ends)

    missed = rf"last.pt is of another model: 1 tensors differ \({name}\); use its own settings"
    for run in (whole, tmp_path / "robbed"):
        path = run / "checkpoints" / "last.pt"
        content = load_checkpoint(path)
        del content["model"][name]
        torch.save(content, path)
    with pytest.raises(InputError, match=missed):
        open_run(whole).model()
    with pytest.raises(InputError, match=missed):
        train("sa_softmax", toy_root, "tiny", tmp_path / "robbed", cut, device="cpu", resume=True)
