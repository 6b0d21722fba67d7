"""What a training is made of, as one plain dataclass, and how `--set key=value` changes it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from vireid_lab.runtime import InputError, unknown
from vireid_lab.train.schedule import OPTIMISERS, Schedule


@dataclass(frozen=True)
class Settings:
    """Settings of one training; the defaults are those of the presets `tiny`.

    Slots (augment, backbone, head, attention, losses) hold names joined by `+`, with an optional number behind `:`
    (weight of a loss, width of a crop's border, ...); `none` is an empty slot.

    Raises:
        InputError: a value that cannot be used.
    """

    augment: str = "flip"  # in this order; crop:PIXELS is the border
    backbone: str = "resnet10"
    head: str = "gem+bnneck"  # pcb: parts:K+reduce:WIDTH
    attention: str = "none"
    losses: str = "ce+wrt"  # with their weights
    size: tuple[int, int] = (96, 48)  # height x width, pixels
    ids_per_batch: int = 8  # P, identities in a batch
    images_per_id: int = 2  # K, images of each identity in each modality
    accumulate: int = 1  # P x K batches for one optimiser step
    two_stream: str = "stem"  # what each modality has of its own: stem, conv (first convolution), none
    weights: str = "visible"  # start of the backbone: none, imagenet, visible, or a file
    label_smoothing: float = 0.0  # share of the target given to all identities
    optimiser: str = "adamw"  # sgd, adam, adamw
    lr: float = 3e-3  # peak learning rate
    backbone_lr_factor: float = 1.0  # learning rate of the backbone over that of the rest
    weight_decay: float = 0.01  # of the optimiser's own kind (adamw: decoupled)
    schedule: str = "cosine"  # constant, multistep (a tenth at each milestone), cosine (to 0)
    warmup: float = 0.05  # share of the training
    milestones: tuple[float, ...] = ()  # shares of the training
    steps: int = 600  # optimiser steps; 0: `epochs` counts
    epochs: int = 0  # passes over the larger modality; 0: `steps` counts
    select: int = 0  # training identities held out to choose the best checkpoint; 0: the last step is the result
    seed: int = 0  # of weights, batches and augmentations
    checkpoint_every: int = 100  # steps
    keep_checkpoints: bool = False  # also keep the weights of every checkpoint: for `vireid evaluate --ladder`
    log_every: int = 20  # steps
    tensorboard: bool = False  # also write event files (extra `tensorboard`)
    workers: int = 0  # loader processes

    def __post_init__(self) -> None:
        for name in ("ids_per_batch", "images_per_id", "accumulate", "checkpoint_every", "log_every", "lr"):
            if not 0 < getattr(self, name) < math.inf:
                raise InputError(f"{name}={getattr(self, name)}: give a number above 0")
        for name, value in self.slots.items():
            if not value:
                raise InputError(
                    f"{name}=: the slot is empty; give names joined by +, or leave it as the preset has it"
                )
        for name in ("weight_decay", "backbone_lr_factor", "steps", "epochs", "select", "seed", "workers"):
            if not 0 <= getattr(self, name) < math.inf:
                raise InputError(f"{name}={getattr(self, name)}: give 0 or more")
        if (self.steps > 0) == (self.epochs > 0):
            raise InputError(f"steps={self.steps} and epochs={self.epochs}: give one of them, and 0 for the other")
        if self.optimiser not in OPTIMISERS:
            raise unknown("optimiser", self.optimiser, OPTIMISERS)
        Schedule(max(self.steps, 1), self.schedule, self.warmup, self.milestones)  # checks its own arguments
        if not 0 <= self.label_smoothing < 1:
            raise InputError(f"label_smoothing={self.label_smoothing}: give a share from 0 to below 1")
        if min(self.size) < 16:
            raise InputError(f"size={self.size[0]}x{self.size[1]}: give at least 16x16 pixels (the backbone's stride)")

    @property
    def slots(self) -> dict[str, str]:
        """The five slots, by which results are joined to the rows of published tables."""
        return {name: getattr(self, name) for name in ("augment", "backbone", "head", "attention", "losses")}


@dataclass(frozen=True)
class ComposedSettings(Settings):
    """Settings of the recipe `compose`, which has one slot more."""

    model: str = "baseline"  # whose network it is

    @property
    def slots(self) -> dict[str, str]:
        """The slots, the model first."""
        return {"model": self.model, **super().slots}


TINY = Settings()  # CPU, about a minute
SMALL = Settings(  # one GPU, minutes
    augment="flip+crop:7",
    backbone="resnet50",
    size=(192, 96),
    images_per_id=4,
    weights="imagenet",
    lr=3.5e-4,
    weight_decay=5e-4,
    optimiser="adam",
    warmup=0.1,
    steps=4000,
    checkpoint_every=500,
    workers=4,
)


def settings_from(values: Mapping[str, Any]) -> Settings:
    """Settings from the JSON values of a config.json; other keys are passed over.

    A setting that is not there was added after the run, and has its default: what the run did without it.
    """
    kind = ComposedSettings if "model" in values else Settings
    names = [field.name for field in dataclasses.fields(kind) if field.name in values]
    return kind(**{n: tuple(values[n]) if isinstance(values[n], list) else values[n] for n in names})


def parse_overrides(overrides: Iterable[str] | Mapping[str, Any], kind: type[Settings] = Settings) -> dict[str, Any]:
    """Reads settings of a kind, given as `["size=96x48", "lr=1e-3", "milestones=0.5,0.8"]` or as `{"lr": 1e-3}`.

    Raises:
        InputError: a pair without `=`, an unknown key (the nearest is named), or a value of another type.
    """
    types = {field.name: field.type for field in dataclasses.fields(kind)}
    if isinstance(overrides, Mapping):
        overrides = [f"{key}={as_text(key, value)}" for key, value in overrides.items()]
    values: dict[str, Any] = {}
    for pair in overrides:
        key, equals, text = pair.partition("=")
        if not equals:
            raise InputError(f"setting '{pair}': write key=value")
        if key not in types:
            raise unknown("setting", key, types)
        read, kind = _READERS[types[key]]
        try:
            values[key] = read(text.strip())
        except ValueError:
            raise InputError(f"setting '{pair}': '{text}' is not {kind}") from None
    return values


def with_overrides(settings: Settings, overrides: Mapping[str, Any]) -> Settings:
    """Settings with other values; giving one of `steps` and `epochs` sets the other to 0."""
    other = {"steps": "epochs", "epochs": "steps"}
    cleared = {other[key]: 0 for key in overrides if key in other and overrides[key]}
    return dataclasses.replace(settings, **{**cleared, **overrides})


def as_text(key: str, value: Any) -> str:
    """A value as it is written behind `key=`, so that both ways in are checked alike."""
    return ("x" if key == "size" else ",").join(map(str, value)) if isinstance(value, (tuple, list)) else str(value)


def _size(text: str) -> tuple[int, ...]:
    height, width = text.lower().split("x")
    return int(height), int(width)


def _shares(text: str) -> tuple[float, ...]:
    return tuple(float(part) for part in text.split(",") if part)


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError
    return text.lower() == "true"


_READERS: dict[str, tuple[Callable[[str], Any], str]] = {
    "str": (str, "a text"),
    "int": (int, "a whole number"),
    "float": (float, "a number"),
    "bool": (_boolean, "true or false"),
    "tuple[int, int]": (_size, "a size such as 96x48 (height x width)"),
    "tuple[float, ...]": (_shares, "numbers joined by commas"),
}
