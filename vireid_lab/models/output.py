"""What a model returns in training."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from vireid_lab.runtime import unknown


@dataclass
class ReIDOutput:
    """Named tensors of one forward pass.

    Attributes:
        features: (B, d) before the neck; the triplet losses see these.
        embedding: (B, d) after the neck; retrieval uses these by default.
        logits: (B, N) over the training identities; (B, K, N) where each of K parts has its own classifier.
        maps: (B, C, h, w) output of the backbone.
    """

    features: Tensor
    embedding: Tensor
    logits: Tensor
    maps: Tensor

    def descriptor(self, neck: str = "after") -> Tensor:
        """The (B, d) vectors to compare images by: `embedding` ("after" the neck) or `features` ("before" it).

        Raises:
            InputError: `neck` is neither.
        """
        choices = {"after": self.embedding, "before": self.features}
        if neck not in choices:
            raise unknown("neck", neck, choices)
        return choices[neck]
