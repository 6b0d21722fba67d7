"""Where a model looks when it finds two images alike: Grad-CAM with the similarity as its target."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from matplotlib.figure import Figure
from pytorch_grad_cam import GradCAM
from torch import Tensor, nn
from torch.nn import functional as F

from vireid_lab.models.inference import inference

from .heat_maps import draw_scale, overlay
from .samples import draw_montage
from .style import SINGLE, drawn

VERSION = 1
LABEL = "speaks for the similarity\n(share of the largest value)"  # of the maps' scale


class Embedder(nn.Module):
    """A model whose images all have the same modality, as grad-cam calls it: embed(images) alone.

    Args:
        model: has `embed(images, modality)` -> (B, d).
        modality: 0 visible, 1 infrared.
    """

    def __init__(self, model: nn.Module, modality: int):
        super().__init__()
        self.model, self.modality = model, modality

    def forward(self, images: Tensor) -> Tensor:
        """Embeds (B, 3, H, W)."""
        modality = torch.full((len(images),), self.modality, dtype=torch.int64, device=images.device)
        return self.model.embed(images, modality)


def similarity_map(model: nn.Module, layer: nn.Module, image: Tensor, modality: int, other: Tensor) -> np.ndarray:
    """Grad-CAM (Selvaraju et al. 2017, Eq. 1 and 2) with the cosine similarity to another embedding as the score.

    The model is left as it was found: its mode, no hooks, and no gradients of ours.

    Args:
        model: has `embed(images, modality)` -> (B, d).
        layer: a module of the model with an output (B, C, h, w), usually the last one.
        image: (3, H, W), normalised as in training.
        modality: of the image, 0 visible, 1 infrared.
        other: (d,) embedding of the image to compare with; it is held fixed.

    Returns:
        (H, W) float32 in [0, 1], the largest value 1; all 0 where nothing speaks for the similarity.
    """
    training = model.training
    cam = GradCAM(Embedder(model, modality), [layer])  # puts the model into evaluation mode
    try:
        images = image[None].clone().requires_grad_()  # so that a frozen model has gradients too
        with torch.enable_grad():
            return cam(images, [lambda embedding: F.cosine_similarity(embedding, other, dim=0)])[0]
    finally:
        # Not `with cam`: its __exit__ swallows an IndexError.
        cam.activations_and_grads.release()
        model.zero_grad(set_to_none=True)
        model.train(training)


def pair_maps(
    model: nn.Module, layer: nn.Module, images: Tensor, modality: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Maps of both images of a pair, each for its similarity to the other.

    Args:
        model: has `embed(images, modality)` -> (B, d).
        layer: a module of the model with an output (B, C, h, w).
        images: (2, 3, H, W), normalised as in training.
        modality: of the two images.

    Returns:
        Two maps (H, W) in [0, 1].
    """
    with inference(model):
        first, second = model.embed(images, torch.tensor(modality, device=images.device))
    return (
        similarity_map(model, layer, images[0], modality[0], second),
        similarity_map(model, layer, images[1], modality[1], first),
    )


@drawn
def saliency_sheet(
    pairs: Sequence[tuple[np.ndarray, np.ndarray]],
    maps: Sequence[tuple[np.ndarray, np.ndarray]],
    rows: Sequence[str],
    columns: tuple[str, str] = ("query", "match"),
) -> Figure:
    """One row a pair: the query, its map, the match, its map.

    Args:
        pairs: N pairs of images (H, W, 3) uint8.
        maps: N pairs of maps (H, W) in [0, 1] (`pair_maps`).
        rows: N labels.
        columns: what the two images are.
    """
    cells = [
        [image for shown in zip(images, heats, strict=True) for image in (shown[0], overlay(*shown))]
        for images, heats in zip(pairs, maps, strict=True)
    ]
    first, second = columns
    figure, axes = draw_montage(cells, rows, [first, "its map", second, "its map"], SINGLE, right=0.75)
    draw_scale(axes, label=LABEL, margin=0.15)
    return figure
