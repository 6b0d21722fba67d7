"""How well IDKL's modality classifiers do over a training: is the confuser confused?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from .style import BLUE, DOUBLE, ORANGE, drawn

VERSION = 1
CLASSIFIERS = {  # key in metrics.jsonl -> branch that it sees, name, look
    "confuser_accuracy": ("shared", "confuser, on shared features", (BLUE, "-", "o")),
    "discriminator_accuracy": ("specific", "discriminator, on specific features", (ORANGE, "--", "^")),
}


@drawn
def accuracy_curves(
    logs: Mapping[str, Sequence[Mapping[str, float]]], probes: Mapping[str, Mapping[str, float]]
) -> Figure:
    """A panel for each training: accuracy of both classifiers on the training batch, and that of new ones at the end.

    Args:
        logs: title -> rows of metrics.jsonl.
        probes: title -> branch -> `modality_accuracy` of the trained features of other people.
    """
    figure = Figure(figsize=(DOUBLE, 2.5), layout="constrained")
    panels = figure.subplots(1, len(logs), sharey=True, squeeze=False)[0]
    for axes, (title, rows) in zip(panels, logs.items(), strict=True):
        steps = [row["step"] for row in rows]
        for key, (branch, name, (colour, line, marker)) in CLASSIFIERS.items():
            axes.plot(steps, [100 * row[key] for row in rows], line, color=colour, label=name)
            place, value = 1.07 * steps[-1], 100 * probes[title][branch]
            new = f"new classifier, on {branch} features"
            axes.plot(place, value, marker, color=colour, markerfacecolor="white", markersize=6, label=new)
        axes.axhline(50, color="0.5", linestyle=":", linewidth=1, label="guessing")
        axes.set(title=title, xlabel="step", ylim=(0, 104))
        axes.grid(color="0.92")
    panels[0].set_ylabel("modality told rightly (%)")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


def describe_accuracy(
    logs: Mapping[str, Sequence[Mapping[str, float]]], probes: Mapping[str, Mapping[str, float]]
) -> str:
    """A line for each training: the classifiers over its last third, and the new ones."""
    lines = []
    for title, rows in logs.items():
        last = rows[-max(len(rows) // 3, 1) :]
        parts = []
        for key, (branch, name, _) in CLASSIFIERS.items():
            mean = sum(row[key] for row in last) / len(last)
            parts.append(f"{name} {100 * mean:.0f} %, a new one {100 * probes[title][branch]:.0f} %")
        others = probes[title].keys() - {branch for branch, *_ in CLASSIFIERS.values()}
        parts += [f"a new one on {branch} features {100 * probes[title][branch]:.0f} %" for branch in sorted(others)]
        lines.append(f"{title}: {'; '.join(parts)}")
    return "\n".join(lines)
