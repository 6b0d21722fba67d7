"""The global-feature baseline of the field: AGW, and without attention the plain baseline."""

from __future__ import annotations

from torch import Tensor, nn

from .backbone import Backbone
from .heads import BNNeck, GeM
from .output import ReIDOutput


class AGW(nn.Module):
    """Backbone, GeM and BNNeck (Ye et al. 2021, "Deep Learning for Person Re-identification").

    With `build_backbone(..., two_stream="stem", attention="nonlocal")` it is AGW; without attention it is the
    baseline of most papers of the field.

    Args:
        backbone: from `build_backbone`.
        n_ids: number of training identities N.
    """

    def __init__(self, backbone: Backbone, n_ids: int):
        super().__init__()
        self.backbone = backbone
        self.pool = GeM()
        self.neck = BNNeck(backbone.dim, n_ids)

    def forward(self, images: Tensor, modality: Tensor) -> ReIDOutput:
        """Takes normalised images (B, 3, H, W) and modality (B,), rows in any order."""
        maps = self.backbone(images, modality)
        features = self.pool(maps)
        embedding, logits = self.neck(features)
        return ReIDOutput(features, embedding, logits, maps)

    def embed(self, images: Tensor, modality: Tensor, neck: str = "after") -> Tensor:
        """The (B, d) descriptors for retrieval, "after" or "before" the neck."""
        return self(images, modality).descriptor(neck)
