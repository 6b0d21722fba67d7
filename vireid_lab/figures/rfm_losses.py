"""What center losses do to two people in two modalities (Tan et al. 2022, Fig. 7), computed on points in the plane."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.random import Generator
from torch import Tensor

from vireid_lab.losses.center import Center, CrossCenter, HeteroCenter, modality_centers
from vireid_lab.runtime import unknown

from .embeddings import modality_handles
from .style import BLUE, DOUBLE, MODALITY_MARKERS, ORANGE, drawn

VERSION = 1
LOSSES = {"center": "(a) center", "hetero_center": "(b) hetero-center", "cross_center": "(c) cross-center"}
ID_COLOURS = (BLUE, ORANGE)
STEPS = 100  # of a descent
ARROW = 0.45  # longest arrow, in units of the plane


@dataclass(frozen=True)
class Toy:
    """Features of two people in two modalities: points (B, 2) float64, ids (B,) and modality (B,) int64."""

    points: Tensor
    ids: Tensor
    modality: Tensor

    @property
    def gap(self) -> float:
        """Distance of the two modality centers of an identity, mean over the identities."""
        centers, _, _ = modality_centers(self.points, self.ids, self.modality)
        return float((centers[:, 0] - centers[:, 1]).norm(dim=1).mean())

    @property
    def spread(self) -> float:
        """Root mean square distance of the points from the center of their own identity and modality."""
        centers, _, row = modality_centers(self.points, self.ids, self.modality)
        return float((self.points - centers[row, self.modality]).square().sum(1).mean().sqrt())


def toy_features(rng: Generator, images: int = 8) -> Toy:
    """Two people whose modalities lie apart, with `images` points of each person and modality, spread all around."""
    means = torch.tensor([[[-1.7, 0.9], [-1.1, -0.9]], [[1.1, 0.9], [1.7, -0.9]]], dtype=torch.float64)
    ids, modality = (torch.tensor(each).repeat_interleave(images) for each in ([0, 0, 1, 1], [0, 1, 0, 1]))
    noise = torch.from_numpy(rng.normal(size=(len(ids), 2), scale=0.33))
    return Toy(means[ids, modality] + noise, ids, modality)


def gradient(loss: str, toy: Toy) -> Tensor:
    """(B, 2) gradient of a loss in the points, by autograd; the center loss has its centers at their best places.

    Raises:
        InputError: the loss is none of LOSSES.
    """
    if loss not in LOSSES:
        raise unknown("loss", loss, LOSSES)
    points = toy.points.clone().requires_grad_()
    if loss == "center":
        function = Center(2, 2).double()
        function.centers.data = torch.stack([toy.points[toy.ids == i].mean(0) for i in (0, 1)])
    else:
        function = HeteroCenter() if loss == "hetero_center" else CrossCenter()
    function(points, toy.ids, toy.modality).backward()
    return points.grad


def descend(loss: str, toy: Toy, way: float) -> Toy:
    """The points after a descent on one loss alone, in steps of equal length.

    Losses differ in size and power, so that equal learning rates would compare nothing: here the points of each loss go
    the same way.

    Args:
        loss: name of LOSSES.
        toy: where they start.
        way: length of the way, root mean square over the points.
    """
    for _ in range(STEPS):
        slope = gradient(loss, toy)
        step = way / STEPS / slope.square().sum(1).mean().sqrt()
        toy = Toy(toy.points - step * slope, toy.ids, toy.modality)
    return toy


@drawn
def loss_sheet(toy: Toy, after: Sequence[Toy]) -> Figure:
    """The three losses: above, where each pushes each point at first; below, the points after an equal way.

    Args:
        toy: the points at the start.
        after: the points after the descent on each of LOSSES.
    """
    figure = Figure(figsize=(DOUBLE, 3.75), layout="constrained")
    axes = figure.subplots(2, 3, sharex=True, sharey=True)
    for (above, below), (loss, title), end in zip(axes.T, LOSSES.items(), after, strict=True):
        draw_points(above, toy)
        pull = -gradient(loss, toy)
        pull = ARROW * pull / pull.norm(dim=1).max()
        above.quiver(
            *toy.points.T.numpy(), *pull.T.numpy(), angles="xy", scale_units="xy", scale=1, width=0.006, color="0.25"
        )
        draw_centers(above, loss, toy)
        above.set_title(title, weight="bold")
        draw_points(below, end)
        draw_centers(below, loss, end)
        below.set_xlabel(describe_way(toy, end), fontsize=7)
    axes[0, 0].set_ylabel("the push on each point")
    axes[1, 0].set_ylabel("after an equal way")
    for each in axes.flat:
        each.set(xticks=[], yticks=[], aspect="equal")
        each.spines[:].set(visible=True, color="0.8")
    handles = [
        *modality_handles("0.4"),
        *(Line2D([], [], linestyle="", marker="s", color=c, label=f"person {n}") for n, c in enumerate(ID_COLOURS, 1)),
        Line2D([], [], linestyle="", marker="X", color="0.1", markersize=6, label="center"),
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=5)
    return figure


def describe_way(toy: Toy, end: Toy) -> str:
    """The distance of the modalities and the spread, before and after, in two lines."""
    ratios = [each.gap / each.spread for each in (toy, end)]
    return (
        f"gap {toy.gap:.2f} → {end.gap:.2f}, spread {toy.spread:.2f} → {end.spread:.2f}\n"
        f"gap / spread {ratios[0]:.1f} → {ratios[1]:.1f}"
    )


def describe_ways(toy: Toy, ends: Sequence[Toy]) -> str:
    """`describe_way` for each of LOSSES in one line."""
    ways = (describe_way(toy, end).replace("\n", ", ") for end in ends)
    return "; ".join(f"{title[4:]}: {way}" for title, way in zip(LOSSES.values(), ways, strict=True))


def draw_points(axes: Axes, toy: Toy) -> None:
    """Colour is the identity, the marker the modality; infrared points are open."""
    for i, colour in enumerate(ID_COLOURS):
        for m, marker in enumerate(MODALITY_MARKERS):
            x, y = toy.points[(toy.ids == i) & (toy.modality == m)].T.numpy()
            fill = colour if m == 0 else "none"
            axes.scatter(x, y, s=20, marker=marker, facecolor=fill, edgecolor=colour, linewidth=1)


def draw_centers(axes: Axes, loss: str, toy: Toy) -> None:
    """The centers that a loss uses: of each identity, or of each identity and modality."""
    centers, _, _ = modality_centers(toy.points, toy.ids, toy.modality)
    places = centers.mean(1) if loss == "center" else centers.flatten(0, 1)
    axes.scatter(*places.T.numpy(), s=30, marker="X", color="0.1", edgecolor="white", linewidth=0.6, zorder=3)
