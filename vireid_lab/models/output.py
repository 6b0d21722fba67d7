"""What a model returns in training."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, fields, replace
from typing import Self

import torch
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


@dataclass
class MixedOutput(ReIDOutput):
    """An output of B images and of the B mixed images that went through the network beside them, row i of both alike.

    Attributes:
        mixed_features, mixed_embedding, mixed_logits: what `features`, `embedding` and `logits` are, of the mixed
            images; None where there are none.
    """

    _: KW_ONLY
    mixed_features: Tensor | None = None
    mixed_embedding: Tensor | None = None
    mixed_logits: Tensor | None = None

    def apart(self, size: int) -> Self:
        """Of the output of 2B rows, the mixed ones behind the others, that of `size` = B; the maps of B are kept."""
        names = [field.name for field in fields(self) if hasattr(self, f"mixed_{field.name}")]
        own = {name: getattr(self, name)[:size] for name in names}
        mixed = {f"mixed_{name}": getattr(self, name)[size:] for name in names}
        return replace(self, maps=self.maps[:size], **own, **(mixed if len(self.features) > size else {}))

    def together(self) -> Self:
        """The other way: 2B rows of what mixed images have too, the mixed ones behind the others."""
        if self.mixed_features is None:
            return self
        names = [field.name for field in fields(self) if hasattr(self, f"mixed_{field.name}")]
        return replace(
            self, **{name: torch.cat([getattr(self, name), getattr(self, f"mixed_{name}")]) for name in names}
        )
