"""Checkpoints: all that is needed to go on as if nothing had happened, written whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from vireid_lab.runtime import InputError, atomic_path

from .rundir import require_same


def checkpoint_path(folder: str | Path) -> Path:
    """Where a run keeps its last checkpoint, which is the final one when the run is finished."""
    return Path(folder) / "checkpoints" / "last.pt"


def step_path(folder: str | Path, step: int) -> Path:
    """Where a run with `keep_checkpoints` keeps the weights of a step."""
    return checkpoint_path(folder).with_name(f"step_{step}.pt")


def generator_state(device: torch.device) -> dict[str, Tensor]:
    """State of torch's own generators of this process (dropout draws from them)."""
    state = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        state["cuda"] = torch.cuda.get_rng_state(device)
    return state


def save_checkpoint(
    folder: Path,
    step: int,
    model: nn.Module,
    optimiser: Optimizer,
    sampler: Any,
    generators: list[dict[str, Tensor]],
    config: dict[str, Any],
) -> None:
    """Writes the last checkpoint of a run.

    Args:
        folder: the run folder.
        step: optimiser steps done; the schedule is a function of it.
        model: the model, not wrapped for distributed training.
        optimiser: the optimiser.
        sampler: draws the batches, has state_dict().
        generators: `generator_state` of each rank.
        config: the configuration of the run, as JSON values.
    """
    with atomic_path(checkpoint_path(folder)) as temporary:
        torch.save(
            {
                "step": step,
                "model": model.state_dict(),
                "optimiser": optimiser.state_dict(),
                "sampler": sampler.state_dict(),
                "generators": generators,
                "config": config,
            },
            temporary,
        )


def load_checkpoint(path: str | Path) -> dict[str, Any]:
    """Reads a checkpoint to the CPU, tensors and plain values only.

    Raises:
        InputError: the file is missing or is not a checkpoint of this library.
    """
    try:
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise InputError(f"{path} is not there: the run was stopped before its first checkpoint; train it") from None
    except Exception as error:  # torch.load raises a different class for each kind of damage
        reason = str(error).splitlines()[0]
        raise InputError(f"{path} cannot be read as a checkpoint ({reason}): remove it and train again") from error
    if not isinstance(checkpoint, dict) or not {"step", "model", "config"} <= checkpoint.keys():
        raise InputError(f"{path} is not a checkpoint of vireid_lab: it has no step, model and config")
    return checkpoint


def load_model(model: nn.Module, checkpoint: dict[str, Any], path: Path) -> None:
    """Loads the weights of a checkpoint; a module with `if_lacking` says itself what it means that it is not there.

    Raises:
        InputError: the checkpoint is of another model; names the first tensors that differ.
    """
    theirs, ours = checkpoint["model"], model.state_dict()
    differing = sorted(theirs.keys() ^ ours.keys())
    differing += [name for name in ours if name in theirs and theirs[name].shape != ours[name].shape]
    for name, module in model.named_modules():
        if hasattr(module, "if_lacking") and set(differing) == {f"{name}.{key}" for key in module.state_dict()}:
            raise InputError(f"{path} {module.if_lacking}")
    if differing:
        names = ", ".join(differing[:3]) + (", ..." if len(differing) > 3 else "")
        raise InputError(f"{path} is of another model: {len(differing)} tensors differ ({names}); use its own settings")
    model.load_state_dict(theirs)


def restore(
    path: Path,
    model: nn.Module,
    optimiser: Optimizer,
    sampler: Any,
    config: dict[str, Any],
    device: torch.device,
    rank: int = 0,
) -> int:
    """Puts a training back into the state of its last checkpoint.

    Returns:
        The number of steps done.

    Raises:
        InputError: the checkpoint is damaged, or of another model, configuration or sampler.
    """
    checkpoint = load_checkpoint(path)
    require_same(checkpoint["config"], config, path)
    load_model(model, checkpoint, path)
    optimiser.load_state_dict(checkpoint["optimiser"])
    sampler.load_state_dict(checkpoint["sampler"])
    generators = checkpoint["generators"][rank]  # as many as ranks: the sampler has checked their number
    torch.set_rng_state(generators["cpu"])
    if device.type == "cuda" and "cuda" in generators:
        torch.cuda.set_rng_state(generators["cuda"], device)
    return checkpoint["step"]
