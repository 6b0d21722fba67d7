"""One scene in the visible and in the near infrared: two arrays, scaled, checked, masked and registered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vireid_lab.runtime import InputError, unknown
from vireid_lab.spectra.srgb import linear_to_srgb, srgb_to_linear

from .radiometry import to_unit
from .registration import estimate_shift, translate

DARK, BRIGHT = 0.002, 0.98  # limits of a usable value, in linear light
BANDS = ("red", "green", "blue", "nir")
ENCODINGS = ("linear", "srgb")


@dataclass(frozen=True)
class ScenePair:
    """A visible image and the near-infrared one of the same place.

    Attributes:
        name, category: of the scene; category "" where it has none.
        visible: (H, W, 3) float32 in [0, 1], R, G, B; NaN where missing.
        infrared: (H, W) float32 in [0, 1]; NaN where missing.
        valid: (H, W) bool, neither saturated nor dark nor missing in any channel.
        saturated: (H, W) bool, some channel at 0.98 of full scale or above in linear light.
        dark: (H, W) bool, some channel at 0.002 of full scale or below in linear light.
        linear: the values are proportional to light (False: sRGB values as stored).
        bits: of the stored values, the coarser of both images (0: floats, or scaled by `white`).
        shift: (rows, columns) in pixels by which the infrared image was found to lie off the visible one; (nan, nan)
            where that could not be found out.
        aligned: that shift has been taken out of `infrared`.
    """

    name: str
    category: str
    visible: np.ndarray
    infrared: np.ndarray
    valid: np.ndarray
    saturated: np.ndarray
    dark: np.ndarray
    linear: bool
    bits: int
    shift: tuple[float, float]
    aligned: bool = False

    @property
    def missing(self) -> np.ndarray:
        """(H, W) bool: NaN in some channel, as given or outside the image after a correction of the shift."""
        return np.isnan(self.infrared) | np.isnan(self.visible).any(axis=2)

    @property
    def statement(self) -> str:
        """One line for titles and read-outs: the kind of values, the shift, the share of pixels masked and why."""
        light = "linear light" if self.linear else "sRGB values, not linear"
        depth = f"{self.bits} bits" if self.bits else "floats"
        rows, columns = (round(s, 1) + 0.0 for s in self.shift)  # + 0.0 makes 0 of -0
        shift = f"shift {rows:+.1f}, {columns:+.1f} px" + (" corrected" if self.aligned else "")
        if np.isnan(self.shift).any():
            shift = "shift not known"
        parts = ", ".join(f"{getattr(self, part).mean():.1%} {part}" for part in ("saturated", "dark", "missing"))
        return f"{light}, {depth}, {shift}, {self.valid.mean():.1%} valid ({parts})"


def from_arrays(
    visible: np.ndarray,
    infrared: np.ndarray,
    *,
    name: str = "pair",
    category: str = "",
    encoding: str = "linear",
    linearise: bool = True,
    bits: int | None = None,
    white: float | None = None,
    align: bool = False,
    labels: tuple[str, str] = ("visible", "infrared"),
) -> ScenePair:
    """Makes a pair of two arrays: the one place that scales, checks, masks and registers.

    The limits of the masks hold in linear light, so that the masks are the same with and without linearising. A pixel
    is dark or saturated as soon as one of its four values is: a ratio of such a value says nothing.

    Args:
        visible: (H, W, 3), R, G, B; integers or floats, see radiometry.to_unit for their scale.
        infrared: (H, W), or (H, W, C) with equal channels.
        name: of the scene, also in warnings.
        category: of the scene.
        encoding: what the values are: "linear" (proportional to light) or "srgb".
        linearise: turn sRGB values into linear light; False leaves them and says so in `linear`. Reading: EPFL's
            infrared images went through the same processing as the visible ones, so the curve is undone in both.
        bits: of integers of more than 8 bits.
        white: the value that stands for 1 (10000 for Sentinel-2 reflectance); values above count as saturated.
        align: take a shift of the infrared image out (translation, linear interpolation); the border that comes from
            outside is missing.
        labels: what errors call the two arrays.

    Raises:
        InputError: the shapes do not fit, the channels of the infrared image differ, a band is NaN everywhere, or the
            scale of the values is not known.
    """
    if encoding not in ENCODINGS:
        raise unknown("encoding", encoding, ENCODINGS)
    visible, infrared = np.asarray(visible), _one_channel(np.asarray(infrared), labels[1])
    _check(visible, infrared, labels)
    visible, visible_bits = to_unit(visible, labels[0], bits=bits, white=white)
    infrared, infrared_bits = to_unit(infrared, labels[1], bits=bits, white=white)
    limits = (BRIGHT, DARK) if encoding == "linear" else linear_to_srgb(np.array([BRIGHT, DARK]))
    saturated = (visible.max(axis=2) >= limits[0], infrared >= limits[0])
    dark = (visible.min(axis=2) <= limits[1], infrared <= limits[1])
    if encoding == "srgb" and linearise:
        visible, infrared = srgb_to_linear(visible), srgb_to_linear(infrared)
    shift = estimate_shift(visible, infrared, name=name, correcting=align)
    aligned = align and not np.isnan(shift).any()
    if aligned:
        infrared = translate(infrared, shift)
        saturated, dark = ((mask, translate(moved, shift, fill=0) > 0) for mask, moved in (saturated, dark))
    saturated, dark = np.logical_or(*saturated), np.logical_or(*dark)
    valid = ~(saturated | dark | np.isnan(infrared) | np.isnan(visible).any(axis=2))
    return ScenePair(
        name, category, visible, infrared, valid, saturated, dark, linear=encoding == "linear" or linearise,
        bits=min(visible_bits or infrared_bits, infrared_bits or visible_bits), shift=shift, aligned=aligned,
    )  # fmt: skip


def _one_channel(infrared: np.ndarray, label: str) -> np.ndarray:
    """(H, W) of (H, W) or of (H, W, C) with equal channels."""
    if infrared.ndim == 3 and infrared.size:
        unequal = ~np.isclose(infrared, infrared[..., :1], rtol=0, atol=0, equal_nan=True)
        if unequal.any():
            told = f"{infrared.shape[2]} unequal channels (in {unequal.any(axis=2).mean():.1%} of its pixels)"
            raise InputError(f"{label} has {told}: an infrared image has one channel; give the one that is meant")
        infrared = infrared[..., 0]
    if infrared.ndim != 2 or infrared.size == 0:
        raise InputError(f"{label} has shape {infrared.shape}: expected (H, W)")
    return infrared


def _check(visible: np.ndarray, infrared: np.ndarray, labels: tuple[str, str]) -> None:
    if visible.ndim != 3 or visible.shape[2] != 3 or visible.size == 0:
        raise InputError(f"{labels[0]} has shape {visible.shape}: expected (H, W, 3) in the order R, G, B")
    if visible.shape[:2] != infrared.shape:
        sizes = " and ".join(f"{rows}x{columns}" for rows, columns in (visible.shape[:2], infrared.shape))
        told = f"{labels[0]} and {labels[1]} have {sizes} pixels (height x width)"
        raise InputError(f"{told}: the two images of a pair need one size; crop or resize one")
    for band, values in zip(BANDS, (*np.moveaxis(visible, 2, 0), infrared), strict=True):
        if values.dtype.kind == "f" and not np.isfinite(values).any():
            raise InputError(f"{labels[band == 'nir']}: {band} is NaN everywhere: give another, or leave the pair out")
