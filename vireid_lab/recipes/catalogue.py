"""The recipes by name. A new one is a module with VERSION, PRESETS and build(settings, n_ids), and a name here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from vireid_lab.augment.pipeline import parse_slot
from vireid_lab.runtime import InputError, unknown

from . import agw, baseline, cal, compose, idkl, pcb, rfm, sa_softmax, tmpa
from .criterion import COMPARES_PEOPLE
from .settings import ComposedSettings, Settings, parse_overrides, with_overrides

RECIPES = {
    "agw": agw,
    "baseline": baseline,
    "cal": cal,
    "compose": compose,
    "idkl": idkl,
    "pcb": pcb,
    "rfm": rfm,
    "sa_softmax": sa_softmax,
    "tmpa": tmpa,
}


def choose_settings(recipe: str, preset: str, overrides: Mapping[str, Any] | Iterable[str] = ()) -> Settings:
    """The settings of a recipe's preset with some of them changed; with another `model`, of that model's preset.

    Raises:
        InputError: the recipe, the preset, a key or a value is unknown or unusable, or values do not go together.
    """
    if recipe not in RECIPES:
        raise unknown("recipe", recipe, RECIPES)
    presets = RECIPES[recipe].PRESETS
    if preset not in presets:
        raise unknown("preset", preset, presets)
    start = presets[preset]
    changed = parse_overrides(overrides, ComposedSettings)
    if "model" in changed:
        if not isinstance(start, ComposedSettings):
            raise InputError(f"model={changed['model']}: recipe {recipe} has no slot model; take recipe compose")
        start = compose.preset_of(changed["model"], preset)
    settings = with_overrides(start, changed)
    check_losses(settings)
    return settings


def check_losses(settings: Settings) -> None:
    """Checks the losses against the settings that are about them.

    Raises:
        InputError: no loss is smoothed, or one that compares people never sees two.
    """
    losses = parse_slot(settings.losses).keys()
    if settings.label_smoothing and not losses & compose.CLASSIFIES:
        raise InputError(
            f"label_smoothing={settings.label_smoothing:g}: it is about the targets of cross-entropies, of which "
            f"losses={settings.losses} has none; add ce, or give label_smoothing=0"
        )
    compares = sorted(losses & COMPARES_PEOPLE)
    if compares and settings.ids_per_batch == 1:
        raise InputError(
            f"ids_per_batch=1: {' and '.join(compares)} would be 0 in every batch, which holds no other person; give 2 "
            f"or more, or leave {' and '.join(compares)} out"
        )
