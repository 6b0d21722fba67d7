"""The benchmark's world: one seed gives every person, camera and image, in any order and in any process."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vireid_lab.runtime import InputError, unknown

from .difficulty import DIFFICULTIES
from .labels import CODES

VERSION = 1  # raised whenever the same seed gives other bytes
INFRARED = ("nir", "thermal")
WARDROBES = ("benchmark", "pretraining")


@dataclass(frozen=True)
class Shot:
    """One rendered image.

    Attributes:
        image: (H, W, 3) uint8; three equal channels in the infrared.
        mask: (H, W) uint8, the label (`labels.LABELS`) of the surface at each pixel.
        quality: JPEG quality of the camera, 1 to 95.
    """

    image: np.ndarray
    mask: np.ndarray
    quality: int


class World:
    def __init__(self, seed, size=(96, 48), difficulty="medium", infrared="nir", wardrobe="benchmark"):
        for kind, value, options in (
            ("difficulty", difficulty, DIFFICULTIES),
            ("infrared", infrared, INFRARED),
            ("wardrobe", wardrobe, WARDROBES),
        ):
            if value not in options:
                raise unknown(kind, value, options)
        self.seed, self.size = seed, tuple(size)

    def render(self, pid: int, camid: int, modality: int, index: int, moment: int | None = None) -> Shot:
        rng = np.random.default_rng([self.seed, pid, camid, modality, index])
        height, width = self.size
        if height < 32:
            raise InputError("small")
        mask = np.zeros(self.size, np.uint8)
        mask[height // 10 : -height // 10, width // 3 : -width // 3] = CODES["upper"]
        image = rng.integers(0, 255, (height, width, 3), dtype=np.uint8)
        image[mask > 0] = np.random.default_rng([self.seed, pid]).integers(0, 255, 3)
        if modality == 1:
            image[:] = image[..., :1]
        return Shot(image, mask, 85)
