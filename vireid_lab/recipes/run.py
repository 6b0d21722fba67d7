"""A run folder opened again: its settings, its data, its model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from vireid_lab.data.layouts import open_dataset
from vireid_lab.data.records import Dataset
from vireid_lab.runtime import InputError, read_json, unknown
from vireid_lab.train.checkpoint import checkpoint_path, load_checkpoint, load_model, step_path

from .catalogue import RECIPES
from .select import best_path, hold_out
from .settings import Settings, settings_from

CHECKPOINTS = ("result", "last", "best")


@dataclass(frozen=True)
class Run:
    """A run folder with at least one checkpoint.

    Attributes:
        path: the folder.
        config: content of config.json.
    """

    path: Path
    config: dict[str, Any]

    @property
    def settings(self) -> Settings:
        """The settings it was trained with."""
        return settings_from(self.config)

    @property
    def parameters(self) -> dict[str, Any]:
        """The configuration without the data's place, for the provenance of pictures."""
        return {key: value for key, value in self.config.items() if key != "data_root"}

    @property
    def summary(self) -> dict[str, Any]:
        """Content of run.json: slots, seed, data, weights, steps, speed, environment, metrics once evaluated."""
        return read_json(self.path / "run.json")

    def dataset(self, root: str | Path | None = None) -> Dataset:
        """The data set it was trained on, or the one at another place.

        Raises:
            InputError: the data set is not there, or has changed since.
        """
        dataset = open_dataset(root or self.config["data_root"], trial=self.config["trial"])
        if root is None and dataset.fingerprint != self.config["data"]:
            raise InputError(
                f"{dataset.root} has changed since {self.path} was trained on it (then {self.config['data']}, "
                f"now {dataset.fingerprint}): train again"
            )
        return dataset

    def trained_on(self, dataset: Dataset) -> Dataset:
        """The data set with the identities that `select` held out left out of its split "train"."""
        settings = self.settings
        return hold_out(dataset, settings.select, settings.seed)[0] if settings.select else dataset

    @property
    def kept_steps(self) -> list[int]:
        """Steps whose weights were kept (`keep_checkpoints`), in ascending order."""
        return sorted(int(path.stem.removeprefix("step_")) for path in step_path(self.path, 0).parent.glob("step_*.pt"))

    def model(self, device: str | torch.device = "cpu", checkpoint: str = "result") -> nn.Module:
        """The model with the weights of a checkpoint, in evaluation mode.

        Args:
            device: where to put it.
            checkpoint: "last", "best" (on the identities that `select` held out), "result": best with `select`, last
                without; or "step_N", a step that was kept.

        Raises:
            InputError: the run has no such checkpoint, or it is damaged or of another model.
        """
        kept = {f"step_{step}": step_path(self.path, step) for step in self.kept_steps}
        if checkpoint not in (*CHECKPOINTS, *kept):
            raise unknown("checkpoint", checkpoint, (*CHECKPOINTS, *kept))
        selected = self.settings.select > 0
        if checkpoint == "best" and not selected:
            raise InputError(f"checkpoint best: {self.path} held out no identities; train with select=N")
        last = best_path(self.path) if selected and checkpoint != "last" else checkpoint_path(self.path)
        path = kept.get(checkpoint, last)
        weights = load_checkpoint(path)
        model = RECIPES[self.config["recipe"]].build(self.settings, self.config["n_ids"]).model
        load_model(model, weights, path)
        return model.to(device).eval()


def open_run(path: str | Path) -> Run:
    """Opens a run folder.

    Raises:
        InputError: the folder is not there, is not a run, or is of a recipe that this version does not know.
    """
    path = Path(path)
    if not (path / "config.json").is_file():
        raise InputError(f"{path} is not a run (no config.json in it): give the folder that `vireid train --out` made")
    config = read_json(path / "config.json")
    if not isinstance(config, dict) or not {"recipe", "data_root", "trial", "data", "n_ids"} <= config.keys():
        raise InputError(f"{path / 'config.json'} is not the configuration of a run: train it again")
    if config["recipe"] not in RECIPES:
        raise unknown(f"recipe in {path / 'config.json'}", config["recipe"], RECIPES)
    return Run(path, config)
