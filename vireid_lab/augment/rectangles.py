"""Rectangles of pixels as masks."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


def inside_rectangles(rectangles: np.ndarray, images: Tensor) -> Tensor:
    """(N, 1, H, W) bool on the device of images (B, C, H, W): the pixels inside of each rectangle.

    Args:
        rectangles: (N, 4) int64, top, left, bottom, right, the last two not included.
        images: give the size and the device.
    """
    top, left, bottom, right = torch.from_numpy(rectangles).to(images.device).T[:, :, None]
    row, column = (torch.arange(length, device=images.device) for length in images.shape[2:])
    rows, columns = (row >= top) & (row < bottom), (column >= left) & (column < right)
    return (rows[:, :, None] & columns[:, None, :])[:, None]
