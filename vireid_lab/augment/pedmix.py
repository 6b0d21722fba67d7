"""PedMix: patches of a visible and an infrared image change places, region by region (Guo et al. 2023)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from vireid_lab.runtime import InputError

from .mixing import PatchExchange, choose, patch_grid, patch_size

REGIONS = ("center", "sub-center", "outer")  # C, S, O
RATIOS = (0.65, 0.70, 0.75)  # A_C, A_S, A_O
SLACK = 1e-9  # a patch centre on the edge of a box is on it, whatever the rounding


class RegionCount(NamedTuple):
    """How many patches a region has, and how many of them each mixed image takes from the other modality."""

    patches: int
    exchanged: int


class PedMix(PatchExchange):
    """Exchanges patches at random, with a share of its own in each of three regions around the person.

    Sec. III-B: two centred boxes Φ1 and Φ2 cut the image into center (Φ1), sub-center (Φ2 without Φ1) and outer.
    Eq. 1-2, read literally, give the other modality at A = 0; the text a single-modality image. Here the text: A is
    the share of a region's patches taken from the other modality, exactly round(A · n), drawn without replacement.
    The same patches change places in both images of a pair: x̂^I is the mirror image of x̂^V. A patch is in the region
    that its centre is in; boxes are half-open. Label: the identity of the pair.

    Args:
        patch: side in pixels; None makes 24 rows of patches (12 pixels at 288x144, the paper's).
        center: height and width of the box Φ1, as shares of the image's.
        sub_center: those of the box Φ2.
        ratios: A_C, A_S, A_O. 0 leaves a region as it is (Table III).

    Raises:
        InputError: a share or ratio is outside its range, Φ1 is larger than Φ2, or the patch is no whole number.
    """

    def __init__(
        self,
        patch: float | None = None,
        center: tuple[float, float] = (2 / 3, 1 / 3),
        sub_center: tuple[float, float] = (5 / 6, 2 / 3),
        ratios: tuple[float, float, float] = RATIOS,
    ):
        for name, box in (("center", center), ("sub_center", sub_center)):
            if not all(0 < share <= 1 for share in box):
                raise InputError(f"pedmix: the box {name} = {shown(box)} has shares outside (0, 1] of the image")
        if any(inner > outer for inner, outer in zip(center, sub_center, strict=True)):
            raise InputError(
                f"pedmix: the box center = {shown(center)} is larger than sub_center = {shown(sub_center)}"
            )
        if len(ratios) != len(REGIONS) or not all(0 <= ratio <= 1 for ratio in ratios):
            raise InputError(f"pedmix: the ratios {shown(ratios)} are not three numbers in [0, 1]")
        self.patch = patch_size("pedmix", patch)
        self.center, self.sub_center, self.ratios = tuple(center), tuple(sub_center), tuple(ratios)

    def regions(self, size: tuple[int, ...]) -> np.ndarray:
        """(rows, columns) int64 for images of `size` (H, W): the position in `REGIONS` of each patch's region.

        Raises:
            InputError: the size is no multiple of the patch.
        """
        grid = patch_grid("pedmix", size, self.patch)
        return 2 - inside(self.sub_center, grid).astype(np.int64) - inside(self.center, grid)

    def counts(self, size: tuple[int, ...]) -> dict[str, RegionCount]:
        """The exact counts of each region for images of `size` (H, W)."""
        patches = np.bincount(self.regions(size).ravel(), minlength=len(REGIONS)).tolist()
        exchanged = (round(ratio * n) for ratio, n in zip(self.ratios, patches, strict=True))
        return {name: RegionCount(*both) for name, *both in zip(REGIONS, patches, exchanged, strict=True)}

    def draw(self, shape: tuple[int, ...], rng: Generator) -> np.ndarray:
        """Draws (N, rows, columns) bool for pairs of `shape` (N, C, H, W): the patches that change places, M."""
        regions = self.regions(shape[2:])
        exchanged = np.zeros((shape[0], regions.size), dtype=bool)
        for region, count in enumerate(self.counts(shape[2:]).values()):
            exchanged[:, regions.ravel() == region] = choose(shape[0], *count, rng)
        return exchanged.reshape(-1, *regions.shape)


def ratios_from(center: float) -> tuple[float, float, float]:
    """A_C, A_S and A_O, 0.05 apart as in Fig. 4 of the paper, and 1 at most.

    Raises:
        InputError: A_C is outside [0, 1].
    """
    if not 0 <= center <= 1:
        raise InputError(f"pedmix: the ratio {center:g} of the center is not in [0, 1]")
    return center, min(center + 0.05, 1), min(center + 0.10, 1)


def inside(box: tuple[float, float], grid: tuple[int, int]) -> np.ndarray:
    """(rows, columns) bool: whose centres lie in a centred box, height and width as shares of the image."""
    within = []
    for share, count in zip(box, grid, strict=True):
        centre = (np.arange(count) + 0.5) / count + SLACK
        within.append((centre >= (1 - share) / 2) & (centre < (1 + share) / 2))
    return within[0][:, None] & within[1]


def shown(values: tuple[float, ...]) -> str:
    return "(" + ", ".join(f"{value:.3g}" for value in values) + ")"
