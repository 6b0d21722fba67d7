"""Pixel transforms of torchvision v2: the resize behind the cache, and what turns uint8 batches into network input."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torchvision.transforms import v2

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

to_float = v2.ToDtype(torch.float32, scale=True)
"""(..., C, H, W) uint8 -> float32 in [0, 1]."""

normalise = v2.Normalize(IMAGENET_MEAN, IMAGENET_STD)
"""(..., 3, H, W) float in [0, 1] -> zero mean and unit variance over ImageNet's images."""


def to_unit_images(pictures: np.ndarray) -> Tensor:
    """(..., H, W, 3) uint8 pictures -> (..., 3, H, W) float32 in [0, 1], as augmentations take them."""
    return to_float(torch.from_numpy(pictures).movedim(-1, -3))


def to_pictures(images: Tensor) -> np.ndarray:
    """(..., 3, H, W) float in [0, 1] -> (..., H, W, 3) uint8 pictures."""
    return (255 * images.movedim(-3, -1)).round().byte().numpy()


def from_pictures(pictures: np.ndarray) -> Tensor:
    """(..., H, W, 3) uint8 pictures -> (..., 3, H, W) float32, scaled and normalised as a network takes them."""
    return normalise(to_unit_images(pictures))


def resize(image: Image.Image, size: tuple[int, int], nearest: bool = False) -> Image.Image:
    """Resizes to (height, width): Lanczos with antialiasing, as the public code of this field does; masks nearest."""
    if image.size == (size[1], size[0]):
        return image
    interpolation = v2.InterpolationMode.NEAREST if nearest else v2.InterpolationMode.LANCZOS
    return v2.functional.resize(image, list(size), interpolation=interpolation, antialias=True)
