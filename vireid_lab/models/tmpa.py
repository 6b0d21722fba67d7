"""TMPA's network: a shared and two specific streams (MFE), and the transfer between them (MFT)."""

from __future__ import annotations

import copy
from dataclasses import KW_ONLY, dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from vireid_lab.runtime import InputError, unknown

from .backbone import Backbone, TwoStream, build_backbone
from .cross_attention import CrossAttention, Projections
from .heads import BNNeck, GeM
from .output import MixedOutput
from .precision import full_precision

TRANSFERS = ("mft", "cross")


@dataclass
class TMPAOutput(MixedOutput):
    """Named tensors of one forward pass; `features`, `embedding` and `logits` are those of F_C, `maps` is F_C.

    What is `mixed` reads from the mixed image of its row, not from the row's own.

    Attributes:
        shared: (B, C) means of F_sh over the positions.
        specific: (B, C) means of F_sp, of the extractor of the image's modality.
        specific_logits: (B, N) of F^V or F^I by the classifier of the image's modality, C^V or C^I.
        transferred_logits: (B, N) of F'^V or F'^I by the same classifier.
        mixed_shared, mixed_transferred_logits: what these are, of the mixed images; None where there are none.
    """

    shared: Tensor
    specific: Tensor
    specific_logits: Tensor
    transferred_logits: Tensor
    _: KW_ONLY
    mixed_shared: Tensor | None = None
    mixed_transferred_logits: Tensor | None = None


class StreamMaps(NamedTuple):
    """Maps of the streams: (B, C, h, w) behind the extractors, (B, d, h', w') behind the convolution blocks.

    With mixed images all have 2B rows, the specific ones twice the same.
    """

    specific: Tensor  # F_sp
    shared: Tensor  # F_sh
    projected: Projections  # Q_sp, K_sh, V_sh
    specific_conv: Tensor  # F^V, F^I
    shared_conv: Tensor  # F_Conv^sh


class Streams(nn.Module):
    """A stage for the shared stream, and its copy for the specific ones, or a copy for each of them; all start equal.

    Args:
        stage: takes and returns maps.
        of_each: whether the visible and the infrared stream have a copy of their own.
    """

    def __init__(self, stage: nn.Module, of_each: bool):
        super().__init__()
        self.shared = stage
        self.own = TwoStream(copy.deepcopy(stage)) if of_each else copy.deepcopy(stage)


class TMPA(nn.Module):
    """Modality feature extraction and transfer (Guo et al. 2023, "Transferring Modality-Aware ...", Sec. III).

    MFE: E_sh, E_sp^V and E_sp^I are stem, layer1 and layer2 with weights of their own; the convolution blocks are
    layer3 and layer4, one for the shared stream and one for both specific ones. In training the specific streams see
    the originals, and the shared one sees the originals and the mixed images in one batch: each row has an F_C that
    reads from its own image, as in retrieval, and one that reads from its mixed image. (Sec. III-C names the mixed
    images alone; then the shared stream would meet no unmixed image before the test.)

    MFT (Eq. 9-11): the projections that the cross attention reads also feed the convolution blocks, queries the
    specific one and the mean of keys and values the shared one (the paper says only that all are used again).

    F_C (Eq. 12): `Cat` is along the batch, so that a visible image has λ2 F'^V + λ3 F^V + F_Conv^sh and an infrared
    one λ2 F^I + λ3 F'^I + F_Conv^sh. F^V and F^I are the outputs of the specific block, because C^V and C^I see them
    and F' alike (Eq. 7, 13). The paper does not name the pooling: here GeM and a BNNeck for F_C as in its reference
    AGW, and the mean over the positions elsewhere.

    Args:
        backbone: from `build_backbone` with two_stream="none"; its stages become those of the three streams.
        n_ids: number of training identities N.
        transfer: "mft", or "cross": the cross attention comes after the convolutions, which are then three whole
            streams ("w/o MFT" of Table V).
        weights: λ2 and λ3.

    Raises:
        InputError: the transfer is unknown, or the backbone has a stem for each modality.
    """

    takes_mixed = True

    def __init__(
        self, backbone: Backbone, n_ids: int, transfer: str = "mft", weights: tuple[float, float] = (0.25, 0.25)
    ):
        super().__init__()
        if transfer not in TRANSFERS:
            raise unknown("transfer", transfer, TRANSFERS)
        if backbone.stem.own is not None:
            raise InputError("two_stream: TMPA has whole extractors for each modality and a shared one; give none")
        self.early = transfer == "mft"
        low, dim = backbone.stage_dims[1], backbone.dim
        self.backbone = backbone
        backbone.stem = Streams(backbone.stem.shared, of_each=True)
        for name in ("layer1", "layer2", "layer3", "layer4"):
            of_each = name in ("layer1", "layer2") or not self.early
            setattr(backbone, name, Streams(getattr(backbone, name), of_each))
        self.cross = CrossAttention(low if self.early else dim, low, dim)
        self.classifiers = TwoStream(nn.Sequential(nn.BatchNorm1d(dim), nn.Linear(dim, n_ids)))  # C^V, C^I
        self.complete = nn.Identity()  # F_C passes here, for whoever wants to look at it
        self.pool = GeM()
        self.neck = BNNeck(dim, n_ids)
        self.register_buffer("weights", torch.tensor(weights), persistent=False)  # λ2, λ3

    def forward(self, images: Tensor, modality: Tensor, mixed: Tensor | None = None) -> TMPAOutput:
        """Takes normalised images (B, 3, H, W), modality (B,), rows in any order, and mixed images (B, 3, H, W)."""
        streams = self.streams(images, modality, mixed)
        size, own = len(images), streams.specific_conv
        modality = modality.repeat(len(own) // size)
        transferred = self.cross(streams.projected, own.shape[2]) + own  # F', Eq. 11
        of_transferred = self.weights[modality][:, None, None, None].to(own.dtype)  # λ2 of a visible image, else λ3
        of_own = self.weights[1 - modality][:, None, None, None].to(own.dtype)
        complete = self.complete(of_transferred * transferred + of_own * own + streams.shared_conv)  # F_C, Eq. 12
        features = self.pool(complete)
        embedding, logits = self.neck(features)
        shared, specific, own, transferred = (
            full_precision(maps).mean((2, 3))
            for maps in (streams.shared, streams.specific[:size], own[:size], transferred)
        )
        specific_logits = self.classifiers(own, modality[:size])
        transferred_logits = self.classifiers(transferred, modality)
        output = TMPAOutput(
            features, embedding, logits, complete, shared, specific, specific_logits, transferred_logits
        )
        return output.apart(size)

    def streams(self, images: Tensor, modality: Tensor, mixed: Tensor | None = None) -> StreamMaps:
        """The maps of all streams and their projections, for inputs as of `forward`."""
        net = self.backbone
        specific, shared = images, images if mixed is None else torch.cat([images, mixed])
        times = len(shared) // len(images)
        for stage in (net.stem, net.layer1, net.layer2):
            specific, shared = stage.own(specific, modality), stage.shared(shared)
        if self.early:
            query, key, value = self.cross.query(specific, modality), self.cross.key(shared), self.cross.value(shared)
            own, common = net.layer4.own(net.layer3.own(query)), net.layer4.shared(net.layer3.shared((key + value) / 2))
        else:
            own = net.layer4.own(net.layer3.own(specific, modality), modality)
            common = net.layer4.shared(net.layer3.shared(shared))
            query, key, value = self.cross.query(own, modality), self.cross.key(common), self.cross.value(common)
        specific, query, own = (torch.cat([maps] * times) for maps in (specific, query, own))
        return StreamMaps(specific, shared, Projections(query, key, value), own, common)

    def embed(self, images: Tensor, modality: Tensor, neck: str = "after") -> Tensor:
        """The (B, d) descriptors for retrieval, "after" or "before" the neck."""
        return self(images, modality).descriptor(neck)

    def attention_weights(self, images: Tensor, modality: Tensor) -> Tensor:
        """Which shared token each specific query reads: (B, h, w, h, w), positions of the query, then of the token.

        The last two axes sum to 1. With "mft" the positions are those of layer2, at stride 8.
        """
        return self.cross.weights(self.streams(images, modality).projected)


def parameter_counts(model: nn.Module) -> dict[str, int]:
    """Numbers of parameters: extractors and convolution blocks, which Table V seems to count, the rest, and all.

    Returns:
        "streams"; "attention", the projections of the transfer or a rival; "head", pooling and classifiers; "total".
    """
    sizes = {name: sum(p.numel() for p in part.parameters()) for name, part in model.named_children()}
    streams, attention = sizes["backbone"], sizes.get("cross", 0) + sizes.get("attention", 0)
    total = sum(size for name, size in sizes.items() if name != "criterion")
    return {"streams": streams, "attention": attention, "head": total - streams - attention, "total": total}


def describe_parameters() -> str:
    """The parameters of TMPA on ResNet-50 for RegDB's 206 training identities, beside Table V: a line for each row."""
    lines = []
    for row, transfer, printed in (("TMPA", "mft", 48.3), ("TMPA (w/o MFT)", "cross", 69.5)):
        with torch.device("meta"):  # shapes without values
            counts = parameter_counts(TMPA(build_backbone("resnet50"), 206, transfer))
        millions = ", ".join(f"{part} {count / 1e6:.2f} M" for part, count in counts.items())
        lines.append(f"{row}: {millions}; the paper prints {printed} M")
    return "\n".join(lines)
