"""Images as a notebook gives them to an explorer, as tensors and back."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from vireid_lab.augment.unit_range import require_unit_range
from vireid_lab.runtime import InputError


def image_tensor(name: str, pixels: np.ndarray, asker: str) -> Tensor:
    """(3, H, W) float32 of (H, W, 3) or (H, W), float in [0, 1].

    Args:
        name: what the image is, for errors.
        pixels: the image.
        asker: the augmentation that it is for, for errors.

    Raises:
        InputError: another shape, type or range.
    """
    pixels = np.asarray(pixels)
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[..., None], 3, axis=2)
    if pixels.ndim != 3 or pixels.shape[2] != 3 or 0 in pixels.shape:
        raise InputError(f"{name} image of shape {pixels.shape}: give (H, W, 3), or (H, W) for a grey one")
    image = torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)))
    require_unit_range(asker, image)
    return image.float()


def pixels_of(image: Tensor) -> np.ndarray:
    """(H, W, 3) of an image (3, H, W)."""
    return image.permute(1, 2, 0).numpy()
