"""Textures of garments: which material lies where on the tube of a trunk, an arm or a leg."""

from __future__ import annotations

import numpy as np

from .identity import Garment, Identity
from .labels import CODES
from .surface import AZIMUTH, ROWS, N, plain

TRUNK_TOP = 0.845  # height of the upper end of the trunk, in body heights
WAIST = 0.615
FRONT = np.abs(AZIMUTH)[None, :]  # (1, N) angle from the front
BACK = np.pi - FRONT
RADIUS = 0.1  # of a trunk, for the pitch of prints around it


def heights(top: float, bottom: float) -> np.ndarray:
    """(N, 1) height over ground of each row of a vertical tube."""
    return (top + (bottom - top) * ROWS)[:, None]


def put(texture: np.ndarray, where: np.ndarray, label: int) -> None:
    """Writes a label where a mask, broadcast to the texture, is true."""
    np.copyto(texture, np.uint8(label), where=where)


def _repeat(coordinate: np.ndarray, period: float, duty: float) -> np.ndarray:
    return np.mod(coordinate / period, 1) < duty


def printed(garment: Garment, y: np.ndarray, arc: np.ndarray, part: str) -> np.ndarray:
    """Where a garment's print lies.

    Args:
        garment: whose print, period and duty are used.
        y: (N, 1) heights in body heights.
        arc: (1, N) distance around the tube from the front, in body heights.
        part: "trunk", "arm" or "leg"; a chest print is on the trunk only.

    Returns:
        (N, N) bool.
    """
    period, duty, trunk = garment.period, garment.duty, part == "trunk"
    around = 2 * np.pi * RADIUS / max(4, round(2 * np.pi * RADIUS / period))  # closes around the trunk
    kinds = {
        "none": lambda: False,
        "hoops": lambda: _repeat(y, period, duty),
        "pinstripes": lambda: _repeat(arc + around / 2, around, 0.5 * duty + 0.1),
        "check": lambda: _repeat(y, period, duty) ^ _repeat(arc, around, duty),
        "logo": lambda: trunk & _logo(y, arc, period),
        "yoke": lambda: (y > 0.86 - 1.6 * period) & (part != "leg"),
        "raglan": lambda: part == "arm",
        "diagonals": lambda: _repeat(y + 0.7 * np.abs(arc), period, duty),
        "dots": lambda: np.hypot(np.mod(y / period, 1) - 0.5, np.mod(arc / around, 1) - 0.5) < 0.2 + 0.25 * duty,
        "chevron": lambda: trunk & (np.abs(y - 0.72 + 0.6 * np.abs(np.sin(arc / RADIUS)) * RADIUS) < period * 0.4),
        "halves": lambda: arc > 0,
        "band": lambda: (np.abs(y - 0.68) < 0.6 * period) & (part != "leg"),
        "ladder": lambda: _repeat(y, period, duty) & (np.abs(np.sin(arc / RADIUS)) < 0.6),
    }
    return np.broadcast_to(kinds[garment.print](), (N, N))


def _logo(y: np.ndarray, arc: np.ndarray, period: float) -> np.ndarray:
    """A print on chest and back: a disc, a ring or a block of letters, told apart by the period."""
    x = np.sin(arc / RADIUS) * RADIUS
    r = np.hypot(x, y - 0.71)
    size = 0.035 + 0.25 * period
    if period < 0.075:
        return r < size
    if period < 0.1:
        return (r < size) & (r > 0.55 * size)
    letters = _repeat(x, 0.6 * size, 0.7) & (np.abs(x) < 1.2 * size)
    return letters & ((np.abs(y - 0.735) < 0.022) | (np.abs(y - 0.675) < 0.022))


def trunk(identity: Identity) -> np.ndarray:
    """(N, N) texture of the upper garment on the trunk, from the neck to its hem, with what hangs over it."""
    garment = identity.upper
    cut = garment.cut
    y = heights(TRUNK_TOP, cut.hem)
    texture = plain(CODES["upper"])
    put(texture, printed(garment, y, AZIMUTH[None] * RADIUS, "trunk"), CODES["upper_pattern"])
    x = np.abs(np.sin(AZIMUTH))[None] * RADIUS
    facing = FRONT < np.pi / 2
    trim, inner = CODES["upper_trim"], CODES["inner"]
    if cut.opening == "open":
        gape = np.maximum(0.018 + 0.05 * np.clip((WAIST - y) / 0.2, 0, 1), (y - 0.66) * 0.25)
        put(texture, facing & (x < gape), inner)
    if cut.opening == "zip":
        put(texture, facing & (x < 0.006), trim)
    if cut.opening == "buttons":
        put(texture, facing & (x < 0.006) & _repeat(y, 0.045, 0.3), trim)
    if cut.collar == "lapels":
        lapel = facing & (y > 0.68) & (x < 0.014 + (y - 0.68) * 0.38) & (x > (y - 0.68) * 0.17)
        put(texture, lapel, trim)
        put(texture, facing & (y > 0.68) & (x <= (y - 0.68) * 0.17), inner)
    if cut.collar == "shirt":
        put(texture, (y > 0.815) & ~(facing & (x < (y - 0.79) * 0.5)), trim)
        put(texture, facing & (y > 0.79) & (x < (y - 0.79) * 0.4), CODES["skin"])
    if cut.collar == "none":
        put(texture, (y > 0.815 - 0.03 * np.cos(AZIMUTH)) & (y > 0.8), CODES["skin"])
    if cut.sleeve == 0:
        put(texture, (y > 0.775) & (np.abs(x - 0.085) < 0.02), CODES["skin"])
    if cut.hem > 0.4:
        put(texture, y < cut.hem + 0.014, trim)
    _straps(texture, y, identity.bag)
    return texture


def _straps(texture: np.ndarray, y: np.ndarray, bag: str) -> None:
    """Draws a bag's straps over the trunk."""
    x = np.sin(AZIMUTH)[None] * RADIUS
    side = np.where(FRONT < np.pi / 2, x, -x)
    if bag in ("backpack", "rucksack"):
        put(texture, (np.abs(np.abs(x) - 0.058) < 0.012) & (y > 0.64), CODES["bag_trim"])
    if bag in ("shoulder", "messenger"):
        put(texture, np.abs(side * 1.6 + (y - 0.69)) < 0.014, CODES["bag_trim"])


def trunk_detail(identity: Identity) -> np.ndarray:
    """(N, N) shading of seams: pockets, the fly front, quilting of a puffer, the lifted hem."""
    cut = identity.upper.cut
    y = heights(TRUNK_TOP, cut.hem)
    x = np.sin(AZIMUTH)[None] * RADIUS
    detail = np.ones((N, N), np.float32)
    detail *= 1 - 0.35 * np.exp(-(((y - cut.hem - 0.016) / 0.004) ** 2))
    if identity.upper.name in ("puffer", "windbreaker"):
        detail *= 0.72 + 0.4 * np.abs(np.sin(np.pi * y / 0.045))
    if cut.opening != "none":
        detail *= np.where((FRONT < 1) & (np.abs(x - 0.012) < 0.004), 0.75, 1)
        pocket = (FRONT < 1.3) & (np.abs(np.abs(x) - 0.06) < 0.022) & (np.abs(y - max(0.53, cut.hem + 0.05)) < 0.004)
        detail *= np.where(pocket, 0.65, 1)
    if cut.collar == "hood":
        detail *= np.where((FRONT < 0.7) & (y < cut.hem + 0.11) & (y > cut.hem + 0.1), 0.65, 1)
        detail *= np.where((y > 0.8) & (BACK < 1.2), 0.8, 1)
    return detail


def sleeve(identity: Identity, start: float, end: float) -> np.ndarray:
    """(N, N) texture of a piece of an arm between two shares of its length."""
    garment = identity.upper
    cut = garment.cut
    share = (start + (end - start) * ROWS)[:, None]
    y = TRUNK_TOP - 0.34 * share
    texture = plain(CODES["upper"])
    put(texture, printed(garment, y, AZIMUTH[None] * RADIUS, "arm"), CODES["upper_pattern"])
    cuff = (share > cut.sleeve - 0.06) & (cut.sleeve > 0.2)
    put(texture, cuff, CODES["upper_trim"])
    put(texture, share > cut.sleeve, CODES["skin"])
    return texture


def leg(identity: Identity, top: float, bottom: float) -> np.ndarray:
    """(N, N) texture of a piece of a leg between two heights: cloth to the hem, skin or a sock or boot below."""
    garment = identity.lower
    y = heights(top, bottom)
    texture = plain(CODES["lower"])
    put(texture, printed(garment, y, AZIMUTH[None] * RADIUS, "leg"), CODES["lower_pattern"])
    bare = y < garment.cut.hem
    put(texture, bare, CODES["skin"])
    put(texture, bare & (y < 0.085), CODES["socks"])
    if identity.tall_shoes:
        put(texture, y < 0.13, CODES["shoes"])
    return texture


def pelvis(identity: Identity, top: float, bottom: float) -> np.ndarray:
    """(N, N) texture of trousers around the hips, or of a whole skirt, with its belt and pockets."""
    garment = identity.lower
    y = heights(top, bottom)
    texture = plain(CODES["lower"])
    put(texture, printed(garment, y, AZIMUTH[None] * RADIUS, "leg"), CODES["lower_pattern"])
    if identity.belt:
        put(texture, y > identity.upper.cut.hem - 0.02, CODES["belt"])
    return texture
