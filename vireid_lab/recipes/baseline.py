"""The plain global-feature baseline: backbone, GeM, BNNeck, cross-entropy and weighted regularisation triplet."""

from __future__ import annotations

from vireid_lab.augment.pipeline import build_augment
from vireid_lab.models.agw import AGW
from vireid_lab.models.backbone import build_backbone
from vireid_lab.runtime import unknown

from .criterion import Criterion
from .method import Method
from .settings import SMALL, TINY, Settings

VERSION = 1  # raised when the same settings would give another model

PAPER = Settings(
    augment="crop:10+flip",
    backbone="resnet50",
    size=(288, 144),
    images_per_id=4,
    weights="imagenet",
    optimiser="sgd",
    lr=0.1,
    backbone_lr_factor=0.1,
    weight_decay=5e-4,
    schedule="multistep",
    warmup=10 / 60,
    milestones=(20 / 60, 50 / 60),
    steps=0,
    epochs=60,
    checkpoint_every=500,
    workers=4,
)
"""AGW's training (Ye et al. 2021): 60 epochs of SGD, a tenth at epochs 20 and 50; warm-up over 10 epochs and a tenth
of the rate for the backbone as in its public code, which the paper does not mention."""

PRESETS = {"paper": PAPER, "small": SMALL, "tiny": TINY}


def build(settings: Settings, n_ids: int) -> Method:
    """Builds the method for a number of training identities."""
    if settings.head != "gem+bnneck":
        raise unknown("head", settings.head, ["gem+bnneck"])
    backbone = build_backbone(settings.backbone, two_stream=settings.two_stream, attention=settings.attention)
    criterion = Criterion(settings.losses, settings.label_smoothing, n_ids, backbone.dim)
    return Method(AGW(backbone, n_ids), criterion, build_augment(settings.augment))
