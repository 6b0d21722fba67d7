"""IDKL: implicit discriminative knowledge of a modality-specific branch for the shared one (Ren and Zhang 2024).

Its switches are names in the slot `losses`. L_b of Eq. 6 is "ce+triplet+confuser+discriminator" and each row of Table 4
adds to it some of "ip:0.1", "tgsa:0.6", "csa:0.8" and "mdr", with the λ of Eq. 21. Without `ip` there is no purifier,
and the specific features are distilled as they are.

Other forms of a term stand in its place: `tgsa_nearest` and `mdr_nearest` (the near ones get the weight in Eq. 15, not
the far ones), and those of the authors' public code, as far as it can be told, which the preset `released` joins:
`confuser_pseudo` (no gradient reversal, labels that are right half of the time), `ip_released` (masks for each
position; other hinges; L_reid and the discriminator see the purified features in the place of the specific ones),
`tgsa_released`, `csa_released` and `mdr_released` (symmetric, nothing detached, no diagonal in Eq. 15; the public code
sums both directions, and their mean here has twice the weight). Not followed are its identity-grouped KL of logits, its
cross matrix of half of each modality, the linear classifier of L_e (its own, without a neck, taught by no label), the
learned scales of its instance normalisation, and that its modality classifiers stand behind the neck.
"""

from __future__ import annotations

from dataclasses import replace

from vireid_lab.augment.pipeline import build_augment, parse_slot
from vireid_lab.models.backbone import build_backbone
from vireid_lab.models.idkl import IDKL
from vireid_lab.models.modality_classifier import GradientReversal
from vireid_lab.runtime import InputError, unknown

from .idkl_criterion import IDKLCriterion
from .method import Method
from .settings import SMALL, TINY, Settings

VERSION = 1  # raised whenever the same settings give another training

LOSSES = "ce+triplet+confuser+discriminator+ip:0.1+tgsa:0.6+csa:0.8+mdr"
PAPER = Settings(
    augment="crop:10+flip+erasing",
    backbone="resnet50",
    losses=LOSSES,
    size=(384, 128),
    ids_per_batch=12,
    images_per_id=5,
    two_stream="none",
    weights="imagenet",
    optimiser="adam",
    lr=3e-5,
    weight_decay=5e-3,
    schedule="multistep",
    warmup=0.0,
    milestones=(60 / 160, 100 / 160),
    steps=0,
    epochs=160,
    checkpoint_every=500,
    workers=4,
)
"""Sec. 4.1; 10 images of an identity are 5 of each modality, which makes the batch of 120. The paper gives the
milestones 60 and 100 and not the end; this, augmentation and weight decay are those of the public code, and the margin
of the triplet loss is that of the field."""

IDKL_SLOTS = {"losses": LOSSES, "two_stream": "none"}
PRESETS = {
    "paper": PAPER,
    "small": replace(SMALL, **IDKL_SLOTS),
    "tiny": replace(TINY, **IDKL_SLOTS),
    "released": replace(
        PAPER,
        losses="ce+triplet_m1_3+confuser_pseudo+discriminator+ip_released:0.1+tgsa_released:1.2+csa_released:1.6"
        "+mdr_released:2",
        size=(384, 144),
        lr=3.5e-4,
        milestones=(55 / 160, 95 / 160),
    ),
}

RAMP = 10_000  # batches until the reversal has its full strength where epochs count: about a third of the paper's


def build(settings: Settings, n_ids: int) -> Method:
    """Builds the method for a number of training identities.

    The head is `gem+bnneck`, or `gem+bnneck+modality:J` for J confusers and discriminators (Eq. 4; else one of each).

    Raises:
        InputError: settings that are unknown or do not go together.
    """
    if settings.attention != "none":
        raise unknown("attention", settings.attention, ["none"])
    backbone = build_backbone(settings.backbone, two_stream=settings.two_stream)
    criterion = IDKLCriterion(settings.losses, settings.label_smoothing, n_ids, backbone.dim)
    if settings.ids_per_batch < 2 and criterion.aligns:
        raise InputError("ids_per_batch=1: a graph of one identity says nothing; give 2 or more")
    purifier = criterion.forms.get("ip", "none")
    pseudo = criterion.forms.get("confuser") == "pseudo"
    reversal = None if pseudo else GradientReversal(settings.steps * settings.accumulate or RAMP)
    model = IDKL(backbone, n_ids, purifier, read_head(settings.head), reversal)
    return Method(model, criterion, build_augment(settings.augment))


def read_head(slot: str) -> int:
    """The number J of a head `gem+bnneck+modality:J`; 1 without it.

    Raises:
        InputError: it is written otherwise.
    """
    head = parse_slot(slot)
    number = 1 if head.get("modality") is None else head["modality"]
    others = {name: value for name, value in head.items() if name != "modality"}
    if others != {"gem": None, "bnneck": None} or number < 1 or number != int(number):
        raise InputError(f"head={slot}: write gem+bnneck or gem+bnneck+modality:J with a whole number")
    return int(number)
