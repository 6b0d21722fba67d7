"""The batch that loaders yield and that augmentations, models and criteria share."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import torch
from torch import Tensor


@dataclass
class Batch:
    """A batch of images of both modalities.

    In training the visible half comes first, and row i of both halves is the same identity.

    Attributes:
        images: (B, 3, H, W), uint8 from a loader, float in [0, 1] in an augmentation.
        ids: (B,) int64 labels 0..N-1 in training, pids in evaluation.
        modality: (B,) int64, 0 visible, 1 infrared.
        camids: (B,) int64 cameras.
        masks: (B, H, W) uint8 material labels, or None.
        extra: images (B, 3, H, W) beside these, by name ("mixed"); the model gets them by that name.
    """

    images: Tensor
    ids: Tensor
    modality: Tensor
    camids: Tensor
    masks: Tensor | None = None
    extra: dict[str, Tensor] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.images)

    def to(self, device: torch.device) -> Batch:
        """The same batch on a device (without waiting for the copy where memory is pinned)."""
        masks = None if self.masks is None else self.masks.to(device, non_blocking=True)
        moved = [t.to(device, non_blocking=True) for t in (self.images, self.ids, self.modality, self.camids)]
        return Batch(*moved, masks=masks, extra=self.extra)

    def with_images(self, images: Tensor, masks: Tensor | None = None) -> Batch:
        """The same batch with other images (and masks, where they moved along)."""
        return replace(self, images=images, masks=self.masks if masks is None else masks)

    def pin_memory(self) -> Batch:
        """Called by torch's DataLoader(pin_memory=True)."""
        masks = None if self.masks is None else self.masks.pin_memory()
        pinned = [t.pin_memory() for t in (self.images, self.ids, self.modality, self.camids)]
        return Batch(*pinned, masks=masks, extra=self.extra)
