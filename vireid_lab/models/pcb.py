"""The part-based baseline: PCB."""

from __future__ import annotations

from torch import Tensor, nn

from .backbone import Backbone
from .heads import BNNeck, PartPool, embed_parts
from .output import ReIDOutput


class PCB(nn.Module):
    """Horizontal parts, each with its own reduction and classifier (Sun et al. 2018, "Beyond Part Models").

    PCB: 1x1 convolution, BN and ReLU, then a classifier with bias; here: a linear reduction and a BNNeck for each
    part, because the papers that build on it ask for one fully connected layer a part, and because features and
    embedding then mean the same as in the other baselines.

    Args:
        backbone: from `build_backbone`.
        n_ids: number of training identities N.
        parts: number of parts K; it must divide the rows of the feature map.
        reduction: width of each part's features; None keeps that of the backbone.
    """

    def __init__(self, backbone: Backbone, n_ids: int, parts: int = 6, reduction: int | None = 256):
        super().__init__()
        dim = reduction or backbone.dim
        self.backbone = backbone
        self.pool = PartPool(parts)
        self.reductions = nn.ModuleList(
            nn.Linear(backbone.dim, dim, bias=False) if reduction else nn.Identity() for _ in range(parts)
        )
        self.necks = nn.ModuleList(BNNeck(dim, n_ids) for _ in range(parts))

    def forward(self, images: Tensor, modality: Tensor) -> ReIDOutput:
        """Takes normalised images (B, 3, H, W) and modality (B,), rows in any order.

        Returns:
            features and embedding (B, K * d): the parts from top to bottom, concatenated; logits (B, K, N).

        Raises:
            InputError: K does not divide the rows of the feature map.
        """
        maps = self.backbone(images, modality)
        parts = self.pool(maps).unbind(1)  # K times (B, C)
        return ReIDOutput(*embed_parts(parts, self.reductions, self.necks), maps)

    def embed(self, images: Tensor, modality: Tensor, neck: str = "after") -> Tensor:
        """The (B, K * d) descriptors for retrieval, "after" or "before" the necks."""
        return self(images, modality).descriptor(neck)
