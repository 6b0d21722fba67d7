"""From a folder of images to a manifest: a pattern says where the file names tell who, which camera, which light."""

from __future__ import annotations

import csv
import os
import shutil
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vireid_lab.runtime import InputError, atomic_path, unknown

from .images import read_image
from .layouts import is_dataset
from .manifest import COLUMNS, NAMES, SPLITS
from .path_pattern import modalities, numbers, read_paths
from .records import BENCHMARK, MODALITY_NAMES, made_root
from .scan import IMAGE_SUFFIXES, find_images, threaded

GREY = 3.0  # mean distance of an image's channels, of 255, below which it counts as infrared
SPLIT_STREAM = 3  # keeps the draw of the training identities apart from others under the same seed


@dataclass(frozen=True)
class FolderManifest:
    """A manifest that was written.

    Attributes:
        table: the file.
        rows: its rows.
        left_out: images that the pattern does not fit, relative to the folder.
        by_colour: the modality was read from the pixels.
    """

    table: Path
    rows: list[dict[str, str]]
    left_out: list[str]
    by_colour: bool

    @property
    def ids(self) -> int:
        """Number of identities."""
        return len({row["pid"] for row in self.rows} - {""})

    def to_text(self) -> str:
        """What stands in it, in a few lines."""
        counts = Counter((row["split"], row["modality"]) for row in self.rows)
        kinds = ", ".join(f"{number} {split} {modality}" for (split, modality), number in sorted(counts.items()))
        who = f"{self.ids} identities" if self.ids else "no identities: it can be searched, and not scored"
        lines = [f"{self.table}: {len(self.rows)} images ({kinds}), {who}"]
        if self.by_colour:
            lines.append("modality read from the pixels: grey images are taken as infrared, coloured ones as visible")
        if self.left_out:
            lines.append(f"{len(self.left_out)} images left out, the pattern does not fit {self.left_out[0]}")
        return "\n".join(lines)


def write_manifest(
    folder: str | Path, pattern: str = "", out: str | Path | None = None, *, train: float = 0.0, seed: int = 0
) -> FolderManifest:
    """Writes the manifest of a folder of images, at any depth.

    The pattern is that of a path in the folder, without its suffix, such as "{modality}/{pid}_c{camid}_*": {pid},
    {camid}, {modality} and {split} stand for what is there, * for anything. Whole numbers are kept, other words for
    people and cameras are numbered in their order. Without {modality} a grey image is infrared. Without {pid} nobody is
    known, which is enough for a search.

    Args:
        folder: where the images are.
        pattern: of their paths; empty: nothing is known but the images.
        out: the new table; by default manifest.csv in the folder. Its paths are relative to its own place.
        train: share of the identities that become the split "train"; the others, and by default all, are "test".
        seed: of the draw of these identities.

    Raises:
        InputError: there is no image; the pattern fits none or names something else; a word is no modality or split;
            an image whose colour counts cannot be decoded; all images are of one modality; each identity has one
            image; the table is there, or cannot be written.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"'{folder}' is no folder: give the one that holds your images")
    table = _new_table(Path(out) if out else folder / NAMES[0])
    files = find_images(folder)
    if not files:
        raise InputError(f"'{folder}' holds no people: there is no image ({', '.join(sorted(IMAGE_SUFFIXES))}) in it")
    paths = [file.relative_to(folder).as_posix() for file in files]
    found = dict(zip(files, read_paths(paths, pattern), strict=True))
    fitting = {file: words for file, words in found.items() if words is not None}
    if not fitting:
        known = "; the folder looks like a known data set, which is read without one" if is_dataset(folder) else ""
        told = f"the pattern '{pattern}' fits none of the {len(files)} images of '{folder}', not {paths[0]}{known}"
        raise InputError(f"{told}; it is that of a whole path in the folder, without its suffix")
    by_colour = "{modality}" not in pattern
    rows = _rows(fitting, table, by_colour)
    _require_matches(rows, pattern, folder)
    _set_splits(rows, train, seed)
    _write(table, rows, folder)
    left_out = [path for path, file in zip(paths, files, strict=True) if file not in fitting]
    return FolderManifest(table, rows, left_out, by_colour)


def _new_table(table: Path) -> Path:
    if table.suffix != ".csv":
        raise InputError(f"{table}: a manifest is written as .csv")
    if table.exists():
        raise InputError(f"{table} is there already: use it as it is, remove it, or choose another --out")
    return table


def _rows(fitting: dict[Path, dict[str, str]], table: Path, by_colour: bool) -> list[dict[str, str]]:
    """A row for each image, without its split unless the path says it."""
    files, words = list(fitting), fitting.values()
    columns = {name: [each.get(name, "") for each in words] for name in COLUMNS}
    columns["path"] = [Path(os.path.relpath(file, table.absolute().parent)).as_posix() for file in files]
    columns["modality"] = _modalities_by_colour(files) if by_colour else modalities(columns["modality"])
    for name in ("pid", "camid"):
        number = numbers(columns[name])
        columns[name] = [number[word] for word in columns[name]]
    return [dict(zip(COLUMNS, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _modalities_by_colour(files: Sequence[Path]) -> list[str]:
    def kind(file: Path) -> str | None:
        try:
            image = read_image(file)
        except InputError:
            return None
        image.thumbnail((64, 64))
        return MODALITY_NAMES[int(np.ptp(np.asarray(image, dtype=np.float32), axis=2).mean() < GREY)]

    kinds = list(threaded(kind, list(files), "looking for colour"))
    unread = [str(file) for file, found in zip(files, kinds, strict=True) if found is None]
    if unread:
        raise InputError(
            f"{len(unread)} of {len(files)} images cannot be decoded as 8-bit images, so that nobody can tell their "
            f"modality ({', '.join(unread[:5])}{', ...' * (len(unread) > 5)}): copy them again, or move them elsewhere"
        )
    return kinds


def _require_matches(rows: Sequence[dict[str, str]], pattern: str, folder: Path) -> None:
    """A search needs two sides, and a score somebody who is in both."""
    kinds = {row["modality"] for row in rows}
    if len(kinds) == 1 and not any(row["split"] for row in rows):
        raise InputError(
            f"all {len(rows)} images of '{folder}' are {kinds.pop()}: a search goes from one modality to the other; "
            "name {modality} in the pattern, or the sides by {split} (query, gallery)"
        )
    number = Counter(row["pid"] for row in rows if row["pid"])
    if number and max(number.values()) == 1:
        raise InputError(
            f"each of the {len(number)} identities of '{folder}' has one image, so nobody can be found again: is "
            f"{{pid}} at the right place of '{pattern}'? Leave it out to search without identities"
        )


def _set_splits(rows: Sequence[dict[str, str]], train: float, seed: int) -> None:
    """Gives each row its split: as the path says, or "train" for a share of the identities with both modalities."""
    if any(row["split"] for row in rows):
        if train:
            raise InputError(f"train={train:g}: the pattern reads the split from the paths; leave one of both out")
        for row in rows:
            if row["split"] not in SPLITS:
                raise unknown("split in the paths, at {split} of the pattern:", row["split"], SPLITS)
        return
    kinds = defaultdict(set)
    for row in rows:
        kinds[row["pid"]].add(row["modality"])
    both = sorted((pid for pid, seen in kinds.items() if pid and len(seen) == 2), key=int)
    if not 0 <= train < 1 or (train and round(train * len(both)) < 2):
        raise InputError(
            f"train={train:g} of the {len(both)} identities with images of both modalities: give a share below 1 that "
            "is 2 or more of them; the pattern needs {pid} for that"
        )
    rng = np.random.default_rng([seed, SPLIT_STREAM])
    trained = set(rng.choice(both, round(train * len(both)), replace=False).tolist()) if train else set()
    for row in rows:
        row["split"] = "train" if row["pid"] in trained else "test"


def _write(table: Path, rows: Sequence[dict[str, str]], folder: Path) -> None:
    """Writes the table; images of a synthetic benchmark stay labelled so."""
    made = made_root(folder)
    try:
        with atomic_path(table) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(rows)
        if made and made.resolve() != table.absolute().parent.resolve():
            shutil.copyfile(made / BENCHMARK, table.parent / BENCHMARK)
    except OSError as error:
        raise InputError(f"{table} cannot be written ({error.strerror}): choose another --out") from error
