"""What a recipe builds: model, criterion and augmentation."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from vireid_lab.augment.pipeline import Pipeline, parse_slot
from vireid_lab.runtime import InputError


@dataclass
class Method:
    """The three parts of a method.

    Attributes:
        model: `model(images, modality)` in training, `model.embed(images, modality)` in retrieval.
        criterion: criterion(output, batch) -> scalars; `total` is minimised, the others are logged. What it learns
            itself (centers) becomes a part of the model, and is trained and kept with it.
        augment: augment(batch, generator) on the device, images in [0, 1].

    Raises:
        InputError: the augmentation mixes images beside the batch's own, and the model has no place for them.
    """

    model: nn.Module
    criterion: nn.Module
    augment: Pipeline

    def __post_init__(self) -> None:
        self.model.criterion = self.criterion
        if self.augment.mix and self.augment.mode == "beside" and not getattr(self.model, "takes_mixed", False):
            raise InputError(
                "augment: this model has no place for mixed images beside the batch's own; let them replace these, "
                "e.g. pedmix+replace, or take the recipe tmpa (in compose: model=tmpa)"
            )

    def tell_epoch(self, steps: int) -> None:
        """Tells what counts over an epoch (modules with `steps_per_epoch`) how many batches it has."""
        for module in self.model.modules():
            if hasattr(module, "steps_per_epoch"):
                module.steps_per_epoch = steps


def read_parts(slot: str, rows: int, channels: int) -> tuple[int, int | None]:
    """Reads a head of parts, `parts:K` or `parts:K+reduce:WIDTH`: K and the width, None where it is not given.

    Args:
        slot: the head.
        rows: of an image, which K does not exceed.
        channels: of the map, which WIDTH does not exceed.

    Raises:
        InputError: it is written otherwise, or a number is too large.
    """
    head = parse_slot(slot)
    if not head.keys() <= {"parts", "reduce"} or not all(v and v > 0 and v == int(v) for v in head.values()):
        raise InputError(f"head={slot}: write parts:K or parts:K+reduce:WIDTH with whole numbers")
    if "parts" not in head:
        raise InputError(f"head={slot}: give the number of parts, e.g. parts:6")
    for name, most, of in (("parts", rows, "rows of an image"), ("reduce", channels, "channels of the map")):
        if head.get(name, 0) > most:
            raise InputError(f"head={slot}: {name} is more than the {most} {of}: give fewer, e.g. parts:6+reduce:64")
    return int(head["parts"]), int(head["reduce"]) if "reduce" in head else None
