"""Any combination of the papers' parts: the slot `model` names the network, and all other slots are free.

A model is that of its recipe, which builds it, and what is not given is as that recipe's preset has it: `model=tmpa` by
itself is TMPA. agw is `model=baseline attention=nonlocal`, and sa_softmax `model=pcb two_stream=conv` with its losses.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import ModuleType

from vireid_lab.augment.pipeline import parse_slot
from vireid_lab.models.backbone import ATTENTION as BACKBONE_ATTENTION
from vireid_lab.models.map_attention import MAP_ATTENTION
from vireid_lab.models.rfm import ATTENTION as RFM_ATTENTION
from vireid_lab.models.tmpa import TRANSFERS
from vireid_lab.runtime import InputError, unknown

from . import baseline, cal, idkl, pcb, rfm, tmpa
from .idkl_criterion import TERMS
from .method import Method
from .settings import ComposedSettings


@dataclass(frozen=True)
class Model:
    """A network that `compose` offers.

    Attributes:
        recipe: the recipe that builds it.
        gives: what it makes of an image, in words.
        takes: slot -> the names that it takes and not every model does.
    """

    recipe: ModuleType
    gives: str
    takes: Mapping[str, Collection[str]]


GLOBAL, PARTS = ("gem", "bnneck"), ("parts", "reduce")  # names in the slot `head`
MODELS = {
    "baseline": Model(baseline, "one feature of the whole image", {"head": GLOBAL, "attention": BACKBONE_ATTENTION}),
    "pcb": Model(pcb, "horizontal parts", {"head": PARTS, "attention": BACKBONE_ATTENTION}),
    "rfm": Model(rfm, "horizontal parts of a middle map", {"head": PARTS, "attention": RFM_ATTENTION}),
    "tmpa": Model(
        tmpa,
        "a shared stream and one of each modality's own",
        {
            "augment": ("attentive_cutmix",),
            "head": GLOBAL,
            "attention": ("none", *MAP_ATTENTION, *TRANSFERS),
            "losses": tmpa.TMPACriterion.OWN,
        },
    ),
    "idkl": Model(
        idkl,
        "a shared and a modality-specific branch",
        {"head": (*GLOBAL, "modality"), "attention": ("none",), "losses": TERMS},
    ),
    "cal": Model(
        cal,
        "mined parts that look into both modalities",
        {
            "head": (*cal.REGIONS, "alpha", "match"),
            "attention": (*cal.ATTENTION, "channel"),
            "losses": cal.CALCriterion.OWN,
        },
    ),
}
OTHERS = {"agw": "baseline", "sa_softmax": "pcb"}  # recipes that train a model of another name
CLASSIFIES = {"ce", "cross_ce"}
COMPARES_CLASSES = {"kd_logits", *(name for name, (term, _) in TERMS.items() if term in ("ip", "csa", "mdr"))}

VERSION = sum(model.recipe.VERSION for model in MODELS.values())  # raised with that of any model


def model_of(slots: Mapping[str, str]) -> str:
    """The model that a run of any recipe trained, from its recipe and slots by name."""
    recipe = slots["recipe"]
    return slots["model"] if "model" in slots else OTHERS.get(recipe, recipe)


def preset_of(model: str, preset: str) -> ComposedSettings:
    """The preset of a model's own recipe.

    Raises:
        InputError: the model is unknown.
    """
    if model not in MODELS:
        raise unknown("model", model, MODELS)
    return ComposedSettings(**dataclasses.asdict(MODELS[model].recipe.PRESETS[preset]), model=model)


PRESETS = {name: preset_of("baseline", name) for name in ("paper", "small", "tiny")}


def build(settings: ComposedSettings, n_ids: int) -> Method:
    """Builds the method for a number of training identities, as the recipe of the model does.

    Raises:
        InputError: slots do not go together.
    """
    check_slots(settings)
    return MODELS[settings.model].recipe.build(settings, n_ids)


def check_slots(settings: ComposedSettings) -> None:
    """Checks what the recipe of the model cannot know: whose the parts are that it has not.

    Raises:
        InputError: a part does not go with the model, or losses compare what nothing trains.
    """
    for slot in ("augment", "head", "attention", "losses"):
        for name in parse_slot(getattr(settings, slot)) or ("none",):
            owners = [other for other, model in MODELS.items() if name in model.takes.get(slot, ())]
            if owners and settings.model not in owners:
                raise misfit(settings, slot, name, owners)
    losses = parse_slot(settings.losses).keys()
    if losses & COMPARES_CLASSES and not losses & CLASSIFIES:
        raise InputError(
            f"losses={settings.losses}: {', '.join(sorted(losses & COMPARES_CLASSES))} compare what the classifiers "
            "say, and nothing trains these; add ce"
        )


def misfit(settings: ComposedSettings, slot: str, name: str, owners: list[str]) -> InputError:
    """The error for a part `name` of a slot that models other than the chosen one take."""
    own = MODELS[settings.model]
    replaced = f"take {slot}={getattr(own.recipe.PRESETS['tiny'], slot)}"
    way = replaced if slot in ("head", "attention") else f"leave {name} out"
    whose = ", ".join(f"{owner} ({MODELS[owner].gives})" for owner in owners)
    return InputError(
        f"{slot}={getattr(settings, slot)} and model={settings.model} do not go together: {settings.model} gives "
        f"{own.gives}, and {name} is for {whose}; {way}, or take {' or '.join(f'model={owner}' for owner in owners)}"
    )
