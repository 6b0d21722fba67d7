"""TMPA's criterion against Eq. 16 written out, mixed images on their way into the network, and a training by it."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from vireid_lab.augment.pedmix import PedMix
from vireid_lab.cli import main
from vireid_lab.data.batch import Batch
from vireid_lab.data.transforms import normalise, to_float
from vireid_lab.losses.triplet import WeightedRegularizationTriplet
from vireid_lab.recipes import tmpa
from vireid_lab.recipes.catalogue import RECIPES, choose_settings
from vireid_lab.recipes.run import open_run
from vireid_lab.recipes.training import train
from vireid_lab.runtime import InputError
from vireid_lab.train.checkpoint import checkpoint_path, load_checkpoint
from vireid_lab.train.log import read_metrics
from vireid_lab.train.step import prepare

IDS = torch.tensor([0, 0, 3, 3] * 2)
MODALITY = torch.arange(8) // 4
DRAW = torch.Generator().manual_seed(0)
PIXELS = torch.randint(0, 256, (8, 3, 96, 48), generator=DRAW, dtype=torch.uint8)
BATCH = Batch(PIXELS, IDS, MODALITY, MODALITY + 1)
CPU = torch.device("cpu")
B = {"attention": "none", "losses": "ce:0.8+wrt:0.8"}


def method(**overrides):
    torch.manual_seed(0)
    return tmpa.build(choose_settings("tmpa", "tiny", overrides), n_ids=5)


def prepared(built, seed=0):
    return prepare(BATCH, CPU, built.augment, np.random.default_rng(seed))


@pytest.mark.parametrize("augment", ["flip", "flip+channel+pedmix"])
def test_the_total_is_that_of_eq_16(augment):
    built = method(augment=augment)
    batch = prepared(built)
    output = built.model(batch.images, batch.modality, **batch.extra)
    losses = built.criterion(output, batch)
    views = ["", "mixed_"] if "pedmix" in augment else [""]
    features, logits, shared, transferred = (
        torch.cat([getattr(output, view + name) for view in views])
        for name in ("features", "logits", "shared", "transferred_logits")
    )
    ids, modality = torch.cat([IDS] * len(views)), torch.cat([MODALITY] * len(views))
    base = F.cross_entropy(logits, ids) + WeightedRegularizationTriplet()(features, ids, modality)
    own, of_shared = (F.normalize(each.detach(), dim=1) for each in (output.specific, shared))
    mss = 0
    for pid in (0, 3):
        rows = (IDS == pid).nonzero()[:, 0].tolist()  # two visible rows, two infrared ones
        d_sp = sum(math.dist(own[v], own[i]) for v, i in zip(rows[:2], rows[2:], strict=True)) / 2
        d_ss = [math.dist(of_shared[view * 8 + row], own[row]) for view in range(len(views)) for row in rows]
        mss += max(0.65 - d_sp - sum(d_ss) / len(d_ss), 0)
    of_modality = lambda values, labels, kinds: sum(  # noqa: E731
        F.cross_entropy(values[kinds == m], labels[kinds == m]) for m in (0, 1)
    )
    msi, mft = of_modality(output.specific_logits, IDS, MODALITY), of_modality(transferred, ids, modality)
    total = 0.8 * base + 0.4 * ((msi + 0.2 * mss) + mft)
    assert losses["total"].item() == pytest.approx(total.item(), rel=1e-5)
    assert losses.keys() == {"total", "ce", "wrt", "msi", "mss", "mss_active", "mft", "accuracy"}


def test_the_share_of_active_hinges_is_logged():
    built = method(augment="flip")
    batch = prepared(built)
    output = built.model(batch.images, batch.modality)
    output.specific = output.specific.detach().clone()
    output.specific[IDS == 0] = output.shared[IDS == 0]  # distance 0, but for that of the modalities
    output.specific[4:6] = output.specific[:2]
    output.specific[IDS == 3] = -output.shared[IDS == 3]  # distance 2, above the margin
    assert built.criterion(output, batch)["mss_active"].item() == 0.5


def test_mixed_images_come_normalised_into_the_network_beside_the_originals():
    built = method(augment="pedmix")
    batch = prepared(built, seed=3)
    halves = to_float(PIXELS).chunk(2)
    expected = torch.cat(PedMix()(*halves, np.random.default_rng(3)))
    assert torch.equal(batch.images, normalise(to_float(PIXELS)))
    assert torch.equal(batch.extra["mixed"], normalise(expected))
    replaced = prepared(method(augment="pedmix+replace"), seed=3)
    assert torch.equal(replaced.images, batch.extra["mixed"]) and replaced.extra == {}


def test_in_the_single_stream_mixed_images_have_the_base_losses_with_the_others():
    built = method(**B)
    batch = prepared(built)
    output = built.model(batch.images, batch.modality, **batch.extra)
    losses = built.criterion(output, batch)
    features = torch.cat([output.features, output.mixed_features])
    logits, ids = torch.cat([output.logits, output.mixed_logits]), torch.cat([IDS, IDS])
    base = F.cross_entropy(logits, ids)
    base = base + WeightedRegularizationTriplet()(features, ids, torch.cat([MODALITY, MODALITY]))
    assert losses["total"].item() == pytest.approx(0.8 * base.item(), rel=1e-5)
    assert losses["accuracy"].item() == pytest.approx((logits.argmax(1) == ids).float().mean().item())


@pytest.mark.parametrize("augment", ["flip", "flip+channel+pedmix", "flip+channel+attentive_cutmix", "pedmix+replace"])
@pytest.mark.parametrize("attention", ["none", "se", "stn", "cbam", "cross", "mft"])
def test_every_attention_trains_with_every_way_of_mixing(attention, augment):
    built = method(
        augment=augment, attention=attention, **({} if attention in ("cross", "mft") else {"losses": B["losses"]})
    )
    built.model.train()
    batch = prepared(built)
    assert built.model.training
    built.criterion(built.model(batch.images, batch.modality, **batch.extra), batch)["total"].backward()
    assert [n for n, p in built.model.named_parameters() if p.requires_grad and p.grad is None] == []


def test_the_printed_triplet_loss_can_be_asked_for():
    features = torch.randn(8, 4, generator=torch.Generator().manual_seed(1))
    loss = method(**{**B, "losses": "ce+wrt_as_printed"}).criterion.embedding_losses["wrt_as_printed"][0]
    printed, common = WeightedRegularizationTriplet("as_printed"), WeightedRegularizationTriplet()
    assert loss(features, IDS, MODALITY) == printed(features, IDS, MODALITY) != common(features, IDS, MODALITY)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"attention": "mtf"}, "unknown attention 'mtf': did you mean 'mft'"),
        ({"attention": "none"}, "msi, mss, mft need the specific streams"),
        ({"two_stream": "stem"}, "two_stream: .* give none"),
        ({"head": "gap"}, "unknown head 'gap'"),
        ({"losses": "ce+msl"}, "unknown loss 'msl'"),
        ({"augment": "pedmix:1.5"}, "the patch 1.5 is not a whole number"),
    ],
)
def test_settings_that_do_not_go_together_are_named(overrides, message):
    with pytest.raises(InputError, match=message):
        method(**overrides)


@pytest.mark.parametrize("recipe", ["baseline", "pcb", "rfm"])
def test_other_recipes_take_mixed_images_only_in_place_of_their_own(recipe):
    settings = choose_settings(recipe, "tiny", {"augment": "pedmix"})
    with pytest.raises(InputError, match=r"pedmix\+replace, or take the recipe tmpa"):
        RECIPES[recipe].build(settings, n_ids=5)
    built = RECIPES[recipe].build(choose_settings(recipe, "tiny", {"augment": "pedmix+replace"}), n_ids=5)
    batch = prepared(built)
    assert built.criterion(built.model(batch.images, batch.modality), batch)["total"].isfinite()


def test_a_batch_whose_rows_are_no_pairs_is_named():
    built = method()
    for ids, modality, message in (
        ([0, 0, 3, 3, 0, 0, 3, 1], MODALITY, "identity 3|identity 1"),
        (IDS.tolist(), torch.tensor([0] * 5 + [1] * 3), "5 visible and 3 infrared|identity"),
    ):
        with pytest.raises(InputError, match=message):
            prepare(Batch(PIXELS, torch.tensor(ids), modality, modality), CPU, built.augment, np.random.default_rng(0))


TOY = ("size=48x24", "backbone=resnet10")  # after the others' size; 24 rows of patches


def test_a_training_learns_its_identities_and_opens_again(toy_root, toy, tmp_path):
    run = open_run(train("tmpa", toy_root, out=tmp_path / "run", overrides=[*toy, *TOY, "steps=12", "log_every=1"]))
    rows = read_metrics(run.path / "metrics.jsonl")
    assert {"ce", "wrt", "msi", "mss", "mss_active", "mft"} <= rows[0].keys()
    assert rows[-1]["msi"] < 0.7 * rows[0]["msi"] and rows[-1]["mft"] < 0.7 * rows[0]["mft"]
    model = run.model()
    assert model.embed(torch.zeros(2, 3, 48, 24), torch.tensor([0, 1])).shape == (2, 256)


def test_a_size_that_does_not_fit_the_patches_is_said_before_a_folder_is_made(toy_root, toy, tmp_path):
    with pytest.raises(InputError, match="pedmix: the height 32 is no multiple of 24"):
        train("tmpa", toy_root, out=tmp_path / "run", overrides=toy)
    assert not (tmp_path / "run").exists()


@pytest.fixture
def one_thread():
    """Sums of one thread are the same in every run."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def test_a_training_that_is_cut_off_and_resumed_ends_with_the_same_weights(toy_root, toy, tmp_path, one_thread):
    class CutOffError(Exception):
        pass

    def cut_off(done, model):
        if done == 3:
            raise CutOffError

    def vireid_train(out, *options):
        settings = [*toy, *TOY, "steps=5"]
        assert main(["train", "tmpa", "--data", str(toy_root), "--out", str(out), *options, "--set", *settings]) == 0
        return load_checkpoint(checkpoint_path(out))

    whole = vireid_train(tmp_path / "whole")
    with pytest.raises(CutOffError):
        train("tmpa", toy_root, out=tmp_path / "parts", overrides=[*toy, *TOY, "steps=5"], callbacks=[cut_off])
    assert load_checkpoint(checkpoint_path(tmp_path / "parts"))["step"] == 2
    parts = vireid_train(tmp_path / "parts", "--resume")
    assert whole["step"] == parts["step"] == 5 and whole["model"].keys() == parts["model"].keys()
    assert all(torch.equal(whole["model"][name], parts["model"][name]) for name in whole["model"])
