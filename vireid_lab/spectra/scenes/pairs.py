"""Rendered scene pairs, and how they are written in the layout of EPFL's RGB-NIR scenes with their truth beside."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image

from vireid_lab.runtime import InputError, new_folder, write_json

from ..srgb import linear_to_srgb
from .render import CATEGORIES, RenderedScene, render_scene

__all__ = ["CATEGORIES", "RenderedScene", "render_scene", "write_scene_pairs"]

VERSION = 1  # raised whenever the same seed gives other bytes


def write_scene_pairs(
    out: str | Path,
    number: int = 12,
    seed: int = 0,
    size: tuple[int, int] = (256, 384),
    *,
    bits: int = 8,
    categories: Iterable[str] = tuple(CATEGORIES),
    **options,
) -> Path:
    """Renders scenes into EPFL's layout; the same arguments give the same bytes.

    <category>/<NNNN>_rgb.tiff and _nir.tiff are sRGB-encoded. masks/<category>/<NNNN>.png holds the regions (8 bits),
    <NNNN>_second.png where the second light lies (0 or 255), <NNNN>.json {"names", "k", "k_second"} by region, and
    scenes.json how all was made. Everything appears at once when it is finished.

    Args:
        out: the folder to make; it must not be there yet, or be empty.
        number: of scenes, dealt to the categories in turn.
        seed: of everything, 0 or more.
        size: (H, W) in pixels.
        bits: 8 or 16 a channel.
        categories: names in CATEGORIES.
        options: `illuminants`, `specular`, `noise` and `equal_k` of render_scene.

    Returns:
        The folder.

    Raises:
        InputError: an argument cannot be used, or the folder cannot be written.
    """
    categories = tuple(categories)
    if not isinstance(number, int) or not 1 <= number <= 9999:
        raise InputError(f"number {number!r} of scenes: give 1 to 9999")
    if not isinstance(seed, int) or seed < 0:
        raise InputError(f"seed {seed!r}: give a whole number from 0")
    if bits not in (8, 16):
        raise InputError(f"bits {bits!r}: give 8 or 16")
    if not categories:
        raise InputError(f"no categories: give some of {', '.join(CATEGORIES)}")
    facts = {"synthetic": True, "generator_version": VERSION, "number": number, "seed": seed, "size": list(size)}
    with new_folder(Path(out)) as folder:
        for index in range(number):
            rng = np.random.default_rng([seed, index])
            scene = render_scene(rng, size, category=categories[index % len(categories)], **options)
            _write(folder, f"{index // len(categories) + 1:04d}", scene, bits)
        write_json(folder / "scenes.json", {**facts, "bits": bits, "categories": categories, **options})
    return Path(out)


def _write(folder: Path, name: str, scene: RenderedScene, bits: int) -> None:
    from tifffile import imwrite

    pictures, masks = folder / scene.category, folder / "masks" / scene.category
    for path in (pictures, masks):
        path.mkdir(parents=True, exist_ok=True)
    imwrite(pictures / f"{name}_rgb.tiff", _encode(scene.visible, bits), photometric="rgb")
    imwrite(pictures / f"{name}_nir.tiff", _encode(scene.infrared, bits), photometric="minisblack")
    Image.fromarray(scene.regions.astype(np.uint8)).save(masks / f"{name}.png")
    Image.fromarray(np.uint8(255) * scene.second).save(masks / f"{name}_second.png")
    truth = {kind: {n: k.tolist() for n, k in getattr(scene, kind).items()} for kind in ("k", "k_second")}
    write_json(masks / f"{name}.json", {"names": scene.names, **truth})


def _encode(linear: np.ndarray, bits: int) -> np.ndarray:
    """Linear light in [0, 1] as sRGB of 8 or 16 bits."""
    return np.round(linear_to_srgb(linear) * (2**bits - 1)).astype(np.uint8 if bits == 8 else np.uint16)
