"""A trained model of another code base as a run, to be evaluated and searched with like our own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch

from vireid_lab.data.layouts import open_dataset
from vireid_lab.models.foreign import Transfer, recognise, take_over
from vireid_lab.models.tensor_file import read_tensors
from vireid_lab.runtime import InputError, environment_card, new_folder, seed_torch, write_json
from vireid_lab.train.checkpoint import checkpoint_path

from .catalogue import RECIPES
from .config import config_hash, describe
from .settings import parse_overrides, with_overrides


def import_run(
    file: str | Path,
    data_root: str | Path,
    out: str | Path | None = None,
    overrides: Mapping[str, Any] | Iterable[str] = (),
    trial: int = 1,
) -> tuple[Path, Transfer]:
    """Makes a run folder of a checkpoint of AGW's code and its descendants, or of a torchvision ResNet.

    The file says which network it is. The run is that of the recipe `agw` (with non-local blocks) or `baseline`, in
    the preset `paper`; it counts as not trained here: reports of trainings leave it out.

    Args:
        file: the checkpoint, with or without a `net`, `state_dict` or `module.` around its names.
        data_root: the data set that it is to be evaluated on.
        out: run folder; by default runs/<recipe>/<hash>.
        overrides: settings that differ, above all `size=288x144`, the size of its images.
        trial: which of RegDB's ten splits.

    Returns:
        The run folder, and what came over. The whole backbone did; neck and classifier may be missing.

    Raises:
        InputError: the file is no such model, its backbone is not whole, or an argument cannot be used.
    """
    tensors, source = read_tensors(file)
    network = recognise(tensors, source)
    n_ids = network.pop("n_ids")
    recipe = "baseline" if network["attention"] == "none" else "agw"
    given = {"weights": str(file), **network, **parse_overrides(overrides)}
    settings = with_overrides(RECIPES[recipe].PRESETS["paper"], given)
    dataset = open_dataset(data_root, trial=trial)
    config = describe(recipe, "imported", settings, dataset)
    config |= {"n_ids": n_ids or config["n_ids"], "imported": source}
    seed_torch(settings.seed)
    model = RECIPES[recipe].build(settings, config["n_ids"]).model
    transfer = take_over(model, tensors, source)
    torn = [name for name in transfer.missing if name.startswith("backbone.")]
    if torn:
        raise InputError(
            f"weights: {source} lacks {len(torn)} tensors of a whole {settings.backbone} ({', '.join(torn[:3])}): "
            "its features would mean nothing"
        )
    out = Path(out or Path("runs") / recipe / config_hash(config))
    with new_folder(out) as folder:
        write_json(folder / "config.json", config)
        record = {"recipe": recipe, "slots": settings.slots, "seed": settings.seed, "data": config["data"]}
        record |= {"weights": f"imported from {source}", "finished": False, "environment": environment_card()}
        write_json(folder / "run.json", record)
        checkpoint_path(folder).parent.mkdir()
        torch.save({"step": 0, "model": model.state_dict(), "config": config}, checkpoint_path(folder))
    return out, transfer
