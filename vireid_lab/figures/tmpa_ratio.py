"""TMPA's mix ratio against what is found, above images that are mixed so (Guo et al. 2023, Fig. 4)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from matplotlib.figure import Figure

from vireid_lab.analysis.sweeps import Sweep
from vireid_lab.augment.pedmix import PedMix, ratios_from
from vireid_lab.data.records import MODALITY_NAMES
from vireid_lab.data.transforms import to_pictures, to_unit_images

from .samples import montage
from .style import SINGLE, drawn
from .sweeps import draw_sweep

VERSION = 1
PICTURES = (0.35, 0.45, 0.55, 0.65, 0.75, 0.85)  # the A_C under Fig. 4


def ratio_pictures(pair: np.ndarray, seed: int) -> list[list[np.ndarray]]:
    """Both images of a pair (2, H, W, 3) uint8 after PedMix at the ratios of PICTURES, each with the same seed."""
    visible, infrared = to_unit_images(pair).split(1)
    columns = []
    for ratio in PICTURES:
        mixed = torch.cat(PedMix(ratios=ratios_from(ratio))(visible, infrared, np.random.default_rng(seed)))
        columns.append(to_pictures(mixed))
    return [list(row) for row in zip(*columns, strict=True)]


@drawn
def ratio_sheet(sweep: Sweep | None, pictures: Sequence[Sequence[np.ndarray]]) -> Figure:
    """Fig. 4: rank-1 and mAP against the ratio of the center, above images that are mixed so.

    Args:
        sweep: of A_C; None leaves the curve out.
        pictures: a row of visible and a row of infrared images (H, W, 3) uint8, one for each ratio of PICTURES.
    """
    canvas = montage(pictures)
    tall = (SINGLE - 0.3) * canvas.shape[0] / canvas.shape[1]
    heights = [tall] if sweep is None else [1.8, tall]
    figure = Figure(figsize=(SINGLE, sum(heights) + 0.5), layout="constrained")
    *curve, sheet = figure.subplots(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
    for axes in curve:
        draw_sweep(axes, sweep)
        axes.set_ylabel("percent")
        axes.legend(ncols=2)
    sheet.imshow(canvas)
    rows, columns = (np.arange(count) + 0.5 for count in (len(pictures), len(PICTURES)))
    sheet.set_xticks(columns * canvas.shape[1] / len(columns), [f"{ratio:.2f}" for ratio in PICTURES])
    sheet.set_yticks(rows * canvas.shape[0] / len(rows), MODALITY_NAMES, rotation=90, va="center")
    sheet.set_xlabel("ratio $A_C$ of both images above ($A_S$: +0.05, $A_O$: +0.10)")
    sheet.tick_params(length=0)
    sheet.spines[:].set_visible(False)
    return figure
