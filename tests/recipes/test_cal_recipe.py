"""CAL's criterion against Eq. 20 written out, and the settings by which every row of its tables is reached."""

import shutil
from pathlib import Path

import pytest
import torch
from torch.nn import functional as F

from vireid_lab.cli import main
from vireid_lab.data.batch import Batch
from vireid_lab.losses.match_distill import diversity, kd_attention, kd_logits
from vireid_lab.losses.part_center import PartCenter
from vireid_lab.papers.reader import published
from vireid_lab.papers.slots import parse_slots
from vireid_lab.recipes import cal
from vireid_lab.recipes.catalogue import RECIPES, choose_settings
from vireid_lab.recipes.run import open_run
from vireid_lab.recipes.training import train
from vireid_lab.runtime import InputError
from vireid_lab.train.checkpoint import checkpoint_path, load_checkpoint

IDS = torch.tensor([0, 0, 3, 3] * 2)
BATCH = Batch(torch.zeros(8, 3, 4, 4), IDS, torch.arange(8) // 4, torch.ones(8, dtype=torch.int64))
IMAGES = torch.rand(8, 3, 96, 48, generator=torch.Generator().manual_seed(0))
ROWS = {row.slots: row.row for row in published() if row.paper == "cal" and row.slots}


def method(recipe="cal", **overrides):
    torch.manual_seed(0)
    return RECIPES[recipe].build(choose_settings(recipe, "tiny", overrides), n_ids=5)


def test_the_loss_is_that_of_eq_20():
    built = method()
    output = built.model(IMAGES, BATCH.modality)
    losses = built.criterion(output, BATCH)
    expected = PartCenter()(
        *(f.unflatten(1, (4, -1)) for f in (output.features, output.cross_features)), IDS, BATCH.modality
    )
    expected = expected + kd_attention(output.weights, output.match, 18)
    expected = expected + kd_logits(output.cross_logits, output.logits, output.match)
    expected = expected + 0.1 * diversity(output.selected)
    for p in range(4):
        expected = expected + 0.1 * F.cross_entropy(output.part_logits[:, p], IDS)
        expected = (
            expected + F.cross_entropy(output.logits[:, p], IDS) + F.cross_entropy(output.cross_logits[:, p], IDS)
        )
    assert losses["total"].item() == pytest.approx(expected.item(), rel=1e-5)
    names = {"ce", "cross_ce", "part_center", "kd_attention", "kd_logits", "part_ce", "diversity"}
    assert losses.keys() == {"total", "accuracy", "agreement", *names}


@pytest.mark.parametrize("slots", ROWS, ids=ROWS.values())
def test_every_row_of_the_tables_can_be_trained(slots):
    overrides = parse_slots(slots)
    built = method(overrides.pop("recipe"), **overrides)
    built.criterion(built.model(IMAGES, BATCH.modality), BATCH)["total"].backward()
    assert [n for n, p in built.model.named_parameters() if p.requires_grad and p.grad is None] == []


def test_the_presets_are_the_papers_last_row():
    full = next(slots for slots, row in ROWS.items() if row == "CAL (Ours)" or row.endswith("+ CQM"))
    for preset in cal.PRESETS.values():
        assert parse_slots(full).items() <= {"recipe": "cal", **preset.slots}.items()


def test_the_number_and_the_ratio_of_the_regions_can_be_set():
    built = method(head="drm:6+alpha:0.4+match")
    output = built.model(IMAGES, BATCH.modality)
    assert output.match.shape == (8, 6) and built.model.regions.alpha == 0.4
    assert ((output.selected > 0).sum(1) == 2).all()  # ceil(0.4 * 18 / 6)


@pytest.fixture(scope="module")
def run(toy_root, toy, tmp_path_factory):
    """A folder with a short training of two matched parts."""
    out = tmp_path_factory.mktemp("cal") / "run"
    return train("cal", toy_root, "tiny", out, (*toy, "head=drm:2+alpha:0.6+match"), device="cpu")


def test_a_run_keeps_its_match_and_embeds_with_it(run):
    model = open_run(run).model()
    assert model.record.steps == 6
    assert sorted(model.record.infrared_parts().tolist()) == [0, 1]
    assert model.embed(torch.randn(3, 3, 32, 16), torch.tensor([0, 1, 1])).shape == (3, 2 * 256)


def test_the_match_is_that_of_the_last_epoch_and_survives_a_stop(toy_root, toy, tmp_path):
    def stop(step, model):
        if step == 5:
            raise KeyboardInterrupt

    overrides = (*toy, "steps=9", "checkpoint_every=3", "head=drm:2+alpha:0.6+match")
    whole = open_run(train("cal", toy_root, "tiny", tmp_path / "whole", overrides, device="cpu")).model().record
    with pytest.raises(KeyboardInterrupt):
        train("cal", toy_root, "tiny", tmp_path / "parts", overrides, device="cpu", callbacks=[stop])
    resumed = train("cal", toy_root, "tiny", tmp_path / "parts", overrides, resume=True, device="cpu")
    edges = 12 * 2  # of a batch of 3 identities x 2 images x 2 modalities; an epoch of 18 // 6 + 1 = 4 batches
    assert whole.counts.sum((1, 2)).tolist() == [4 * edges, 1 * edges]
    assert torch.equal(open_run(resumed).model().record.counts, whole.counts)


def test_a_checkpoint_without_its_match_is_named_with_the_way_out(run, tmp_path, capsys):
    copy = Path(shutil.copytree(run, tmp_path / "copy"))
    checkpoint = load_checkpoint(checkpoint_path(copy))
    del checkpoint["model"]["record.counts"], checkpoint["model"]["record.steps"]
    torch.save(checkpoint, checkpoint_path(copy))
    with pytest.raises(InputError, match=r"last.pt holds no match between the parts .*: train the run again"):
        open_run(copy).model()
    assert main(["evaluate", str(copy), "--device", "cpu"]) == 2
    assert "holds no match" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"head": "drn:4"}, "did you mean 'drm'"),
        ({"head": "none"}, "known: drm, drm_shared, vectors, stripes"),
        ({"head": "drm"}, "head=drm: write drm:4"),
        ({"head": "drm:nan"}, "'nan' behind 'drm:' is not a number"),
        ({"head": "drm:2.5"}, "head=drm:2.5: write drm:4"),
        ({"head": "stripes:4+alpha:0.6"}, "write drm:4"),
        ({"head": "drm:4+match:2"}, "match:2: write drm:4"),
        ({"head": "drm:4+alpha:1.5"}, "alpha=1.5: give a selection ratio"),
        ({"attention": "tsa"}, "did you mean 'tsaa'"),
        ({"attention": "tsaa+channels"}, "did you mean 'tsaa\\+channel'"),
        ({"losses": "ce+part_centre"}, "did you mean 'part_center'"),
        ({"head": "vectors:4"}, "leave out what is about regions"),
    ],
)
def test_slots_that_cannot_be_used_are_named(overrides, message):
    with pytest.raises(InputError, match=message):
        method(**overrides)


def test_more_parts_than_tokens_are_named_before_a_run_begins(toy_root, toy, tmp_path):
    with pytest.raises(InputError, match="4 parts need as many tokens and the feature map has 2"):
        train("cal", toy_root, "tiny", tmp_path / "run", toy, device="cpu")
    assert not (tmp_path / "run").exists()


def test_partners_that_are_strangers_are_named():
    built = method()
    strangers = Batch(IMAGES, torch.tensor([0, 0, 3, 3, 3, 3, 0, 0]), BATCH.modality, BATCH.camids)
    with pytest.raises(InputError, match="not of the same identity"):
        built.criterion(built.model(IMAGES, BATCH.modality), strangers)


def test_a_camera_without_a_center_is_named():
    built = method(losses="ce+cca:0.0005")
    far = Batch(IMAGES, IDS, BATCH.modality, torch.full((8,), 16))
    with pytest.raises(InputError, match="cameras below 16 and there is camera 16"):
        built.criterion(built.model(IMAGES, BATCH.modality), far)
