"""What a recipe builds: model, criterion and augmentation."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional as F

from vireid_lab.augment.pipeline import Pipeline, parse_slot
from vireid_lab.data.batch import Batch
from vireid_lab.losses.center import Center, CrossCenter, HeteroCenter
from vireid_lab.losses.triplet import BatchHardTriplet, WeightedRegularizationTriplet
from vireid_lab.models.output import ReIDOutput
from vireid_lab.runtime import InputError, unknown


@dataclass
class Method:
    """The three parts of a method.

    Attributes:
        model: `model(images, modality)` in training, `model.embed(images, modality)` in retrieval.
        criterion: criterion(output, batch) -> scalars; `total` is minimised, the others are logged. What it learns
            itself (centers) becomes a part of the model, and is trained and kept with it.
        augment: augment(batch, generator) on the device, images in [0, 1].
    """

    model: nn.Module
    criterion: nn.Module
    augment: Pipeline

    def __post_init__(self) -> None:
        self.model.criterion = self.criterion


EMBEDDING_LOSSES = {
    "triplet": BatchHardTriplet,
    "triplet_m1_3": lambda: BatchHardTriplet(margin=1.3),
    "wrt": WeightedRegularizationTriplet,
    "center": Center,
    "hetero_center": HeteroCenter,
    "hetero_center_mean": lambda: HeteroCenter(per_image=True),
    "cross_center": CrossCenter,
}


class Criterion(nn.Module):
    """The losses of a slot: `ce` on the logits, embedding losses on the features before the neck.

    Args:
        slot: e.g. "ce+wrt" or "ce+triplet:0.5"; the number is the weight.
        label_smoothing: of the cross-entropy.
        n_ids: number of training identities N.
        dim: width of the features.
        parts: the features are cut into so many of equal width; embedding losses see each by itself and are summed.

    Raises:
        InputError: a loss is unknown, or there is none.
    """

    def __init__(self, slot: str, label_smoothing: float = 0.0, n_ids: int = 1, dim: int = 1, parts: int = 1):
        super().__init__()
        self.weights = {name: 1.0 if weight is None else weight for name, weight in parse_slot(slot).items()}
        self.label_smoothing, self.parts = label_smoothing, parts
        for name in self.weights:
            if name != "ce" and name not in EMBEDDING_LOSSES:
                raise unknown("loss", name, ["ce", *EMBEDDING_LOSSES])
        if not self.weights:
            raise InputError(f"losses={slot}: give at least one of ce, {', '.join(EMBEDDING_LOSSES)}")
        sizes = {"center": (n_ids, dim // parts)}
        self.embedding_losses = nn.ModuleDict(
            {
                name: nn.ModuleList(EMBEDDING_LOSSES[name](*sizes.get(name, ())) for _ in range(parts))
                for name in self.weights
                if name != "ce"
            }
        )

    def forward(self, output: ReIDOutput, batch: Batch) -> dict[str, Tensor]:
        """Returns `total`, each loss before its weight, and `accuracy`, the share of images classified rightly."""
        features = output.features.unflatten(1, (self.parts, -1)).unbind(1)  # K times (B, d)
        losses = {
            name: sum(loss(part, batch.ids, batch.modality) for loss, part in zip(of_parts, features, strict=True))
            for name, of_parts in self.embedding_losses.items()
        }
        logits = output.logits if output.logits.ndim == 3 else output.logits[:, None]  # (B, K, N)
        if "ce" in self.weights:
            losses["ce"] = identity_loss(logits, batch.ids, self.label_smoothing)
        total = sum(weight * losses[name] for name, weight in self.weights.items())
        accuracy = (logits.detach().mean(1).argmax(1) == batch.ids).float().mean()
        return {"total": total, **losses, "accuracy": accuracy}


def identity_loss(logits: Tensor, ids: Tensor, label_smoothing: float = 0.0) -> Tensor:
    """Cross-entropy of logits (B, K, N) with ids (B,): mean over the images, sum over the K classifiers (as PCB)."""
    parts = logits.shape[1]
    mean = F.cross_entropy(logits.flatten(0, 1), ids.repeat_interleave(parts), label_smoothing=label_smoothing)
    return parts * mean


def read_parts(slot: str) -> tuple[int, int | None]:
    """Reads a head of parts, `parts:K` or `parts:K+reduce:WIDTH`: K and the width, None where it is not given.

    Raises:
        InputError: it is written otherwise.
    """
    head = parse_slot(slot)
    if not head.keys() <= {"parts", "reduce"} or not all(v and v > 0 and v == int(v) for v in head.values()):
        raise InputError(f"head={slot}: write parts:K or parts:K+reduce:WIDTH with whole numbers")
    if "parts" not in head:
        raise InputError(f"head={slot}: give the number of parts, e.g. parts:6")
    return int(head["parts"]), int(head["reduce"]) if "reduce" in head else None
