"""LTG (Tan et al. 2022, Alg. 1) on one image of each modality: the state after some of its rectangles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor

from vireid_lab.augment.ltg_draw import LTGDraw
from vireid_lab.figures.style import BLUE, MAP, ORANGE, style

from .explorer import View
from .ltg_played import Embed, Played, distance, expected_shares, factors_of, play
from .picture_pointer import encode_png

BINS = np.linspace(0, 1, 21)  # of the factors
INCHES, DPI = (6.4, 4.3), 160
BOX, STEP, LEFT, TOP = (0.885, 1.86), 0.92, (0.05, 2.91), 3.72  # of the images on the page, inches
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
    """(h, w, 3) uint8. All images share one axes, whose unit is an inch: axes of their own take longer than the rest."""
    top = max(1.0, *(float(step.memory.amin(0).max()) for played in both for step in played.steps))
    scale = LogNorm(options.t_min, top)  # of the whole draw, so that colours stay while the rectangles come
    with style():
        figure = Figure(figsize=INCHES, dpi=DPI)
        page = figure.add_axes((0, 0, 1, 1), xlim=(0, INCHES[0]), ylim=(0, INCHES[1]), autoscale_on=False)
        page.set_axis_off()
        for played, left in zip(both, LEFT, strict=True):
            page.text(left + 1.5 * STEP, TOP + 0.34, played.name, ha="center", va="center", weight="bold", fontsize=9)
            rectangle = played.newest.rectangle if played.newest else None
            smallest = np.maximum(played.memory.amin(0).numpy(), options.t_min)
            _image(page, left, _pixels(played.before), "before")
            _image(page, left + STEP, _pixels(played.after), f"after {played.shown} of {len(played.steps)}", rectangle)
            _image(page, left + 2 * STEP, colormaps[MAP](scale(smallest)), "M (lowest channel)", rectangle)
        _colour_bar(page, scale)
        _histogram(figure.add_axes((0.075, 0.115, 0.9, 0.215)), both, options)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3]


def _pixels(image: Tensor) -> np.ndarray:
    return image.permute(1, 2, 0).numpy()


def _image(page: Axes, left: float, pixels: np.ndarray, title: str, rectangle: np.ndarray | None = None) -> None:
    """An image (H, W, 3 or 4) in its box, as large as fits, with the newest rectangle outlined."""
    height, width = pixels.shape[:2]
    inch = min(BOX[0] / width, BOX[1] / height)  # of a pixel
    left += (BOX[0] - width * inch) / 2
    page.imshow(pixels, extent=(left, left + width * inch, TOP - height * inch, TOP), aspect="auto")
    page.text(left + width * inch / 2, TOP + 0.12, title, ha="center", va="center", fontsize=7)
    if rectangle is None:
        return
    row0, col0, row1, col1 = rectangle * inch
    for thick, colour in ((2.6, "black"), (1.4, ORANGE)):  # seen on bright and on dark pixels
        place = (left + col0, TOP - row1), col1 - col0, row1 - row0
        page.add_patch(Rectangle(*place, fill=False, linewidth=thick, edgecolor=colour))


def _colour_bar(page: Axes, scale: LogNorm) -> None:
    left, right, bottom = LEFT[1] + 3 * STEP + 0.05, LEFT[1] + 3 * STEP + 0.16, TOP - BOX[1]
    shades = np.linspace(1, 0, 256)[:, None]
    page.imshow(colormaps[MAP](shades), extent=(left, right, bottom, TOP), aspect="auto")
    decades = np.arange(np.ceil(np.log10(scale.vmin) - 1e-9), np.log10(scale.vmax) + 1e-9)
    for decade in decades[:: 1 + len(decades) // 8]:
        height = bottom + BOX[1] * float(scale(10.0**decade))
        page.plot((right, right + 0.04), (height, height), color="black", linewidth=0.8)
        page.text(right + 0.07, height, f"$10^{{{decade:.0f}}}$", va="center", fontsize=7)
    page.text(right + 0.48, TOP - BOX[1] / 2, "M, product of α (no unit)", rotation=90, ha="center", va="center")


def _histogram(axes: Axes, both: tuple[Played, Played], options: LTGDraw) -> None:
    whole = factors_of([step for played in both for step in played.steps])
    shown = factors_of([step for played in both for step in played.steps[: played.shown]])
    for values, colour, name in ((whole, "0.85", "whole draw"), (shown, BLUE, "used so far")):
        axes.stairs(np.histogram(values, BINS)[0], BINS, fill=True, color=colour, label=name)
    expected = len(whole) * expected_shares(options.factor, BINS)
    axes.stairs(expected, BINS, color="black", label=f"expected from {options.factor}")
    axes.set(xlim=(0, 1), xlabel="factor f_g() (no unit), both images", ylabel="factors in a bin")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 0.97), ncols=3)
