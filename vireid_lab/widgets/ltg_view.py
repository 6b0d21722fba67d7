"""LTG (Tan et al. 2022, Alg. 1) on one image of each modality: the state after some of its rectangles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor

from vireid_lab.augment.ltg_draw import LTGDraw
from vireid_lab.figures.style import BLUE, ORANGE, style

from .explorer import View
from .ltg_played import Embed, Played, distance, expected_shares, factors_of, play
from .picture_pointer import encode_png

BINS = np.linspace(0, 1, 21)  # of the factors
INCHES, DPI = (6.4, 4.3), 160
COLUMNS = ("rectangles", "drawn", "min(M)", "brightness before", "after", "distance")


@dataclass(frozen=True, repr=False)
class LTGView(View):
    """A view of LTG.

    Attributes:
        rectangles: how many LTG used, in the image for which it used more.
    """

    rectangles: int


def render_ltg(
    visible: np.ndarray,
    infrared: np.ndarray,
    options: LTGDraw = LTGDraw(),  # noqa: B008 (it is frozen)
    seed: int = 0,
    rectangles: int | None = None,
    embed: Embed | None = None,
) -> LTGView:
    """Plays LTG on both images, each with a draw of its own as in training, and shows the state after some rectangles.

    Args:
        visible: (H, W, 3) float in [0, 1], before normalisation.
        infrared: (H, W, 3) or (H, W), likewise.
        options: of LTG; its p is taken as 1, so that both images are transformed.
        seed: of the draws, the visible image's first.
        rectangles: how many are shown; None, or more than an image has, for all.
        embed: images (B, 3, H, W) in [0, 1] and modality (B,), 0 visible, 1 infrared -> features (B, d), of a model in
            evaluation mode. None takes the pixels as features.

    Raises:
        InputError: an image of another shape or not float in [0, 1], rectangles < 0, or no rectangle fits.
    """
    both = play(visible, infrared, options, seed, rectangles)
    kind = "pixel distance (no model given)" if embed is None else "feature distance"
    words = _words(both, options, [distance(played, embed) for played in both], kind)
    states = " and ".join(f"{played.name} after {played.shown} of {len(played.steps)} rectangles" for played in both)
    alt = f"LTG, {states}: both images before and after, the memory matrix M, and a histogram of the factors"
    return LTGView(encode_png(_draw(both, options)), words, alt, max(len(played.steps) for played in both))


def _words(both: tuple[Played, Played], options: LTGDraw, moved: list[float], kind: str) -> str:
    head = ", ".join(f"{played.name} {value:.3f}" for played, value in zip(both, moved, strict=True))
    lines = [f"{kind}, before to after: {head}", "", _row("", COLUMNS)]
    for played, value in zip(both, moved, strict=True):
        means = (f"{image.mean():.3f}" for image in (played.before, played.after))
        count, smallest = f"{played.shown} of {len(played.steps)}", f"{played.memory.min():.2g}"
        lines.append(_row(played.name, (count, played.drawn, smallest, *means, f"{value:.3f}")))
    return "\n".join([*lines, "", *(f"{played.name:10}{_step(played)}; {_end(played, options)}" for played in both)])


def _row(name: str, cells: tuple) -> str:
    return f"{name:10}" + "".join(f"{cell:>{len(title) + 3}}" for cell, title in zip(cells, COLUMNS, strict=True))


def _step(played: Played) -> str:
    if played.newest is None:
        return "untouched"
    top, left, bottom, right = played.newest.rectangle
    factors, alpha = (
        ", ".join(f"{x:.3g}" for x in xs) for xs in (played.newest.factors, played.newest.alpha.tolist())
    )
    return f"newest: rows {top}-{bottom}, columns {left}-{right}, f_g() {factors}, α {alpha}"


def _end(played: Played, options: LTGDraw) -> str:
    if options.once:
        return "ends after one"
    low = played.steps[-1].memory.min() <= options.t_min
    return f"ends after {len(played.steps)}, " + ("min(M) <= t_min" if low else "the limit")


def _draw(both: tuple[Played, Played], options: LTGDraw) -> np.ndarray:
    """(h, w, 3) uint8. Axes have fixed places: automatic layout would take longer than all the rest."""
    top = max(1.0, *(float(step.memory.amin(0).max()) for played in both for step in played.steps))
    scale = LogNorm(options.t_min, top)  # of the whole draw, so that colours stay while the rectangles come
    with style():
        figure = Figure(figsize=INCHES, dpi=DPI)
        for m, played in enumerate(both):
            left = 0.012 + 0.445 * m
            places = [(left + 0.145 * i, 0.40, 0.138, 0.50) for i in range(3)]
            figure.text(left + 0.214, 0.965, played.name, ha="center", va="center", fontsize=10, weight="bold")
            _image(figure.add_axes(places[0]), played.before, "before")
            after = figure.add_axes(places[1])
            _image(after, played.after, f"after {played.shown} of {len(played.steps)}")
            memory = figure.add_axes(places[2])
            smallest = np.maximum(played.memory.amin(0).numpy(), options.t_min)
            colours = memory.imshow(smallest, norm=scale)
            memory.set(title="M, smallest channel", xticks=[], yticks=[])
            if played.newest:
                _outline((after, memory), played.newest.rectangle)
        bar = figure.colorbar(colours, cax=figure.add_axes((0.908, 0.40, 0.016, 0.50)), extend="min")
        bar.set_label("M: product of α (no unit)")
        _histogram(figure.add_axes((0.075, 0.105, 0.80, 0.21)), both, options)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3]


def _image(axes: Axes, image: Tensor, title: str) -> None:
    axes.imshow(image.permute(1, 2, 0).numpy())
    axes.set(title=title, xticks=[], yticks=[])


def _outline(all_axes: tuple[Axes, ...], rectangle: np.ndarray) -> None:
    top, left, bottom, right = rectangle - 0.5
    for axes in all_axes:
        for width, colour in ((2.6, "black"), (1.4, ORANGE)):  # seen on bright and on dark pixels
            place = (left, top), right - left, bottom - top
            axes.add_patch(Rectangle(*place, fill=False, linewidth=width, edgecolor=colour, clip_on=False))


def _histogram(axes: Axes, both: tuple[Played, Played], options: LTGDraw) -> None:
    whole = factors_of([step for played in both for step in played.steps])
    shown = factors_of([step for played in both for step in played.steps[: played.shown]])
    for values, colour, name in ((whole, "0.85", "of the whole draw"), (shown, BLUE, "used so far")):
        axes.stairs(np.histogram(values, BINS)[0], BINS, fill=True, color=colour, label=name)
    expected = len(whole) * expected_shares(options.factor, BINS)
    axes.stairs(expected, BINS, color="black", label=f"expected from {options.factor}")
    axes.set(xlim=(0, 1), xlabel="factor f_g() (no unit)", ylabel="factors in a bin")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 0.97), ncols=3)
