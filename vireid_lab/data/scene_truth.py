"""What the pixels of a scene pair are, where that is known: rendered scenes have it beside their images."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vireid_lab.runtime import InputError, read_json

from .pixels import read_pixels
from .scene_files import PairFiles


@dataclass(frozen=True)
class SceneTruth:
    """The materials of a scene.

    Attributes:
        regions: (H, W) int32 number of the material, 0 where none is stated.
        names: what each region is.
        k: (3,) NIR/R, NIR/G, NIR/B of each region under the main light (Eq. 4), exposures included.
    """

    regions: np.ndarray
    names: dict[int, str]
    k: dict[int, np.ndarray]


def read_truth(root: str | Path, pair: PairFiles) -> SceneTruth | None:
    """Reads masks/<category>/<name>.png and .json of a folder of pairs, as `write_scene_pairs` puts them there.

    Args:
        root: the folder that `find_pairs` was given.
        pair: one of its pairs.

    Returns:
        The truth, or None where the pair has none.

    Raises:
        InputError: a file is damaged, or the mask holds a region that the table does not name.
    """
    stem = Path(root) / "masks" / pair.category / pair.name
    mask, table = stem.with_name(f"{pair.name}.png"), stem.with_name(f"{pair.name}.json")
    if not mask.is_file() or not table.is_file():
        return None
    regions, record = read_pixels(mask).astype(np.int32), read_json(table)
    names = {int(label): name for label, name in record["names"].items()}
    unnamed = sorted(set(np.unique(regions).tolist()) - {0, *names})
    if unnamed:
        raise InputError(f"{mask} holds region {unnamed[0]}, which {table.name} does not name: mend one of the two")
    return SceneTruth(regions, names, {int(label): np.array(k) for label, k in record["k"].items()})
