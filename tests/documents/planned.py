"""Which trainings a `vireid run 09_one_run ...` of the documents makes."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator

from vireid_lab.batch.parameters import find_notebook, read_parameters
from vireid_lab.batch.plan import plan_runs
from vireid_lab.cli.run import read_axis, read_seeds
from vireid_lab.papers.slots import SLOTS


def planned_slots(given: Namespace) -> Iterator[tuple[str, dict[str, str]]]:
    """(recipe, the slots that are given) of each planned run of the notebook that trains one model.

    Raises:
        InputError: a notebook or a parameter is unknown.
    """
    seeds = None if given.seeds is None else read_seeds(given.seeds)
    notebooks = [find_notebook(name) for name in given.notebooks]
    for run in plan_runs(notebooks, [tuple(pair) for pair in given.p], [read_axis(text) for text in given.grid], seeds):
        if run.notebook.stem == "09_one_run":
            values = {**read_parameters(run.notebook), **run.parameters}
            given_slots = {name: values[name] for name in SLOTS if values.get(name)}
            yield given_slots.pop("recipe"), given_slots
