"""LTG (Tan et al. 2022, Alg. 1) on one image of each modality: the state after some of its rectangles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from vireid_lab.augment.ltg_draw import LTGDraw
from vireid_lab.figures.style import BLUE, MAP, ORANGE, style

from .explorer import View
from .given_images import pixels_of
from .ltg_played import Embed, Played, distance, expected_shares, factors_of, play
from .picture_page import pixels_on_screen
from .picture_pointer import encode_png

BINS = np.linspace(0, 1, 21)  # of the factors
INCHES, DPI = (4.3, 5.5), 180
BOX, STEP, LEFT, TOPS = (1.13, 1.7), 1.2, 0.08, (5.27, 3.33)  # of the images on the page, inches
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")  # mathtext would take longer than the images
COLUMNS = ("rectangles", "min(M)", "brightness before", "after", "distance")


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
    options: LTGDraw = LTGDraw(p=1.0),  # noqa: B008 (it is frozen)
    seed: int = 0,
    rectangles: int | None = None,
    embed: Embed | None = None,
) -> LTGView:
    """Plays LTG on both images, each with a draw of its own as in training, and shows the state after some rectangles.

    Args:
        visible: (H, W, 3) float in [0, 1], before normalisation.
        infrared: (H, W, 3) or (H, W), likewise.
        options: of LTG; where p is not 1, a draw may leave an image alone.
        seed: of the draws, the visible image's first.
        rectangles: how many are shown; None, or more than an image has, for all.
        embed: images (B, 3, H, W) in [0, 1] and modality (B,), 0 visible, 1 infrared -> features (B, d), of a model in
            evaluation mode. None takes the pixels as features.

    Raises:
        InputError: an image of another shape or not float in [0, 1], rectangles < 0, no rectangle fits, or `embed`
            returns another shape.
    """
    both = play(visible, infrared, options, seed, rectangles)
    kind = "pixel distance (no model given)" if embed is None else "feature distance"
    words = _words(both, options, [distance(played, embed) for played in both], kind)
    states = " and ".join(f"{played.name} after {played.shown} of {len(played.steps)} rectangles" for played in both)
    alt = f"LTG, {states}: both images before and after, the memory matrix M, and a histogram of the factors"
    return LTGView(encode_png(_draw(both, options)), words, alt, max(len(played.steps) for played in both))


def _words(both: tuple[Played, Played], options: LTGDraw, moved: list[float], kind: str) -> str:
    head = ", ".join(f"{played.name} {value:.3f}" for played, value in zip(both, moved, strict=True))
    lines = [f"{kind}, before to after: {head}", "", _row("", COLUMNS) + "   end"]
    for played, value in zip(both, moved, strict=True):
        means = (f"{image.mean():.3f}" for image in (played.before, played.after))
        count, smallest = f"{played.shown} of {len(played.steps)}", f"{played.memory.min():.2g}"
        lines.append(f"{_row(played.name, (count, smallest, *means, f'{value:.3f}'))}   {_end(played, options)}")
    return "\n".join([*lines, "", *(f"{played.name:9}newest: {_newest(played)}" for played in both)])


def _row(name: str, cells: tuple) -> str:
    return f"{name:8}" + "".join(f"{cell:>{len(title) + 3}}" for cell, title in zip(cells, COLUMNS, strict=True))


def _end(played: Played, options: LTGDraw) -> str:
    """Why there are no more rectangles."""
    if not played.steps:
        return "left alone (p)"
    if played.steps[-1].memory.min() <= options.t_min:
        return "min(M) <= t_min"
    return "once" if options.once else "limit"


def _newest(played: Played) -> str:
    if played.newest is None:
        return "none"
    top, left, bottom, right = played.newest.rectangle
    factors, alpha = (" ".join(f"{x:.3g}" for x in xs) for xs in (played.newest.factors, played.newest.alpha.tolist()))
    return f"rows {top}-{bottom}, columns {left}-{right}, f_g {factors}, α {alpha}"


def _draw(both: tuple[Played, Played], options: LTGDraw) -> np.ndarray:
    """(h, w, 3) uint8. All images share one axes, whose unit is an inch: own axes take longer than the rest."""
    brightest = max([1.0, *(float(step.memory.amin(0).max()) for played in both for step in played.steps)])
    scale = LogNorm(options.t_min, brightest)  # of the whole draw, so that colours stay while the rectangles come
    with style():
        figure = Figure(figsize=INCHES, dpi=DPI)
        page = figure.add_axes((0, 0, 1, 1), xlim=(0, INCHES[0]), ylim=(0, INCHES[1]), autoscale_on=False)
        page.set_axis_off()
        for played, top in zip(both, TOPS, strict=True):
            rectangle = played.newest.rectangle if played.newest else None
            smallest = np.maximum(played.memory.amin(0).numpy(), options.t_min)
            cells = {
                f"{played.name}, before": (pixels_of(played.before), None),
                f"after {played.shown} of {len(played.steps)}": (pixels_of(played.after), rectangle),
                "M, lowest channel": (colormaps[MAP](scale(smallest)), rectangle),
            }
            for column, (title, cell) in enumerate(cells.items()):
                _image(page, LEFT + column * STEP, top, title, *cell)
        _colour_bar(page, scale)
        _histogram(figure.add_axes((0.115, 0.08, 0.865, 0.15)), both, options)
        return pixels_on_screen(figure)


def _image(page: Axes, left: float, top: float, title: str, pixels: np.ndarray, rectangle: np.ndarray | None) -> None:
    """An image (H, W, 3 or 4) in its box, as large as fits, with the newest rectangle framed."""
    height, width = pixels.shape[:2]
    inch = min(BOX[0] / width, BOX[1] / height)  # of a pixel
    page.text(left + BOX[0] / 2, top + 0.1, title, ha="center", va="center")
    left += (BOX[0] - width * inch) / 2
    page.imshow(pixels, extent=(left, left + width * inch, top - height * inch, top), aspect="auto")
    if rectangle is None:
        return
    row0, col0, row1, col1 = rectangle * inch
    for thick, colour in ((2.6, "black"), (1.4, ORANGE)):  # seen on bright and on dark pixels
        place = (left + col0, top - row1), col1 - col0, row1 - row0
        page.add_patch(Rectangle(*place, fill=False, linewidth=thick, edgecolor=colour))


def _colour_bar(page: Axes, scale: LogNorm) -> None:
    left, right, bottom, top = LEFT + 3 * STEP, LEFT + 3 * STEP + 0.11, TOPS[1] - BOX[1], TOPS[0]
    shades = np.linspace(1, 0, 256)[:, None]
    page.imshow(colormaps[MAP](shades), extent=(left, right, bottom, top), aspect="auto")
    decades = np.arange(np.ceil(np.log10(scale.vmin) - 1e-9), np.log10(scale.vmax) + 1e-9)
    for decade in decades:
        height = bottom + (top - bottom) * float(scale(10.0**decade))
        page.plot((right, right + 0.04), (height, height), color="black", linewidth=0.8)
        name = "10" + f"{decade:.0f}".translate(SUPERSCRIPT)
        page.text(right + 0.07, height, name, va="center", fontsize=7)
    page.text(right + 0.4, (top + bottom) / 2, "M, product of α (no unit)", rotation=90, ha="center", va="center")


def _histogram(axes: Axes, both: tuple[Played, Played], options: LTGDraw) -> None:
    whole = factors_of([step for played in both for step in played.steps])
    shown = factors_of([step for played in both for step in played.steps[: played.shown]])
    for values, colour, name in ((whole, "0.85", "all rectangles"), (shown, BLUE, "shown ones")):
        axes.stairs(np.histogram(values, BINS)[0], BINS, fill=True, color=colour, label=name)
    expected = len(whole) * expected_shares(options.factor, BINS)
    axes.stairs(expected, BINS, color="black", label=f"expected, {options.factor}")
    axes.set(xlim=(0, 1), ylim=(0, None), xlabel="factor f_g (no unit), both images", ylabel="factors in a bin")
    axes.legend(loc="lower center", bbox_to_anchor=(0.46, 0.97), ncols=3, columnspacing=1.2, handlelength=1.5)
