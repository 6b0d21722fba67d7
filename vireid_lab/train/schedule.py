"""The learning rate as a pure function of the step, and the optimisers."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import nn
from torch.optim import Optimizer

from vireid_lab.runtime import InputError, unknown

SCHEDULES = ("constant", "multistep", "cosine")
OPTIMISERS = ("sgd", "adam", "adamw")


@dataclass(frozen=True)
class Schedule:
    """Warm-up and decay of the learning rate over a training.

    Attributes:
        steps: length of the training in optimiser steps.
        kind: "constant"; "multistep" (a tenth from each milestone on); "cosine" (to 0 at the end).
        warmup: share of the training over which the rate rises linearly from near 0.
        milestones: shares of the training, for "multistep".

    Raises:
        InputError: an unknown kind, or a share outside [0, 1].
    """

    steps: int
    kind: str = "cosine"
    warmup: float = 0.0
    milestones: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in SCHEDULES:
            raise unknown("schedule", self.kind, SCHEDULES)
        for share in (self.warmup, *self.milestones):
            if not 0 <= share <= 1:
                raise InputError(f"warmup and milestones are shares of the training: {share:g} is not in [0, 1]")

    def factor(self, step: int) -> float:
        """What the peak learning rate is multiplied by at `step` (0-based)."""
        warmup = round(self.warmup * self.steps)
        if step < warmup:
            return (step + 1) / warmup
        if self.kind == "multistep":
            return 0.1 ** sum(step >= round(share * self.steps) for share in self.milestones)
        if self.kind == "cosine":
            return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(self.steps - warmup, 1)))
        return 1.0

    def set_rate(self, optimiser: Optimizer, step: int) -> float:
        """Gives each parameter group of the optimiser its learning rate at `step`; returns the highest."""
        for group in optimiser.param_groups:
            group["lr"] = group["initial_lr"] * self.factor(step)
        return max(group["lr"] for group in optimiser.param_groups)


def parameter_groups(model: nn.Module, lr: float, backbone_lr_factor: float = 1.0) -> list[dict]:
    """Splits the parameters into those of `model.backbone`, at lr * backbone_lr_factor, and the others, at lr."""
    inside = [p for name, p in model.named_parameters() if name.startswith("backbone.")]
    outside = [p for name, p in model.named_parameters() if not name.startswith("backbone.")]
    groups = [{"params": inside, "lr": lr * backbone_lr_factor}, {"params": outside, "lr": lr}]
    return [group for group in groups if group["params"]]


def build_optimiser(name: str, groups: Iterable[dict], weight_decay: float) -> Optimizer:
    """Builds an optimiser over parameter groups that hold their peak rate as `lr`.

    `sgd` has Nesterov momentum 0.9, as AGW's code.

    Raises:
        InputError: the name is unknown.
    """
    groups = [{**group, "initial_lr": group["lr"]} for group in groups]
    if name == "sgd":
        return torch.optim.SGD(groups, momentum=0.9, nesterov=True, weight_decay=weight_decay)
    if name == "adam":
        return torch.optim.Adam(groups, weight_decay=weight_decay)
    if name == "adamw":
        return torch.optim.AdamW(groups, weight_decay=weight_decay)
    raise unknown("optimiser", name, OPTIMISERS)
