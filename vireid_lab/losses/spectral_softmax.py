"""The spectral-aware softmax: a prototype of each identity in each modality, and images pulled to the other one."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from vireid_lab.models.precision import full_precision
from vireid_lab.runtime import InputError, unknown

from .prototypes import Prototypes, part_cross_entropy, products


class SpectralSoftmax(Prototypes):
    """L_sas = L^W + L^F on modality prototypes [W^v, W^n] (Tan et al. 2023, SA-Softmax, Eq. 4-8 and 12).

    L^W tells an image's own modality prototype y^W from all others and moves the prototypes alone: it sees detached
    features. L^F asks for the prototype y^F of its identity in the other modality and moves the features alone: it
    sees detached prototypes. So one forward and one backward pass do what the paper's two asynchronous steps do.

    Readings: the sum of Eq. 6 runs over 2N prototypes; in Eq. 8 the numerator is y^F and what is left out is y^W (the
    paper prints y for both). The paper sums over the batch; here its mean, as in a classifier's cross-entropy. The
    prototypes start as small as those of the classifier beside them (`models.heads.BNNeck`).

    Args:
        n_ids, dim, parts: see `Prototypes`; the loss is summed over the parts.
        feature_mask: the image's own modality prototype y^W leaves the denominator of L^F (Eq. 8).
        weight_mask: the other one, y^F, leaves the denominator of L^W (Eq. 12); the paper advises against it.
        reduction: of `absolute_similarity`, "mean" or "sum" over the batch. Eq. 10 prints a sum, but β = 1 beside
            L_sas goes with the mean.

    Raises:
        InputError: fewer than two identities, or an unknown reduction.
    """

    def __init__(
        self,
        n_ids: int,
        dim: int,
        parts: int = 1,
        feature_mask: bool = True,
        weight_mask: bool = False,
        reduction: str = "mean",
    ):
        super().__init__(n_ids, dim, parts, per_id=2, std=0.001)
        if reduction not in ("mean", "sum"):
            raise unknown("reduction", reduction, ["mean", "sum"])
        self.feature_mask, self.weight_mask, self.reduction = feature_mask, weight_mask, reduction

    def forward(self, embedding: Tensor, ids: Tensor, modality: Tensor) -> Tensor:
        """Returns L_sas of an embedding (B, K, d), or (B, d) of one part, with ids (B,) and modality (B,).

        Raises:
            InputError: the embedding or the labels do not fit the prototypes, or the batch lacks a modality.
        """
        x, own, other = self._labelled(embedding, ids, modality)
        prototypes = full_precision(self.prototypes)
        for_prototypes = products(x.detach(), prototypes)
        for_features = products(x, prototypes.detach())
        if self.weight_mask:
            for_prototypes = without(for_prototypes, other)
        if self.feature_mask:
            for_features = without(for_features, own)
        return part_cross_entropy(for_prototypes, own) + part_cross_entropy(for_features, other)

    def absolute_similarity(self, embedding: Tensor, ids: Tensor, modality: Tensor) -> Tensor:
        """Returns L_AST = |1 - cos(W_{y^F}, x)| (Eq. 10), summed over the parts; it moves the features alone.

        Raises:
            InputError: as `forward`.
        """
        x, _, other = self._labelled(embedding, ids, modality)
        target = full_precision(self.prototypes).detach()[:, other]
        distance = 1 - F.cosine_similarity(x, target, dim=2)  # (K, B), not below 0: the norm of Eq. 10 is idle
        return distance.sum() / (len(ids) if self.reduction == "mean" else 1)

    def _labelled(self, embedding: Tensor, ids: Tensor, modality: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Rows (K, B, d), y^W and y^F (B,): Eq. 4."""
        x = self.rows(embedding, ids)
        if modality.min() == modality.max():
            raise InputError(
                f"{type(self).__name__}: all {len(ids)} images of the batch have modality {int(modality[0])}, and each "
                "is compared with the prototype of the other: give batches of visible (0) and infrared (1) images"
            )
        return x, ids + self.n_ids * modality, ids + self.n_ids * (1 - modality)


def without(logits: Tensor, columns: Tensor) -> Tensor:
    """Logits (K, B, P) with one column of each row (B,) at minus infinity: out of the softmax, and of its gradient."""
    return logits.scatter(2, columns.expand(len(logits), -1)[..., None], -torch.inf)
