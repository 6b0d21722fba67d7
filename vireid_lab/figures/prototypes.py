"""Cosines of modality and identity prototypes over a training (Tan et al. 2023, Fig. 5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from vireid_lab.analysis.prototypes import COSINES

from .style import BLUE, DOUBLE, GREY, ORANGE, drawn

VERSION = 1
LOOKS = dict(zip(COSINES, ((BLUE, "-"), (ORANGE, "--"), (GREY, ":")), strict=True))


@drawn
def cosine_curves(traces: Mapping[str, Sequence[Mapping[str, float]]]) -> Figure:
    """A panel for each training.

    Args:
        traces: title -> the rows of a `PrototypeTrace`.
    """
    figure = Figure(figsize=(DOUBLE, 2.5), layout="constrained")
    panels = figure.subplots(1, len(traces), sharey=True, squeeze=False)[0]
    for axes, (title, rows) in zip(panels, traces.items(), strict=True):
        for name, (colour, line) in LOOKS.items():
            axes.plot([row["step"] for row in rows], [row[name] for row in rows], line, color=colour, label=f"${name}$")
        axes.set(title=title, xlabel="step", ylim=(-0.3, 1.02))
        axes.grid(color="0.9")
    panels[0].set_ylabel("cosine, mean over\nidentities and parts")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


def describe_cosines(traces: Mapping[str, Sequence[Mapping[str, float]]]) -> str:
    """The cosines at the end of each training, in a line each."""
    ends = {title: ", ".join(f"{name} {rows[-1][name]:.2f}" for name in COSINES) for title, rows in traces.items()}
    return "\n".join(f"{title}: {text}" for title, text in ends.items())
