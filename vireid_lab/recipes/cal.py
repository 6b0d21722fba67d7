"""CAL: region mining, target-aware attention and MatchDistill (Wu et al. 2023)."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor, nn

from vireid_lab.augment.pipeline import build_augment, parse_slot
from vireid_lab.data.batch import Batch
from vireid_lab.losses.center_aggregation import CenterAggregation
from vireid_lab.losses.match_distill import diversity, kd_attention, kd_logits
from vireid_lab.losses.part_center import PartCenter
from vireid_lab.models.backbone import build_backbone
from vireid_lab.models.cal import CAL, CALOutput
from vireid_lab.models.query_matching import agreement, partners
from vireid_lab.models.region_mining import LearnedParts, RegionMining, Stripes
from vireid_lab.models.target_attention import TargetAttention
from vireid_lab.runtime import InputError, unknown

from .criterion import Criterion, identity_loss, split_losses
from .method import Method
from .settings import SMALL, TINY, Settings

VERSION = 3  # raised whenever the same settings give another training

CAL_SLOTS = {
    "head": "drm:4+alpha:0.6+match",
    "attention": "tsaa+channel",
    "losses": "ce+cross_ce+part_center+kd_attention+kd_logits+part_ce:0.1+diversity:0.1",
}
PAPER = Settings(
    augment="crop:10+flip",
    backbone="resnet50",
    size=(384, 192),
    ids_per_batch=8,
    images_per_id=4,
    weights="imagenet",
    optimiser="sgd",
    lr=0.1,
    weight_decay=5e-4,
    schedule="cosine",
    warmup=0.1,
    steps=0,
    epochs=100,
    checkpoint_every=500,
    workers=4,
    **CAL_SLOTS,
)
"""Sec. 4.1. There the rate rises from 0.01 and falls to 0.001, here from near 0 and to 0. The paper does not give the
size of the images, their augmentation, the weight decay nor what each modality has of its own: here as the field."""

PRESETS = {"paper": PAPER, "small": replace(SMALL, **CAL_SLOTS), "tiny": replace(TINY, **CAL_SLOTS)}
REGIONS = ("drm", "drm_shared", "vectors", "stripes")
ATTENTION = {"tsaa": True, "dot": False}  # whether it is style-agnostic
FIXED = {LearnedParts: {"part_ce", "diversity"}, Stripes: {"diversity"}}  # what they teach nothing
N_CAMERAS = 16  # at most, of all data sets


def build(settings: Settings, n_ids: int) -> Method:
    """Builds the method for a number of training identities.

    The head is `drm:N_p+alpha:α+match` (Eq. 3; `match`: the parts of the modalities are matched, Eq. 17), or one of the
    rivals of Table 4 in the place of drm: `drm_shared:N_p+alpha:α`, `vectors:N_p`, `stripes:n`. The attention is
    `tsaa+channel` or `dot+channel` (Eq. 6), or either without `+channel`.
    """
    backbone = build_backbone(settings.backbone, two_stream=settings.two_stream)
    regions, parts, matching = build_regions(settings.head, backbone.dim)
    attention = build_attention(settings.attention, backbone.dim)
    criterion = CALCriterion(settings.losses, settings.label_smoothing, n_ids, backbone.dim, parts)
    model = CAL(backbone, n_ids, regions, parts, attention, matching, "part_ce" in criterion.own_weights)
    idle = criterion.own_weights.keys() & FIXED.get(type(regions), set())
    if idle:
        raise InputError(
            f"losses={settings.losses}: {' and '.join(sorted(idle))} would teach nothing: the parts of "
            f"head={settings.head} are not found in the image; leave out what is about regions, or take head=drm:4"
        )
    return Method(model, criterion, build_augment(settings.augment))


def build_regions(slot: str, channels: int) -> tuple[nn.Module, int, bool]:
    """From the slot `head`: what finds the parts, their number N_p, and whether they are matched.

    Raises:
        InputError: it is not written as `build` says, or a number cannot be used.
    """
    head = parse_slot(slot)
    kind = next(iter(head), "none")
    if kind not in REGIONS:
        raise unknown("head", kind, REGIONS)
    mined = kind.startswith("drm")
    number = head[kind] or 0
    known = head.keys() <= {kind, "match", *(["alpha"] if mined else [])} and head.get("match") is None
    if not known or not 1 <= number <= channels or number % 1:
        raise InputError(
            f"head={slot}: write drm:4+alpha:0.6+match, drm_shared:4+alpha:0.6, vectors:4 or stripes:4, with no more "
            f"parts than the map has channels ({channels})"
        )
    parts = int(number)
    if mined:
        regions = RegionMining(channels, parts, head.get("alpha", 0.6) or 0.0, kind == "drm_shared")
    else:
        regions = LearnedParts(channels, parts) if kind == "vectors" else Stripes(parts)
    return regions, parts, "match" in head


def build_attention(slot: str, channels: int) -> TargetAttention:
    """From the slot `attention`.

    Raises:
        InputError: it is none of those that `build` names.
    """
    kind, plus, channel = slot.partition("+")
    if kind not in ATTENTION or (plus and channel != "channel"):
        raise unknown("attention", slot, [f"{name}{end}" for name in ATTENTION for end in ("+channel", "")])
    return TargetAttention(channels, ATTENTION[kind], bool(plus))


class CALCriterion(Criterion):
    """Eq. 20, and the rivals of PCL in Table 4, by name.

    `ce` and `cross_ce` are L_id of the self- and of the cross-refined parts: the paper does not say of which features
    it is; the cross-refined ones teach in L_kd2 and must have learned. `part_center` is L_pcl,
    `kd_attention` L_kd1, `kd_logits` L_kd2, `part_ce` L_dis, `diversity` L_div; `ica` and `cca` are MCLNet's losses, on
    each part. The losses of the other recipes (`triplet`, `center`, ...) see the self-refined parts.

    Args:
        slot: e.g. "ce+part_center+part_ce:0.1"; the number is the weight λ.
        label_smoothing: of the cross-entropies.
        n_ids: number of training identities N.
        dim: width C of a part.
        parts: N_p.
    """

    OWN = ("cross_ce", "part_center", "kd_attention", "kd_logits", "part_ce", "diversity", "ica", "cca")

    def __init__(self, slot: str, label_smoothing: float, n_ids: int, dim: int, parts: int):
        base, own_weights = split_losses(slot, self.OWN)
        super().__init__(base, label_smoothing, n_ids, parts * dim, parts)
        self.own_weights = own_weights
        self.part_center = PartCenter()
        self.aggregations = nn.ModuleDict(
            {
                name: nn.ModuleList(CenterAggregation(n_classes, dim) for _ in range(parts))
                for name, n_classes in (("ica", n_ids), ("cca", N_CAMERAS))
                if name in self.own_weights
            }
        )

    def forward(self, output: CALOutput, batch: Batch) -> dict[str, Tensor]:
        """Returns `total`, each loss before its weight, `accuracy`, and `agreement` of the batch's matches.

        Raises:
            InputError: an image's partner is someone else.
        """
        if not (batch.ids == batch.ids[partners(batch.modality)]).all():
            raise InputError(
                "the n-th visible and the n-th infrared image of this batch are not of the same identity: each needs a "
                "partner in the other modality; take the batches of CrossModalSampler"
            )
        losses = super().forward(output, batch)
        own = {name: self.own_loss(name, output, batch) for name in self.own_weights}
        losses["total"] = losses["total"] + sum(self.own_weights[name] * loss for name, loss in own.items())
        agreed = output.weights.new_tensor(agreement(output.match, batch.modality))
        return {**losses, **own, "agreement": agreed}

    def own_loss(self, name: str, output: CALOutput, batch: Batch) -> Tensor:
        """One of OWN before its weight.

        Raises:
            InputError: a camera has no center.
        """
        ids, parts = batch.ids, (self.parts, -1)
        match name:
            case "cross_ce":
                return identity_loss(output.cross_logits, ids, self.label_smoothing)
            case "part_center":
                refined = (output.features.unflatten(1, parts), output.cross_features.unflatten(1, parts))
                return self.part_center(*refined, ids, batch.modality)
            case "kd_attention":
                return kd_attention(output.weights, output.match, output.attention.shape[2])
            case "kd_logits":
                return kd_logits(output.cross_logits, output.logits, output.match)
            case "part_ce":
                return identity_loss(output.part_logits, ids)
            case "diversity":
                return diversity(output.selected)
        if name == "cca" and batch.camids.max() >= N_CAMERAS:
            raise InputError(f"cca has centers for cameras below {N_CAMERAS} and there is camera {batch.camids.max()}")
        classes = {"ica": ids, "cca": batch.camids}[name]
        features = output.features.unflatten(1, parts).unbind(1)
        return sum(loss(f, classes) for loss, f in zip(self.aggregations[name], features, strict=True))
