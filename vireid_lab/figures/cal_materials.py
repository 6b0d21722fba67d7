"""Which garment each of CAL's parts sits on, counted by true material masks: are parts parts of the person?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from matplotlib.figure import Figure
from torch.nn import functional as F

from vireid_lab.analysis.correspondence import Correspondence
from vireid_lab.data.records import MODALITY_NAMES
from vireid_lab.spectra.labels import LABELS

from .cal_parts import part_name
from .samples import PARTS, part_of_label
from .style import COLOURS, DOUBLE, drawn

VERSION = 1
GROUPS = (*PARTS, "background")
OF_PERSON = [g for g, name in enumerate(GROUPS) if name not in ("occluder", "background")]


def material_shares(pairs: Sequence[Correspondence], masks: np.ndarray) -> np.ndarray:
    """(2, N_p, G) share of each part's selected weight that lies on each of GROUPS, mean over the pairs.

    Args:
        pairs: N pairs with regions.
        masks: (N, 2, H, W) uint8 material labels of their images.
    """
    covered = cell_groups(masks, pairs[0].regions.shape[2:])
    regions = np.stack([pair.regions for pair in pairs])
    regions = regions / regions.sum((3, 4), keepdims=True)
    return np.einsum("nmphw,nmghw->mpg", regions, covered) / len(pairs)


def cell_groups(masks: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(..., G, h, w) share of each cell of a map that shows each of GROUPS, from masks (..., H, W)."""
    group_of_label = part_of_label(LABELS, other=GROUPS.index("background"))
    groups = F.one_hot(torch.from_numpy(group_of_label[masks]), len(GROUPS))
    flat = groups.flatten(0, -4).permute(0, 3, 1, 2).double()
    return F.adaptive_avg_pool2d(flat, size).numpy().reshape(*masks.shape[:-2], len(GROUPS), *size)


def purity(shares: np.ndarray) -> np.ndarray:
    """(...,) share of the most frequent group, from shares (..., G)."""
    return shares.max(-1)


def agreement_of_materials(shares: np.ndarray, match: np.ndarray) -> tuple[float, float]:
    """Overlap of the materials of parts that are compared with each other, and of all other pairs of parts.

    The overlap of two parts is the sum over GROUPS of the smaller share, 0 to 1.

    Args:
        shares: (2, N_p, G), visible first.
        match: (N_p,) for each visible part the infrared one.
    """
    both = np.minimum(shares[1][:, None], shares[0][None]).sum(2)  # (u, v)
    inside = np.zeros_like(both, dtype=bool)
    inside[match, np.arange(len(match))] = True
    return float(both[inside].mean()), float(both[~inside].mean()) if len(match) > 1 else float("nan")


def describe_materials(pairs: Sequence[Correspondence], masks: np.ndarray) -> str:
    """Purity of the parts beside that of the whole image, and whether matched parts sit on the same things."""
    shares, match = material_shares(pairs, masks), pairs[0].match
    image = cell_groups(masks, (1, 1))[..., 0, 0].mean(0)  # (2, G)
    lines = []
    for m, name in enumerate(MODALITY_NAMES):
        main = ", ".join(f"{part_name(m, p)} {GROUPS[g]}" for p, g in enumerate(shares[m].argmax(1)))
        lines.append(
            f"{name}: purity {100 * purity(shares[m]).mean():.0f} % (whole image {100 * purity(image[m]):.0f} %); "
            f"on the person {100 * shares[m][:, OF_PERSON].sum(1).mean():.0f} % "
            f"(whole image {100 * image[m, OF_PERSON].sum():.0f} %); "
            f"most of {main}"
        )
    matched, others = agreement_of_materials(shares, match)
    lines.append(f"overlap of the materials of matched parts {100 * matched:.0f} %, of the others {100 * others:.0f} %")
    return "\n".join(lines)


@drawn
def material_bars(pairs: Sequence[Correspondence], masks: np.ndarray) -> Figure:
    """A bar for each part: what its region shows. An infrared part stands under the visible one it is compared with."""
    shares, match = material_shares(pairs, masks), pairs[0].match
    bars = [each for v in range(len(match)) for each in ((0, v), (1, int(match[v])))]
    places = np.arange(len(bars)) + np.arange(len(bars)) // 2 * 0.5
    figure = Figure(figsize=(DOUBLE, 0.9 + 0.24 * len(bars)), layout="constrained")
    axes = figure.subplots()
    left = np.zeros(len(bars))
    for g, group in enumerate(GROUPS):
        values = np.array([100 * shares[m, p, g] for m, p in bars])
        colour = "0.85" if group == "background" else COLOURS[g]
        axes.barh(places, values, left=left, height=0.9, color=colour, label=group, edgecolor="white", linewidth=0.4)
        left += values
    axes.set_yticks(places, [f"{MODALITY_NAMES[m]} {part_name(m, p)}" for m, p in bars])
    axes.invert_yaxis()
    axes.set(xlabel="share of the region (%)", xlim=(0, 100))
    axes.tick_params(axis="y", length=0)
    figure.legend(loc="outside upper center", ncols=6)
    return figure
