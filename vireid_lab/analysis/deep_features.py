"""Features of a network that has only seen ImageNet: nothing in them knows of infrared or of re-identification."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np
import torch

from vireid_lab.data.transforms import IMAGENET_MEAN, IMAGENET_STD
from vireid_lab.models.backbone import Backbone, build_backbone
from vireid_lab.models.weights import has_imagenet_weights, load_backbone_weights
from vireid_lab.runtime import InputError, unknown

NORMALISATION = {
    "resnet50": (IMAGENET_MEAN, IMAGENET_STD),
    "efficientnet_lite0": ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),  # its weights were trained on [-1, 1]
}
"""Mean and deviation (R, G, B) with which the weights of each network were trained."""


@dataclass(frozen=True)
class FeatureNetwork:
    """A backbone with ImageNet weights, in evaluation mode, at its original stride of 32.

    Attributes:
        name: a name in NORMALISATION.
        backbone: maps (B, 3, H, W) to (B, dim, H / 32, W / 32).
        weights: what was loaded, in one line.
    """

    name: str
    backbone: Backbone
    weights: str

    def label(self, size: tuple[int, int]) -> str:
        """Network, weights, size of the images (height, width) and normalisation, for captions and logs."""
        mean, std = NORMALISATION[self.name]
        scale = "ImageNet mean and deviation" if mean is IMAGENET_MEAN else f"mean {mean[0]}, deviation {std[0]}"
        return f"{self.weights}; {size[0]}x{size[1]} pixels, {scale}, average-pooled to {self.backbone.dim} features"


def load_network(name: str = "auto", weights: str = "imagenet") -> FeatureNetwork:
    """Loads a network with ImageNet weights.

    Args:
        name: "resnet50" (the paper's; torchvision's weights, downloaded the first time), "efficientnet_lite0" (weights
            in a package; extra `offline-weights`), or "auto": ResNet-50 where its weights are on this machine already,
            otherwise EfficientNet-Lite0, which is then said on stderr; nothing is downloaded unasked.
        weights: "imagenet", or the path to a file of torchvision's ResNet-50.

    Raises:
        InputError: an unknown name, or no weights can be had.
    """
    if name == "auto" and weights == "imagenet" and not has_imagenet_weights("resnet50"):
        print("ResNet-50's weights are not on this machine: EfficientNet-Lite0 takes its place", file=sys.stderr)
        print("('resnet50' by name downloads them, 98 MB)", file=sys.stderr)
        name = "efficientnet_lite0"
    elif name == "auto":
        name = "resnet50"
    if name not in NORMALISATION:
        raise unknown("network", name, ["auto", *NORMALISATION])
    backbone = build_backbone(name, last_stride=2)
    return FeatureNetwork(name, backbone.eval(), load_backbone_weights(backbone, name, weights))


@torch.inference_mode()
def deep_features(
    images: np.ndarray, network: FeatureNetwork, batch_size: int = 32, device: torch.device | str = "cpu"
) -> np.ndarray:
    """Features of images as they are: normalised, not resized, the last map averaged over its places.

    Args:
        images: (N, H, W, 3) float in [0, 1], R, G, B, at least 32x32.
        network: from `load_network`.
        batch_size: images at once.
        device: where to compute.

    Returns:
        (N, dim) float32.

    Raises:
        InputError: images of another shape or range.
    """
    if images.ndim != 4 or images.shape[3] != 3 or len(images) == 0 or min(images.shape[1:3]) < 32:
        raise InputError(f"images {images.shape}: give (N, H, W, 3) of at least 32x32 pixels")
    if not (np.issubdtype(images.dtype, np.floating) and images.min() >= 0 and images.max() <= 1):
        raise InputError(f"images {images.dtype} from {images.min()} to {images.max()}: give floats in [0, 1]")
    mean, std = (torch.tensor(values, device=device).view(3, 1, 1) for values in NORMALISATION[network.name])
    backbone = network.backbone.to(device)
    rows = []
    for start in range(0, len(images), batch_size):
        batch = torch.from_numpy(np.ascontiguousarray(images[start : start + batch_size], dtype=np.float32))
        batch = (batch.to(device).permute(0, 3, 1, 2) - mean) / std
        modality = torch.zeros(len(batch), dtype=torch.int64, device=device)
        rows.append(backbone(batch, modality).mean(dim=(2, 3)).cpu().numpy())
    return np.concatenate(rows)
