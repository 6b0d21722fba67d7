"""Surfaces of walls and grounds, as functions of position in metres: which material, how light and how tilted it is."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.ndimage import map_coordinates

N = 512  # samples along a side of the noise tables, which repeat


class Patch(NamedTuple):
    """A surface at n points: region number, lightness about 1, slopes of its relief along u and v, gloss in [0, 1]."""

    labels: np.ndarray
    albedo: np.ndarray
    tilt_u: np.ndarray
    tilt_v: np.ndarray
    gloss: np.ndarray


def _table(seed: int, steepness: float) -> np.ndarray:
    """(3, N, N) repeating noise with a power spectrum falling with `steepness`, and its slopes along columns and rows;
    each of standard deviation 1."""
    frequency = np.hypot(np.fft.fftfreq(N)[:, None], np.fft.fftfreq(N)[None])
    frequency[0, 0] = np.inf
    noise = np.fft.fft2(np.random.default_rng(seed).standard_normal((N, N))) / frequency**steepness
    value = np.fft.ifft2(noise).real
    slopes = [np.roll(value, -1, axis) - value for axis in (1, 0)]
    return np.stack([a / a.std() for a in (value, *slopes)])


_TABLES = {"grain": _table(11, 0.3), "rough": _table(12, 1.0), "cloud": _table(13, 1.9)}


def picture(kind: str, shape: tuple[int, int], step: float = 1.0, start: int = 0) -> np.ndarray:
    """(3, h, w) noise and its slopes to the right and down, a sample each `step` pixels from the row `start` on."""
    rows, columns = (np.floor(np.arange(n) / step).astype(np.intp) % N for n in shape)
    return _TABLES[kind][:, (rows + start)[:, None] % N, columns[None]]


def _look(table: np.ndarray, u: np.ndarray, v: np.ndarray, step: float) -> np.ndarray:
    return np.stack([map_coordinates(t, (v / step, u / step), order=1, mode="grid-wrap") for t in table])


def grain(u: np.ndarray, v: np.ndarray, step: float) -> np.ndarray:
    """(3, n) noise and its slopes with single grains of `step` metres."""
    return _look(_TABLES["grain"], u, v, step)


def rough(u: np.ndarray, v: np.ndarray, step: float) -> np.ndarray:
    """(3, n) noise and its slopes of a rough surface, fine as `step` metres and coarse as 100 of them."""
    return _look(_TABLES["rough"], u, v, step)


def cloud(u: np.ndarray, v: np.ndarray, step: float) -> np.ndarray:
    """(3, n) noise and its slopes of smooth patches, about 100 `step` metres wide."""
    return _look(_TABLES["cloud"], u, v, step)


def _hash(i: np.ndarray, j: np.ndarray) -> np.ndarray:
    """A number in [0, 1) for each pair of whole numbers."""
    return np.mod(np.sin(i * 12.9898 + j * 78.233) * 43758.5453, 1)


def plain(label: int, step: float, relief: float, stain: float, gloss: float = 0.1):
    """Concrete, plaster, asphalt, soil: grains of `step` metres with slopes of `relief`, and stains."""

    def patch(u: np.ndarray, v: np.ndarray) -> Patch:
        fine, coarse, spots = grain(u, v, step), rough(u + 3, v + 7, 4 * step), cloud(u + 1, v + 5, 0.02)
        albedo = np.exp(0.35 * relief * fine[0] + stain * spots[0] + 0.4 * stain * coarse[0])
        return Patch(
            np.full(len(u), label), albedo, relief * (fine[1] + 0.5 * coarse[1]), relief * (fine[2] + 0.5 * coarse[2]),
            np.full(len(u), gloss),
        )  # fmt: skip

    return patch


def stones(
    label: int, joint: int, course: float, length: float, gap: float, bond: float = 0.5, uneven: float = 0.2,
    base=None, sink: float = 0.75, gloss: float = 0.1,
):  # fmt: skip
    """Bricks, slabs, tiles, planks: stones of `length` in courses, with bevelled edges, and joints `gap` metres wide.

    Args:
        label, joint: region numbers of the stones and of the joints.
        course, length, gap: in metres.
        bond: shift of each second course, in stones.
        uneven: how different the stones are.
        base: texture of the stones; by default that of `plain`.
        sink: light that reaches the joints.
        gloss: of the stones.
    """
    base = base or plain(label, 0.006, 0.22, 0.1, gloss)

    def patch(u: np.ndarray, v: np.ndarray) -> Patch:
        row = np.floor(v / course)
        column = u / length + bond * np.mod(row, 2)
        across, along = np.mod(column, 1) * length, np.mod(v / course, 1) * course
        lines = (across < gap) | (along < gap)
        bevel = [
            (x < 2 * gap).astype(float) - (x > size - gap) for x, size in ((across, length), (along, course))
        ]  # rounded edges: they tilt to the sides
        tone = np.exp(uneven * (_hash(np.floor(column), row) - 0.5) * 2)
        found = base(u + 7 * _hash(row, np.floor(column)), v)
        return Patch(
            np.where(lines, joint, found.labels), np.where(lines, sink, tone) * found.albedo,
            found.tilt_u - 0.35 * bevel[0], found.tilt_v - 0.35 * bevel[1], np.where(lines, 0, found.gloss),
        )  # fmt: skip

    return patch


def timber(label: int, across: bool, gloss: float = 0.15):
    """Wood with its grain along v, or along u where `across`."""

    def patch(u: np.ndarray, v: np.ndarray) -> Patch:
        a, b = (v, u) if across else (u, v)
        ring, fibre = rough(a, b / 14, 0.006), grain(a, b / 30, 0.003)
        albedo = np.exp(0.16 * np.tanh(ring[0]) + 0.05 * fibre[0])
        tilt, none = 0.12 * fibre[1], np.zeros(len(u))
        return Patch(np.full(len(u), label), albedo, *((none, tilt) if across else (tilt, none)), none + gloss)

    return patch


def turf(label: int, gloss: float = 0.1):
    """Grass seen from afar: short upright strokes and patches of growth."""

    def patch(u: np.ndarray, v: np.ndarray) -> Patch:
        blades, patches = rough(u, v / 3, 0.008), cloud(u, v, 0.03)
        albedo = np.exp(0.25 * blades[0] + 0.12 * patches[0])
        return Patch(np.full(len(u), label), albedo, 0.4 * blades[1], 0.4 * blades[2], np.full(len(u), gloss))

    return patch
