"""Softmax beside SA-Softmax in the plane after some steps: picture and numbers."""

from __future__ import annotations

import functools

import numpy as np

from vireid_lab.analysis.softmax_toy import STEPS, ToyTrace, descend
from vireid_lab.figures.softmax_toy import describe_toy, toy_sheet
from vireid_lab.runtime import InputError

from .explorer import View
from .picture_page import pixels_on_screen
from .picture_pointer import encode_png

DPI = 130
trace_of = functools.lru_cache(maxsize=32)(descend)  # a descent takes longer than its picture


def render_toy(losses: str, steps: int, gap: float = 70.0, seed: int = 0) -> View:
    """The same points under the softmax and under other losses after as many steps.

    Args:
        losses: a recipe's slot that is shown beside "ce", such as "ce:0.3+sas_fm:0.7+ast:1".
        steps: how many they have gone, 0 to STEPS.
        gap, seed: of `analysis.softmax_toy.plane_points`.

    Raises:
        InputError: an argument cannot be used.
    """
    if not 0 <= steps <= STEPS:
        raise InputError(f"steps={steps}: give 0 to {STEPS}")
    traces = {"softmax: ce": trace_of("ce", gap, seed), losses: trace_of(losses, gap, seed)}
    words = describe_toy(traces, steps)
    alt = f"Points and prototypes of three people in the plane after {steps} steps under two losses. {words}"
    return View(encode_png(_pixels(traces, steps)), f"after {steps} of {STEPS} steps\n{words}", alt)


def _pixels(traces: dict[str, ToyTrace], steps: int) -> np.ndarray:
    """(h, w, 3) uint8."""
    figure = toy_sheet(traces, steps)
    figure.set_dpi(DPI)
    return pixels_on_screen(figure)
