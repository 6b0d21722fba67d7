"""The check of augmentations that multiply light: images must be float in [0, 1]."""

from __future__ import annotations

import torch
from torch import Tensor

from vireid_lab.runtime import InputError


def require_unit_range(name: str, images: Tensor) -> None:
    """Makes sure that images are float in [0, 1]; waits once for a GPU.

    Raises:
        InputError: another type, or values outside [0, 1], or NaN.
    """
    if not images.is_floating_point():
        raise InputError(f"{name}: images of type {images.dtype}; make them float in [0, 1] first")
    low, high = torch.stack(images.aminmax()).tolist()
    if not (low >= 0 and high <= 1):
        raise InputError(
            f"{name}: image values from {low:.3g} to {high:.3g} are outside [0, 1]; put {name} before Normalize"
        )
