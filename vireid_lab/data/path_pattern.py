"""What the paths of images tell: a pattern such as "{modality}/{pid}_c{camid}_*", and the words at its places."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from vireid_lab.runtime import InputError, unknown

from .manifest import COLUMNS, is_number

FIELDS = COLUMNS[1:]  # what a pattern may name: pid, camid, modality, split
WORDS = {  # of a path, in small letters -> modality
    "visible": ("visible", "vis", "rgb", "color", "colour", "day"),
    "infrared": ("infrared", "ir", "nir", "thermal", "night"),
}


def read_paths(paths: Sequence[str], pattern: str) -> list[dict[str, str] | None]:
    """The words of each path at the fields of a pattern; None where the pattern does not fit.

    Args:
        paths: with forward slashes; their suffixes are no part of the pattern.
        pattern: {pid}, {camid}, {modality} and {split} stand for what is there inside a folder or file name, * for
            anything; empty: fits all, and tells nothing.

    Raises:
        InputError: the pattern names something else, or something twice.
    """
    parts, seen = [], set()
    for part in re.split(r"(\{.*?\}|\*)", pattern or "*"):
        if not part.startswith("{"):
            parts.append(".*" if part == "*" else re.escape(part))
            continue
        field = part[1:-1]
        if field not in FIELDS:
            raise unknown(f"field of the pattern '{pattern}'", field, FIELDS)
        if field in seen:
            raise InputError(f"the pattern '{pattern}' names {part} twice: put * in one of the places")
        seen.add(field)
        parts.append(rf"(?P<{field}>[^/]+?)")
    rule = re.compile("".join(parts))
    found = (rule.fullmatch(path.rpartition(".")[0]) for path in paths)
    return [match and match.groupdict() for match in found]


def modalities(words: Sequence[str]) -> list[str]:
    """The modality that each word stands for.

    Raises:
        InputError: one stands for none.
    """
    known = {word: modality for modality, each in WORDS.items() for word in each}
    for word in words:
        if word.lower() not in known:
            raise unknown("modality in the paths, at {modality} of the pattern:", word, known)
    return [known[word.lower()] for word in words]


def numbers(words: Collection[str]) -> dict[str, str]:
    """Whole numbers as they are; other words by their place in the alphabet, from 1; nothing stays nothing."""
    named = sorted(set(words) - {""})
    if all(is_number(word) for word in named):
        return {"": ""} | {word: str(int(word)) for word in named}
    return {"": ""} | {word: str(place) for place, word in enumerate(named, start=1)}
