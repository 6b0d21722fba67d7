"""TMPA: PedMix, modality feature extraction and modality feature transfer (Guo et al. 2023)."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor, nn

from vireid_lab.augment.mixes import BackboneAttention
from vireid_lab.augment.pipeline import build_augment
from vireid_lab.data.batch import Batch
from vireid_lab.losses.modality import ModalitySharedSpecific, modality_identity_loss
from vireid_lab.models.backbone import build_backbone
from vireid_lab.models.map_attention import MAP_ATTENTION
from vireid_lab.models.one_stream import OneStream
from vireid_lab.models.output import MixedOutput
from vireid_lab.models.tmpa import TMPA, TRANSFERS
from vireid_lab.runtime import InputError, unknown

from . import baseline
from .criterion import Criterion, split_losses
from .method import Method
from .settings import SMALL, TINY, Settings

VERSION = 1  # raised whenever the same settings give another training

BASE = "ce:0.8+wrt:0.8"  # α L_base of Eq. 16, α = 0.8
TMPA_SLOTS = {
    "augment": "flip+channel+pedmix",
    "attention": "mft",
    "losses": f"{BASE}+msi:0.4+mss:0.08+mft:0.4",  # β L_MF, β = 0.4, with λ1 = 0.2 of Eq. 8 in the weight of MSS
    "two_stream": "none",
}
PAPER = replace(baseline.PAPER, ids_per_batch=8, **TMPA_SLOTS)
"""Sec. IV-B: SGD, size, batch and milestones as in its reference AGW. The paper says nothing of the end, the
warm-up, the tenth of the rate for the backbone and the weight decay, here AGW's, and of the flip, here the field's."""

PRESETS = {"paper": PAPER, "small": replace(SMALL, **TMPA_SLOTS), "tiny": replace(TINY, **TMPA_SLOTS)}


def build(settings: Settings, n_ids: int) -> Method:
    """Builds the method for a number of training identities.

    The attention "none" is the baseline (B) of Table II, one shared stream; "se", "stn" and "cbam" are that of Table VI
    on the same stream. "mft" is TMPA, "cross" the row "w/o MFT" of Table V. DART and DART+PedMix of Table IV are not
    built.

    Raises:
        InputError: settings that are unknown or do not go together.
    """
    if settings.head != "gem+bnneck":
        raise unknown("head", settings.head, ["gem+bnneck"])
    transfers = settings.attention in TRANSFERS
    if not transfers and settings.attention not in ("none", *MAP_ATTENTION):
        raise unknown("attention", settings.attention, ("none", *MAP_ATTENTION, *TRANSFERS))
    backbone = build_backbone(settings.backbone, two_stream=settings.two_stream)
    model = (TMPA if transfers else OneStream)(backbone, n_ids, settings.attention)
    criterion = TMPACriterion(settings.losses, settings.label_smoothing, n_ids, backbone.dim)
    if criterion.own_weights and not transfers:
        raise InputError(
            f"losses={settings.losses}: {', '.join(criterion.own_weights)} need the specific streams, which attention="
            f"{settings.attention} has not; take attention=mft, or losses={BASE}"
        )
    augment = build_augment(settings.augment, attention=BackboneAttention(LastMap(model)))
    return Method(model, criterion, augment)


class LastMap(nn.Module):
    """The last map of a model, which Attentive CutMix looks at: that of the single stream, or F_C."""

    def __init__(self, model: OneStream | TMPA):
        super().__init__()
        self.model = model

    def forward(self, images: Tensor, modality: Tensor) -> Tensor:
        """Maps normalised images (B, 3, H, W) and modality (B,) to (B, C, h, w)."""
        return self.model(images, modality).maps


class TMPACriterion(Criterion):
    """L_ID and L_WRT on F_C (Eq. 14-15), MSI, MSS and the identity loss of MFT (Eq. 4-7, 13), weighted by the slot.

    Mixed images have all losses that need the shared stream, in one batch with the others.
    """

    OWN = ("msi", "mss", "mft")  # losses of the specific streams

    def __init__(self, slot: str, *options):
        base, own_weights = split_losses(slot, self.OWN)
        super().__init__(base, *options)
        self.own_weights = own_weights
        self.mss = ModalitySharedSpecific()

    def forward(self, output: MixedOutput, batch: Batch) -> dict[str, Tensor]:
        """Returns `total`, each loss before its weight, `accuracy`, and with MSS `mss_active`.

        `mss_active` is the share of identities for which the hinge of MSS is above 0.
        """
        output = output.together()
        times = len(output.features) // len(batch.ids)
        ids, modality = batch.ids.repeat(times), batch.modality.repeat(times)
        losses = super().forward(output, replace(batch, ids=ids, modality=modality))
        if "msi" in self.own_weights:
            losses["msi"] = modality_identity_loss(output.specific_logits, batch.ids, batch.modality)
        if "mss" in self.own_weights:
            hinges = self.mss.hinges(output.shared, output.specific.repeat(times, 1), ids, modality)
            losses |= {"mss": hinges.sum(), "mss_active": (hinges > 0).float().mean()}
        if "mft" in self.own_weights:
            losses["mft"] = modality_identity_loss(output.transferred_logits, ids, modality)
        total = losses["total"] + sum(weight * losses[name] for name, weight in self.own_weights.items())
        return {**losses, "total": total}
