"""Alg. 1 of Tan et al. 2022 as explicit loops in float64, for given draws and with its own."""

from __future__ import annotations

import math

import numpy as np


def play(image, rectangles, factors, t_min=1e-6, once=False):
    """The image (C, H, W), M, and the number of rectangles until min(M) <= t_min; factors (K, C), or (K, 1) for all."""
    image = image.astype(np.float64)
    memory = np.ones_like(image)
    played = 0
    for (top, left, bottom, right), drawn in zip(rectangles, factors, strict=True):
        together = max(image[:, top:bottom, left:right].max(), 0)
        for c in range(len(image)):
            own = image[c, top:bottom, left:right].max()
            peak = own if len(drawn) == len(image) else together
            alpha = float(drawn[min(c, len(drawn) - 1)]) / (peak if peak > 0 else 1)
            image[c, top:bottom, left:right] *= alpha
            memory[c, top:bottom, left:right] *= alpha
        played += 1
        if once or memory.min() <= t_min:
            break
    return image, memory, played


def draw_and_play(image, rng, factor, t_min=1e-6):
    """The whole of Alg. 1 for p = 1, drawing as it goes: M and the number of rectangles."""
    image = image.astype(np.float64)
    memory = np.ones_like(image)
    _, height, width = image.shape
    played = 0
    while played < 100:
        area, aspect = rng.uniform(0.02, 0.4) * height * width, rng.uniform(0.3, 1 / 0.3)
        h, w = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        x, y = rng.integers(width), rng.integers(height)
        if x + w > width or y + h > height:
            continue
        for c in range(len(image)):
            alpha = factor(rng) / image[c, y : y + h, x : x + w].max()
            image[c, y : y + h, x : x + w] *= alpha
            memory[c, y : y + h, x : x + w] *= alpha
        played += 1
        if memory.min() <= t_min:
            break
    return memory, played
