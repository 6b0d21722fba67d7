"""The geometry of SA-Softmax (Tan et al. 2023, Fig. 1 and 3), computed on points and prototypes in the plane."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Arc

from vireid_lab.analysis.softmax_toy import PEOPLE, MaskStep, ToyTrace
from vireid_lab.data.records import MODALITY_NAMES, VISIBLE

from .style import BLUE, DOUBLE, GREY, MODALITY_MARKERS, ORANGE, RED, drawn

VERSION = 2
ID_COLOURS = (BLUE, ORANGE, RED)
ANGLE_LINES = {"same person (θ1)": "-", "another person (θ2)": "--"}


@drawn
def toy_sheet(traces: Mapping[str, ToyTrace], step: int) -> Figure:
    """Fig. 1: the points and prototypes of several losses side by side after as many steps, and the angles so far.

    Args:
        traces: title -> descent, all of the same points.
        step: how many steps each has gone.
    """
    figure = Figure(figsize=(DOUBLE, 4.2))  # its layout is fixed: a constrained one would double the time of a redraw
    place = {"left": 0.09, "right": 0.975, "bottom": 0.1, "top": 0.88, "hspace": 0.04, "wspace": 0.12}
    planes, curves = figure.subplots(2, len(traces), height_ratios=(2.4, 1), squeeze=False, gridspec_kw=place)
    for (title, trace), plane, curve in zip(traces.items(), planes, curves, strict=True):
        draw_plane(plane, trace, step)
        draw_query(plane, trace, step)
        plane.set_title(title, weight="bold")
        draw_angles(curve, trace, step)
    curves[0].set_ylabel("angle to the\nnearest (°)")
    curves[0].legend(loc="center right")
    figure.legend(handles=legend_handles(), loc="upper center", ncols=6)
    return figure


def draw_plane(axes: Axes, trace: ToyTrace, step: int) -> None:
    """Points with the ways they came, and the prototypes that pull them as rays from the origin."""
    limit = reach(trace)
    axes.set(xlim=(-limit, limit), ylim=(-limit, limit), xticks=[], yticks=[], aspect="equal")
    axes.spines[:].set(visible=True, color="0.8")
    ways = trace.points[: step + 1].transpose(0, 1).numpy()  # (B, step + 1, 2)
    colours = [ID_COLOURS[n] for n in trace.ids]
    axes.add_collection(LineCollection(ways, colors=colours, linewidths=0.6, alpha=0.5, zorder=1))
    for n, colour in enumerate(ID_COLOURS):
        for m, marker in enumerate(MODALITY_MARKERS):
            rows = ((trace.ids == n) & (trace.modality == m)).numpy()
            fill = colour if m == 0 else "white"
            look = {"facecolor": fill, "edgecolor": colour, "linewidth": 1}
            axes.scatter(*ways[rows, -1].T, s=22, marker=marker, zorder=3, **look)
    if trace.spectral is None:
        draw_prototypes(axes, trace.identity[step].numpy(), "X", True)
    else:
        for m, half in enumerate(trace.spectral[step].split(PEOPLE)):
            draw_prototypes(axes, half.numpy(), MODALITY_MARKERS[m], m == 0)


def draw_prototypes(axes: Axes, ends: np.ndarray, marker: str, filled: bool) -> None:
    """Rays (N, 2) with a dark tip; those of the infrared are dashed and open."""
    for end, colour in zip(ends, ID_COLOURS, strict=True):
        line = "-" if filled else "--"
        axes.plot((0, end[0]), (0, end[1]), color=colour, linestyle=line, linewidth=1.2, zorder=2)
        face = "0.1" if filled else "white"
        axes.scatter(*end, s=44, marker=marker, facecolor=face, edgecolor="0.1", linewidth=1.1, zorder=4)


def draw_query(axes: Axes, trace: ToyTrace, step: int) -> None:
    """θ1 and θ2 of the infrared query that is answered worst, as arcs to the nearest visible points."""
    own, other = trace.angles
    worst = int((own[step] - other[step]).argmax())
    visible = trace.modality == VISIBLE
    degrees = torch.atan2(*trace.points[step].T.flip(0)).rad2deg()
    query = float(degrees[~visible][worst])
    turns = (degrees[visible] - query + 180) % 360 - 180
    same = trace.ids[visible] == trace.ids[~visible][worst]
    turns = [float(min(turns[rows], key=abs)) for rows in (same, ~same)]
    for turn, radius, line in zip(turns, (0.62, 0.74), ANGLE_LINES.values(), strict=True):
        ends, length = sorted((query, query + turn)), radius * reach(trace)
        for end in ends:
            axes.plot(*_ray(end, length), color="0.45", linewidth=0.6, zorder=1)
        look = {"color": "0.1", "linestyle": line, "linewidth": 1.1, "zorder": 2}
        axes.add_patch(Arc((0, 0), 2 * length, 2 * length, theta1=ends[0], theta2=ends[1], **look))
    own, other = map(abs, turns)
    words = f"arcs: θ1 {own:.0f}° {'<' if own < other else '>'} θ2 {other:.0f}°"
    axes.text(0.03, 0.03, words, transform=axes.transAxes, fontsize=7)


def _ray(degrees: float, length: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """The x and the y values of both ends of a ray from the origin."""
    angle = math.radians(degrees)
    return (0, length * math.cos(angle)), (0, length * math.sin(angle))


def draw_angles(axes: Axes, trace: ToyTrace, step: int) -> None:
    """Mean angles of the infrared queries over the whole descent; a line marks the step that is shown."""
    for angles, (name, line) in zip(trace.angles, ANGLE_LINES.items(), strict=True):
        axes.plot(angles.mean(1).numpy(), color="0.2", linestyle=line, label=name)
    axes.axvline(step, color=GREY, linewidth=1)
    axes.set(xlim=(0, len(trace.points) - 1), ylim=(0, 125), yticks=(0, 60, 120), xlabel="step")


def reach(trace: ToyTrace) -> float:
    """Half the width of a plane that holds the whole descent."""
    moving = (trace.points, trace.identity if trace.spectral is None else trace.spectral)
    return 1.1 * max(float(each.norm(dim=2).max()) for each in moving)


def legend_handles() -> list[Line2D]:
    """What colours, fillings and markers stand for."""
    look = {"linestyle": "", "color": "0.4"}
    return [
        *(Line2D([], [], linestyle="", marker="s", color=c, label=f"person {n}") for n, c in enumerate(ID_COLOURS, 1)),
        *(
            Line2D([], [], marker=marker, markerfacecolor=fill, label=name, **look)
            for marker, fill, name in zip(MODALITY_MARKERS, ("0.4", "white"), MODALITY_NAMES, strict=True)
        ),
        Line2D([], [], marker="X", linestyle="-", color="0.1", markersize=6, label="prototype"),
    ]


def describe_toy(traces: Mapping[str, ToyTrace], step: int) -> str:
    """Angles, rank-1 and share classified rightly of each descent after as many steps, in a line each."""
    lines = []
    for title, trace in traces.items():
        own, other = (float(angles[step].mean()) for angles in trace.angles)
        lines.append(
            f"{title}: classified rightly {trace.classified(step):.0%}, rank-1 {trace.rank1(step):.0%}, "
            f"θ1 {own:.1f}°, θ2 {other:.1f}°"
        )
    return "\n".join(lines)


@drawn
def mask_sheet(steps: Mapping[str, MaskStep]) -> Figure:
    """Fig. 3: one step of two points of a person down the gradient of L^F, their prototypes held.

    Args:
        steps: title -> the step, without and with the feature mask.
    """
    figure = Figure(figsize=(DOUBLE, 2.9), layout="constrained")
    panels = figure.subplots(1, len(steps), sharex=True, sharey=True)
    for axes, (title, step) in zip(panels, steps.items(), strict=True):
        for m, (marker, fill) in enumerate(zip(MODALITY_MARKERS, (BLUE, "white"), strict=True)):
            prototype, start, end = step.prototypes[m].numpy(), step.before[m].numpy(), step.after[m].numpy()
            face = "0.1" if m == 0 else "white"
            axes.scatter(*prototype, s=70, marker=marker, facecolor=face, edgecolor="0.1", zorder=3)
            name = f"$W^{'vn'[m]}$"
            axes.annotate(name, prototype, (0, 7), textcoords="offset points", ha="center", fontsize=8)
            for place, alpha in ((start, 0.4), (end, 1.0)):
                axes.scatter(
                    *place, s=34, marker=marker, facecolor=fill, edgecolor=BLUE, alpha=alpha, linewidth=1.1, zorder=3
                )
            axes.annotate("", end, start, arrowprops={"arrowstyle": "->", "color": "0.3", "shrinkA": 3, "shrinkB": 3})
        for number, places, colour in ((1, step.before, "0.6"), (2, step.after, ORANGE)):
            axes.plot(*places.T.numpy(), color=colour, linestyle="--", linewidth=1, zorder=1, label=f"$d_{number}$")
        axes.set(title=title, aspect="equal", xticks=[], yticks=[], xlabel=describe_step(step))
        axes.margins(0.25, 0.16)
        axes.spines[:].set(visible=True, color="0.8")
        axes.legend(loc="lower right")
    return figure


def describe_step(step: MaskStep) -> str:
    """The distance of the two points, and to the prototypes they are to go to, before and after."""
    return (
        f"pair: $d_1$ {step.pair[0]:.2f} → $d_2$ {step.pair[1]:.2f}\n"
        f"to the other modality's prototype: {step.target[0]:.2f} → {step.target[1]:.2f}"
    )
