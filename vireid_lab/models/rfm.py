"""RFM's network: parts of a weighted low-level map, guided by what each modality sees at a high level."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from vireid_lab.runtime import unknown

from .backbone import Backbone, TwoStream
from .heads import BNNeck, PartPool, embed_parts
from .output import ReIDOutput
from .precision import full_precision
from .spatial_attention import SpatialAttention

ATTENTION = ("none", "cbam", "mam")


@dataclass
class RFMOutput(ReIDOutput):
    """Named tensors of one forward pass.

    Attributes:
        attention: (B, 1, h, w) weights of the positions; None without attention.
        high_logits: (B, N) of the high-level features, by the classifier of the image's modality; None without MAM.
        weighted: (B, C, h, w) the map F after the attention.
    """

    attention: Tensor | None = None
    high_logits: Tensor | None = None
    weighted: Tensor | None = None


class RFM(nn.Module):
    """Single-path backbone to layer3, attention, K horizontal parts with a reduction each (Tan et al. 2022, Fig. 4).

    MAM (Eq. 7): each modality has its own copy of layer4 (f_m, last stride 1); its output, averaged over the channels
    (f_S) and squeezed by a sigmoid, weighs the positions of F, the output of layer3. The high-level features have a
    classifier for each modality (L_id^v and L_id^n of Eq. 9) on their average over the positions; the paper does not
    say how they are pooled.

    The rivals of Table V: "none" leaves F as it is and "cbam" weighs it by CBAM's spatial attention; neither has a
    layer4, and nor do the rows of Table II without MAM (the paper does not say what they do; here the same F).

    Triplet and center losses see the parts after the reduction (Sec. IV-A). The paper does not say whether the
    classifier has a neck; here each part has a BNNeck, as in `models.pcb`: without it the cross-center loss with its
    weight of 3 shrinks what the classifier sees, and the smallest network does not learn its training identities.

    Args:
        backbone: from `build_backbone`; its layer4 becomes one for each modality, or is dropped.
        n_ids: number of training identities N.
        parts: number of parts K; it must divide the rows of the map.
        reduction: width d of each part's features.
        attention: "none", "cbam" or "mam".

    Raises:
        InputError: the attention is unknown.
    """

    def __init__(self, backbone: Backbone, n_ids: int, parts: int = 12, reduction: int = 256, attention: str = "mam"):
        super().__init__()
        if attention not in ATTENTION:
            raise unknown("attention", attention, ATTENTION)
        low = backbone.stage_dims[2]
        self.backbone = backbone
        self.spatial = SpatialAttention() if attention == "cbam" else None
        self.high_classifiers = TwoStream(nn.Linear(backbone.dim, n_ids)) if attention == "mam" else None
        backbone.layer4 = TwoStream(backbone.layer4) if attention == "mam" else nn.Identity()
        self.pool = PartPool(parts)
        self.reductions = nn.ModuleList(nn.Linear(low, reduction, bias=False) for _ in range(parts))
        self.necks = nn.ModuleList(BNNeck(reduction, n_ids) for _ in range(parts))

    def forward(self, images: Tensor, modality: Tensor) -> RFMOutput:
        """Takes normalised images (B, 3, H, W) and modality (B,), rows in any order.

        Returns:
            features and embedding (B, K * d): the parts from top to bottom, concatenated; logits (B, K, N); maps
            (B, C, h, w): F.

        Raises:
            InputError: K does not divide the rows of the map.
        """
        net = self.backbone
        maps = net.layer3(net.layer2(net.layer1(net.stem(images, modality))))  # F
        attention = high_logits = None
        if self.high_classifiers:
            high = net.layer4(maps, modality)  # f_m(F^m)
            attention = full_precision(high).mean(1, keepdim=True).sigmoid()  # Eq. 7
            high_logits = self.high_classifiers(full_precision(high).mean((2, 3)), modality)
        elif self.spatial:
            attention = self.spatial(maps)
        weighted = maps if attention is None else attention * maps
        parts = self.pool(weighted).unbind(1)  # K times (B, C)
        embedded = embed_parts(parts, self.reductions, self.necks)
        return RFMOutput(*embedded, maps, attention, high_logits, weighted)

    def embed(self, images: Tensor, modality: Tensor, neck: str = "after") -> Tensor:
        """The (B, K * d) descriptors for retrieval, "after" or "before" the necks."""
        return self(images, modality).descriptor(neck)
