"""What all mixes of a visible and an infrared image share: masks, the exchange of pixels, and pairs out of a batch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor
from torch.nn.functional import interpolate

from vireid_lab.data.batch import Batch
from vireid_lab.data.records import MODALITY_NAMES
from vireid_lab.runtime import InputError, unknown

MODES = ("beside", "replace")
ROWS = 24  # patches in a column, whatever the height: 12 pixels at 288x144, as Guo et al. 2023, 4 at 96x48


class Mix(ABC):
    """Mixes pairs of images of one identity; row i of both tensors is one pair.

    A mix gives two images: the mixed visible one is the visible image with what a mask takes from the infrared one,
    the mixed infrared one the other way round. Both show one identity and keep its label: the λ y + (1 - λ) y of the
    mixes that join labels is y.
    """

    @abstractmethod
    def draw(self, shape: tuple[int, ...], rng: Generator) -> Any:
        """Draws for N pairs of images of `shape` (N, C, H, W)."""

    @abstractmethod
    def masks(self, visible: Tensor, infrared: Tensor, parameters: Any) -> tuple[Tensor, Tensor]:
        """The share of each pixel that the mixed visible and the mixed infrared images take from the other modality.

        Returns:
            Both (N, 1, H, W) float, 0 or 1; Mixup: both (N, 1, 1, 1) float in [0, 1].
        """

    def apply(self, visible: Tensor, infrared: Tensor, parameters: Any) -> tuple[Tensor, Tensor]:
        """Mixes (N, C, H, W) float images of both modalities.

        Returns:
            The mixed visible and the mixed infrared images, both (N, C, H, W).

        Raises:
            InputError: the tensors differ in shape, or have a size that the mix cannot take.
        """
        require_pairs(visible, infrared)
        masks = self.masks(visible, infrared, parameters)
        of_visible = spread(masks[0], visible)
        of_infrared = of_visible if masks[1] is masks[0] else spread(masks[1], infrared)
        return torch.lerp(visible, infrared, of_visible), torch.lerp(infrared, visible, of_infrared)  # Eq. 2

    def __call__(self, visible: Tensor, infrared: Tensor, rng: Generator) -> tuple[Tensor, Tensor]:
        require_pairs(visible, infrared)
        return self.apply(visible, infrared, self.draw(tuple(visible.shape), rng))


class PatchExchange(Mix):
    """A mix in which the same patches change places in both images: it draws them, (N, rows, columns) bool."""

    def masks(self, visible: Tensor, infrared: Tensor, exchanged: np.ndarray) -> tuple[Tensor, Tensor]:
        mask = enlarge(torch.from_numpy(exchanged), visible)
        return mask, mask


def spread(mask: Tensor, images: Tensor) -> Tensor:
    """A mask (N, 1, H, W) for each channel of the images (N, C, H, W), laid out as they are.

    torch is several times slower where a mask is broadcast over channels or laid out otherwise. And its lerp with a
    mask of 0 or 1 gives the pixel of one image bit by bit.
    """
    last = images.is_contiguous(memory_format=torch.channels_last)
    layout = torch.channels_last if last else torch.contiguous_format
    return mask.expand(-1, images.shape[1], -1, -1).contiguous(memory_format=layout)


def mix_batch(batch: Batch, mix: Mix, rng: Generator, mode: str = "beside") -> Batch:
    """Mixes the pairs of a batch, whose first half is visible and whose row i of both halves is one identity.

    Args:
        batch: images (2N, 3, H, W) float.
        mode: "beside" puts the mixed images into `extra["mixed"]`, (2N, 3, H, W), the mixed visible ones first (Guo
            et al. 2023, Eq. 3), ids and modality as those of the batch. "replace" puts them in the place of the
            originals; material masks, which would no longer fit, go.

    Raises:
        InputError: the mode is unknown, or the rows are no pairs.
    """
    if mode not in MODES:
        raise unknown("mode of a mix", mode, MODES)
    require_paired_rows(batch)
    mixed = torch.cat(mix(*batch.images.chunk(2), rng))
    if mode == "replace":
        return replace(batch, images=mixed, masks=None)
    return replace(batch, extra={**batch.extra, "mixed": mixed})


def require_pairs(visible: Tensor, infrared: Tensor) -> None:
    """Makes sure that two tensors (N, C, H, W) hold pairs.

    Raises:
        InputError: their shapes differ.
    """
    if visible.ndim != 4 or visible.shape != infrared.shape:
        raise InputError(
            f"mix: visible images {tuple(visible.shape)} and infrared images {tuple(infrared.shape)} are no pairs; "
            "give as many of both, (N, C, H, W), row i of both of the same identity"
        )


def require_paired_rows(batch: Batch) -> None:
    """Makes sure that a batch has its visible half first and the same identity in row i of both halves.

    Raises:
        InputError: it has not; names the numbers, the identity or the row.
    """
    ids, modality = (values.cpu().numpy() for values in (batch.ids, batch.modality))
    visible, infrared = ids[modality == 0], ids[modality == 1]
    for own, other, name in ((visible, infrared, MODALITY_NAMES[1]), (infrared, visible, MODALITY_NAMES[0])):
        alone = np.setdiff1d(own, other)
        if len(alone):
            raise InputError(f"mix: identity {alone[0]} has no {name} image in the batch; take CrossModalSampler")
    if len(visible) != len(infrared):
        raise InputError(
            f"mix: {len(visible)} visible and {len(infrared)} infrared images in the batch; pairs need as many of both"
        )
    if np.any(modality[: len(visible)] != 0) or np.any(visible != infrared):
        raise InputError("mix: put the visible half of the batch first, and the same identity in row i of both halves")


def patch_grid(name: str, size: tuple[int, ...], patch: int | None) -> tuple[int, int]:
    """Rows and columns of square patches in an image of `size` (H, W); None makes patches of 24 rows.

    Raises:
        InputError: the size is no multiple of the patch.
    """
    height, width = size
    if patch is None:
        patch, left = divmod(height, ROWS)
        if left or not patch:
            raise InputError(f"{name}: the height {height} is no multiple of {ROWS} rows of patches; give a patch size")
    for side, length in (("height", height), ("width", width)):
        if length % patch:
            raise InputError(f"{name}: the {side} {length} is no multiple of the patch, {patch} pixels")
    return height // patch, width // patch


def patch_size(name: str, patch: float | None) -> int | None:
    """A patch size as a whole number.

    Raises:
        InputError: it is none, or under 1.
    """
    if patch is None:
        return None
    if not (patch >= 1 and float(patch).is_integer()):
        raise InputError(f"{name}: the patch {patch:g} is not a whole number of pixels from 1 on")
    return int(patch)


def choose(number: int, places: int, chosen: int, rng: Generator) -> np.ndarray:
    """(number, places) bool, in each row exactly `chosen` places, drawn without replacement."""
    order = rng.random((number, places)).argsort(1)
    return order < chosen  # the ranks of a random order are a random order


def enlarge(cells: Tensor, images: Tensor) -> Tensor:
    """(N, 1, H, W) in the type of images (N, C, H, W): each of the cells (N, h, w) as a rectangle of pixels."""
    return interpolate(cells[:, None].to(images), images.shape[2:])
