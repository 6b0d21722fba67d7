"""How the linear transformation generator (LTG) proceeds, where it ends, and what it leaves of an image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from torch import Tensor

from vireid_lab.augment.ltg import LTG

from .style import COLOURS, DOUBLE, LINE_STYLES, drawn

VERSION = 1


@dataclass(frozen=True)
class Length:
    """What LTG did to N images.

    Attributes:
        rectangles: (N,) number of rectangles until the end.
        brightness: (N,) mean of the image after LTG over the mean before.
    """

    rectangles: np.ndarray
    brightness: np.ndarray


def measure_length(images: Tensor, ltg: LTG) -> Length:
    """Plays LTG once on each of (N, C, H, W) float images in [0, 1], none of them black."""
    traces = [ltg.trace(image, ltg.draw(tuple(image.shape), ltg.rng)) for image in images]
    left = [float(trace[-1].image.mean() / image.mean()) for trace, image in zip(traces, images, strict=True)]
    return Length(np.array([len(trace) for trace in traces]), np.array(left))


def ltg_strip(image: Tensor, ltg: LTG, columns: int = 5) -> dict[str, np.ndarray]:
    """States of one play of LTG on an image (C, H, W) in [0, 1]: name -> (H, W, C) uint8, the input first.

    About `columns` numbers of rectangles, evenly spaced in their logarithm, the first and the last among them.
    """
    trace = ltg.trace(image, ltg.draw(tuple(image.shape), ltg.rng))
    states = {"input": image}
    for number in np.geomspace(1, len(trace), columns).round().astype(int).tolist():
        states[f"{number} rectangle{'s' * (number > 1)}"] = trace[number - 1].image
    return {name: (255 * state.permute(1, 2, 0)).round().byte().numpy() for name, state in states.items()}


@drawn
def ltg_length(strips: Sequence[Mapping[str, np.ndarray]], lengths: Mapping[str, Length]) -> Figure:
    """Images rectangle by rectangle, beside how many rectangles LTG takes and how much brightness it leaves.

    Args:
        strips: name of each state -> image (H, W, 3) uint8 (`ltg_strip`).
        lengths: name of the options -> what they did.
    """
    figure = Figure(figsize=(DOUBLE, 3.5), layout="constrained")
    pictures, numbers = figure.subfigures(1, 2, width_ratios=(1.75, 1))
    for strip, row in zip(strips, pictures.subplots(len(strips), max(map(len, strips)), squeeze=False), strict=True):
        for axes in row[len(strip) :]:
            axes.remove()
        for (name, image), axes in zip(strip.items(), row, strict=False):
            axes.imshow(image)
            axes.set_xlabel(name, fontsize=7, labelpad=2)
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_visible(False)
    taken, left = numbers.subplots(2, 1)
    for place, (name, length) in enumerate(lengths.items()):
        look = {"color": COLOURS[place % 10], "linestyle": LINE_STYLES[place % 4], "label": name}
        for axes, values, bins in (
            (taken, length.rectangles, np.arange(0.5, 61, 3)),
            (left, 100 * length.brightness, np.arange(0, 131, 10)),
        ):
            counts, edges = np.histogram(values.clip(bins[0], bins[-1]), bins)  # what is beyond lies in the last bin
            axes.stairs(100 * counts / len(values), edges, **look)
    taken.set(xlabel="rectangles until the end", ylabel="images (%)", ylim=(0, None))
    left.set(xlabel="brightness left (% of the image's mean)", ylabel="images (%)", ylim=(0, None))
    numbers.legend(*taken.get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure
