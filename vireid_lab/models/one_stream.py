"""TMPA's baseline: the shared extractor alone, with or without attention, and mixed images beside the others."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vireid_lab.runtime import unknown

from .backbone import Backbone
from .heads import BNNeck, GeM
from .map_attention import MAP_ATTENTION
from .output import MixedOutput


class OneStream(nn.Module):
    """One extractor for both modalities, GeM and BNNeck: "Baseline (B)" of Guo et al. 2023, Table II.

    Mixed images pass through the network in the same batch as the others; both have losses. The rivals of Table VI
    stand where MFT has its cross attention, behind layer2 (the paper does not say where it puts them).

    Args:
        backbone: from `build_backbone`.
        n_ids: number of training identities N.
        attention: "none", "se", "stn" or "cbam".

    Raises:
        InputError: the attention is unknown.
    """

    takes_mixed = True

    def __init__(self, backbone: Backbone, n_ids: int, attention: str = "none"):
        super().__init__()
        if attention not in ("none", *MAP_ATTENTION):
            raise unknown("attention", attention, ("none", *MAP_ATTENTION))
        self.backbone = backbone
        low = backbone.stage_dims[1]
        self.attention = nn.Identity() if attention == "none" else MAP_ATTENTION[attention](low)
        self.pool = GeM()
        self.neck = BNNeck(backbone.dim, n_ids)

    def forward(self, images: Tensor, modality: Tensor, mixed: Tensor | None = None) -> MixedOutput:
        """Takes normalised images (B, 3, H, W), modality (B,) and mixed images (B, 3, H, W), row i of both alike."""
        size, net = len(images), self.backbone
        if mixed is not None:
            images, modality = torch.cat([images, mixed]), modality.repeat(2)
        low = net.layer2(net.layer1(net.stem(images, modality)))
        maps = net.layer4(net.layer3(self.attention(low)))
        features = self.pool(maps)
        embedding, logits = self.neck(features)
        return MixedOutput(features, embedding, logits, maps).apart(size)

    def embed(self, images: Tensor, modality: Tensor, neck: str = "after") -> Tensor:
        """The (B, d) descriptors for retrieval, "after" or "before" the neck."""
        return self(images, modality).descriptor(neck)
