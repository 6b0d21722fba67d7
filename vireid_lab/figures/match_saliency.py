"""Where models look when they find the same person in the other modality, and how often at the person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import nn
from torch.nn import functional as F

from vireid_lab.data.transforms import from_pictures
from vireid_lab.models.idkl_branch import IDKLBranch
from vireid_lab.models.inference import inference
from vireid_lab.models.tmpa import TMPA
from vireid_lab.runtime import InputError
from vireid_lab.spectra.labels import FIRST_PERSON

from .heat_maps import draw_scale, overlay
from .saliency import LABEL, similarity_map
from .samples import draw_montage
from .style import DOUBLE, drawn

VERSION = 1
FLAT = 1e-6  # values this near to each other are equal


def last_layer(model: nn.Module) -> nn.Module:
    """The layer whose output the features are pooled from: F_C of TMPA, that of a branch of IDKL, otherwise layer4."""
    if isinstance(model, TMPA):
        return model.complete
    return model.last_layer if isinstance(model, IDKLBranch) else model.backbone.layer4


def match_maps(model: nn.Module, images: np.ndarray, ids: np.ndarray, modality: np.ndarray) -> np.ndarray:
    """Grad-CAM of each image for its similarity to its own person in the other modality (the mean of the embeddings).

    The papers do not say what their heat maps speak for; here that two images show the same person.

    Args:
        model: has `embed(images, modality)`.
        images: (N, H, W, 3) uint8.
        ids: (N,) identities.
        modality: (N,) 0 visible, 1 infrared.

    Returns:
        (N, H, W) float32 in [0, 1].

    Raises:
        InputError: an image has no partner of its identity in the other modality.
    """
    partners = (ids[:, None] == ids) & (modality[:, None] != modality)
    alone = ids[~partners.any(1)]
    if len(alone):
        raise InputError(f"identity {alone[0]} has no image of the other modality: give both of each person")
    with inference(model) as device:
        inputs = from_pictures(images).to(device)
        embeddings = F.normalize(model.embed(inputs, torch.from_numpy(modality).to(device)), dim=1)
    maps = []
    for image, kind, chosen in zip(inputs, modality, torch.from_numpy(partners).to(device), strict=True):
        maps.append(similarity_map(model, last_layer(model), image, int(kind), embeddings[chosen].mean(0)))
    return np.stack(maps)


def energy_shares(maps: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """(N,) share of each map's sum that lies on the person; NaN for a map of zeros.

    Args:
        maps: (N, H, W), not negative.
        masks: (N, H, W) material labels.
    """
    on_person = np.where(masks >= FIRST_PERSON, maps, 0).sum((1, 2), dtype=float)
    whole = maps.sum((1, 2), dtype=float)
    return np.divide(on_person, whole, out=np.full(len(maps), np.nan), where=whole > 0)


def pointing_game(maps: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """(N,) 1 where the largest value of a map lies on the person (Zhang et al. 2018, without a tolerance), 0 elsewhere.

    Small maps that were enlarged are flat where they are largest: then the middle of that place counts. NaN for a map
    of zeros.
    """
    hits = np.full(len(maps), np.nan)
    for row, (heat, mask) in enumerate(zip(maps, masks, strict=True)):
        if heat.max() > 0:
            y, x = (places.mean().round().astype(int) for places in np.nonzero(heat >= heat.max() - FLAT))
            hits[row] = mask[y, x] >= FIRST_PERSON
    return hits


def describe_looks(maps: Mapping[str, np.ndarray], masks: np.ndarray) -> str:
    """Mean energy share and pointing-game score of each model beside the share of the image that is person.

    Means are over the maps that are not empty; Grad-CAM gives an empty one where nothing speaks for the similarity.
    """
    area = (masks >= FIRST_PERSON).mean()
    lines = [f"area of the person: {100 * area:.1f} % of the image"]
    for name, heats in maps.items():
        shown = heats.any((1, 2))
        numbers = "no map"
        if shown.any():
            shares, hits = energy_shares(heats, masks)[shown], pointing_game(heats, masks)[shown]
            numbers = (
                f"{100 * shares.mean():.1f} % of the energy on the person, pointing game {100 * hits.mean():.0f} %"
            )
        lines.append(f"{name}: {numbers} ({(~shown).sum()} of {len(heats)} maps are empty)")
    return "\n".join(lines)


def describe_agreement(maps: Mapping[str, np.ndarray]) -> str:
    """How alike the maps of one image are, by the mean correlation over the images with two maps that are not flat.

    Args:
        maps: name of the model -> (N, H, W).
    """
    pairs = []
    for (first, a), (second, b) in combinations(maps.items(), 2):
        both = [(x.ravel(), y.ravel()) for x, y in zip(a, b, strict=True) if np.ptp(x) > 0 and np.ptp(y) > 0]
        mean = np.mean([np.corrcoef(x, y)[0, 1] for x, y in both]) if both else np.nan
        pairs.append(f"{first} and {second} {mean:+.2f} (n = {len(both)})")
    return f"correlation of the maps of one image: {', '.join(pairs)}"


@drawn
def match_sheet(images: np.ndarray, maps: Mapping[str, np.ndarray], rows: Sequence[str]) -> Figure:
    """A row for each image, with the heat map of each model (Guo et al. 2023, Fig. 7; Ren and Zhang 2024, Fig. 4).

    Args:
        images: (N, H, W, 3) uint8.
        maps: name of the model -> (N, H, W) in [0, 1].
        rows: N labels.
    """
    cells = [[image, *(overlay(image, heats[row]) for heats in maps.values())] for row, image in enumerate(images)]
    names = ["image", *("\n+".join(name.rsplit("+", 1)) for name in maps)]
    width = min(DOUBLE, 1.3 + 0.62 * len(names))
    figure, axes = draw_montage(cells, rows, names, width, right=0.75)
    draw_scale(axes, label=LABEL)
    return figure
