"""How our pictures look: column widths, colours that colour-blind readers can tell apart, readable type."""

from __future__ import annotations

import contextlib
import functools
import sys
from collections.abc import Callable, Iterator

import matplotlib
from cycler import cycler
from matplotlib.figure import Figure

SINGLE, DOUBLE = 3.5, 7.16  # widths of one and of two columns of a paper, inches
COLOURS = tuple(matplotlib.color_sequences["petroff10"])
BLUE, ORANGE, RED, GREY = COLOURS[:4]
RIGHT, WRONG = "#1a7f37", RED  # always beside a tick or a cross
MODALITY_MARKERS = ("o", "^")  # visible, infrared
LINE_STYLES = ("-", "--", "-.", ":")
MAP, HEAT = "viridis", "magma"

RC = {
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": cycler(color=COLOURS),
    "lines.linewidth": 1.3,
    "lines.markersize": 3.5,
    "image.cmap": MAP,
    "image.interpolation": "none",  # a PDF keeps the pixels as they are
    "savefig.dpi": 300,
    "pdf.fonttype": 42,  # text stays text, and journals accept it
}


@contextlib.contextmanager
def style() -> Iterator[None]:
    """The settings of matplotlib for our pictures, for as long as the block lasts."""
    with matplotlib.rc_context(RC):
        yield


def drawn(function: Callable[..., Figure]) -> Callable[..., Figure]:
    """Decorates a function that draws a picture: it draws in our style, and its module's VERSION is noted.

    `save_figure` writes the noted versions (`figure.versions`) into the provenance.
    """

    @functools.wraps(function)
    def draw(*args, **kwargs) -> Figure:
        with style():
            figure = function(*args, **kwargs)
        name = function.__module__.removeprefix("vireid_lab.")
        figure.versions = {name: sys.modules[function.__module__].VERSION}
        return figure

    return draw
