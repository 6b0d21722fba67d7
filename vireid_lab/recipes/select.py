"""Choosing the step on training identities that are held out, never on the test set; keeping steps to look at later."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from vireid_lab.data.records import Dataset
from vireid_lab.evaluate.runs import evaluate_model
from vireid_lab.runtime import InputError, atomic_path
from vireid_lab.train.checkpoint import load_checkpoint, step_path

SELECT_STREAM = 2  # keeps this draw apart from the sampler's and the augmentations' under the same seed


def best_path(folder: str | Path) -> Path:
    """Where a run with `select` keeps the weights of its best step."""
    return Path(folder) / "checkpoints" / "best.pt"


def hold_out(dataset: Dataset, count: int, seed: int) -> tuple[Dataset, Dataset]:
    """Splits off `count` training identities: (the data set without them in training, they alone as "train").

    Raises:
        InputError: fewer than 2 identities are held out or left.
    """
    ids = dataset.train_ids
    if not 2 <= count <= len(ids) - 2:
        raise InputError(f"select={count}: hold out 2 to {len(ids) - 2} of the {len(ids)} training identities, or 0")
    held = set(np.random.default_rng([seed, SELECT_STREAM]).choice(ids, count, replace=False).tolist())
    of_held = [record.split == "train" and record.pid in held for record in dataset.records]
    pairs = list(zip(dataset.records, of_held, strict=True))
    rest = replace(dataset, records=tuple(replace(r, split="held-out") if out else r for r, out in pairs))
    return rest, replace(dataset, records=tuple(r for r, out in pairs if out))


class KeepBest:
    """Callback of `fit`: scores the held-out identities now and then, and keeps the weights of the best mAP.

    Args:
        folder: the run folder.
        held: the held-out identities, as split "train".
        size: (height, width) of the images, pixels.
        every: steps between two scores.
        config: the configuration of the run.
        device: where the model is.
    """

    def __init__(
        self,
        folder: Path,
        held: Dataset,
        size: tuple[int, int],
        every: int,
        config: dict[str, Any],
        device: torch.device,
    ):
        self.path, self.held, self.size, self.every = best_path(folder), held, size, every
        self.config, self.device = config, device
        self.best = load_checkpoint(self.path)["mAP"] if self.path.exists() else -1.0

    def __call__(self, done: int, model: nn.Module) -> None:
        if done % self.every:
            return
        result = evaluate_model(model.eval(), self.held, None, self.size, split="train", device=self.device)
        score = result.metrics["mAP"]
        print(f"step {done}: held-out mAP {score:.3f}, best before {max(self.best, 0):.3f}", flush=True)
        if score > self.best:
            self.best = score
            with atomic_path(self.path) as temporary:
                torch.save({"step": done, "model": model.state_dict(), "config": self.config, "mAP": score}, temporary)


class KeepSteps:
    """Callback of `fit`: keeps the weights of every checkpoint, so that one can see what choosing among them does.

    Args:
        folder: the run folder.
        every: steps between two checkpoints.
        config: the configuration of the run.
    """

    def __init__(self, folder: Path, every: int, config: dict[str, Any]):
        self.folder, self.every, self.config = folder, every, config

    def __call__(self, done: int, model: nn.Module) -> None:
        if done % self.every == 0:
            with atomic_path(step_path(self.folder, done)) as temporary:
                torch.save({"step": done, "model": model.state_dict(), "config": self.config}, temporary)
