"""One region of a visible-infrared pair: the scatter of its pixels, the line N = k X, and what it says (RFM, Eq. 4)."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from vireid_lab.analysis.one_material import one_material
from vireid_lab.analysis.reflection import CHANNELS, RegionFit, band_ratios, fit_region
from vireid_lab.figures.style import BLUE, RED, RIGHT, style
from vireid_lab.runtime import InputError, unknown

from .explorer import View
from .picture_page import pixels_on_screen
from .picture_pointer import encode_png

COLOUR = dict(zip(CHANNELS, (RED, RIGHT, BLUE), strict=True))
DOTS = 2000  # at most, of the region and of the whole picture; a scatter of all pixels takes seconds
INCHES, DPI = (4.3, 3.7), 180


def render_region(
    visible: np.ndarray,
    infrared: np.ndarray,
    valid: np.ndarray,
    rectangle: tuple[int, int, int, int],
    channel: str = "green",
    offset: bool = False,
    zoom: bool = False,
) -> View:
    """Fits the pixels of a rectangle and draws them.

    Args:
        visible: (H, W, 3) linear light in [0, 1].
        infrared: (H, W) linear light in [0, 1].
        valid: (H, W) bool, pixels that may be used.
        rectangle: (row0, col0, row1, col1), half-open, pixels.
        channel: `red`, `green` or `blue`, the one that is drawn; the read-out has all three.
        offset: fit an intercept too; Eq. 4 has none.
        zoom: axes end at the region's brightest pixel; otherwise they hold the whole picture, so that slopes compare.

    Raises:
        InputError: unknown channel, a rectangle that is not inside the picture, or a region that has no fit.
    """
    if channel not in CHANNELS:
        raise unknown("channel", channel, CHANNELS)
    row0, col0, row1, col1 = rectangle
    height, width = infrared.shape
    if not (0 <= row0 < row1 <= height and 0 <= col0 < col1 <= width):
        raise InputError(f"rectangle {tuple(rectangle)}: give row0 < row1 <= {height} and col0 < col1 <= {width}")
    region = np.s_[row0:row1, col0:col1]
    fit = fit_region(visible[region], infrared[region], valid[region], offset=offset)
    ratios = band_ratios(visible[region], infrared[region], valid[region])
    picture = _draw(visible, infrared, valid, region, fit, CHANNELS.index(channel), zoom)
    place = f"rows {row0}-{row1}, columns {col0}-{col1}"
    alt = f"Scatter of infrared against {channel}, {place}, with the line {_equation(fit, CHANNELS.index(channel))}"
    return View(encode_png(picture), _words(fit, ratios, place), alt)


def _words(fit: RegionFit, ratios: np.ndarray, place: str) -> str:
    verdict = one_material(fit)
    low, middle, high = np.nanpercentile(ratios.reshape(-1, 3), (5, 50, 95), axis=0)
    lines = [
        f"{'✓' if verdict.one else '✗'} {verdict.text}",
        f"{place}: {fit.pixels:,} pixels used, {ratios[..., 0].size - fit.pixels:,} masked",
        "",
        f"{'':6}{'k':>8}{'offset':>9}{'R²':>8}{'residual':>10}{'NIR/VIS: median':>17}{'5 %':>8}{'95 %':>8}",
    ]
    for c, name in enumerate(CHANNELS):
        numbers = f"{fit.k[c]:8.3f}{fit.intercept[c]:9.4f}{fit.r2[c]:8.3f}{fit.residual[c]:10.4f}"
        lines.append(f"{name:6}{numbers}{middle[c]:17.3f}{low[c]:8.3f}{high[c]:8.3f}")
    return "\n".join(lines)


def _equation(fit: RegionFit, c: int) -> str:
    offset = f" {'+' if fit.intercept[c] >= 0 else '−'} {abs(fit.intercept[c]):.3f}" if fit.intercept[c] else ""
    return f"NIR = {fit.k[c]:.3f} {CHANNELS[c]}{offset}"


def _draw(visible, infrared, valid, region, fit: RegionFit, c: int, zoom: bool) -> np.ndarray:
    """(h, w, 3) uint8. Axes have fixed places: automatic layout would take longer than all the rest."""
    whole = _dots(visible[..., c], infrared, valid)
    inside = _dots(visible[region][..., c], infrared[region], valid[region])
    right, top = 1.08 * np.quantile(inside if zoom else whole, 1 if zoom else 0.998, axis=1)
    with style():
        figure = Figure(figsize=INCHES, dpi=DPI)
        axes = figure.add_axes((0.12, 0.125, 0.86, 0.71))
        axes.plot(*whole, ".", color="0.75", markersize=1.6, label="whole picture")
        axes.plot(*inside, ".", color=COLOUR[CHANNELS[c]], markersize=3, alpha=0.6, label="rectangle")
        ends = np.array([0, right])
        axes.plot(ends, fit.k[c] * ends + fit.intercept[c], color="black", label="fitted line")
        axes.set(xlim=(0, right), ylim=(0, top), xlabel=f"{CHANNELS[c]} (0 to 1)", ylabel="near infrared (0 to 1)")
        figure.legend(loc="upper center", bbox_to_anchor=(0.55, 0.94), ncols=3, markerscale=2, columnspacing=1.5)
        figure.text(0.55, 0.96, f"{_equation(fit, c)},  R² {fit.r2[c]:.3f}", ha="center", va="center", fontsize=9)
        return pixels_on_screen(figure)


def _dots(visible: np.ndarray, infrared: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """(2, n) visible and infrared values of at most DOTS usable pixels, evenly spread and always the same ones."""
    places = np.flatnonzero(valid & np.isfinite(visible) & np.isfinite(infrared))
    places = places[:: max(1, -(-len(places) // DOTS))]
    return np.stack([visible.ravel()[places], infrared.ravel()[places]])
