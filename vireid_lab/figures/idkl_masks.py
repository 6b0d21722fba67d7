"""Which channels the masks of IDKL's information purifier keep, and whether they are the ones that they should keep."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.stats import spearmanr

from vireid_lab.data.transforms import from_pictures
from vireid_lab.models.idkl import IDKL
from vireid_lab.models.inference import inference
from vireid_lab.runtime import InputError

from .style import BLUE, DOUBLE, GREY, ORANGE, drawn

VERSION = 1
BATCH = 128
FLAT = 1e-6  # weights this near to each other are equal


@dataclass(frozen=True)
class Masks:
    """The masks of N images, and what the C channels that they weigh tell.

    Attributes:
        m_e: (N, C) of Eq. 8; the mean over the positions where the purifier weighs positions.
        m_r: (N, C), likewise.
        between: (C,) share of the variance of f_sp inside a modality that lies between identities (η²).
        gap: (C,) distance of the modality means of f^_sp over its standard deviation inside a modality.
    """

    m_e: np.ndarray
    m_r: np.ndarray
    between: np.ndarray
    gap: np.ndarray

    @property
    def product(self) -> np.ndarray:
        """(N, C) m_e m_r: Eq. 12 is m_e m_r (F + F^)."""
        return self.m_e * self.m_r


def purifier_masks(model: IDKL, images: np.ndarray, ids: np.ndarray, modality: np.ndarray) -> Masks:
    """The masks of images, and the channels of their features.

    Args:
        model: with a purifier.
        images: (N, H, W, 3) uint8.
        ids: (N,) identities.
        modality: (N,) 0 visible, 1 infrared.

    Raises:
        InputError: the model has no purifier.
    """
    if model.purifier is None:
        raise InputError("the model has no purifier: give losses a term ip, such as ip:0.1")
    parts = []
    with inference(model) as device:
        for rows in np.split(np.arange(len(images)), range(BATCH, len(images), BATCH)):
            inputs = from_pictures(images[rows]).to(device)
            output = model(inputs, torch.from_numpy(modality[rows]).to(device))
            masks = [mask if mask.ndim == 2 else mask.mean((2, 3)) for mask in (output.mask_e, output.mask_r)]
            parts.append([each.float().cpu().numpy() for each in (*masks, output.specific, output.normalised)])
    m_e, m_r, specific, normalised = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Masks(m_e, m_r, between_identities(specific, ids, modality), modality_gap(normalised, modality))


def between_identities(features: np.ndarray, ids: np.ndarray, modality: np.ndarray) -> np.ndarray:
    """η² of each channel, mean of both modalities: variance between identities over the whole; 0 of a constant one.

    Args:
        features: (N, C).
        ids: (N,) identities.
        modality: (N,) 0 visible, 1 infrared.
    """
    shares = []
    for m in np.unique(modality):
        own, of = features[modality == m].astype(float), ids[modality == m]
        names, row = np.unique(of, return_inverse=True)
        means = np.stack([own[row == k].mean(0) for k in range(len(names))])[row]
        whole = own.var(0)
        shares.append(np.divide(means.var(0), whole, out=0 * whole, where=whole > 0))
    return np.mean(shares, 0)


def modality_gap(features: np.ndarray, modality: np.ndarray) -> np.ndarray:
    """|mean_V - mean_I| / standard deviation inside a modality, of each channel of (N, C); 0 of a constant one."""
    visible, infrared = (features[modality == m].astype(float) for m in (0, 1))
    spread = np.sqrt((visible.var(0) + infrared.var(0)) / 2)
    return np.divide(np.abs(visible.mean(0) - infrared.mean(0)), spread, out=0 * spread, where=spread > 0)


@drawn
def mask_sheet(masks: Masks) -> Figure:
    """The weights in order, and each mask against what its channels tell."""
    figure = Figure(figsize=(DOUBLE, 2.6), layout="constrained")
    order, enhancing, reducing = figure.subplots(1, 3)
    for name, values, colour, line in (
        ("$m_e$", masks.m_e, BLUE, "-"),
        ("$m_r$", masks.m_r, ORANGE, "--"),
        ("$m_e m_r$", masks.product, GREY, ":"),
    ):
        places = values.mean(0).argsort()[::-1]
        mean, spread = values.mean(0)[places], values.std(0)[places]
        order.plot(mean, line, color=colour, label=name)
        order.fill_between(range(len(mean)), mean - spread, mean + spread, color=colour, alpha=0.2, linewidth=0)
    order.set(xlabel="channel, by its own weight", ylabel="weight (mean ± std of images)", ylim=(0, 1))
    order.legend()
    draw_cloud(enhancing, masks.between, masks.m_e, BLUE, "o")
    enhancing.set(xlabel="$f_{sp}$: variance between identities (share)", ylabel="$m_e$ (mean of images)")
    draw_cloud(reducing, masks.gap, masks.m_r, ORANGE, "^")
    reducing.set(xlabel="$\\hat{f}_{sp}$: gap of the modalities (std)", ylabel="$m_r$ (mean of images)")
    return figure


def draw_cloud(axes: Axes, x: np.ndarray, mask: np.ndarray, colour: str, marker: str) -> None:
    """A channel a point, with the rank correlation above."""
    axes.scatter(x, mask.mean(0), s=9, marker=marker, facecolors="none", edgecolors=colour, linewidths=0.7)
    axes.set_title(
        "the same for all channels" if is_flat(mask) else f"rank correlation {rank_correlation(x, mask):+.2f}"
    )


def is_flat(mask: np.ndarray) -> bool:
    """Whether a mask (N, C) is one and the same number, as when no hidden unit of its network fires any more."""
    return bool(np.ptp(mask) < FLAT)


def rank_correlation(x: np.ndarray, mask: np.ndarray) -> float:
    """Spearman's, of the channels' mean weights (N, C) with x (C,); 0 where either is constant."""
    weights = mask.mean(0)
    return 0.0 if np.ptp(x) == 0 or np.ptp(weights) == 0 else float(spearmanr(x, weights).statistic)


def describe_masks(masks: Masks) -> str:
    """What the masks keep, in plain text."""
    kept = {name: values.mean(0) > 0.5 for name, values in (("m_e", masks.m_e), ("m_r", masks.m_r))}
    lines = [
        f"{name}: mean weight {values.mean():.2f}, {kept[name].sum()} of {values.shape[1]} channels above 1/2; "
        f"from image to image a weight varies by {values.std(0).mean():.3f}, "
        f"from channel to channel by {values.mean(0).std():.3f}"
        + (": it weighs nothing, because no hidden unit of its network fires any more" if is_flat(values) else "")
        for name, values in (("m_e", masks.m_e), ("m_r", masks.m_r))
    ]
    lines.append(f"both keep {(kept['m_e'] & kept['m_r']).sum()} channels; mean of m_e m_r {masks.product.mean():.2f}")
    told = rank_correlation(masks.between, masks.m_e), rank_correlation(masks.gap, masks.m_r)
    lines.append(
        f"rank correlation of m_e with the variance between identities {told[0]:+.2f}, "
        f"of m_r with the gap of the modalities {told[1]:+.2f}"
    )
    return "\n".join(lines)
