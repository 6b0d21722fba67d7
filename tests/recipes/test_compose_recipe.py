"""Compositions train, are the recipe that they are composed of where nothing differs, and say what does not fit."""

from __future__ import annotations

import json

import pytest
import torch

from vireid_lab.analysis.run_results import read_run
from vireid_lab.cli import main
from vireid_lab.papers.slots import matches
from vireid_lab.recipes.catalogue import RECIPES, choose_settings
from vireid_lab.recipes.compose import MODELS
from vireid_lab.recipes.run import open_run
from vireid_lab.recipes.settings import ComposedSettings
from vireid_lab.recipes.training import train
from vireid_lab.runtime import InputError
from vireid_lab.train.checkpoint import checkpoint_path, load_checkpoint
from vireid_lab.train.log import read_metrics

SHORT = ("size=48x24", "steps=2", "log_every=1", "checkpoint_every=1")  # after the others' size; 24 rows of patches
HEADS = {"pcb": "parts:3+reduce:32", "rfm": "parts:3+reduce:32", "cal": "drm:2+alpha:0.6+match"}  # of a 3x2 map


@pytest.fixture(autouse=True)
def one_thread():
    """Sums of one thread are the same in every run."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def compose(root, toy, out, slots, *more, **options):
    pairs = [f"{name}={value}" for name, value in slots.items()]
    return train("compose", root, "tiny", out, [*toy, *SHORT, *pairs, *more], device="cpu", **options)


def weights(run):
    return load_checkpoint(checkpoint_path(run))["model"]


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


GOOD = [
    {"model": "tmpa", "augment": "ltg+channel", "losses": "wrt+cross_center+sas_fm"},
    {"model": "tmpa", "augment": "ltg+pedmix", "losses": "ce+wrt+cross_center:3+msi:0.4+mss:0.08+mft:0.4"},
    {"model": "tmpa", "augment": "flip", "attention": "cbam", "losses": "ce:0.3+sas_fm:0.7+ast:1+hetero_center"},
    {"model": "baseline", "augment": "ltg+pedmix+replace", "losses": "ce+wrt+cross_center"},
    {"model": "baseline", "attention": "nonlocal", "losses": "ce:0.3+sas_fm:0.7+ast:1+wrt"},
    {"model": "pcb", "augment": "flip+ltg", "head": HEADS["pcb"], "losses": "ce+triplet+cross_center:3"},
    {"model": "rfm", "augment": "ltg+channel", "head": HEADS["rfm"], "losses": "ce:0.3+sas_fm:0.7+cross_center"},
    {"model": "rfm", "augment": "pedmix+replace", "head": HEADS["rfm"], "attention": "cbam", "two_stream": "stem"},
    {"model": "idkl", "augment": "ltg", "losses": "ce+cross_center+confuser+discriminator+ip:0.1+tgsa:0.6"},
    {"model": "idkl", "augment": "channel+pedmix+replace", "head": "gem+bnneck+modality:2", "losses": "sas+tgsa:0.6"},
    {"model": "cal", "augment": "ltg+channel", "head": HEADS["cal"], "losses": "sas_fm+part_center+kd_logits+cross_ce"},
    {"model": "cal", "head": "stripes:3", "attention": "dot", "losses": "ce+cross_center+cross_ce+kd_logits"},
]  # fmt: skip


@pytest.mark.parametrize("slots", GOOD, ids=lambda slots: f"{slots['model']}-{slots.get('losses', 'own')}")
def test_combinations_train_and_open_again(toy_root, toy, tmp_path, slots):
    run = open_run(compose(toy_root, toy, tmp_path / "run", slots))
    assert run.summary["finished"] and [row["step"] for row in read_metrics(run.path / "metrics.jsonl")] == [1, 2]
    named = {part.partition(":")[0] for part in run.settings.losses.split("+")}
    assert named <= read_metrics(run.path / "metrics.jsonl")[0].keys()
    assert slots.items() <= run.config.items()
    found = run.model().embed(torch.randn(2, 3, 48, 24), torch.tensor([0, 1]))
    assert found.shape[0] == 2 and found.isfinite().all()


RECIPE_OF = {model: {"model": model} for model in MODELS} | {
    "agw": {"model": "baseline", "attention": "nonlocal"},
    "sa_softmax": {"model": "pcb", "two_stream": "conv", "losses": "ce:0.3+sas_fm:0.7+ast:1"},
}


def test_every_recipe_can_be_composed():
    assert RECIPE_OF.keys() | {"compose"} == RECIPES.keys()


@pytest.mark.parametrize("recipe", RECIPE_OF)
def test_with_the_slots_of_a_recipe_it_is_that_recipe(toy_root, toy, tmp_path, recipe):
    slots = dict(RECIPE_OF[recipe])
    model = slots["model"]
    head = [f"head={HEADS[model]}"] if model in HEADS else []
    composed = compose(toy_root, toy, tmp_path / "composed", slots, *head)
    own = train(recipe, toy_root, "tiny", tmp_path / "own", [*toy, *SHORT, *head], device="cpu")
    assert load_checkpoint(checkpoint_path(composed))["step"] == 2
    assert same(weights(composed), weights(own))


@pytest.mark.parametrize("preset", ["paper", "small", "tiny"])
@pytest.mark.parametrize("model", MODELS)
def test_what_is_not_given_is_as_in_the_recipe_of_the_model(model, preset):
    composed = choose_settings("compose", preset, {"model": model, "augment": "ltg"})
    own = choose_settings(model, preset, {"augment": "ltg"})
    assert type(composed) is ComposedSettings and composed.slots == {"model": model, **own.slots}
    assert vars(composed) == {**vars(own), "model": model}


def test_without_a_model_it_is_the_baseline():
    baseline = choose_settings("baseline", "tiny")
    assert vars(choose_settings("compose", "tiny")) == {**vars(baseline), "model": "baseline"}


BAD = [
    ({"model": "baseline", "losses": "ce+msi"}, "losses=ce.msi and model=baseline .* leave msi out, or"),
    ({"model": "baseline", "head": "parts:3"}, "head=parts:3 and model=baseline .*or take model=pcb or model=rfm$"),
    ({"model": "tmpa", "head": "parts:3"}, "head=parts:3 and model=tmpa do not go together"),
    ({"model": "rfm", "head": "gem+bnneck"}, "head=gem.bnneck and model=rfm .*; take head=parts:6.reduce:64, or"),
    ({"model": "tmpa", "head": "gem+bnneck+modality:2"}, "model=tmpa .* modality is for idkl .*or take model=idkl$"),
    ({"model": "pcb", "head": "drm:2"}, "head=drm:2 and model=pcb .*take model=cal$"),
    ({"model": "rfm", "attention": "mft"}, "attention=mft and model=rfm .* take attention=mam, or take model=tmpa$"),
    ({"model": "tmpa", "attention": "mam"}, "attention=mam and model=tmpa .* take attention=mft, or take model=rfm$"),
    ({"model": "idkl", "attention": "nonlocal"}, "attention=nonlocal and model=idkl .*model=baseline or model=pcb$"),
    ({"model": "cal", "attention": "none"}, r"attention=none and model=cal .* take attention=tsaa\+channel, or"),
    ({"model": "rfm", "losses": "ce+part_center"}, "losses=ce.part_center and model=rfm .*out, or take model=cal$"),
    ({"model": "tmpa", "losses": "ce+tgsa:0.6"}, "model=tmpa .* leave tgsa out, or take model=idkl$"),
    ({"model": "cal", "losses": "ce+mss"}, "losses=ce.mss and model=cal .* leave mss out, or take model=tmpa$"),
    ({"model": "baseline", "augment": "attentive_cutmix+replace"}, "augment=.* and model=baseline .*take model=tmpa$"),
    ({"model": "rfm", "augment": "flip+pedmix"}, r"augment: .*pedmix\+replace, or .*\(in compose: model=tmpa\)$"),
    ({"model": "tmpa", "attention": "none"}, "losses=.*attention=none has not; take attention=mft, or losses="),
    ({"model": "tmpa", "two_stream": "stem"}, "two_stream: .*give none"),
    ({"model": "cal", "head": "vectors:3"}, "losses=.*diversity and part_ce would teach nothing: .* head=vectors:3 "),
    ({"model": "cal", "head": "stripes:3"}, "losses=.*1: diversity would teach nothing: .* head=stripes:3 "),
    ({"model": "tmpa", "losses": "msi"}, "losses=msi: give at least one of ce"),
    ({"losses": "ce+wrt:0"}, "losses=ce.wrt:0: the weight of wrt is 0: give one above 0, or leave wrt out$"),
    ({"model": "tmpa", "losses": "ce+msi:-1"}, "the weight of msi is -1: give one above 0"),
    ({"losses": "ce:nan"}, "'nan' behind 'ce:' is not a number"),
    ({"losses": ""}, "losses=: the slot is empty"),
    ({"augment": ""}, "augment=: the slot is empty"),
    ({"augment": "crop:200"}, "crop: a border of 200 pixels for images of 48x24"),
    ({"losses": "sas_fm+wrt", "label_smoothing": "0.1"}, "label_smoothing=0.1: .* losses=sas_fm.wrt has none; add ce"),
    ({"losses": "ce+wrt", "ids_per_batch": "1"}, "ids_per_batch=1: wrt would be 0 .*; give 2 or more, or leave wrt"),
    ({"model": "pcb", "head": "parts:1e9"}, "head=parts:1e9: parts is more than the 48 rows of an image: give fewer"),
    ({"model": "rfm", "head": "parts:3+reduce:1e9"}, "reduce is more than the 128 channels of the map: give fewer"),
    ({"model": "cal", "head": "vectors:1e9"}, r"head=vectors:1e9: .* than the map has channels \(256\)"),
    ({"model": "pcb", "head": "parts:inf"}, "'inf' behind 'parts:' is not a number"),
    ({"model": "cal", "losses": "wrt+kd_logits"}, "losses=wrt.kd_logits: kd_logits compare .*nothing trains .*add ce"),
    ({"model": "idkl", "losses": "sas_fm+csa_released+mdr"}, ": csa_released, mdr compare .*; add ce$"),
    ({"model": "tmpo"}, "unknown model 'tmpo': did you mean 'tmpa'"),
    ({"model": "tmpa", "losses": "ce+msl"}, "unknown loss 'msl': did you mean 'ms"),
    ({"losses": "wrt+cross_center+sa_softmax"}, "unknown loss 'sa_softmax': it is sas_fm; with the paper's weights ce"),
    ({"model": "pcb", "head": "parts:5"}, "parts=5 does not divide the 3 rows"),
]  # fmt: skip


@pytest.mark.parametrize(("slots", "message"), BAD, ids=[" ".join(slots.values()) for slots, _ in BAD])
def test_what_does_not_go_together_is_said_before_a_folder_is_made(toy_root, toy, tmp_path, slots, message):
    with pytest.raises(InputError, match=message):
        compose(toy_root, toy, tmp_path / "run", slots)
    assert not (tmp_path / "run").exists()


OWN_LOSSES = sorted({name for model in MODELS.values() for name in model.takes.get("losses", ())})
PARTS = {
    "losses": [f"ce+{name}" for name in OWN_LOSSES],
    "head": "gem+bnneck gem+bnneck+modality:2 parts:3 parts:3+reduce:8 drm:2+match drm_shared:2 vectors:2".split(),
    "attention": "none nonlocal cbam mam se stn mft cross dot+channel tsaa".split(),
}  # fmt: skip


def refusal(recipe, settings):
    with torch.device("meta"):  # shapes without values
        try:
            RECIPES[recipe].build(settings, n_ids=3)
        except InputError as error:
            return error


@pytest.mark.parametrize("model", MODELS)
def test_it_refuses_what_the_recipe_of_the_model_refuses_and_nothing_else(model):
    refused = set()
    for slot, value in ((slot, value) for slot, values in PARTS.items() for value in values):
        settings = choose_settings("compose", "tiny", {"model": model, "losses": "ce+wrt", slot: value})
        error, of_recipe = refusal("compose", settings), refusal(model, settings)
        assert (error is None) == (of_recipe is None), (slot, value)
        if error:
            assert f"{slot}={value} and model={model} do not go together" in str(error)
            refused.add(slot)
    assert refused == set(PARTS)


def test_the_command_line_says_it_in_one_line(toy_root, toy, tmp_path, capsys):
    command = ["train", "compose", "--data", str(toy_root), "--out", str(tmp_path / "run"), "--set", *toy, *SHORT]
    assert main([*command, "model=pcb", "head=parts:3", "losses=ce+mft"]) == 2
    assert capsys.readouterr().err == (
        "vireid: error: losses=ce+mft and model=pcb do not go together: pcb gives horizontal parts, and mft is for "
        "tmpa (a shared stream and one of each modality's own); leave mft out, or take model=tmpa\n"
    )
    assert main([*command, "model=pcb", "head=parts:3", "losses=ce+cross_center"]) == 0


def test_the_model_is_a_slot_of_the_run_and_other_recipes_have_none(toy_root, toy, tmp_path):
    out = compose(toy_root, toy, tmp_path / "run", {"model": "tmpa", "augment": "ltg"})
    assert json.loads((out / "config.json").read_text())["model"] == "tmpa"
    assert open_run(out).summary["slots"]["model"] == "tmpa"
    run = read_run(out)
    assert list(run.slots) == ["recipe", "model", "augment", "backbone", "head", "attention", "losses"]
    assert matches("recipe=compose model=tmpa augment=ltg", run.slots)
    assert not matches("recipe=compose model=rfm", run.slots)
    own = train("tmpa", toy_root, "tiny", tmp_path / "own", [*toy, *SHORT], device="cpu")
    assert "model" not in json.loads((own / "config.json").read_text()) and "model" not in read_run(own).slots
    with pytest.raises(InputError, match="model=rfm: recipe tmpa has no slot model; take recipe compose"):
        choose_settings("tmpa", "tiny", {"model": "rfm"})


def test_a_training_that_is_cut_off_and_resumed_ends_with_the_same_weights(toy_root, toy, tmp_path):
    class CutOffError(Exception):
        pass

    def cut_off(done, model):
        if done == 2:
            raise CutOffError

    slots = {"model": "tmpa", "augment": "ltg+pedmix", "losses": "ce+wrt+cross_center+msi:0.4+mft:0.4"}
    whole = compose(toy_root, toy, tmp_path / "whole", slots, "steps=3")
    with pytest.raises(CutOffError):
        compose(toy_root, toy, tmp_path / "parts", slots, "steps=3", callbacks=[cut_off])
    assert load_checkpoint(checkpoint_path(tmp_path / "parts"))["step"] < 3
    with pytest.raises(InputError, match=r"model \(tmpa there, baseline asked\)"):
        compose(toy_root, toy, tmp_path / "parts", {}, "steps=3", resume=True)
    parts = compose(toy_root, toy, tmp_path / "parts", slots, "steps=3", resume=True)
    assert same(weights(whole), weights(parts))
