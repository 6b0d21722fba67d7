"""The slots of a run as text, and which runs a row of a table means by them."""

from __future__ import annotations

from collections.abc import Mapping

from vireid_lab.runtime import InputError

from .table import one_of

SLOTS = ("recipe", "model", "augment", "backbone", "head", "attention", "losses")


def parse_slots(text: str) -> dict[str, str]:
    """Reads `recipe=rfm augment=flip+ltg losses=ce+triplet` as a dict; empty text as an empty one.

    Raises:
        InputError: a word without `=`, a slot that is not known or named twice, or no value.
    """
    slots: dict[str, str] = {}
    for word in text.split():
        key, _, value = word.partition("=")
        one_of("slot", key, SLOTS)
        if key in slots or not value:
            raise InputError(f"slots '{text}': write each slot once as name=value")
        slots[key] = value
    return slots


def read_slots(values: Mapping[str, str]) -> dict[str, str]:
    """The slots among the values of a run, in the order of SLOTS; `model` where it has one.

    Raises:
        KeyError: another slot is missing.
    """
    return {name: values[name] for name in SLOTS if name != "model" or values.get(name)}


def matches(slots: str, run: Mapping[str, str]) -> bool:
    """Whether a run is of a row: every slot that the row names has the same value in the run.

    Numbers are compared as such (`cross_center:3` is `cross_center:3.0`), losses in any order. A row without slots
    matches no run.

    Args:
        slots: slots text of the row.
        run: recipe and slots of the run by name.
    """
    wanted = parse_slots(slots)
    return bool(wanted) and all(key in run and same_slot(key, value, run[key]) for key, value in wanted.items())


def same_slot(name: str, first: str, second: str) -> bool:
    """Whether two values of a slot mean the same."""
    parts = [[_part(part) for part in value.split("+")] for value in (first, second)]
    return sorted(parts[0]) == sorted(parts[1]) if name == "losses" else parts[0] == parts[1]


def _part(text: str) -> tuple[str, str]:
    name, _, number = text.partition(":")
    try:
        return name, str(float(number))
    except ValueError:
        return name, number
