"""Band-ratio images, and how much of NIR a line for each region explains, by kind of scene."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

from vireid_lab.runtime import InputError

from .style import BLUE, DOUBLE, GREY, MAP, ORANGE, SINGLE, drawn

VERSION = 1
SHOWN = (2, 98)  # percentiles of the ratios at the ends of the colour scale
MASKED = "white"
LOWEST = -0.5  # R² at the left end of the axis; a median below it is an arrow there


@drawn
def band_ratio_sheet(rows: Sequence[tuple[str, np.ndarray, np.ndarray]]) -> Figure:
    """Fig. 2 of Tan et al. 2022: N/R, N/G and N/B of each pixel on one logarithmic scale; masked pixels are white.

    Args:
        rows: for each scene its name, the visible image (H, W, 3) in [0, 1] for display, and the ratios (H, W, 3) with
            NaN at masked pixels (`analysis.reflection.band_ratios`).

    Raises:
        InputError: no pixel of any scene has a ratio.
    """
    found = np.concatenate([ratios[np.isfinite(ratios)] for _, _, ratios in rows])
    if found.size == 0:
        raise InputError("band ratios: every pixel is masked (saturated, near black or NaN): choose other scenes")
    low, high = np.percentile(found, SHOWN)
    norm = LogNorm(low, max(high, 1.01 * low))
    colours = colormaps[MAP].with_extremes(bad=MASKED)
    ratio = max(image.shape[0] / image.shape[1] for _, image, _ in rows)
    figure = Figure(figsize=(DOUBLE, 0.45 + len(rows) * (1.53 * ratio + 0.06)), layout="constrained")
    grid = figure.subplots(len(rows), 4, squeeze=False)
    for line, (name, image, ratios) in zip(grid, rows, strict=True):
        line[0].imshow(image)
        line[0].set_ylabel(name)
        for axes, channel in zip(line[1:], range(3), strict=True):
            shown = axes.imshow(ratios[..., channel], norm=norm, cmap=colours)
        for axes in line:
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_visible(True)
            axes.spines[:].set_color("0.8")
    for axes, title in zip(grid[0], ("visible", "N / R", "N / G", "N / B"), strict=True):
        axes.set_title(title)
    bar = figure.colorbar(shown, ax=grid, extend="both", label="ratio (log scale)", fraction=0.02, pad=0.01)
    bar.ax.yaxis.set_major_locator(LogLocator(10, (1, 2, 5)))
    bar.ax.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    bar.ax.yaxis.set_minor_formatter(NullFormatter())
    share = np.mean([np.isnan(ratios[..., 0]).mean() for _, _, ratios in rows])
    label = f"masked: saturated, near black or without a number ({100 * share:.1f} % of the pixels)"
    figure.legend(handles=[Patch(facecolor=MASKED, edgecolor="0.6", label=label)], loc="outside lower center")
    return figure


@drawn
def explained_by_category(scores: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> Figure:
    """R² of one line for the image beside that of a line for each region: small signs are pairs, large ones medians.

    Args:
        scores: category -> (n,) R² of one line, and (n,) of a line for each region, from the top.
    """
    figure = Figure(figsize=(SINGLE, 0.95 + 0.34 * len(scores)), layout="constrained")
    axes = figure.subplots()
    kinds = (("one line for the image", ORANGE, "^", 0.16), ("a line for each region", BLUE, "o", -0.16))
    for place, pairs in enumerate(scores.values()):
        for values, (_, colour, marker, shift) in zip(pairs, kinds, strict=True):
            cut, look = np.maximum(values, LOWEST), {"marker": marker, "color": colour, "linestyle": ""}
            axes.plot(cut, np.full(len(cut), place + shift), **look, alpha=0.4, markersize=2.5, clip_on=False)
            median = float(np.median(values))
            outside = {"marker": "<"} if median < LOWEST else {}
            axes.plot(max(median, LOWEST), place + shift, **look | outside, markersize=6, clip_on=False)
            text = f"{median:.2f}".replace("-", "−")
            axes.text(1.04, place + shift, text, color=colour, va="center", fontsize=6.5)
    axes.set_yticks(range(len(scores)), [f"{name} ({len(pairs[0])})" for name, pairs in scores.items()])
    axes.set(xlabel="R² of NIR from G (number: median of the pairs)", xlim=(LOWEST, 1.02))
    axes.set_ylim(len(scores) - 0.5, -0.5)
    axes.grid(axis="x", color="0.9")
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_color(GREY)
    handles = [Line2D([], [], linestyle="", marker=m, color=c, label=name, markersize=5) for name, c, m, _ in kinds]
    figure.legend(handles=handles, loc="outside upper center", ncols=2)
    return figure
