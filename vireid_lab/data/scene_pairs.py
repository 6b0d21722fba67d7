"""Pictures of one scene in the visible and in the near infrared: EPFL folders, pairs of files, multi-band arrays.

EPFL's RGB-NIR scene data set: <root>/<category>/<number>_rgb.tiff and <number>_nir.tiff (here also tif, png, jpg).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vireid_lab.runtime import InputError, unknown
from vireid_lab.spectra.srgb import linear_to_srgb, srgb_to_linear

from .pixels import bands_last, read_band_arrays, read_pixels
from .radiometry import to_unit
from .registration import estimate_shift, translate

DARK, BRIGHT = 0.002, 0.98  # limits of a usable value, in linear light
BANDS = ("red", "green", "blue", "nir")
ENCODINGS = ("linear", "srgb")
_FILE = re.compile(r"(?P<name>.+)_(?P<part>rgb|nir)\.(tiff?|png|jpe?g)", re.IGNORECASE)
_NO_CATEGORIES = {"masks"}  # beside rendered scenes


@dataclass(frozen=True)
class PairFiles:
    """Where the two images of a scene lie."""

    category: str
    name: str
    visible: Path
    infrared: Path


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


def find_pairs(root: str | Path) -> list[PairFiles]:
    """All pairs of a folder in EPFL's layout, sorted by category and name; other files are left alone.

    Raises:
        InputError: the root or its categories are not there, a category has no pair, or an image has no partner or
            two.
    """
    root = Path(root)
    if not root.is_dir():
        raise InputError(f"{root} is no folder: give the one that holds <category>/<number>_rgb.tiff and _nir.tiff")
    folders = sorted(p for p in root.iterdir() if p.is_dir() and p.name not in _NO_CATEGORIES and p.name[0] != ".")
    if not folders:
        raise InputError(f"{root} holds no category folders: expected {root}/<category>/<number>_rgb.tiff")
    return [pair for folder in folders for pair in _pairs_of(folder)]


def _pairs_of(folder: Path) -> list[PairFiles]:
    found: dict[str, dict[str, Path]] = {}
    for path in sorted(folder.iterdir()):
        match = _FILE.fullmatch(path.name)
        if match is None or path.name.startswith("."):
            continue
        parts = found.setdefault(match["name"], {})
        part = match["part"].lower()
        if part in parts:
            raise InputError(f"{path} and {parts[part].name} are the same image twice: take one away")
        parts[part] = path
    if not found:
        raise InputError(f"{folder} has no pair <number>_rgb and <number>_nir (tiff, tif, png, jpg): fill or remove it")
    for name, parts in found.items():
        if len(parts) < 2:
            ((part, path),) = parts.items()
            other = {"rgb": "nir", "nir": "rgb"}[part]
            raise InputError(f"{path} has no partner {name}_{other}: copy it there, or take the file away")
    return [PairFiles(folder.name, name, parts["rgb"], parts["nir"]) for name, parts in found.items()]


def read_pair(
    visible_path: str | Path,
    infrared_path: str | Path,
    *,
    name: str | None = None,
    category: str = "",
    encoding: str = "srgb",
    linearise: bool = True,
    bits: int | None = None,
    align: bool = False,
) -> ScenePair:
    """Reads the two images of a scene from files of 8 or 16 bits.

    Args:
        visible_path: R, G, B.
        infrared_path: one channel, or three equal ones.
        name: default: the name of the visible file without "_rgb".
        category: of the scene.
        encoding, linearise, align: see from_arrays. Image files are taken as sRGB; scans and raw data often are linear.
        bits: of the values in a 16-bit file; needed where they use 14 bits or less.

    Raises:
        InputError: as read_pixels and from_arrays, naming the file.
    """
    visible, infrared = (_opaque(read_pixels(path), path) for path in (visible_path, infrared_path))
    name = name or re.sub("_rgb$", "", Path(visible_path).stem)
    return from_arrays(
        visible, infrared, name=name, category=category, encoding=encoding, linearise=linearise, bits=bits,
        align=align, labels=(str(visible_path), str(infrared_path)),
    )  # fmt: skip


def _opaque(pixels: np.ndarray, path: str | Path) -> np.ndarray:
    """Bands last, without an alpha channel, which has to be opaque."""
    if pixels.ndim == 2:
        return pixels
    pixels = bands_last(pixels)
    if pixels.shape[2] not in (2, 4):
        return pixels
    alpha = pixels[..., -1]
    if (alpha != np.iinfo(alpha.dtype).max if alpha.dtype.kind == "u" else alpha != 1).any():
        hint = "save it without transparency, or read a file of four bands with read_bands"
        raise InputError(f"{path} has {pixels.shape[2]} channels, the last not opaque everywhere: {hint}")
    return pixels[..., :-1]


def read_bands(
    path: str | Path,
    bands: Mapping[str, str | int] | None = None,
    *,
    name: str | None = None,
    category: str = "",
    encoding: str = "linear",
    linearise: bool = True,
    bits: int | None = None,
    white: float | None = None,
    align: bool = False,
) -> ScenePair:
    """Reads a pair from one multi-band file.

    Args:
        path: npz with one (H, W) array a band; npy or TIFF, (H, W, C) or (C, H, W).
        bands: which band is "red", "green", "blue" and "nir": the name of the array in an npz (default: these very
            names), the position from 0 in an npy or TIFF (no default: satellites begin with blue).
        name: default: the name of the file.
        category: of the scene.
        encoding, linearise, bits, white, align: see from_arrays. Such files are taken as linear light.

    Raises:
        InputError: the file is missing or cannot be read, or a band is not in it; and as from_arrays.
    """
    path = Path(path)
    stored = read_band_arrays(path)
    if bands is None and set(BANDS) <= set(stored):
        bands = {band: band for band in BANDS}
    if bands is None or set(bands) != set(BANDS):
        told = f"say which of {', '.join(map(str, stored))} is red, green, blue and nir"
        raise InputError(f"{path}: bands={bands}: {told}, as bands={{'red': 2, 'green': 1, 'blue': 0, 'nir': 3}}")
    for band in bands.values():
        if band not in stored:
            raise unknown(f"band of {path}", band, stored)
    red, green, blue, nir = (stored[bands[band]] for band in BANDS)
    for band, values in zip(BANDS, (red, green, blue, nir), strict=True):
        if (values.shape, values.dtype) != (red.shape, red.dtype) or values.ndim != 2:
            told = f"{band} has shape {values.shape} and type {values.dtype}, red {red.shape} and {red.dtype}"
            raise InputError(f"{path}: {told}: give bands (H, W) of one size and type")
    return from_arrays(
        np.stack([red, green, blue], axis=2), nir, name=name or path.stem, category=category, encoding=encoding,
        linearise=linearise, bits=bits, white=white, align=align, labels=(f"{path} (visible)", f"{path} (nir)"),
    )  # fmt: skip


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
