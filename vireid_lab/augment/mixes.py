"""PedMix's rivals in Fig. 3 and Table IV of Guo et al. 2023, on pairs of one identity as PedMix itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor, nn

from vireid_lab.data.transforms import normalise
from vireid_lab.runtime import InputError

from .mixing import Mix, PatchExchange, choose, enlarge, patch_grid, patch_size
from .pedmix import RATIOS, PedMix, ratios_from
from .rectangles import inside_rectangles

Attention = Callable[[Tensor, Tensor], Tensor]


class BetaMix(Mix):
    """A mix that leaves each image the share λ of itself, λ from Beta(alpha, alpha).

    Args:
        alpha: of the distribution.

    Raises:
        InputError: alpha is not above 0, or infinite.
    """

    def __init__(self, alpha: float = 1.0):
        if not 0 < alpha < np.inf:
            raise InputError(f"{type(self).__name__.lower()}: alpha = {alpha:g} is not a number above 0")
        self.alpha = alpha

    def kept(self, number: int, rng: Generator) -> np.ndarray:
        """Draws λ (number,) float64."""
        return rng.beta(self.alpha, self.alpha, number)


class Mixup(BetaMix):
    """Adds the two images of a pair, weighted: λ own + (1 - λ) other (Zhang et al. 2017).

    Original: any two images, with the label λ y_a + (1 - λ) y_b; here both have one identity, so that this is y.
    torchvision's MixUp mixes neighbours in the batch and takes no generator.
    """

    def draw(self, shape: tuple[int, ...], rng: Generator) -> np.ndarray:
        """Draws (N,) float32 for pairs of `shape` (N, C, H, W): λ, the share of an image that stays."""
        return self.kept(shape[0], rng).astype(np.float32)

    def masks(self, visible: Tensor, infrared: Tensor, kept: np.ndarray) -> tuple[Tensor, Tensor]:
        share = 1 - torch.from_numpy(kept).to(visible)[:, None, None, None]
        return share, share


class CutMix(BetaMix):
    """Exchanges one rectangle with the share 1 - λ of the image (Yun et al. 2019).

    Its centre lies anywhere, and what leaves the image is cut off. Original: any two images, with the label joined by
    the areas; here both have one identity y, so that the label is y. torchvision's CutMix mixes neighbours in the
    batch and takes no generator; its rectangles are these.
    """

    def draw(self, shape: tuple[int, ...], rng: Generator) -> np.ndarray:
        """Draws (N, 4) int64 for pairs of `shape` (N, C, H, W): top, left, bottom, right, the last two not included."""
        size = np.array(shape[2:])
        centre = rng.integers(0, size, (shape[0], 2))
        half = (0.5 * np.sqrt(1 - self.kept(shape[0], rng)[:, None]) * size).astype(np.int64)
        return np.concatenate([np.maximum(centre - half, 0), np.minimum(centre + half, size)], axis=1)

    def masks(self, visible: Tensor, infrared: Tensor, rectangles: np.ndarray) -> tuple[Tensor, Tensor]:
        mask = inside_rectangles(rectangles, visible).to(visible.dtype)
        return mask, mask


class PatchMix(PatchExchange):
    """Exchanges a share of all patches, drawn at random over the whole image (PMCM, Qian et al. 2023).

    The patch-mixed images of PMCM, without its losses and its part alignment. Half of the patches by default: Guo et
    al. do not say how many. Label: the identity of the pair, as there.

    Args:
        share: of the patches, exactly round(share · n) of them.
        patch: side in pixels; None makes 24 rows of patches, as in PedMix.

    Raises:
        InputError: the share is outside [0, 1], or the patch is no whole number.
    """

    def __init__(self, share: float = 0.5, patch: float | None = None):
        self.share, self.patch = unit_share("patchmix", share), patch_size("patchmix", patch)

    def draw(self, shape: tuple[int, ...], rng: Generator) -> np.ndarray:
        """Draws (N, rows, columns) bool for pairs of `shape` (N, C, H, W): the patches that change places."""
        rows, columns = patch_grid("patchmix", shape[2:], self.patch)
        return choose(shape[0], rows * columns, round(self.share * rows * columns), rng).reshape(-1, rows, columns)


class AttentiveCutMix(Mix):
    """Pastes the cells of the other image that get the most attention (Walawalkar et al. 2020); nothing is random.

    Each image of a pair takes other cells: the mixed visible one those that stand out in the infrared image.
    Original: 6 cells of a 7 x 7 map of a pretrained network, any two images, labels joined by the areas; here the
    same share of the attention map's cells, round(share · n), and the identity of the pair as the label.

    Args:
        share: of the cells.
        attention: images (N, 3, H, W) in [0, 1] and modality (N,) int64 -> maps (N, h, w), e.g. `BackboneAttention`.

    Raises:
        InputError: the share is outside [0, 1]; in a call: there is no attention.
    """

    def __init__(self, share: float = 6 / 49, attention: Attention | None = None):
        self.share, self.attention = unit_share("attentive_cutmix", share), attention

    def draw(self, shape: tuple[int, ...], rng: Generator) -> None:
        """Draws nothing."""

    def masks(self, visible: Tensor, infrared: Tensor, parameters: None = None) -> tuple[Tensor, Tensor]:
        if self.attention is None:
            raise InputError(
                "attentive_cutmix: there is no network to look with; give attention=BackboneAttention(...)"
            )
        modality = torch.arange(2, device=visible.device).repeat_interleave(len(visible))
        attention = self.attention(torch.cat([visible, infrared]), modality)  # (2N, h, w)
        cells = attention.flatten(1)
        best = cells.topk(round(self.share * cells.shape[1]), dim=1).indices
        chosen = torch.zeros_like(cells).scatter_(1, best, 1).view_as(attention)
        of_infrared, of_visible = enlarge(chosen, visible).chunk(2)
        return of_visible, of_infrared


class BackboneAttention:
    """The mean activation of a backbone's last map, in evaluation mode and without gradients.

    Original: a separate pretrained network; here the backbone that is being trained, which starts pretrained. What it
    attends to follows the training, and a training that is resumed goes on with the same attention.

    Args:
        backbone: normalised images (N, 3, H, W) and modality (N,) -> maps (N, C, h, w).
    """

    def __init__(self, backbone: nn.Module):
        self.backbone = backbone

    @torch.no_grad()
    def __call__(self, images: Tensor, modality: Tensor) -> Tensor:
        """Returns (N, h, w) for images (N, 3, H, W) in [0, 1] and modality (N,)."""
        training = self.backbone.training
        self.backbone.eval()
        try:
            return self.backbone(normalise(images), modality).abs().mean(1)
        finally:
            self.backbone.train(training)


MIXES: dict[str, Callable[..., Any]] = {  # each called with the number behind its name, or with nothing
    "mixup": Mixup,
    "cutmix": CutMix,
    "patchmix": PatchMix,
    "attentive_cutmix": AttentiveCutMix,
    "pedmix": PedMix,
    "pedmix_center": lambda patch=None: PedMix(patch, ratios=(RATIOS[0], 0, 0)),  # Table III, second row
    "pedmix_inner": lambda patch=None: PedMix(patch, ratios=(*RATIOS[:2], 0)),  # third row
    "pedmix_ratio": lambda center=RATIOS[0]: PedMix(ratios=ratios_from(center)),  # Fig. 4
}


def unit_share(name: str, share: float) -> float:
    if not 0 <= share <= 1:
        raise InputError(f"{name}: the share {share:g} is not in [0, 1]")
    return share
