"""Files of scenes in the visible and in the near infrared: EPFL folders, pairs of images, multi-band arrays.

EPFL's RGB-NIR scene data set: <root>/<category>/<number>_rgb.tiff and <number>_nir.tiff (here also tif, png, jpg).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vireid_lab.runtime import InputError, unknown

from .pixels import bands_last, read_band_arrays, read_pixels
from .scene_pairs import BANDS, ScenePair, from_arrays

_FILE = re.compile(r"(?P<name>.+)_(?P<part>rgb|nir)\.(tiff?|png|jpe?g)", re.IGNORECASE)
_NO_CATEGORIES = {"masks"}  # beside rendered scenes


@dataclass(frozen=True)
class PairFiles:
    """Where the two images of a scene lie."""

    category: str
    name: str
    visible: Path
    infrared: Path


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
