"""The configuration of a run as JSON values: what config.json and the checkpoints hold."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from typing import Any

from vireid_lab.data.records import Dataset
from vireid_lab.train.rundir import MAY_DIFFER

from .settings import Settings


def describe(recipe: str, preset: str, settings: Settings, dataset: Dataset) -> dict[str, Any]:
    """The recipe, the data and every setting; `n_ids` counts the identities that are trained on."""
    config = {
        "recipe": recipe,
        "preset": preset,
        "data_root": str(dataset.root.resolve()),
        "layout": dataset.layout,
        "trial": dataset.trial,
        "data": dataset.fingerprint,
        "n_ids": len(dataset.train_ids) - settings.select,
        **dataclasses.asdict(settings),
    }
    return json.loads(json.dumps(config))


def config_hash(config: dict[str, Any]) -> str:
    """Ten hexadecimal digits of what changes the result."""
    kept = {key: value for key, value in config.items() if key not in MAY_DIFFER}
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()[:10]
