"""The reflection prior in pictures: NIR against G inside a material and over the image, and where the line breaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.patheffects as effects
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from .clouds import Cloud, SceneLines
from .style import BLUE, COLOURS, DOUBLE, ORANGE, drawn

VERSION = 1
SHOWN = 9  # regions with a colour of their own
POINTS = 3000  # drawn of a cloud, evenly spaced
BOXES = ((ORANGE, "o", "-"), (BLUE, "^", "--"))  # colour, marker and line of the two marked regions
OTHERS = "0.55"
HALO = [effects.withStroke(linewidth=2.2, foreground="white")]


def _picture(axes: Axes, image: np.ndarray, title: str) -> None:
    axes.imshow(image, cmap="gray", vmin=0, vmax=1, aspect="equal")
    axes.set(title=title, xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


def _points(axes: Axes, points: Cloud, colour: str, marker: str = "o", size: float = 4) -> None:
    chosen = np.linspace(0, len(points.x) - 1, min(POINTS, len(points.x))).astype(int)
    place = {"s": size, "marker": marker, "color": colour, "alpha": 0.5, "linewidths": 0, "rasterized": True}
    axes.scatter(points.x[chosen], points.y[chosen], **place)


def _line(axes: Axes, points: Cloud, colour: str, style: str = "-") -> None:
    ends = np.array([0, points.x.max()])
    look = {"color": colour, "linewidth": 1, "path_effects": HALO, "label": points.words}
    axes.plot(ends, points.slope * ends + points.intercept, style, **look)


def _frame(axes: Axes, title: str, clouds: Sequence[Cloud], channel: str = "G (linear)") -> None:
    top = max(points.y.max() for points in clouds)
    axes.set(title=title, xlabel=channel, ylabel="NIR" + channel[1:], xlim=(0, None), ylim=(0, 1.05 * top))


def paint_regions(
    visible: np.ndarray, regions: np.ndarray, valid: np.ndarray, colours: Mapping[int, str]
) -> np.ndarray:
    """(H, W, 3): the image's grey under the colours of its regions; masked pixels black, other regions grey."""
    grey = visible.mean(axis=2, keepdims=True)
    table = {label: np.array(to_rgb(colours.get(label, OTHERS))) for label in np.unique(regions).tolist()}
    painted = np.stack([table[label] for label in np.unique(regions).tolist()])
    flat = painted[np.unique(regions, return_inverse=True)[1].reshape(regions.shape)]
    return np.where(valid[..., None], 0.3 * grey + 0.7 * flat, 0)


@drawn
def linear_transformation(
    visible: np.ndarray, infrared: np.ndarray, valid: np.ndarray, regions: np.ndarray, lines: SceneLines, kind: str
) -> Figure:
    """Fig. 1 of Tan et al. 2022: a line in each of two marked regions, and one line or a line a region in the image.

    Args:
        visible: (H, W, 3) in [0, 1], for display.
        infrared: (H, W) in [0, 1], for display.
        valid: (H, W) bool; other pixels are black in the picture of the regions.
        regions: (H, W) int labels; the marked and the largest have a colour, nine in all.
        lines: from `collect_lines`.
        kind: what a region is, such as "material".
    """
    palette = (*(colour for colour, _, _ in BOXES), *(colour for colour in COLOURS if colour not in (ORANGE, BLUE)))
    marked_first = [*lines.boxes, *(label for label in lines.parts if label not in lines.boxes)]
    colours = dict(zip(marked_first[:SHOWN], palette, strict=False))
    heights = (2 * visible.shape[0] / visible.shape[1], 2.1)
    figure = Figure(figsize=(DOUBLE, sum(heights) + 0.7 + 0.15 * -(-len(colours) // 3)), layout="constrained")
    (vis, nir, map_), (inside, single, several) = figure.subplots(2, 3, height_ratios=heights)
    _picture(vis, visible, "visible")
    _picture(nir, infrared, "near infrared")
    _picture(map_, paint_regions(visible, regions, valid, colours), f"{kind}s")
    for axes in (vis, nir):
        for box, letter, (colour, _, style) in zip(lines.boxes.values(), "AB", BOXES, strict=False):
            _outline(axes, box, letter, colour, style)
    for points, (colour, marker, style) in zip(lines.marked.values(), BOXES, strict=False):
        _points(inside, points, colour, marker)
        _line(inside, points, colour, style)
    _frame(inside, f"inside one {kind}", list(lines.marked.values()) or [lines.whole])
    inside.set_ylim(0, 1.3 * inside.get_ylim()[1])  # room for the legend
    inside.legend(loc="upper left", bbox_to_anchor=(-0.03, 1.03), fontsize=6.5)
    _points(single, lines.whole, OTHERS)
    _line(single, lines.whole, "black")
    _frame(single, f"whole image, one line: R² {lines.whole.r2:.3f}".replace("-", "−"), [lines.whole])
    for label, colour in colours.items():
        _points(several, lines.parts[label], colour)
    for label in colours:
        _line(several, lines.parts[label], "0.15")
    _frame(several, f"a line for each {kind}: R² {lines.parts_r2:.3f}", [lines.whole])
    handles = [Patch(color=colour, label=lines.parts[label].words) for label, colour in colours.items()]
    figure.legend(handles=handles, loc="outside lower center", ncols=3)
    return figure


def _outline(axes: Axes, box: tuple[int, int, int, int], letter: str, colour: str, style: str = "-") -> None:
    row0, column0, row1, column1 = box
    corner, shape = (column0 - 0.5, row0 - 0.5), (column1 - column0, row1 - row0)
    for edge, width in (("white", 2.4), (colour, 1.2)):
        line = style if edge == colour else "-"
        axes.add_patch(Rectangle(corner, *shape, fill=False, edgecolor=edge, linewidth=width, linestyle=line))
    text = axes.text(column0 + 3, row0 + 3, letter, color=colour, va="top", fontweight="bold")
    text.set_path_effects(HALO)


@drawn
def model_limits(cases: Sequence[tuple[str, np.ndarray, np.ndarray, Sequence[Cloud]]]) -> Figure:
    """One material in scenes that keep or break what Eq. 4 assumes, each above its scatter.

    Args:
        cases: for each column its title, the picture (H, W, 3) in [0, 1] for display, the pixels (H, W) bool that are
            outlined in it, and their clouds, each with its own line.
    """
    heights = (0.7 * DOUBLE / len(cases) * cases[0][1].shape[0] / cases[0][1].shape[1], 1.6)
    figure = Figure(figsize=(DOUBLE, sum(heights) + 1), layout="constrained")
    pictures, plots = figure.subplots(2, len(cases), squeeze=False, height_ratios=heights)
    for axes, plot, (title, picture, mask, clouds) in zip(pictures, plots, cases, strict=True):
        _picture(axes, picture, title)
        axes.contour(mask, [0.5], colors=[ORANGE], linewidths=0.9)
        for points, colour, marker in zip(clouds, COLOURS, "o^sv", strict=False):
            _points(plot, points, colour, marker)
        for points, colour, style in zip(clouds, COLOURS, ("-", "--", "-.", ":"), strict=False):
            _line(plot, points, colour, style)
        _frame(plot, "", clouds)
        _legend(plot, 2)
    return figure


@drawn
def encoding_effect(panels: Mapping[str, Sequence[tuple[Cloud, Cloud]]]) -> Figure:
    """The same pixels in two encodings of the values, with lines through the origin (solid) and free lines (dotted).

    Args:
        panels: name of the encoding -> for each region the fit through the origin and the one with an offset.
    """
    figure = Figure(figsize=(DOUBLE, 3.1), layout="constrained")
    for axes, (name, regions) in zip(figure.subplots(1, len(panels), squeeze=False).flat, panels.items(), strict=True):
        for (straight, _), (colour, marker, _) in zip(regions, BOXES, strict=False):
            _points(axes, straight, colour, marker)
        for (straight, free), (colour, _, _) in zip(regions, BOXES, strict=False):
            _line(axes, straight, colour)
            _line(axes, free, "black", ":")
        _frame(axes, "", [straight for straight, _ in regions], "G")
        axes.set_ylabel(f"NIR ({name})")
        _legend(axes, 4)
    return figure


def _legend(axes: Axes, rows: int) -> None:
    """The lines and their numbers above the axes, with room for `rows` so that neighbours stay of one height."""
    handles, labels = axes.get_legend_handles_labels()
    missing = rows - len(labels)
    handles += [Line2D([], [], linestyle="")] * missing
    axes.legend(handles, labels + [" "] * missing, loc="lower left", bbox_to_anchor=(-0.1, 1), fontsize=6.5)
