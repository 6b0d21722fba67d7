"""Staged backbones: a stem (shared or two-stream) and four layers, kept as plain attributes."""

from __future__ import annotations

import copy
from collections import OrderedDict

import torch
from torch import Tensor, nn

from vireid_lab.runtime import require, unknown

from .nonlocal_block import insert_nonlocal

RESNETS = ("resnet10", "resnet18", "resnet34", "resnet50")
BACKBONES = (*RESNETS, "efficientnet_lite0")
TWO_STREAM = ("none", "conv", "stem")
ATTENTION = ("none", "nonlocal")


class TwoStream(nn.Module):
    """Two copies of a module, one for each modality, that start equal.

    Args:
        module: takes and returns tensors with the images as rows.
    """

    def __init__(self, module: nn.Module):
        super().__init__()
        self.visible = module
        self.infrared = copy.deepcopy(module)

    def forward(self, x: Tensor, modality: Tensor) -> Tensor:
        """Sends each row of x (B, ...) through the copy of its modality (B,); the order of the rows is kept."""
        streams = (self.visible, self.infrared)
        rows = [torch.nonzero(modality == m).flatten() for m in (0, 1)]
        # An empty modality is left out: batch normalisation cannot take zero rows.
        out = torch.cat([stream(x[r]) for stream, r in zip(streams, rows, strict=True) if len(r)])
        return out[torch.cat(rows).argsort()]


class Stem(nn.Module):
    """The first convolution, its normalisation, and pooling where the network has it.

    Args:
        parts: the named modules in order, the convolution first.
        two_stream: "none": shared by the modalities; "conv": each modality has its own convolution (SA-Softmax);
            "stem": each has its own whole stem (AGW).
    """

    def __init__(self, parts: OrderedDict[str, nn.Module], two_stream: str):
        super().__init__()
        parts = nn.Sequential(parts)
        n_own = {"none": 0, "conv": 1, "stem": len(parts)}[two_stream]
        self.own = TwoStream(parts[:n_own]) if n_own else None
        self.shared = parts[n_own:]

    def forward(self, images: Tensor, modality: Tensor) -> Tensor:
        """Maps (B, 3, H, W) to (B, C, H / 4, W / 4) (EfficientNet: H / 2, W / 2)."""
        return self.shared(self.own(images, modality) if self.own else images)


class Backbone(nn.Module):
    """A convolutional network in stages.

    Attributes:
        stem: called with (images, modality).
        layer1, layer2, layer3, layer4: called with a map; at stride 4, 8, 16 and 16 (32 where last_stride is 2).
        stage_dims: channels after layer1 to layer4.
        dim: channels of the output.
    """

    def __init__(self, stem: Stem, layers: list[nn.Sequential], stage_dims: tuple[int, int, int, int]):
        super().__init__()
        self.stem = stem
        self.layer1, self.layer2, self.layer3, self.layer4 = layers
        self.stage_dims = stage_dims

    @property
    def dim(self) -> int:
        return self.stage_dims[-1]

    def forward(self, images: Tensor, modality: Tensor) -> Tensor:
        """Maps normalised images (B, 3, H, W) and modality (B,), 0 or 1 in any order, to (B, dim, h, w).

        At stride 16: 96x48 gives 6x3, 288x144 gives 18x9, 384x192 gives 24x12.
        """
        x = self.stem(images, modality)
        return self.layer4(self.layer3(self.layer2(self.layer1(x))))


def build_backbone(name: str, *, last_stride: int = 1, two_stream: str = "none", attention: str = "none") -> Backbone:
    """Builds a backbone with random weights (from torch's global generator).

    Args:
        name: "resnet10" (BasicBlock [1, 1, 1, 1], width 32), "resnet18", "resnet34", "resnet50" (torchvision's) or
            "efficientnet_lite0" (timm's; extra `offline-weights`).
        last_stride: stride of layer4: 1 as in the field (stride 16 in all), or 2.
        two_stream: "none", "conv" or "stem", see `Stem`.
        attention: "none", or "nonlocal": non-local blocks in the second half of layer2 and layer3, as AGW.

    Raises:
        InputError: an argument has a value that is not listed, or timm is missing.
    """
    for kind, value, options in (
        ("backbone", name, BACKBONES),
        ("last_stride", last_stride, (1, 2)),
        ("two_stream", two_stream, TWO_STREAM),
        ("attention", attention, ATTENTION),
    ):
        if value not in options:
            raise unknown(kind, value, options)
    stem, layers, stage_dims = _resnet_parts(name) if name in RESNETS else _efficientnet_parts()
    if last_stride == 1:
        for module in layers[3].modules():
            if isinstance(module, nn.Conv2d) and module.stride == (2, 2):
                module.stride = (1, 1)
    if attention == "nonlocal":
        layers[1:3] = [insert_nonlocal(layers[i], stage_dims[i]) for i in (1, 2)]
    return Backbone(Stem(stem, two_stream), layers, stage_dims)


def _resnet_parts(name: str):
    """Stem modules, four layers and their channels of a ResNet."""
    import torchvision

    if name == "resnet10":
        return _resnet10_parts()
    net = getattr(torchvision.models, name)(weights=None)
    stem = OrderedDict(conv1=net.conv1, bn1=net.bn1, relu=net.relu, maxpool=net.maxpool)
    width = net.fc.in_features
    return stem, [net.layer1, net.layer2, net.layer3, net.layer4], (width // 8, width // 4, width // 2, width)


def _resnet10_parts():
    """A ResNet-18 of half the width with one block a layer: small enough for two CPU cores."""
    from torchvision.models.resnet import BasicBlock

    def layer(before: int, channels: int, stride: int) -> nn.Sequential:
        shortcut = None
        if stride != 1:
            conv = nn.Conv2d(before, channels, 1, stride, bias=False)
            shortcut = nn.Sequential(conv, nn.BatchNorm2d(channels))
        return nn.Sequential(BasicBlock(before, channels, stride, shortcut))

    stem = OrderedDict(
        conv1=nn.Conv2d(3, 32, 7, 2, padding=3, bias=False),
        bn1=nn.BatchNorm2d(32),
        relu=nn.ReLU(inplace=True),
        maxpool=nn.MaxPool2d(3, 2, padding=1),
    )
    layers = [layer(32, 32, 1), layer(32, 64, 2), layer(64, 128, 2), layer(128, 256, 2)]
    for module in nn.ModuleList([*stem.values(), *layers]).modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")  # as torchvision
    return stem, layers, (32, 64, 128, 256)


def _efficientnet_parts():
    """timm's seven stages on four layers by stride (4, 8, 16, 32); the last one ends with the 1x1 head to 1280."""
    timm = require("timm", "offline-weights")
    net = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    _split_norm_act(net)
    stem = OrderedDict(conv1=net.conv_stem, bn1=net.bn1)
    blocks = list(net.blocks)
    layers = [
        nn.Sequential(*blocks[0], *blocks[1]),
        nn.Sequential(*blocks[2]),
        nn.Sequential(*blocks[3], *blocks[4]),
        nn.Sequential(*blocks[5], *blocks[6], net.conv_head, net.bn2),
    ]
    return stem, layers, (24, 40, 112, 1280)


def _split_norm_act(net: nn.Module) -> None:
    """Replaces timm's normalisation-with-activation by two modules.

    It is a subclass of BatchNorm2d: torch's SyncBatchNorm conversion would take it for one and lose the activation.
    """
    for parent in list(net.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.BatchNorm2d) and type(child) is not nn.BatchNorm2d:
                bn = nn.BatchNorm2d(child.num_features, eps=child.eps, momentum=child.momentum)
                setattr(parent, name, nn.Sequential(bn, child.act))
