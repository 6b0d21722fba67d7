"""What a search is given, as features: image files, a folder of images, a data set, or a feature file."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from vireid_lab.data.layouts import find_layout, open_dataset
from vireid_lab.data.records import (
    INFRARED,
    MODALITY_NAMES,
    TEST_SPLITS,
    UNKNOWN,
    VISIBLE,
    Dataset,
    Record,
    made_root,
)
from vireid_lab.data.scan import find_images
from vireid_lab.runtime import InputError

from .feature_file import read_sides
from .features import Features


class Images(NamedTuple):
    """Images of one side of a search: a data set, and those of its records that are meant."""

    dataset: Dataset
    records: list[Record]


def gallery_images(root: Path, modality: int) -> Images:
    """Images of one modality: the test images of a data set, or all those at any depth of a folder of no known layout.

    Raises:
        InputError: the folder is not there, or holds no such image.
    """
    if not root.exists():
        raise InputError(f"gallery '{root}' is not there: give a folder of images, a data set, an index or an .npz")
    try:
        layout = find_layout(root)
    except InputError:
        files = find_images(root)
        if not files:
            raise InputError(
                f"gallery '{root}' holds no people: neither a data set nor any image; give one that does"
            ) from None
        return image_files(files, modality, root)
    dataset = open_dataset(root, layout)
    records = [record for record in dataset.records if record.split in TEST_SPLITS and record.modality == modality]
    records = list({record.path: record for record in records}.values())
    if not records:
        raise InputError(f"gallery '{root}' holds no {MODALITY_NAMES[modality]} test image; see --query-modality")
    return Images(dataset, records)


def image_files(files: Sequence[Path], modality: int, root: Path | None = None) -> Images:
    """Single image files, without identities and cameras; those of a synthetic data set stay labelled so."""
    files = [Path(file).absolute() for file in files]
    root = Path(os.path.commonpath([file.parent for file in files])) if root is None else root.absolute()
    root = made_root(root) or root
    paths = [file.relative_to(root).as_posix() for file in files]
    records = [Record(path, UNKNOWN, UNKNOWN, modality, "test") for path in dict.fromkeys(paths)]
    return Images(Dataset(root, "images", tuple(records)), records)


def known_queries(queries: Images, gallery: Images) -> Images:
    """Query images that the gallery's data set lists, with their identities and cameras; the others as they are."""
    root = gallery.dataset.root.absolute()
    listed = {root / record.path: record for record in gallery.dataset.records}
    files = [queries.dataset.root / record.path for record in queries.records]
    if not all(file in listed for file in files):
        return queries
    return Images(gallery.dataset, [listed[file] for file in files])


def read_features(path: Path, side: str, modality: int) -> Features:
    """Features of one side from an .npz: as this library keeps them, or a feature file of any code base.

    Args:
        path: the file.
        side: "query" or "gallery", for the names in a feature file.
        modality: of the side; other images of a file of ours are left out.

    Raises:
        InputError: it cannot be read, lacks something, or holds no image of the modality.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            ours = "features" in file
            features = Features.load(path) if ours else None
    except (OSError, ValueError, EOFError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise InputError(
            f"{path} cannot be read as .npz: {error}; give a feature file (query_features, ..., as for vireid evaluate)"
        ) from error
    if features is not None:
        features = features.take(np.flatnonzero(features.modality == modality))
        if not len(features):
            raise InputError(f"{path} holds no {MODALITY_NAMES[modality]} image; see --query-modality")
        return features
    query, gallery = read_sides(path)
    chosen = query if side == "query" else gallery
    count = len(chosen.features)
    paths = chosen.pool.paths or [f"{side} {row}" for row in range(count)]
    return Features(chosen.features, chosen.pool.ids, chosen.pool.cams, np.full(count, modality), paths)


def modalities(query: str) -> tuple[int, int]:
    """Modality of the queries, "visible" or "infrared", and the other one, of the gallery."""
    return (VISIBLE, INFRARED) if query == "visible" else (INFRARED, VISIBLE)
