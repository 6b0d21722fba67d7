"""What a recipe builds: model, criterion and augmentation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F

from vireid_lab.augment.pipeline import Pipeline, parse_slot
from vireid_lab.data.batch import Batch
from vireid_lab.losses.triplet import BatchHardTriplet, WeightedRegularizationTriplet
from vireid_lab.models.output import ReIDOutput
from vireid_lab.runtime import InputError, unknown


@dataclass
class Method:
    """The three parts of a method.

    Attributes:
        model: `model(images, modality)` in training, `model.embed(images, modality)` in retrieval.
        criterion: criterion(output, batch) -> scalars; `total` is minimised, the others are logged.
        augment: augment(batch, generator) on the device, images in [0, 1].
    """

    model: nn.Module
    criterion: Callable[[Any, Batch], dict[str, Tensor]]
    augment: Pipeline


EMBEDDING_LOSSES = {"triplet": BatchHardTriplet, "wrt": WeightedRegularizationTriplet}


class Criterion:
    """The losses of a slot: `ce` on the logits, embedding losses on the features before the neck.

    Args:
        slot: e.g. "ce+wrt" or "ce+triplet:0.5"; the number is the weight.
        label_smoothing: of the cross-entropy.

    Raises:
        InputError: a loss is unknown, or there is none.
    """

    def __init__(self, slot: str, label_smoothing: float = 0.0):
        self.weights = {name: 1.0 if weight is None else weight for name, weight in parse_slot(slot).items()}
        self.label_smoothing = label_smoothing
        for name in self.weights:
            if name != "ce" and name not in EMBEDDING_LOSSES:
                raise unknown("loss", name, ["ce", *EMBEDDING_LOSSES])
        if not self.weights:
            raise InputError(f"losses={slot}: give at least one of ce, {', '.join(EMBEDDING_LOSSES)}")
        self.embedding_losses = {name: EMBEDDING_LOSSES[name]() for name in self.weights if name != "ce"}

    def __call__(self, output: ReIDOutput, batch: Batch) -> dict[str, Tensor]:
        """Returns `total`, each loss before its weight, and `accuracy`, the share of images classified rightly."""
        losses = {
            name: loss(output.features, batch.ids, batch.modality) for name, loss in self.embedding_losses.items()
        }
        parts = output.logits if output.logits.ndim == 3 else output.logits[:, None]  # (B, K, N)
        if "ce" in self.weights:
            losses["ce"] = identity_loss(parts, batch.ids, self.label_smoothing)
        total = sum(weight * losses[name] for name, weight in self.weights.items())
        accuracy = (parts.detach().mean(1).argmax(1) == batch.ids).float().mean()
        return {"total": total, **losses, "accuracy": accuracy}


def identity_loss(logits: Tensor, ids: Tensor, label_smoothing: float = 0.0) -> Tensor:
    """Cross-entropy of logits (B, K, N) with ids (B,): mean over the images, sum over the K classifiers (as PCB)."""
    parts = logits.shape[1]
    mean = F.cross_entropy(logits.flatten(0, 1), ids.repeat_interleave(parts), label_smoothing=label_smoothing)
    return parts * mean
