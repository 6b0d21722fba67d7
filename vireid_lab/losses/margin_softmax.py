"""Softmax losses on cosines, with a margin or without; one prototype an identity, whatever the modality."""

from __future__ import annotations

import math

from torch import Tensor
from torch.nn import functional as F

from vireid_lab.models.precision import full_precision

from .prototypes import Prototypes, cosines, part_cross_entropy


class AMSoftmax(Prototypes):
    """Cross-entropy of s cos(θ_j), less s m for the own identity (Wang et al. 2018, AM-Softmax, Eq. 6).

    Args:
        n_ids, dim, parts: see `Prototypes`; the loss is summed over the parts.
        margin: m; SA-Softmax, Table IV, tries 0.1, 0.2 and 0.3.
        scale: s, there 15.

    Raises:
        InputError: fewer than two identities.
    """

    def __init__(self, n_ids: int, dim: int, parts: int = 1, margin: float = 0.3, scale: float = 15.0):
        super().__init__(n_ids, dim, parts, std=dim**-0.5)
        self.margin, self.scale = margin, scale

    def forward(self, embedding: Tensor, ids: Tensor, modality: Tensor) -> Tensor:
        """Returns the scalar loss of an embedding (B, K, d) or (B, d) with ids (B,); modality (B,) is not looked at.

        Raises:
            InputError: the embedding or the labels do not fit the prototypes.
        """
        similarity = cosines(self.rows(embedding, ids), full_precision(self.prototypes))
        own = F.one_hot(ids, self.n_ids).bool()
        return part_cross_entropy(self.scale * similarity.where(~own, self.narrowed(similarity)), ids)

    def narrowed(self, similarity: Tensor) -> Tensor:
        """What stands for a cosine where it is that of the own identity."""
        return similarity - self.margin


class NormFace(AMSoftmax):
    """AM-Softmax without a margin: softmax on cosines (Wang et al. 2017, NormFace).

    NormFace may learn s; here it is fixed and the same as beside it.
    """

    def __init__(self, n_ids: int, dim: int, parts: int = 1, scale: float = 15.0):
        super().__init__(n_ids, dim, parts, margin=0.0, scale=scale)


class ArcFace(AMSoftmax):
    """The margin is added to the angle: s cos(θ + m) for the own identity (Deng et al. 2019, ArcFace, Eq. 3).

    Where θ + m is beyond π that is no longer lower the wider θ is; there cos θ - m sin m, as in the authors' code.
    Margin and scale are that paper's.
    """

    def __init__(self, n_ids: int, dim: int, parts: int = 1, margin: float = 0.5, scale: float = 64.0):
        super().__init__(n_ids, dim, parts, margin, scale)

    def narrowed(self, similarity: Tensor) -> Tensor:
        sine = (1 - similarity.square()).clamp(min=1e-7).sqrt()  # its gradient at cos θ = 1 would be infinite
        turned = similarity * math.cos(self.margin) - sine * math.sin(self.margin)
        return turned.where(similarity > -math.cos(self.margin), similarity - self.margin * math.sin(self.margin))
