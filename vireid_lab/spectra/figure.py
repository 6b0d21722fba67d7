"""The tubes that make up a person, built once for an identity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import garments
from .garments import TRUNK_TOP, WAIST
from .head import head_parts
from .identity import Identity
from .labels import CODES
from .pose import ANKLE, HIP, KNEE
from .surface import CLEAR, ROWS, Surface, plain, tube

BELOW_HIPS = 0.45  # height at which the trousers' seat ends and their legs go on
OVERLAP = 0.03  # of lower garments under upper ones
SKIRTS = ("skirt", "long_skirt")
# Half width of a trunk over height, in body heights
TRUNK = (
    (0.845, 0.03), (0.825, 0.06), (0.8, 0.094), (0.77, 0.1), (0.72, 0.096), (0.615, 0.08), (0.52, 0.094), (0.45, 0.096),
)  # fmt: skip


@dataclass(frozen=True)
class Figure:
    """The surfaces of one person by the name of the body part."""

    identity: Identity
    parts: dict[str, Surface]


def _trunk_width(y: np.ndarray, identity: Identity) -> np.ndarray:
    heights, widths = np.transpose(TRUNK[::-1])
    share = np.clip((y - WAIST) / (0.8 - WAIST), 0, 1)
    shape = identity.shoulders * share + np.where(y < WAIST, identity.hips, 1) * (1 - share)
    return np.interp(y, heights, widths) * shape * identity.girth**0.7


def _vertical(
    identity: Identity, top: float, bottom: float, gap: float, flare: float, texture: np.ndarray, **more
) -> Surface:
    """A tube around the trunk between two heights, wider by gap and flare; its hem opens with the stride."""
    y = garments.heights(top, bottom)[:, 0]
    below = np.clip((0.6 - y) / 0.3, 0, 1.5)
    width = _trunk_width(y, identity) + gap * np.clip((TRUNK_TOP - y) / 0.04, 0, 1) + 0.06 * flare * below
    depth = width * (0.66 * identity.girth**0.4 + 0.25 * np.clip((y - 0.8) / 0.045, 0, 1))
    return Surface(width, depth, texture, top - bottom, hang=np.clip((0.47 - y) / 0.2, 0, 1), **more)


def _limb(
    start: float, middle: float, end: float, texture: np.ndarray, length: float, loose: np.ndarray | float = 0.0, **more
) -> Surface:
    """A limb with rounded ends; `loose` is what cloth adds to its half width, a number or (N,)."""
    cap = np.sqrt(np.clip(1 - ((np.abs(2 * ROWS - 1) - 0.75) / 0.25).clip(0) ** 2, 0.3, 1))
    width = (np.interp(ROWS, (0, 0.45, 1), (start, middle, end)) + loose) * cap
    return Surface(width, width, texture, length, **more)


def _arms(identity: Identity) -> dict[str, Surface]:
    cut, g = identity.upper.cut, identity.girth
    parts = {}
    for name, (start, end), radii in (
        ("upper_arm", (0.0, 0.5), (0.034, 0.028, 0.024)), ("forearm", (0.46, 0.95), (0.024, 0.023, 0.017)),
    ):  # fmt: skip
        share = start + (end - start) * ROWS
        loose = np.where(share < cut.sleeve, 0.0015 + cut.gap * np.minimum(0.4 + 3 * share, 1), 0.0)
        texture = garments.sleeve(identity, start, end)
        parts[name] = _limb(*(r * g for r in radii), texture, 0.16, loose, folds=cut.folds if cut.sleeve > start else 0)
    skin = plain(CODES["skin"])
    parts["hand"] = tube([(0, 0.015), (0.3, 0.02), (0.6, 0.019), (0.9, 0.013), (1, 0.006)], 1.0, skin, 0.08)
    parts["thumb"] = tube([(0, 0.008), (0.7, 0.008), (1, 0.004)], 1.0, skin, 0.04)
    return parts


def _legs(identity: Identity) -> dict[str, Surface]:
    cut, g = identity.lower.cut, identity.girth
    parts = {}
    bare = identity.lower.name in SKIRTS
    for name, top, bottom, radii in (
        ("thigh", HIP, KNEE - 0.02, (0.055, 0.051, 0.036)), ("shin", KNEE + 0.02, ANKLE - 0.02, (0.037, 0.037, 0.022)),
    ):  # fmt: skip
        y = garments.heights(top, bottom)[:, 0]
        cloth = cut.gap + 0.0015 + 0.05 * cut.flare * np.clip((0.4 - y) / 0.35, 0, 1)
        boots = np.where((y < 0.13) & identity.tall_shoes, 0.004, 0.0)
        loose = np.where((y > cut.hem) & (not bare), cloth, boots)
        texture = garments.leg(identity, top, bottom)
        if bare:
            texture = np.where(np.isin(texture, (CODES["lower"], CODES["lower_pattern"])), CODES["skin"], texture)
        texture = np.where(y[:, None] > _cover(identity), CLEAR, texture)
        folds = 0 if bare or cut.hem > top - 0.05 else cut.folds
        parts[name] = _limb(*(r * g for r in radii), texture.astype(np.uint8), top - bottom, loose, folds=folds)
    shoe = [(0, 0.014), (0.1, 0.024), (0.45, 0.028), (0.8, 0.026), (0.95, 0.019), (1, 0.008)]
    parts["shoe"] = tube(shoe, 1.0, plain(CODES["shoes"]), 0.14)
    parts["sole"] = tube([(0, 0.007), (0.1, 0.012), (0.9, 0.012), (1, 0.006)], 1.0, plain(CODES["sole"]), 0.15)
    top, bottom = identity.upper.cut.hem + OVERLAP, cut.hem if bare else BELOW_HIPS
    texture = garments.pelvis(identity, top, bottom)
    flare = cut.flare if bare else 0.0
    parts["pelvis"] = _vertical(identity, top, bottom, -0.003, flare, texture, folds=cut.folds)
    return parts


def _cover(identity: Identity) -> float:
    """Height above which the thighs are covered, and are left out lest they come through what covers them."""
    covers = [identity.upper.cut.hem] + [identity.lower.cut.hem] * (identity.lower.name in SKIRTS)
    return min(hem + 0.005 if hem > 0.4 else hem + 0.08 for hem in covers)


def _bag(identity: Identity) -> dict[str, Surface]:
    texture = plain(CODES["bag"])
    texture[np.abs(ROWS - 0.35) < 0.05] = CODES["bag_trim"]
    box = [(0, 0.3), (0.05, 0.8), (0.12, 1), (0.9, 1), (0.97, 0.85), (1, 0.4)]
    size = {"backpack": (0.075, 0.6), "rucksack": (0.09, 0.7), "shoulder": (0.06, 0.45), "messenger": (0.075, 0.4)}
    size |= {"tote": (0.06, 0.4), "handbag": (0.045, 0.6)}
    if identity.bag == "none":
        return {}
    half, aspect = size[identity.bag]
    width = 0.055 if identity.bag in ("backpack", "rucksack") else half
    return {"bag": tube([(row, half * share) for row, share in box], aspect, texture, 4 * width, folds=0.08)}


def build_figure(identity: Identity) -> Figure:
    """Makes the surfaces of a person."""
    cut, cloth = identity.upper.cut, plain(CODES["upper"])
    trunk = _vertical(
        identity, TRUNK_TOP, cut.hem, cut.gap, cut.flare, garments.trunk(identity),
        folds=cut.folds, detail=garments.trunk_detail(identity),
    )  # fmt: skip
    parts = {"trunk": trunk} | _arms(identity) | _legs(identity) | head_parts(identity) | _bag(identity)
    if cut.collar == "hood":
        parts["hood"] = tube([(0, 0.03), (0.4, 0.062), (0.8, 0.07), (1, 0.045)], 0.9, cloth, 0.07, folds=0.2)
    if cut.collar == "high":
        parts["hood"] = tube([(0, 0.046), (0.5, 0.047), (1, 0.055)], 1.0, plain(CODES["upper_trim"]), 0.05)
    return Figure(identity, parts)
