"""The recipes by name. A new one is a module with VERSION, PRESETS and build(settings, n_ids), and a name here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from vireid_lab.runtime import InputError, unknown

from . import agw, baseline, cal, compose, idkl, pcb, rfm, sa_softmax, tmpa
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
        InputError: the recipe, the preset, a key or a value is unknown or unusable.
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
    return with_overrides(start, changed)
