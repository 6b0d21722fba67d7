"""What losses with learned prototypes share: a matrix for each part, comparisons with it, and checks of the input."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vireid_lab.models.precision import full_precision
from vireid_lab.runtime import InputError


class Prototypes(nn.Module):
    """Learned directions of identities, a set for each of K parts; the base of losses in the place of a classifier.

    Half precision is computed in float32, also under autocast. Labels are looked at on the host, once a step.

    Args:
        n_ids: number of training identities N, at least 2.
        dim: width d of each part's embedding.
        parts: number of parts K.
        per_id: prototypes of an identity in each part: 1, or 2 for one of each modality.
        std: of the normal distribution that they start from.

    Attributes:
        prototypes: (K, per_id * N, d); with two an identity, columns 0..N-1 are the visible ones.

    Raises:
        InputError: fewer than two identities.
    """

    def __init__(self, n_ids: int, dim: int, parts: int = 1, per_id: int = 1, std: float = 1.0):
        super().__init__()
        if n_ids < 2:
            raise InputError(f"{type(self).__name__}: n_ids={n_ids}, and a class needs another to be told from: give 2")
        self.n_ids = n_ids
        self.prototypes = nn.Parameter(torch.empty(parts, per_id * n_ids, dim))
        nn.init.normal_(self.prototypes, 0.0, std)

    def rows(self, embedding: Tensor, ids: Tensor) -> Tensor:
        """The embedding (B, K, d), or (B, d) of one part, as (K, B, d) in full precision.

        Raises:
            InputError: another number or width of parts than the prototypes have, or a label outside 0..N-1.
        """
        name, (parts, _, dim) = type(self).__name__, self.prototypes.shape
        x = embedding[:, None] if embedding.ndim == 2 else embedding
        if x.shape[1:] != (parts, dim):
            raise InputError(
                f"{name}: the model gives {x.shape[1]} parts of width {x.shape[2]}, and the loss has prototypes for "
                f"{parts} of width {dim}: build the loss with parts={x.shape[1]} and dim={x.shape[2]}"
            )
        low, high = ids.aminmax()
        if low < 0 or high >= self.n_ids:
            raise InputError(
                f"{name}: labels from {low} to {high}, and there are prototypes for 0 to {self.n_ids - 1}: number the "
                f"training identities 0 to N-1, or build the loss with their number, n_ids={max(int(high), 0) + 1}"
            )
        return full_precision(x.transpose(0, 1))

    def scores(self, embedding: Tensor, ids: Tensor) -> Tensor:
        """(B, K, N) cosine to the nearest prototype of each identity; checks as in `rows`, without gradients."""
        similarity = cosines(self.rows(embedding, ids).detach(), full_precision(self.prototypes).detach())
        return similarity.unflatten(2, (-1, self.n_ids)).amax(2).transpose(0, 1)


def products(x: Tensor, prototypes: Tensor) -> Tensor:
    """Scalar products (K, B, P) of rows (K, B, d) and prototypes (K, P, d); autocast leaves them in their precision."""
    with torch.autocast(x.device.type, enabled=False):
        return x @ prototypes.transpose(1, 2)


def cosines(x: Tensor, prototypes: Tensor) -> Tensor:
    """Cosines (K, B, P) of the angles between rows (K, B, d) and prototypes (K, P, d)."""
    return products(F.normalize(x, dim=2), F.normalize(prototypes, dim=2))


def part_cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy of logits (K, B, P) with labels (B,): mean over the images, sum over the parts."""
    return len(logits) * F.cross_entropy(logits.flatten(0, 1), labels.repeat(len(logits)))
