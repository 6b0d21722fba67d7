"""What finished runs measured, read from their folders as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vireid_lab.papers.slots import read_slots
from vireid_lab.runtime import InputError, read_json

ON_RECORD = Path(__file__).parents[2] / "figures" / "results"  # tables of runs, in a checkout of the repository


@dataclass(frozen=True)
class RunResult:
    """A run folder as plain values.

    Attributes:
        path: the folder.
        recipe: name of the recipe.
        slots: `recipe` and its slots by name.
        settings: config.json: recipe, preset, data and every setting.
        seed: of the training.
        data_seed: of the generator for the synthetic benchmark; otherwise which of the data set's splits.
        data: fingerprint of the data set.
        benchmark: what the synthetic data set was made with; None for photographs, and where it is not known.
        start: the weights that the backbone started from, with their hash.
        finished: whether the training came to its end.
        metrics: (label, checkpoint) -> one evaluation, as `Result.to_json` has it; checkpoint is "last" or "best", and
            the label is the same for both. Metrics are fractions.
    """

    path: Path
    recipe: str
    slots: dict[str, str]
    settings: dict[str, Any]
    seed: int
    data_seed: int
    data: str
    benchmark: dict[str, Any] | None
    start: str
    finished: bool
    metrics: dict[tuple[str, str], dict[str, Any]]

    @property
    def world(self) -> str:
        """The data in words; runs of one world differ in the seed of its generator alone."""
        if self.benchmark is None:
            return self.data
        made = self.benchmark
        infrared = {"nir": "near-infrared", "thermal": "thermal"}[made["infrared"]]
        counts = f"{made['ids']} + {made['ids']} identities, {made['images']} images a camera"
        control = "" if self.control == "none" else f", control world {self.control}"
        return f"synthetic {made['layout']}, {infrared}{control}, {made['difficulty']}, {counts}"

    @property
    def infrared(self) -> str:
        """ "nir" or "thermal"."""
        if self.benchmark is not None:
            return self.benchmark["infrared"]
        return "thermal" if self.settings["layout"] == "regdb" else "nir"

    @property
    def control(self) -> str:
        """Which control world the synthetic people live in, or "none"."""
        return (self.benchmark or {}).get("control", "none")

    @property
    def scale(self) -> str:
        """Preset and size of the training in words."""
        values = self.settings
        length = f"{values['steps']} steps" if values["steps"] else f"{values['epochs']} epochs"
        size = "x".join(map(str, values["size"]))
        return f"{values['preset']}: {values['backbone']}, {size}, {length}, {values['n_ids']} training identities"


def read_runs(folder: str | Path) -> list[RunResult]:
    """All runs at any depth below a folder, in the order of their paths: run folders, and tables of runs.

    Raises:
        InputError: the folder is not there, or a run's files are damaged.
    """
    from .result_table import SUFFIX, read_results  # which itself builds on this module

    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"'{folder}' is not a folder: give one with runs below it")
    paths = sorted(path.parent for path in folder.rglob("run.json") if (path.parent / "config.json").is_file())
    tables = sorted(folder.rglob(f"*{SUFFIX}"))
    return [read_run(path) for path in paths] + [run for table in tables for run in read_results(table)]


def runs_on_record(folder: str | Path = "") -> list[RunResult]:
    """The runs below a folder; without one those that the repository keeps, and none where there is no repository.

    Raises:
        InputError: as `read_runs`.
    """
    return read_runs(folder or ON_RECORD) if folder or ON_RECORD.is_dir() else []


def read_run(path: str | Path) -> RunResult:
    """One run folder.

    Raises:
        InputError: it is not a run, or its files are damaged.
    """
    path = Path(path)
    config, record = read_json(path / "config.json"), read_json(path / "run.json")
    try:
        benchmark = record.get("benchmark")
        return RunResult(
            path=path,
            recipe=config["recipe"],
            slots=read_slots(config),
            settings=config,
            seed=config["seed"],
            data_seed=config["trial"] if benchmark is None else benchmark["seed"],
            data=config["data"],
            benchmark=benchmark,
            start=record.get("weights", ""),
            finished=record.get("finished", False),
            metrics=dict(_evaluations(record.get("metrics", {}))),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path} is not a run that can be read ({error!r}): train it again") from error


def _evaluations(metrics: dict[str, dict[str, Any]]):
    for label, values in metrics.items():
        checkpoint = "best" if values["checkpoint"].startswith("best") else "last"
        yield (label.removesuffix(" best"), checkpoint), values
