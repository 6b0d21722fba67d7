"""IDKL's information purifier: masks that keep what tells identities apart and drop what tells modalities apart."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from vireid_lab.runtime import InputError

from .heads import GeM


class InformationPurifier(nn.Module):
    """Two masks, guided by instance normalisation (Ren and Zhang 2024, Eq. 7-8).

    The pooling g is GeM: the average of a normalised map is exactly 0, so that m_r would be 1/2 for every image.
    Since the masks only multiply, Eq. 12 is F~ = m_e m_r (F + F^): both of its terms have the same weights.

    Args:
        dim: channels C.
        variant: "paper": the masks weigh channels, from the pooled map; "released", as the public code: 1x1
            convolutions on the map itself, a weight for each position.
        reduction: r of Eq. 8.
    """

    def __init__(self, dim: int, variant: str = "paper", reduction: int = 16):
        super().__init__()
        self.pool = GeM().requires_grad_(False) if variant == "paper" else None
        self.enhance = self._mask(dim, dim // reduction)  # W_1, W_2
        self.reduce = self._mask(dim, dim // reduction)  # W_3, W_4

    def _mask(self, dim: int, hidden: int) -> nn.Sequential:
        def layer(n_in: int, n_out: int) -> nn.Module:
            return nn.Linear(n_in, n_out, bias=False) if self.pool else nn.Conv2d(n_in, n_out, 1, bias=False)

        return nn.Sequential(layer(dim, hidden), nn.ReLU(), layer(hidden, dim), nn.Sigmoid())

    def forward(self, maps: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Maps F (B, C, h, w) to F^ (B, C, h, w), m_e and m_r (B, C), or (B, C, h, w) if released.

        Raises:
            InputError: a map of one position has no variance to normalise by.
        """
        if maps.shape[2:].numel() == 1:
            raise InputError(
                "the feature map is 1x1: instance normalisation makes it 0; give larger images, e.g. size=32x16 or more"
            )
        normalised = F.instance_norm(maps)  # eps 1e-5, no affine
        seen = (self.pool(maps), self.pool(normalised)) if self.pool else (maps, normalised)
        return normalised, self.enhance(seen[0]), self.reduce(seen[1])
