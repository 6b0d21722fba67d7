"""TMPA's mix ratio and balance parameters against what is found (Guo et al. 2023, Fig. 4, 5), from finished runs."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from vireid_lab.analysis.comparisons import group_key, is_plain
from vireid_lab.analysis.run_results import RunResult
from vireid_lab.augment.pedmix import RATIOS, PedMix, ratios_from
from vireid_lab.augment.pipeline import parse_slot
from vireid_lab.data.records import MODALITY_NAMES
from vireid_lab.data.transforms import to_float

from .rfm_sweep import SCORES, Sweep
from .samples import montage
from .style import COLOURS, DOUBLE, LINE_STYLES, SINGLE, drawn

VERSION = 1
MARKERS = "os"  # rank-1, mAP
PICTURES = (0.35, 0.45, 0.55, 0.65, 0.75, 0.85)  # the A_C under Fig. 4
LAMBDA_1 = 0.2  # Eq. 8
Setting = tuple[float, str]


def read_ratio(slots: Mapping[str, str]) -> Setting | None:
    """A_C of a run whose mix is PedMix in all three regions, 0.05 apart, and its other augmentations."""
    *others, last = slots["augment"].split("+")
    name, _, value = last.partition(":")
    if name not in ("pedmix", "pedmix_ratio") or (name == "pedmix" and value):
        return None
    return float(value or RATIOS[0]), "+".join(others)


def read_balance(slots: Mapping[str, str]) -> tuple[float, float] | None:
    """α and β of Eq. 16 of a run that has all of TMPA's losses, in their proportions."""
    weights = {name: 1.0 if weight is None else weight for name, weight in parse_slot(slots["losses"]).items()}
    if weights.keys() != {"ce", "wrt", "msi", "mss", "mft"} or weights["ce"] != weights["wrt"]:
        return None
    alpha, beta = weights["ce"], weights["msi"]
    fits = weights["mft"] == beta and math.isclose(weights["mss"], LAMBDA_1 * beta)
    return (alpha, beta) if fits else None


def read_alpha(slots: Mapping[str, str]) -> Setting | None:
    balance = read_balance(slots)
    return balance and (balance[0], f"β = {balance[1]:g}")


def read_beta(slots: Mapping[str, str]) -> Setting | None:
    balance = read_balance(slots)
    return balance and (balance[1], f"α = {balance[0]:g}")


Knob = tuple[str, Callable[[Mapping[str, str]], Setting | None], float]
KNOBS: dict[str, Knob] = {
    "A_C": ("augment", read_ratio, RATIOS[0]),
    "α": ("losses", read_alpha, 0.8),
    "β": ("losses", read_beta, 0.4),
}  # the slot that it stands in, how it is read, and the best in the paper


def knob_sweep(runs: Sequence[RunResult], knob: str, knobs: Mapping[str, Knob] = KNOBS) -> Sweep | None:
    """The longest sweep of a setting in finished runs that differ in it and in their seeds alone.

    Only pairs (data and seed) count that each value was run on, only the default protocol of the layout, and of runs
    that repeat each other the first.

    Args:
        runs: of one recipe.
        knob: one of `knobs`.
        knobs: TMPA's A_C, α and β, or those of another paper.

    Returns:
        With at least two values, or None where no two runs differ in it alone.
    """
    slot, read, _ = knobs[knob]
    groups: dict[tuple, dict[float, dict]] = defaultdict(lambda: defaultdict(dict))
    for run in runs:
        setting = read(run.slots)
        for label, checkpoint in run.metrics if run.finished and setting else ():
            if checkpoint == "last" and is_plain(run, label):
                value, others = setting
                groups[group_key(run, {slot}), others, label][value].setdefault((run.data, run.seed), run)
    found = []
    for (_, others, label), group in groups.items():
        pairs = sorted(set.intersection(*map(set, group.values())))
        if len(group) > 1 and pairs:
            found.append((len(group), len(pairs), _sweep(group, pairs, label, others)))
    return max(found, key=lambda each: each[:2])[2] if found else None


def _sweep(group: dict[float, dict[tuple, RunResult]], pairs: list[tuple], label: str, others: str) -> Sweep:
    scores = {
        value: {m: 100 * np.array([group[value][pair].metrics[label, "last"][m] for pair in pairs]) for m in SCORES}
        for value in sorted(group)
    }
    run = next(iter(group.values()))[pairs[0]]
    name = f"{others}, attention {run.slots['attention']}"
    return Sweep(name, f"{run.world}; {run.scale}; {label}", scores)


def ratio_pictures(pair: np.ndarray, seed: int) -> list[list[np.ndarray]]:
    """Both images of a pair (2, H, W, 3) uint8 after PedMix at the ratios of PICTURES, each with the same seed."""
    visible, infrared = to_float(torch.from_numpy(pair).permute(0, 3, 1, 2)).split(1)
    columns = []
    for ratio in PICTURES:
        mixed = torch.cat(PedMix(ratios=ratios_from(ratio))(visible, infrared, np.random.default_rng(seed)))
        columns.append((255 * mixed).round().byte().permute(0, 2, 3, 1).numpy())
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
        draw_sweep(axes, sweep, "A_C")
        axes.legend(ncols=2)
    sheet.imshow(canvas)
    rows, columns = (np.arange(count) + 0.5 for count in (len(pictures), len(PICTURES)))
    sheet.set_xticks(columns * canvas.shape[1] / len(columns), [f"{ratio:.2f}" for ratio in PICTURES])
    sheet.set_yticks(rows * canvas.shape[0] / len(rows), MODALITY_NAMES, rotation=90, va="center")
    sheet.set_xlabel("ratio $A_C$ of both images above ($A_S$: +0.05, $A_O$: +0.10)")
    sheet.tick_params(length=0)
    sheet.spines[:].set_visible(False)
    return figure


@drawn
def balance_curves(sweeps: Mapping[str, Sweep | None]) -> Figure:
    """Fig. 5: rank-1 and mAP against α, and against β; a panel says so where there are no runs for it.

    Args:
        sweeps: of "α" and "β", from `knob_sweep`.
    """
    figure = Figure(figsize=(DOUBLE, 2.4), layout="constrained")
    for axes, (knob, sweep) in zip(figure.subplots(1, len(sweeps)), sweeps.items(), strict=True):
        if sweep is None:
            axes.set_axis_off()
            axes.text(0.5, 0.5, f"no two finished runs\ndiffer in {knob} alone", ha="center", transform=axes.transAxes)
        else:
            draw_sweep(axes, sweep, knob)
            axes.legend()
    return figure


def draw_sweep(axes: Axes, sweep: Sweep, knob: str) -> None:
    """A line with signs through the means of both scores, and a small sign for each run."""
    best = KNOBS[knob][2]
    for number, (metric, name) in enumerate(SCORES.items()):
        look = {"color": COLOURS[number], "marker": MARKERS[number]}
        means = [values[metric].mean() for values in sweep.scores.values()]
        axes.plot(list(sweep.scores), means, LINE_STYLES[number], label=name, **look)
        points = [(value, score) for value, values in sweep.scores.items() for score in values[metric]]
        axes.scatter(*zip(*points, strict=True), s=6, alpha=0.5, **look)
    axes.axvline(best, color="0.6", linestyle=":", linewidth=1, zorder=0)
    axes.text(best, 1.01, "best in the paper", transform=axes.get_xaxis_transform(), ha="center", fontsize=6.5)
    axes.set(xlabel={"A_C": "ratio $A_C$ of the center"}.get(knob, f"{knob} of Eq. 16"), ylabel="percent")
    axes.margins(x=0.12, y=0.15)
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.grid(axis="y", color="0.92")


def describe_knob(sweep: Sweep | None, knob: str) -> str:
    """The means in words, and the conditions."""
    if sweep is None:
        return f"{knob}: no two finished runs differ in it alone"
    points = []
    for value, values in sweep.scores.items():
        means = ", ".join(f"{name} {values[metric].mean():.1f} %" for metric, name in SCORES.items())
        points.append(f"{value:g}: {means}")
    runs = len(next(iter(sweep.scores.values()))["rank1"])
    return f"{knob} ({sweep.name}; {runs} for each value): {'; '.join(points)} ({sweep.conditions})"
