"""RFM: linear transformation generator, cross-center loss and modality-aware spatial attention (Tan et al. 2022)."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor
from torch.nn import functional as F

from vireid_lab.augment.pipeline import build_augment
from vireid_lab.data.batch import Batch
from vireid_lab.models.backbone import build_backbone
from vireid_lab.models.rfm import RFM, RFMOutput

from .criterion import Criterion
from .method import Method, read_parts
from .settings import SMALL, TINY, Settings

VERSION = 1  # raised whenever the same settings give another training

PAPER = Settings(
    augment="flip+ltg",
    backbone="resnet50",
    head="parts:12+reduce:256",
    attention="mam",
    losses="ce+triplet+cross_center:3",
    size=(384, 192),
    ids_per_batch=7,
    images_per_id=8,
    two_stream="none",
    weights="imagenet",
    optimiser="sgd",
    lr=0.03,
    weight_decay=5e-4,
    schedule="multistep",
    warmup=0.0,
    milestones=(40 / 80, 70 / 80),
    steps=0,
    epochs=80,
    checkpoint_every=500,
    workers=4,
)
"""Sec. V-A. The paper gives the milestones 40 and 70 and not the end (here 80 epochs), neither the width of the reduced
parts (here 256, as PCB) nor the weight decay (here 5e-4, as the field)."""

RFM_SLOTS = {"augment": PAPER.augment, "attention": "mam", "losses": PAPER.losses, "two_stream": "none"}
PRESETS = {
    "paper": PAPER,
    "small": replace(SMALL, head="parts:12+reduce:256", **RFM_SLOTS),
    "tiny": replace(TINY, head="parts:6+reduce:64", **RFM_SLOTS),
}


def build(settings: Settings, n_ids: int) -> Method:
    """Builds the method for a number of training identities; the head is `parts:K` or `parts:K+reduce:WIDTH`."""
    backbone = build_backbone(settings.backbone, two_stream=settings.two_stream)
    channels = backbone.stage_dims[2]
    parts, reduction = read_parts(settings.head, settings.size[0], channels)
    reduction = reduction or channels
    model = RFM(backbone, n_ids, parts, reduction, settings.attention)
    criterion = RFMCriterion(settings.losses, settings.label_smoothing, n_ids, parts * reduction, parts)
    return Method(model, criterion, build_augment(settings.augment))


class RFMCriterion(Criterion):
    """Eq. 8 for each part, summed, and with MAM the cross-entropies of the high-level features: Eq. 9."""

    def forward(self, output: RFMOutput, batch: Batch) -> dict[str, Tensor]:
        """Returns `total`, each loss before its weight, `accuracy`, and with MAM `id_visible` and `id_infrared`."""
        losses = super().forward(output, batch)
        if output.high_logits is not None:
            for m, name in enumerate(("id_visible", "id_infrared")):  # L_id^v, L_id^n
                rows = batch.modality == m
                losses[name] = F.cross_entropy(output.high_logits[rows], batch.ids[rows], reduction="sum")
                losses[name] = losses[name] / max(int(rows.sum()), 1)
                losses["total"] = losses["total"] + losses[name]
        return losses
