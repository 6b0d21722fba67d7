"""Whether the pictures of a folder still are what the code of today would draw."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from PIL import Image

from vireid_lab.papers.reader import PaperFigure
from vireid_lab.runtime import InputError, read_json
from vireid_lab.spectra import world

from .save import CAUSES, cause_hash

SUFFIXES = (".json", ".pdf", ".png")


def check_figures(folder: str | Path, named: Iterable[PaperFigure] = ()) -> dict[str, list[str]]:
    """Says for each picture of the folders in `folder` what does not match; an empty list for one that does.

    A picture matches when its three files are there; the hash in its JSON is that of the causes beside it; the VERSION
    recorded for each module, and for the generator of the data, is the one of today; and the PNG carries the title and
    the alternative text of the JSON.

    Args:
        folder: with one folder for each notebook, as `figures/`.
        named: figures of papers; the computed ones among them have to be there.

    Returns:
        "<notebook>/<file>" -> faults, by name.
    """
    folder = Path(folder)
    stems = {path.with_suffix("") for path in folder.glob("*/*") if path.suffix in SUFFIXES}
    found = {stem.relative_to(folder).as_posix(): _faults(stem) for stem in sorted(stems)}
    for figure in named:
        name = f"{figure.notebook}/{figure.file}"
        if figure.kind == "computed" and name not in found:
            found[name] = [f"figures.csv names it as Fig. {figure.figure} of {figure.paper}, and it is not there"]
    return found


def _faults(stem: Path) -> list[str]:
    missing = [f"{stem.name}{suffix} is not there" for suffix in SUFFIXES if not _with(stem, suffix).is_file()]
    if missing:
        return missing
    try:
        record = read_json(_with(stem, ".json"))
    except InputError as error:
        return [str(error)]
    lacking = {*CAUSES, "hash", "title", "alt"} - set(record)
    if lacking:
        return [f"{stem.name}.json lacks {', '.join(sorted(lacking))}"]
    return [*_hash_fault(record), *_version_faults(record), *_picture_fault(_with(stem, ".png"), record)]


def _with(stem: Path, suffix: str) -> Path:
    return stem.with_name(stem.name + suffix)


def _hash_fault(record: dict[str, Any]) -> list[str]:
    expected = cause_hash(record)
    same = record["hash"] == expected
    return [] if same else [f"the hash is {record['hash']}, and that of what stands beside it {expected}"]


def _version_faults(record: dict[str, Any]) -> list[str]:
    recorded = [(name, version, _version_today(name)) for name, version in record["versions"].items()]
    generator = record["data"].get("generator_version")
    if generator is not None:
        recorded.append(("generator of the data", generator, world.VERSION))
    return [f"{name}: VERSION {then}, today {now or 'there is none'}" for name, then, now in recorded if then != now]


def _version_today(name: str) -> int | None:
    """VERSION of a module of the package; None where there is no such module any more."""
    try:
        return importlib.import_module(f"vireid_lab.{name}").VERSION
    except (ModuleNotFoundError, AttributeError):
        return None


def _picture_fault(png: Path, record: dict[str, Any]) -> list[str]:
    try:
        with Image.open(png) as image:
            image.load()
            words = (image.text.get("Title"), image.text.get("Description"))
    except (OSError, AttributeError) as error:
        return [f"{png.name} is not a picture of ours: {error}"]
    return [] if words == (record["title"], record["alt"]) else [f"{png.name} has other words than its JSON"]
