"""Where the jobs of a batch run: on this machine, on the workers of Dask, under SLURM.

The module of each engine has `run_jobs(folders, jobs, changed, **options)`: it starts a supervisor
(`python -m vireid_lab.batch.job FOLDER`) for every folder, at most `jobs` at a time, calls `changed(folder)` when the
record of one may have changed, and returns when all have ended. On KeyboardInterrupt it ends them all and raises it
again.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vireid_lab.runtime import InputError, require, unknown

ENGINES = ("local", "dask", "slurm")
NEEDED = {"dask": "distributed", "slurm": "submitit"}  # the package of the extra that has the engine's name


@dataclass(frozen=True)
class Engine:
    """An engine as the command line named it.

    Attributes:
        name: one of `ENGINES`.
        options: what `run_jobs` of its module takes besides: `address` (dask), `settings` (slurm).
    """

    name: str = "local"
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def shares_this_machine(self) -> bool:
        """Whether the jobs share the processors of this machine: not on a cluster with an address, nor in SLURM."""
        return self.name == "local" or (self.name == "dask" and "address" not in self.options)

    def check(self) -> None:
        """Looks whether the scheduler of a cluster is there.

        Raises:
            InputError: none answers at the address given, or SLURM is not on this machine.
        """
        if self.name == "slurm":
            importlib.import_module("vireid_lab.batch.engines.slurm").require_slurm()
        if "address" in self.options:
            dask = importlib.import_module("vireid_lab.batch.engines.dask")
            with dask.connect(self.options["address"], jobs=1):
                pass

    def run_jobs(self, folders: list[Path], jobs: int, changed: Callable[[Path], None]) -> None:
        """Runs the jobs in `folders`; see the head of this module."""
        module = importlib.import_module(f"vireid_lab.batch.engines.{self.name}")
        module.run_jobs(folders, jobs, changed, **self.options)


def find_engine(text: str = "local", slurm: Sequence[str] = ()) -> Engine:
    """Reads `--engine local|dask[=ADDRESS]|slurm` and `--slurm key=value ...`.

    Raises:
        InputError: an unknown engine, its package is not installed, or settings that it does not take.
    """
    name, _, address = text.partition("=")
    if name not in ENGINES:
        raise unknown("engine", name, ENGINES)
    if address and name != "dask":
        raise InputError(f"engine '{text}': only dask takes an address, such as dask=tcp://host:8786")
    if slurm and name != "slurm":
        raise InputError(f"--slurm {slurm[0]}: this is for --engine slurm, and the engine is '{name}'")
    if name in NEEDED:
        require(NEEDED[name], extra=name)
    options: dict[str, Any] = {"address": address} if address else {}
    if slurm:
        options["settings"] = dict(read_setting(setting) for setting in slurm)
    return Engine(name, options)


def read_setting(text: str) -> tuple[str, str]:
    """ "partition=gpu" -> ("partition", "gpu")."""
    key, equals, value = text.partition("=")
    if not (key and equals and value):
        raise InputError(f"--slurm '{text}': give key=value, such as partition=gpu")
    return key, value
