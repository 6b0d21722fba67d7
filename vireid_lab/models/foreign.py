"""Models of other code bases: which network a file holds, our names for its tensors, and what came over.

Known names: those of AGW's public code (Ye et al. 2021), which most code of the field descends from
(`visible_module`, `thermal_module`, `base_resnet`, `NL_2`, `NL_3`, `bottleneck`, `classifier`), and torchvision's.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vireid_lab.runtime import InputError

from .backbone import RESNETS, build_backbone

STEM, LAYER = r"((?:conv1|bn1)\..+)", r"(?:base_resnet\.)?(?:base\.)?(layer\d\..+)"
NAMES = (  # theirs -> ours; of several of ours, those that the model has
    (rf"visible_module\.(?:visible\.)?{STEM}", [r"backbone.stem.own.visible.\1"]),
    (rf"thermal_module\.(?:thermal\.)?{STEM}", [r"backbone.stem.own.infrared.\1"]),
    (rf"(?:base\.)?{STEM}", [rf"backbone.stem.{part}.\1" for part in ("own.visible", "own.infrared", "shared")]),
    (LAYER, [r"backbone.\1"]),
    (r"NL_(\d)\.(\d+)\.(theta|phi|g)\.(?:0\.)?(\w+)", [r"backbone.layer\1.nonlocal \2.\3.\4"]),
    (r"NL_(\d)\.(\d+)\.W\.0\.(\w+)", [r"backbone.layer\1.nonlocal \2.w.\3"]),
    (r"NL_(\d)\.(\d+)\.W\.1\.(\w+)", [r"backbone.layer\1.nonlocal \2.bn.\3"]),
    (r"bottleneck\.(.+)", [r"neck.bn.\1"]),
    (r"classifier\.weight", [r"neck.classifier.weight"]),
)
COUNTER = "num_batches_tracked"  # of batch normalisation; no weight


@dataclass(frozen=True)
class Transfer:
    """What came over from a file into a model.

    Attributes:
        source: the file and its hash.
        matched: our names of the tensors that were taken over.
        missing: our names of those that keep their values.
        left_over: the file's names of those that have no place in the model.
        misfits: the file's names of those that have one of another shape, with both shapes.
    """

    source: str
    matched: list[str]
    missing: list[str]
    left_over: list[str]
    misfits: dict[str, str]

    def to_text(self) -> str:
        """One line for each kind; long lists are counted by the beginnings of the names."""
        lines = [f"from {self.source}", f"matched: {len(self.matched)} tensors of the model"]
        lines.append(f"missing, keep their starting values: {_grouped(self.missing)}")
        lines.append(f"left over in the file: {_grouped(self.left_over)}")
        return "\n".join(lines + [f"another shape: {name} {shapes}" for name, shapes in self.misfits.items()])


def recognise(tensors: Mapping[str, Tensor], source: str) -> dict[str, Any]:
    """The network that a file holds: `backbone`, `two_stream`, `attention`, and `n_ids` (None without a classifier).

    Raises:
        InputError: no ResNet that is known has just these layers.
    """
    layers = {m[1]: t.shape for name, t in tensors.items() if COUNTER not in name and (m := re.fullmatch(LAYER, name))}
    if not layers:
        raise InputError(
            f"weights: nothing in {source} matches: its {len(tensors)} names ({_first(tensors)}) are neither those of "
            "AGW's code (visible_module, thermal_module, base_resnet) nor of torchvision's ResNet; rename its tensors, "
            "or score features of its own code: vireid evaluate FEATURES.npz"
        )
    backbone = next((name for name in RESNETS if _layers(name) == layers), None)
    if backbone is None:
        raise InputError(
            f"weights: the {len(layers)} layer tensors of {source} are none of {', '.join(RESNETS)}: is the file "
            "whole? Score features of another network by vireid evaluate FEATURES.npz"
        )
    classifier = tensors.get("classifier.weight")
    return {
        "backbone": backbone,
        "two_stream": "stem" if any(name.startswith("thermal_module.") for name in tensors) else "none",
        "attention": "nonlocal" if any(re.match(r"NL_\d\.", name) for name in tensors) else "none",
        "n_ids": None if classifier is None else len(classifier),
    }


def take_over(model: nn.Module, tensors: Mapping[str, Tensor], source: str) -> Transfer:
    """Copies the tensors of another code base that have a place in a model into it.

    AGW's public non-local blocks have one inner channel where ours have half of all: the others become zero, which
    computes the same. Pooling is not in such files: GeM keeps its p = 3, AGW's constant.

    Args:
        model: an `AGW`, or any with a `backbone` and a `neck` like it.
        tensors: from `tensor_file.read_tensors`.
        source: the file, for errors and report.

    Raises:
        InputError: no tensor matches; the model is as it was.
    """
    ours = model.state_dict()
    matched, left_over, misfits = [], [], {}
    for theirs, tensor in tensors.items():
        places = [name for name in _our_names(theirs, ours) if name in ours]
        for name in places:
            value = _widened(tensor, ours[name].shape) if "_nonlocal." in name else tensor
            if value.shape == ours[name].shape:
                ours[name].copy_(value)
                matched.append(name)
            else:
                misfits[theirs] = f"{tuple(tensor.shape)}, here {tuple(ours[name].shape)}"
        if not places and COUNTER not in theirs:
            left_over.append(theirs)
    if not matched:
        raise InputError(f"weights: nothing in {source} matches the model: it holds {_first(tensors)}")
    known = set(matched)
    missing = [name for name in ours if name not in known and COUNTER not in name]
    return Transfer(source, [name for name in matched if COUNTER not in name], missing, left_over, misfits)


def _our_names(theirs: str, ours: Iterable[str]) -> list[str]:
    """Names that a tensor of theirs may have in our models."""
    for pattern, names in NAMES:
        if match := re.fullmatch(pattern, theirs):
            return [_nonlocal_name(match.expand(name), ours) for name in names]
    return []


def _nonlocal_name(name: str, ours: Iterable[str]) -> str:
    """ "layer2.nonlocal 1.x": the second block of the layer that has a non-local block -> "layer2.3_nonlocal.x"."""
    match = re.fullmatch(r"(.+)\.nonlocal (\d+)\.(.+)", name)
    if not match:
        return name
    layer, number, rest = match[1], int(match[2]), match[3]
    blocks = list(dict.fromkeys(n.split(".")[2] for n in ours if n.startswith(f"{layer}.") and "_nonlocal." in n))
    return f"{layer}.{blocks[number]}.{rest}" if number < len(blocks) else name


def _widened(tensor: Tensor, shape: torch.Size) -> Tensor:
    """A tensor with zeros behind its own channels, where it has fewer than `shape`."""
    if tensor.ndim != len(shape):
        return tensor
    more = [max(0, wide - narrow) for narrow, wide in zip(tensor.shape, shape, strict=True)]
    return F.pad(tensor, [pad for extra in reversed(more) for pad in (0, extra)])


def _layers(backbone: str) -> dict[str, torch.Size]:
    """Shapes of the tensors of the four layers, by torchvision's names."""
    with torch.device("meta"):
        state = build_backbone(backbone).state_dict()
    return {name: tensor.shape for name, tensor in state.items() if name[:5] == "layer" and COUNTER not in name}


def _first(names: Iterable[str]) -> str:
    names = list(names)
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "") if names else "nothing"


def _grouped(names: list[str]) -> str:
    """Names counted by their first parts: "fc.weight, visible_module.visible.layer1 (36)"."""
    starts = Counter(".".join(name.split(".")[:3]) for name in names)
    return ", ".join(f"{start} ({count})" if count > 1 else start for start, count in starts.items()) or "none"
