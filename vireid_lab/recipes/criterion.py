"""The losses that a slot can name, and the criterion that adds them up."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from torch import Tensor, nn
from torch.nn import functional as F

from vireid_lab.augment.pipeline import parse_slot
from vireid_lab.data.batch import Batch
from vireid_lab.losses.center import Center, CrossCenter, HeteroCenter
from vireid_lab.losses.circle import Circle
from vireid_lab.losses.margin_softmax import AMSoftmax, ArcFace, NormFace
from vireid_lab.losses.spectral_softmax import SpectralSoftmax
from vireid_lab.losses.triplet import BatchHardTriplet, WeightedRegularizationTriplet
from vireid_lab.models.output import ReIDOutput
from vireid_lab.runtime import InputError, unknown

EMBEDDING_LOSSES = {
    "triplet": BatchHardTriplet,
    "triplet_m1_3": lambda: BatchHardTriplet(margin=1.3),
    "wrt": WeightedRegularizationTriplet,
    "wrt_as_printed": lambda: WeightedRegularizationTriplet("as_printed"),
    "center": Center,
    "hetero_center": HeteroCenter,
    "hetero_center_mean": lambda: HeteroCenter(per_image=True),
    "cross_center": CrossCenter,
}
COMPARES_PEOPLE = {"triplet", "triplet_m1_3", "wrt", "wrt_as_printed"}  # with others of the same batch
SPECTRAL_LOSSES = {
    "sas": partial(SpectralSoftmax, feature_mask=False),
    "sas_fm": SpectralSoftmax,
    "sas_fm_wm": partial(SpectralSoftmax, weight_mask=True),
}
PROTOTYPE_LOSSES = {
    **SPECTRAL_LOSSES,
    "normface": NormFace,
    "arcface": ArcFace,
    "am_softmax_m1": partial(AMSoftmax, margin=0.1),
    "am_softmax_m2": partial(AMSoftmax, margin=0.2),
    "am_softmax_m3": partial(AMSoftmax, margin=0.3),
    "circle_32": partial(Circle, gamma=32),
    "circle_64": partial(Circle, gamma=64),
    "circle_128": partial(Circle, gamma=128),
}
LOSSES = ("ce", "ast", *PROTOTYPE_LOSSES, *EMBEDDING_LOSSES)


class Criterion(nn.Module):
    """The losses of a slot, each with its weight: `ce` on the logits, embedding losses on the features before the neck.

    Losses with prototypes (one of PROTOTYPE_LOSSES) see what the classifier sees, the embedding after the neck, with a
    set of prototypes where the model has a classifier. `ast` is the absolute-similarity term on those of a spectral
    one: SA-Softmax (Tan et al. 2023, Eq. 11) with α = 0.7 and β = 1 is "ce:0.3+sas_fm:0.7+ast:1".

    Args:
        slot: e.g. "ce+wrt" or "ce+triplet:0.5"; the number is the weight.
        label_smoothing: of the cross-entropy.
        n_ids: number of training identities N.
        dim: width of the features, and of the embedding.
        parts: the features are cut into so many of equal width; embedding losses see each by itself and are summed.
        classifiers: parts of the embedding that have a classifier each; None where they are as many as `parts`.

    Raises:
        InputError: a loss is unknown, there is none, a weight is not above 0, two have prototypes, or `ast` lacks them.
    """

    def __init__(
        self,
        slot: str,
        label_smoothing: float = 0.0,
        n_ids: int = 1,
        dim: int = 1,
        parts: int = 1,
        classifiers: int | None = None,
    ):
        super().__init__()
        self.weights = parse_weights(slot)
        self.label_smoothing, self.parts = label_smoothing, parts
        self.prototype_name = prototypes_of(slot, list(self.weights))
        sizes = {"center": (n_ids, dim // parts)}
        self.embedding_losses = nn.ModuleDict(
            {
                name: nn.ModuleList(EMBEDDING_LOSSES[name](*sizes.get(name, ())) for _ in range(parts))
                for name in self.weights
                if name in EMBEDDING_LOSSES
            }
        )
        self.prototype_loss = None
        if self.prototype_name:
            sets = classifiers or parts
            self.prototype_loss = PROTOTYPE_LOSSES[self.prototype_name](n_ids, dim // sets, sets)

    def forward(self, output: ReIDOutput, batch: Batch) -> dict[str, Tensor]:
        """Returns `total`, each loss before its weight, and `accuracy`, the share of images classified rightly.

        Raises:
            InputError: a loss with prototypes cannot use the batch, or the model has another number of classifiers.
        """
        features = output.features.unflatten(1, (self.parts, -1)).unbind(1)  # K times (B, d)
        losses = {
            name: sum(loss(part, batch.ids, batch.modality) for loss, part in zip(of_parts, features, strict=True))
            for name, of_parts in self.embedding_losses.items()
        }
        logits = output.logits if output.logits.ndim == 3 else output.logits[:, None]  # (B, K, N)
        if "ce" in self.weights:
            losses["ce"] = identity_loss(logits, batch.ids, self.label_smoothing)
        if self.prototype_loss:
            seen = (output.embedding.unflatten(1, (logits.shape[1], -1)), batch.ids)
            losses[self.prototype_name] = self.prototype_loss(*seen, batch.modality)
            if "ast" in self.weights:
                losses["ast"] = self.prototype_loss.absolute_similarity(*seen, batch.modality)
            if "ce" not in self.weights:  # then the classifier learns nothing
                logits = self.prototype_loss.scores(*seen)
        total = sum(weight * losses[name] for name, weight in self.weights.items())
        accuracy = (logits.detach().mean(1).argmax(1) == batch.ids).float().mean()
        return {"total": total, **losses, "accuracy": accuracy}


def parse_weights(slot: str) -> dict[str, float]:
    """The weight of each loss of a slot: the number behind its name, or 1.

    Raises:
        InputError: a weight is not above 0: such a loss would teach nothing, or the opposite.
    """
    weights = {name: 1.0 if weight is None else weight for name, weight in parse_slot(slot).items()}
    for name, weight in weights.items():
        if not weight > 0:
            raise InputError(
                f"losses={slot}: the weight of {name} is {weight:g}: give one above 0, or leave {name} out"
            )
    return weights


def split_losses(slot: str, own: Collection[str]) -> tuple[str, dict[str, float]]:
    """The slot of the losses that `Criterion` has, and the weights of a recipe's `own` ones.

    Raises:
        InputError: a loss is unknown, a weight is not above 0, or all are the recipe's own.
    """
    weights = parse_weights(slot)
    for name in weights:
        if name not in (*LOSSES, *own):
            raise unknown_loss(name, [*LOSSES, *own])
    others = "+".join(part for part in slot.split("+") if part.partition(":")[0].strip() not in own)
    if not others:
        raise nothing_common(slot)
    return others, {name: weight for name, weight in weights.items() if name in own}


def unknown_loss(name: str, known: Collection[str]) -> InputError:
    """The error for a loss that is unknown; a paper's name is answered with that of its loss."""
    if name == "sa_softmax":
        return InputError("unknown loss 'sa_softmax': it is sas_fm; with the paper's weights ce:0.3+sas_fm:0.7+ast:1")
    return unknown("loss", name, known)


def nothing_common(slot: str) -> InputError:
    """The error for a slot without any of LOSSES, on which all recipes stand."""
    return InputError(f"losses={slot}: give at least one of {', '.join(LOSSES)}")


def prototypes_of(slot: str, names: list[str]) -> str | None:
    """The loss with prototypes among the names of a slot, None where there is none.

    Raises:
        InputError: a loss is unknown, there is none, two have prototypes, or `ast` lacks them.
    """
    for name in names:
        if name not in LOSSES:
            raise unknown_loss(name, LOSSES)
    if not names:
        raise nothing_common(slot)
    found = [name for name in names if name in PROTOTYPE_LOSSES]
    if len(found) > 1:
        raise InputError(f"losses={slot}: {' and '.join(found)} stand for one another: give one of them")
    if "ast" in names and not set(found) & SPECTRAL_LOSSES.keys():
        raise InputError(f"losses={slot}: ast needs modality prototypes: add one of {', '.join(SPECTRAL_LOSSES)}")
    return found[0] if found else None


def identity_loss(logits: Tensor, ids: Tensor, label_smoothing: float = 0.0) -> Tensor:
    """Cross-entropy of logits (B, K, N) with ids (B,): mean over the images, sum over the K classifiers (as PCB)."""
    parts = logits.shape[1]
    return parts * F.cross_entropy(logits.flatten(0, 1), ids.repeat_interleave(parts), label_smoothing=label_smoothing)
