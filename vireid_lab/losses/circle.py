"""The circle loss on class prototypes."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

from vireid_lab.models.precision import full_precision

from .prototypes import Prototypes, cosines, part_cross_entropy


class Circle(Prototypes):
    """Cosines weighed by how far each is from its optimum (Sun et al. 2020, with class labels).

    The own identity's logit is γ α_p (s_p - (1 - m)) with α_p = max(0, 1 + m - s_p), another's γ α_n (s_n - m) with
    α_n = max(0, s_n + m); the weights α carry no gradient, as there.

    Args:
        n_ids, dim, parts: see `Prototypes`; the loss is summed over the parts.
        gamma: the scale γ; SA-Softmax, Table IV, tries 32, 64 and 128.
        margin: m, 0.25 in both papers.

    Raises:
        InputError: fewer than two identities.
    """

    def __init__(self, n_ids: int, dim: int, parts: int = 1, gamma: float = 64.0, margin: float = 0.25):
        super().__init__(n_ids, dim, parts, std=dim**-0.5)
        self.gamma, self.margin = gamma, margin

    def forward(self, embedding: Tensor, ids: Tensor, modality: Tensor) -> Tensor:
        """Returns the scalar loss of an embedding (B, K, d) or (B, d) with ids (B,); modality (B,) is not looked at.

        Raises:
            InputError: the embedding or the labels do not fit the prototypes.
        """
        m, similarity = self.margin, cosines(self.rows(embedding, ids), full_precision(self.prototypes))
        now = similarity.detach()
        own = F.one_hot(ids, self.n_ids).bool()
        positive = F.relu(1 + m - now) * (similarity - (1 - m))
        negative = F.relu(now + m) * (similarity - m)
        return part_cross_entropy(self.gamma * positive.where(own, negative), ids)
