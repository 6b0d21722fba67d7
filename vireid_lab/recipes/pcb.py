"""PCB: horizontal parts, each with its own reduction, neck and classifier (Sun et al. 2018)."""

from __future__ import annotations

from dataclasses import replace

from vireid_lab.augment.pipeline import build_augment
from vireid_lab.models.backbone import build_backbone
from vireid_lab.models.pcb import PCB

from .criterion import Criterion
from .method import Method, read_parts
from .settings import SMALL, TINY, Settings

VERSION = 1  # raised when the same settings would give another model

PAPER = Settings(
    augment="flip",
    backbone="resnet50",
    head="parts:12",
    losses="ce",
    size=(384, 192),
    images_per_id=8,
    two_stream="conv",
    weights="imagenet",
    optimiser="sgd",
    lr=0.01,
    weight_decay=5e-4,
    schedule="multistep",
    warmup=0.0,
    milestones=(40 / 120, 80 / 120),
    steps=0,
    epochs=120,
    checkpoint_every=500,
    workers=4,
)
"""PCB as the baseline of SA-Softmax trains it, without random erasing; the paper gives the milestones 40 and 80 and
not the end, here 120 epochs."""

PRESETS = {
    "paper": PAPER,
    "small": replace(SMALL, head="parts:12+reduce:256", losses="ce+triplet"),
    "tiny": replace(TINY, head="parts:6+reduce:64", losses="ce+triplet"),
}


def build(settings: Settings, n_ids: int) -> Method:
    """Builds the method for a number of training identities; the head is `parts:K` or `parts:K+reduce:WIDTH`."""
    backbone = build_backbone(settings.backbone, two_stream=settings.two_stream, attention=settings.attention)
    parts, reduction = read_parts(settings.head, settings.size[0], backbone.dim)
    dim = parts * (reduction or backbone.dim)
    criterion = Criterion(settings.losses, settings.label_smoothing, n_ids, dim, classifiers=parts)
    return Method(PCB(backbone, n_ids, parts, reduction), criterion, build_augment(settings.augment))
