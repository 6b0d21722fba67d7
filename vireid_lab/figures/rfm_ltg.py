"""How the linear transformation generator (LTG) proceeds, where it ends, and what it leaves of an image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from matplotlib.figure import Figure
from numpy.random import Generator
from torch import Tensor

from vireid_lab.augment.erasing import Erasing
from vireid_lab.augment.ltg import LTG
from vireid_lab.augment.ltg_batch import BatchLTG
from vireid_lab.augment.ltg_draw import Beta, Uniform
from vireid_lab.augment.material_ltg import MaterialLTG
from vireid_lab.data.transforms import to_pictures, to_unit_images

from .style import COLOURS, DOUBLE, LINE_STYLES, drawn

VERSION = 1
OPTIONS = {
    "Beta(0.5, 0.5)": {},
    "Beta(0.3, 0.3)": {"factor": Beta(0.3, 0.3)},
    "uniform": {"factor": Uniform()},
    "t_min 0.01": {"t_min": 0.01},
}


def treat(images: np.ndarray, masks: np.ndarray | None, rng: Generator) -> dict[str, list[np.ndarray]]:
    """LTG and its rivals on the same images, each drawn once with probability 1 (Tan et al. 2022, Fig. 9).

    Args:
        images: (N, H, W, 3) uint8.
        masks: (N, H, W) uint8 material labels, for factors on true materials; None leaves those out.
        rng: for all draws.

    Returns:
        "input" and the names of the treatments -> N images (H, W, 3) uint8.
    """
    inputs = to_unit_images(images)
    rivals = {"LTG": BatchLTG(p=1), "LTG,\nuniform\nfactor": BatchLTG(p=1, factor=Uniform())}
    rivals["random\nerasing"] = Erasing(p=1)
    treated = {"input": inputs, **{name: rival(inputs, rng) for name, rival in rivals.items()}}
    if masks is not None:
        materials = MaterialLTG(p=1)
        parameters = materials.draw(tuple(inputs.shape), rng)
        treated["per true\nmaterial"] = materials.apply(inputs, parameters, torch.from_numpy(masks))
    return {name: list(to_pictures(changed)) for name, changed in treated.items()}


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


def compare_lengths(images: np.ndarray, seed: int) -> dict[str, Length]:
    """Plays LTG with each of OPTIONS once on each of (N, H, W, 3) uint8 images, with the same seed."""
    inputs = to_unit_images(images)
    ltg = {name: LTG(np.random.default_rng(seed), p=1, **options) for name, options in OPTIONS.items()}
    return {name: measure_length(inputs, each) for name, each in ltg.items()}


def describe_lengths(lengths: Mapping[str, Length]) -> str:
    """The means in words, one line for each option."""
    return "\n".join(
        f"{name}: {each.rectangles.mean():.1f} rectangles, {100 * each.brightness.mean():.0f} % of the brightness left"
        for name, each in lengths.items()
    )


def ltg_strip(image: np.ndarray, ltg: LTG, columns: int = 5) -> dict[str, np.ndarray]:
    """States of one play of LTG on an image (H, W, 3) uint8: name -> (H, W, 3) uint8, the input first.

    About `columns` numbers of rectangles, evenly spaced in their logarithm, the first and the last among them.
    """
    start = to_unit_images(image)
    trace = ltg.trace(start, ltg.draw(tuple(start.shape), ltg.rng))
    numbers = np.geomspace(1, len(trace), columns).round().astype(int).tolist()
    names = (f"{number} rectangle{'s' * (number > 1)}" for number in numbers)
    states = (to_pictures(trace[number - 1].image) for number in numbers)
    return {"input": image, **dict(zip(names, states, strict=True))}


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
            (left, 100 * length.brightness, np.arange(0, 111, 10)),
        ):
            counts, edges = np.histogram(values.clip(bins[0], bins[-1]), bins)  # what is beyond lies in the last bin
            axes.stairs(100 * counts / len(values), edges, **look)
    taken.set(xlabel="rectangles until the end", ylabel="images (%)", ylim=(0, None))
    left.set(xlabel="brightness left (% of the image's mean)", ylabel="images (%)", ylim=(0, None))
    numbers.legend(*taken.get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure
