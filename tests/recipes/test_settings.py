from __future__ import annotations

import dataclasses
import json

import pytest

from vireid_lab.recipes.catalogue import RECIPES, choose_settings
from vireid_lab.recipes.settings import Settings, parse_overrides, settings_from, with_overrides
from vireid_lab.runtime import InputError


def test_overrides_have_the_types_of_their_fields():
    texts = ["size=128x64", "lr=1e-3", "steps=300", "losses=ce+triplet:0.5", "milestones=0.5,0.8", "tensorboard=true"]
    values = {
        "size": (128, 64),
        "lr": 1e-3,
        "steps": 300,
        "losses": "ce+triplet:0.5",
        "milestones": (0.5, 0.8),
        "tensorboard": True,
    }
    assert parse_overrides(texts) == parse_overrides(values) == values


@pytest.mark.parametrize(
    "pair, message",
    [
        ("losess=ce", "unknown setting 'losess': did you mean 'losses'"),
        ("steps=many", "'many' is not a whole number"),
        ("steps=2.5", "'2.5' is not a whole number"),
        ("lr=fast", "'fast' is not a number"),
        ("size=96", "'96' is not a size such as 96x48"),
        ("tensorboard=yes", "'yes' is not true or false"),
        ("milestones=a,b", "'a,b' is not numbers"),
        ("lr", "write key=value"),
    ],
)
def test_overrides_that_cannot_be_read_are_named(pair, message):
    with pytest.raises(InputError, match=message):
        parse_overrides([pair])


@pytest.mark.parametrize(
    "values, message",
    [
        ({"lr": 0.0}, "lr=0.0"),
        ({"lr": float("nan")}, "lr=nan"),
        ({"lr": float("inf")}, "lr=inf"),
        ({"ids_per_batch": 0}, "ids_per_batch=0"),
        ({"weight_decay": -1.0}, "weight_decay=-1.0"),
        ({"steps": 0}, "steps=0 and epochs=0"),
        ({"epochs": 5}, "steps=600 and epochs=5"),
        ({"label_smoothing": 1.0}, "label_smoothing=1.0"),
        ({"size": (8, 48)}, "size=8x48"),
        ({"optimiser": "lion"}, "unknown optimiser 'lion'"),
        ({"schedule": "cosin"}, "did you mean 'cosine'"),
        ({"warmup": 2.0}, "2 is not in"),
    ],
)
def test_values_that_cannot_be_used_are_named(values, message):
    with pytest.raises(InputError, match=message):
        dataclasses.replace(Settings(), **values)


def test_epochs_take_the_place_of_steps_and_back():
    by_epochs = with_overrides(Settings(), {"epochs": 5})
    assert (by_epochs.steps, by_epochs.epochs) == (0, 5)
    assert with_overrides(by_epochs, {"steps": 7}).epochs == 0


def test_settings_survive_json():
    for recipe in RECIPES.values():
        for settings in recipe.PRESETS.values():
            assert settings_from(json.loads(json.dumps(dataclasses.asdict(settings)))) == settings


def test_a_setting_that_a_run_did_not_know_has_its_default():
    assert settings_from({"lr": 0.5, "size": [64, 32], "recipe": "agw"}) == Settings(lr=0.5, size=(64, 32))


def test_unknown_recipe_and_preset_name_the_nearest():
    with pytest.raises(InputError, match="unknown recipe 'awg': did you mean 'agw'"):
        choose_settings("awg", "tiny")
    with pytest.raises(InputError, match="unknown preset 'papper': did you mean 'paper'"):
        choose_settings("agw", "papper")


def test_the_published_presets():
    agw = choose_settings("agw", "paper")
    assert (agw.backbone, agw.size, agw.ids_per_batch, agw.images_per_id) == ("resnet50", (288, 144), 8, 4)
    assert (agw.optimiser, agw.lr, agw.epochs, agw.attention) == ("sgd", 0.1, 60, "nonlocal")
    sizes = {name: (s.size, s.head.split("+")[0]) for name, s in RECIPES["pcb"].PRESETS.items()}
    assert sizes == {
        "paper": ((384, 192), "parts:12"),
        "small": ((192, 96), "parts:12"),
        "tiny": ((96, 48), "parts:6"),
    }
    tiny = choose_settings("baseline", "tiny")
    assert (tiny.backbone, tiny.size, tiny.ids_per_batch, tiny.images_per_id) == ("resnet10", (96, 48), 8, 2)
    assert (tiny.optimiser, tiny.lr, tiny.schedule, tiny.steps) == ("adamw", 3e-3, "cosine", 600)
