"""Which runs a batch has: notebooks x grid x seeds, each with a name of its own."""

from __future__ import annotations

import hashlib
import itertools
import math
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vireid_lab.runtime import InputError, unknown

from .parameters import parse_value, read_parameters

LIMIT = 500  # more runs than this are rarely meant
NAME_LENGTH = 120  # of the 255 bytes of a file name


@dataclass(frozen=True)
class PlannedRun:
    """One run of a notebook.

    Attributes:
        name: names its folder; unique in the batch, safe in file names, the same in every plan with these keys.
        notebook: absolute path.
        parameters: the values given; the others keep the defaults of the notebook.
        swept: those of them that the grid or the seeds vary.
    """

    name: str
    notebook: Path
    parameters: dict[str, Any]
    swept: dict[str, Any]


def plan_runs(
    notebooks: list[Path],
    fixed: list[tuple[str, str]] = (),
    grid: list[tuple[str, list[str]]] = (),
    seeds: list[int] | None = None,
    limit: int | None = LIMIT,
) -> list[PlannedRun]:
    """Lists the runs of a batch: for each notebook the product of the grid and the seeds.

    Args:
        notebooks: paths, as `find_notebook` gives them.
        fixed: (name, text) of parameters that all runs share.
        grid: (name, texts) of parameters to vary; the last one varies fastest, after it the seeds.
        seeds: values of the parameter `seed`.
        limit: the most runs allowed; None for any number.

    Raises:
        InputError: no run at all, more than `limit`, a parameter or value given twice, a parameter that one of the
            notebooks does not have, or a value of another type than its default.
    """
    axes = [*grid, *([("seed", [str(seed) for seed in seeds])] if seeds is not None else [])]
    _check_given(notebooks, [name for name, _ in [*fixed, *axes]], axes)
    count = len(notebooks) * math.prod(len(texts) for _, texts in axes)
    if limit is not None and count > limit:
        raise InputError(f"this is a batch of {count} runs, more than {limit}: say --yes if it is meant")
    runs = []
    for notebook in notebooks:
        defaults = read_parameters(notebook)

        def parse(name: str, text: str, notebook: Path = notebook, defaults: dict = defaults) -> Any:
            if name not in defaults:
                raise unknown(f"parameter of {notebook.name}", name, defaults)
            return parse_value(name, text, defaults[name])

        shared = {name: parse(name, text) for name, text in fixed}
        values = [[(name, parse(name, text)) for text in texts] for name, texts in axes]
        for point in itertools.product(*values):
            swept = dict(point)
            runs.append(PlannedRun(_name(notebook, swept), notebook, shared | swept, swept))
    return _unique(runs)


def _check_given(notebooks: list[Path], names: list[str], axes: list[tuple[str, list[str]]]) -> None:
    if not notebooks:
        raise InputError("no notebook was given: name at least one")
    for name, times in Counter(names).items():
        if times > 1:
            raise InputError(
                f"parameter '{name}' is given {times} times: give it once, fixed or in the grid or as seeds"
            )
    for name, texts in axes:
        if not texts:
            raise InputError(f"the grid has no value for '{name}', so there is nothing to run: give {name}=A,B,...")
        for text, times in Counter(texts).items():
            if times > 1:
                raise InputError(f"the grid has the value '{text}' of '{name}' {times} times: give it once")


def _name(notebook: Path, swept: dict[str, Any]) -> str:
    exact = "-".join([notebook.stem, *(f"{name}={value}" for name, value in swept.items())])
    safe = re.sub(r"[^A-Za-z0-9._+=-]", "_", exact).lstrip(".")
    if safe == exact and len(exact) <= NAME_LENGTH:
        return exact
    return _with_hash(safe, exact)


def _with_hash(name: str, exact: str) -> str:
    return f"{name[: NAME_LENGTH - 9]}-{hashlib.sha256(exact.encode()).hexdigest()[:8]}"


def _unique(runs: list[PlannedRun]) -> list[PlannedRun]:
    """Notebooks of one name in two folders, and names that differ in case only, get a suffix."""
    times = Counter(run.name.casefold() for run in runs)
    named = [
        PlannedRun(_with_hash(run.name, f"{run.notebook} {run.name}"), run.notebook, run.parameters, run.swept)
        if times[run.name.casefold()] > 1
        else run
        for run in runs
    ]
    if len({run.name for run in named}) < len(named):
        raise InputError("the same run is there twice: name each notebook once")
    return named
