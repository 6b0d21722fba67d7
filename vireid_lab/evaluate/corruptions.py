"""What can go wrong with an image before it is searched: something hides a part of it, or its crop is off."""

from __future__ import annotations

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

from vireid_lab.runtime import InputError

GREY = 128


def occlude(images: Tensor, share: float, rng: Generator) -> Tensor:
    """Hides a rectangle of each image behind grey.

    It has the image's own proportions, sides of round(sqrt(share) · side) pixels, and lies anywhere within the image.

    Args:
        images: (N, C, H, W) uint8; they are left as they are.
        share: of the image that is hidden, 0 to 1.
        rng: draws the places.

    Returns:
        (N, C, H, W) uint8.

    Raises:
        InputError: the share is outside [0, 1].
    """
    if not 0 <= share <= 1:
        raise InputError(f"occlusion of {share:g}: give a share of the image, 0 to 1")
    images = images.clone()
    height, width = (round(share**0.5 * side) for side in images.shape[2:])
    tops, lefts = (
        rng.integers(0, side - part + 1, len(images))
        for side, part in zip(images.shape[2:], (height, width), strict=True)
    )
    for image, top, left in zip(images, tops, lefts, strict=True):
        image[:, top : top + height, left : left + width] = GREY
    return images


def misalign(images: Tensor, shift: float, scale: float, rng: Generator) -> Tensor:
    """Crops each image anew: shifted, and the person larger or smaller; what the new crop shows beyond the edge is the
    edge's pixel.

    Args:
        images: (N, C, H, W) uint8.
        shift: how far the person moves, over the height of the image; each in a direction of its own.
        scale: of the person about the middle of the image: 1.2 is a crop that is too narrow, 0.8 one too wide.
        rng: draws the directions.

    Returns:
        (N, C, H, W) uint8, bilinear.

    Raises:
        InputError: scale is not above 0.
    """
    if not scale > 0:
        raise InputError(f"scale {scale:g}: give a number above 0")
    height, width = images.shape[2:]
    angle = rng.uniform(0, 2 * np.pi, len(images))
    # affine_grid says where each pixel comes from, with the image's sides at -1 and 1
    move = np.stack([np.cos(angle) * height / width, np.sin(angle)], axis=1) * 2 * shift / scale
    theta = torch.zeros(len(images), 2, 3, dtype=torch.float32)
    theta[:, 0, 0] = theta[:, 1, 1] = 1 / scale
    theta[:, :, 2] = -torch.from_numpy(move).float()
    grid = affine_grid(theta, list(images.shape), align_corners=False)
    moved = grid_sample(images.float(), grid, mode="bilinear", padding_mode="border", align_corners=False)
    return moved.round().clamp(0, 255).to(torch.uint8)
