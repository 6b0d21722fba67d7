"""The people of a synthetic data set photographed again in another visible light; all else as it was.

The generator is asked for the same images and only the cameras' illuminant is exchanged, so that what differs is what
Eq. 1 of the reflection prior makes of the light: not a colour cast, but materials that look alike under one lamp and
not under another. The white balance follows the light, as a camera's does.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from vireid_lab.runtime import InputError
from vireid_lab.spectra import illuminants
from vireid_lab.spectra.camera import Camera, ThermalCamera
from vireid_lab.spectra.world import VERSION, World

from .make import plan_benchmark
from .records import VISIBLE, Dataset, Record
from .transforms import resize

UNSEEN = {
    "blue sky, 12000 K": illuminants.daylight(12000),
    "dim filament, 2100 K": illuminants.tungsten(2100),
    "sodium lamp": illuminants.sodium(),
}
"""Lights that no camera of the benchmark has: its daylight is of 4500 to 9500 K, its filaments of 2600 to 3100 K."""


class RelitWorld(World):
    """A world whose visible cameras all have one illuminant, (L,) relative power."""

    def __init__(self, illuminant: np.ndarray, **settings) -> None:
        super().__init__(**settings)
        self.illuminant = illuminant

    def camera(self, camid: int, modality: int) -> Camera | ThermalCamera:
        """The camera with this number in a modality, in the other light where it is visible."""
        camera = super().camera(camid, modality)
        return replace(camera, illuminant=self.illuminant) if modality == VISIBLE else camera


def relit_images(dataset: Dataset, records: Sequence[Record], illuminant: np.ndarray, size: tuple[int, int]) -> Tensor:
    """Visible images of a synthetic data set in another light, compressed as its files are.

    Args:
        dataset: what `make_benchmark` wrote.
        records: N visible images of it.
        illuminant: (L,) relative power over `spectra.grid.WAVELENGTHS`.
        size: (height, width) in pixels.

    Returns:
        (N, 3, H, W) uint8.

    Raises:
        InputError: the data set cannot be rendered again, or an image is not visible.
    """
    made = dataset.benchmark
    if made is None or made["generator_version"] != VERSION or made["given_counts"]:
        raise InputError(
            f"{dataset.root} cannot be rendered again: give a synthetic data set of this version, made without counts"
        )
    infrared = next((record.path for record in records if record.modality != VISIBLE), None)
    if infrared is not None:
        raise InputError(f"'{infrared}' is an infrared image: give visible ones")
    names = ("seed", "size", "difficulty", "infrared", "control")
    world = RelitWorld(illuminant, **{name: made[name] for name in names if name in made})
    plan = {planned.record.path: planned for planned in plan_benchmark(made["layout"], made["ids"], made["images"])}
    pictures = []
    for record in records:
        planned = plan[record.path]
        shot = world.render(record.pid, record.camid, VISIBLE, planned.index, planned.moment)
        pictures.append(np.asarray(resize(_as_file(shot.image, record.path, shot.quality), size)))
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2)


def _as_file(pixels: np.ndarray, path: str, quality: int) -> Image.Image:
    image = Image.fromarray(pixels)
    if not path.endswith(".jpg"):
        return image
    file = io.BytesIO()
    image.save(file, "jpeg", quality=quality)
    return Image.open(file).convert("RGB")
