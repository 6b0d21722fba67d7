"""Files of tensors by name, as this and other code bases save them."""

from __future__ import annotations

import hashlib
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vireid_lab.runtime import InputError

WRAPPERS = ("tensors", "state_dict", "model_state_dict", "net", "model")
PARALLEL = "module."  # torch's DataParallel puts it before every name


def read_tensors(path: str | Path) -> tuple[dict[str, Tensor], str]:
    """Tensors by name, and one line that says which file they are of.

    A state dict may lie as it is, or under one of `WRAPPERS` beside other things (epoch, accuracy, optimiser).
    Nothing of the file is executed.

    Raises:
        InputError: the file cannot be read, or holds no dictionary of tensors.
    """
    path = Path(path)
    content = _load(path)
    note = content.get("note") if isinstance(content, dict) else None
    while isinstance(content, dict) and (inner := [name for name in WRAPPERS if isinstance(content.get(name), dict)]):
        content = content[inner[0]]
    named = isinstance(content, dict) and all(isinstance(name, str) for name in content)
    if not named or not all(isinstance(t, Tensor) for t in content.values()):
        raise InputError(f"weights: {path} is not a dictionary of tensors by name; save a model's state_dict() instead")
    if content and all(name.startswith(PARALLEL) for name in content):
        content = {name.removeprefix(PARALLEL): tensor for name, tensor in content.items()}
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    return dict(content), f"{path}{f' ({note})' if note else ''} sha256={digest}"


def _load(path: Path) -> Any:
    """torch.load of tensors and plain values; numpy's numbers, which many keep beside the weights, count as plain."""
    scalar = np.float64(0).__reduce__()[0]
    old_name = "numpy.core.multiarray.scalar"  # before numpy 2
    kinds = [type(np.dtype(kind)) for kind in (np.float64, np.float32, np.int64)]
    try:
        with torch.serialization.safe_globals([scalar, (scalar, old_name), np.dtype, *kinds]):
            return torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise InputError(f"weights: {path} is not there") from error
    except pickle.UnpicklingError as error:
        raise InputError(
            f"weights: {path} cannot be read as a file of tensors: it holds other Python objects, which are not "
            "executed, or is no file of torch.save; where it comes from, save the model's state_dict() alone"
        ) from error
    except Exception as error:  # of whatever kind torch meets in a file that is damaged or something else
        reason = str(error).split("\n")[0][:100] or type(error).__name__
        raise InputError(
            f"weights: {path} cannot be read as a file of tensors ({reason}): copy it anew, or give one of torch.save"
        ) from error
