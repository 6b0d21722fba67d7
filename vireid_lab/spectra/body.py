"""A person as tubes: built once for an identity, drawn in any pose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import garments
from .garments import TRUNK_TOP, WAIST
from .identity import Identity
from .labels import CODES, FIRST_PERSON
from .pose import ANKLE, HIP, KNEE, Pose, joints
from .surface import CLEAR, N, ROWS, Canvas, Surface, plain, tube

SKIRTS = ("skirt", "long_skirt")
# Half width of a trunk over height, in body heights
TRUNK = ((0.845, 0.03), (0.825, 0.06), (0.8, 0.094), (0.77, 0.1), (0.72, 0.096), (0.615, 0.08), (0.52, 0.094), (0.45, 0.096))
HEAD = ((0, 0), (0.03, 0.45), (0.1, 0.75), (0.2, 0.93), (0.38, 1), (0.55, 0.97), (0.7, 0.88), (0.84, 0.7), (0.94, 0.48), (1, 0.2))


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


def _vertical(identity: Identity, top: float, bottom: float, gap: float, flare: float, texture: np.ndarray, **more) -> Surface:
    """A tube around the trunk between two heights, wider by the cut's gap and flare; opens with the stride below the hips."""
    y = garments.heights(top, bottom)[:, 0]
    below = np.clip((0.6 - y) / 0.3, 0, 1.5)
    width = _trunk_width(y, identity) + gap * np.clip((TRUNK_TOP - y) / 0.04, 0, 1) + 0.06 * flare * below
    depth = width * (0.66 * identity.girth**0.4 + 0.25 * np.clip((y - 0.8) / 0.045, 0, 1))
    return Surface(width, depth, texture, top - bottom, hang=np.clip((0.47 - y) / 0.2, 0, 1), **more)


def _limb(start: float, middle: float, end: float, texture: np.ndarray, length: float, loose: np.ndarray | float = 0.0, **more) -> Surface:
    """A limb with rounded ends; `loose` is what cloth adds to its half width, a number or (N,)."""
    cap = np.sqrt(np.clip(1 - (np.abs(ROWS - 0.5) * 2.3 - 1.15 + 0.3).clip(0) ** 2 / 0.09, 0.3, 1))
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
    parts["hand"] = tube([(0, 0.015), (0.3, 0.02), (0.6, 0.019), (0.9, 0.013), (1, 0.006)], 1.0, plain(CODES["skin"]), 0.08)
    parts["thumb"] = tube([(0, 0.008), (0.7, 0.008), (1, 0.004)], 1.0, plain(CODES["skin"]), 0.04)
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
        folds = 0 if bare or cut.hem > top - 0.05 else cut.folds
        parts[name] = _limb(*(r * g for r in radii), texture.astype(np.uint8), top - bottom, loose, folds=folds)
    parts["shoe"] = tube([(0, 0.014), (0.1, 0.024), (0.45, 0.028), (0.8, 0.026), (0.95, 0.019), (1, 0.008)], 1.0, plain(CODES["shoes"]), 0.14)
    parts["sole"] = tube([(0, 0.007), (0.1, 0.012), (0.9, 0.012), (1, 0.006)], 1.0, plain(CODES["sole"]), 0.15)
    top, bottom = identity.upper.cut.hem + 0.03, cut.hem if bare else 0.45
    texture = garments.pelvis(identity, top, bottom)
    flare = cut.flare if bare else 0.0
    parts["pelvis"] = _vertical(identity, top, bottom, -0.003, flare, texture, folds=cut.folds)
    return parts


def _head(identity: Identity) -> dict[str, Surface]:
    skin, hair = plain(CODES["skin"]), plain(CODES["hair"])
    size = 0.051 * identity.head
    head = [(row, size * width) for row, width in HEAD]
    parts = {
        "neck": tube([(0, 0.032), (0.5, 0.029), (1, 0.034)], 1.05, skin, 0.08),
        "head": tube(head, 1.22, garments.face(identity), 0.138, detail=garments.face_detail()),
        "nose": tube([(0, 0.003), (0.7, 0.008), (1, 0.004)], 1.0, skin, 0.03),
    }
    style, hat = identity.hair, identity.hat
    swell = {"afro": 1.5, "bald": 1.02, "short": 1.09}.get(style, 1.13)
    if hat != "turban":
        shell = [(row, 0.004 + size * width * swell) for row, width in HEAD]
        parts["scalp"] = tube(shell, 1.24, garments.scalp(style), 0.138, folds=0.2)
    around = np.where(garments.FRONT > (0.85 if style == "long" else 1.0), CODES["hair"], CLEAR)
    sheet = np.broadcast_to(around, (N, N)).astype(np.uint8)
    if style == "long":
        parts["locks"] = tube([(0, 0.05), (0.3, 0.06), (0.8, 0.068), (1, 0.03)], 1.0, sheet, 0.24, folds=0.25)
    if style == "bob":
        parts["locks"] = tube([(0, 0.052), (0.6, 0.063), (0.95, 0.058), (1, 0.03)], 1.15, sheet, 0.15, folds=0.2)
    if style == "ponytail":
        parts["tail"] = tube([(0, 0.012), (0.3, 0.024), (0.8, 0.018), (1, 0.004)], 1.0, hair, 0.16, folds=0.25)
    if style == "bun":
        parts["bun"] = tube([(0, 0.004), (0.2, 0.022), (0.5, 0.029), (0.8, 0.022), (1, 0.004)], 1.0, hair, 0.055, folds=0.2)
    return parts | _hat(hat, size)


def _hat(hat: str, size: float) -> dict[str, Surface]:
    """A hat is a shell over the upper head, with a band; caps and sun hats have a brim."""
    if hat == "none":
        return {}
    low = {"cap": 0.33, "beanie": 0.42, "sunhat": 0.3, "turban": 0.4}[hat]
    swell = {"cap": 1.16, "beanie": 1.2, "sunhat": 1.2, "turban": 1.4}[hat]
    shape = plain(CODES["hat"])
    shape[ROWS > low - 0.1] = CODES["hat_trim"] if hat != "turban" else CODES["hat"]
    shape[ROWS > low] = CLEAR
    shell = [(row, 0.006 + size * swell * width) for row, width in HEAD]
    parts = {"hat": tube(shell, 1.2, shape, 0.14, folds=0.15 if hat in ("beanie", "turban") else 0.04)}
    if hat == "cap":
        parts["brim"] = tube([(0, 0.04), (0.5, 0.047), (1, 0.047)], 1.35, plain(CODES["hat_trim"]), 0.02)
    if hat == "sunhat":
        parts["brim_round"] = tube([(0, 0.06), (0.5, 0.1), (1, 0.105)], 1.0, plain(CODES["hat"]), 0.03)
    return parts


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
    cut = identity.upper.cut
    trunk = _vertical(
        identity, TRUNK_TOP, cut.hem, cut.gap, cut.flare, garments.trunk(identity),
        folds=cut.folds, detail=garments.trunk_detail(identity),
    )  # fmt: skip
    parts = {"trunk": trunk} | _arms(identity) | _legs(identity) | _head(identity) | _bag(identity)
    if cut.collar == "hood":
        parts["hood"] = tube([(0, 0.03), (0.4, 0.062), (0.8, 0.07), (1, 0.045)], 0.9, plain(CODES["upper"]), 0.07, folds=0.2)
    if cut.collar == "high":
        parts["hood"] = tube([(0, 0.046), (0.5, 0.047), (1, 0.055)], 1.0, plain(CODES["upper_trim"]), 0.05)
    return Figure(identity, parts)


def draw_person(canvas: Canvas, figure: Figure, pose: Pose, feet: tuple[float, float], scale: float, pitch: float) -> None:
    """Draws a person on a canvas.

    Args:
        canvas: drawn on in place.
        figure: the person.
        pose: how it stands.
        feet: pixel (right, down) of the ground below the hips.
        scale: pixels in a body height.
        pitch: angle by which the camera looks down, radians.
    """
    points = joints(pose, figure.identity)
    names, xyz = list(points), np.stack(list(points.values()))
    cos, sin = np.cos(pose.yaw), np.sin(pose.yaw)

    def project(xyz: np.ndarray) -> np.ndarray:
        x, y, z = xyz[..., 0] * cos + xyz[..., 2] * sin, xyz[..., 1], xyz[..., 2] * cos - xyz[..., 0] * sin
        down = feet[1] - scale * (y * np.cos(pitch) - z * np.sin(pitch))
        return np.stack([feet[0] + scale * x, down, scale * (z * np.cos(pitch) + y * np.sin(pitch))], axis=-1)

    at = dict(zip(names, project(xyz)))
    parts = figure.parts

    def draw(part: str, a: np.ndarray, b: np.ndarray, turn: float = 0.0, fold: int = 0) -> None:
        stride = 0.28 * pose.stride * abs(np.sin(pose.gait))
        canvas.draw(parts[part], a, b, scale, pose.yaw + turn, stride, pose.fold + fold)

    def offset(point: str, *xyz: float) -> np.ndarray:
        return project(points[point] + np.array(xyz))

    hem = figure.identity.upper.cut.hem
    draw("trunk", at["neck"], offset("hip", 0, hem - HIP, 0))
    bottom = figure.identity.lower.cut.hem if figure.identity.lower.name in SKIRTS else 0.45
    if hem > bottom:
        draw("pelvis", offset("hip", 0, hem + 0.03 - HIP, 0), offset("hip", 0, bottom - HIP, 0), fold=1)
    for side in "01":
        knee, ankle = at[f"knee{side}"], at[f"ankle{side}"]
        hip = at[f"hip{side}"]
        draw("thigh", hip + 0.13 * (knee - hip), knee + 0.09 * (knee - hip), fold=2 + int(side))
        draw("shin", knee - 0.09 * (ankle - knee), ankle + 0.09 * (ankle - knee), fold=4 + int(side))
        heel, toe = points[f"ankle{side}"] + (0, -0.022, -0.035), points[f"toe{side}"] + (0, -0.014, 0.01)
        draw("shoe", project(heel), project(toe))
        draw("sole", project(heel + (0, -0.018, -0.004)), project(toe + (0, -0.014, 0.004)))
        elbow, wrist, finger = at[f"elbow{side}"], at[f"wrist{side}"], at[f"finger{side}"]
        shoulder = at[f"shoulder{side}"]
        draw("upper_arm", shoulder - 0.06 * (elbow - shoulder), elbow + 0.12 * (elbow - shoulder), fold=6 + int(side))
        draw("forearm", elbow - 0.12 * (wrist - elbow), wrist + 0.06 * (wrist - elbow), fold=8 + int(side))
        draw("hand", wrist, finger)
        sign = -1 if side == "0" else 1
        draw("thumb", wrist, project(points[f"wrist{side}"] + 0.045 * np.array([-sign * 0.35, -0.85, 0.5])))
    _draw_head(draw, offset, at, figure, pose)
    _draw_bag(draw, offset, at, figure)
    _contact_shadows(canvas, scale)


def _draw_head(draw, offset, at: dict[str, np.ndarray], figure: Figure, pose: Pose) -> None:
    turn = pose.head_yaw if abs(pose.head_yaw) < 1.0 else float(np.sign(pose.head_yaw))
    chin, crown = at["chin"], at["crown"]
    aside, ahead = np.sin(turn), np.cos(turn)
    draw("neck", offset("chin", 0, 0.03, -0.015), offset("neck", 0, -0.02, 0))
    draw("head", crown, chin, turn)
    draw("nose", offset("chin", 0.05 * aside, 0.068, 0.05 * ahead), offset("chin", 0.062 * aside, 0.043, 0.062 * ahead), turn)
    if "scalp" in figure.parts:
        draw("scalp", offset("crown", 0, 0.008, -0.004), chin, turn)
    if "locks" in figure.parts:
        end = -0.15 if figure.identity.hair == "long" else -0.09
        draw("locks", offset("crown", 0, -0.03, -0.012), offset("crown", 0, end - 0.06, -0.025), turn)
    if "tail" in figure.parts:
        draw("tail", offset("crown", -0.06 * aside, -0.03, -0.062 * ahead), offset("crown", -0.09 * aside, -0.19, -0.085 * ahead))
    if "bun" in figure.parts:
        draw("bun", offset("crown", -0.04 * aside, 0.035, -0.045 * ahead), offset("crown", -0.05 * aside, -0.02, -0.06 * ahead))
    if "hood" in figure.parts:
        back = -0.03 if figure.identity.upper.cut.collar == "hood" else -0.005
        draw("hood", offset("neck", 0, 0.03, back), offset("neck", 0, -0.045, back * 1.3))
    if "hat" in figure.parts:
        draw("hat", offset("crown", 0, 0.014, 0), chin, turn)
    if "brim" in figure.parts:
        draw("brim", offset("crown", 0.062 * aside, -0.03, 0.062 * ahead), offset("crown", 0.068 * aside, -0.046, 0.068 * ahead), turn)
    if "brim_round" in figure.parts:
        draw("brim_round", offset("crown", 0, -0.025, 0), offset("crown", 0, -0.05, 0), turn)


def _draw_bag(draw, offset, at: dict[str, np.ndarray], figure: Figure) -> None:
    bag = figure.identity.bag
    if bag in ("backpack", "rucksack"):
        low = -0.235 if bag == "backpack" else -0.3
        draw("bag", offset("neck", 0, -0.03, -0.105), offset("neck", 0, low, -0.11))
    elif bag in ("shoulder", "messenger"):
        draw("bag", offset("hip", 0.125, 0.05, 0.02), offset("hip", 0.135, -0.075, 0.02), np.pi / 2)
    elif bag != "none":
        hand = at["finger1"]
        drop = offset("finger1", 0, -0.15 if bag == "tote" else -0.09, 0) - hand
        draw("bag", hand + 0.1 * drop, hand + 1.1 * drop, np.pi / 2)


def _contact_shadows(canvas: Canvas, scale: float) -> None:
    """Darkens what lies just behind a nearer part of the body: arms stand out from the trunk, chins from necks."""
    rows, columns = np.nonzero(canvas.labels >= FIRST_PERSON)
    if not rows.size:
        return
    box = np.s_[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    depth, step = canvas.depth[box], max(1, round(0.012 * scale))
    nearest = depth.copy()
    np.maximum(nearest[step:], depth[:-step], out=nearest[step:])
    np.maximum(nearest[:, step:], depth[:, :-step], out=nearest[:, step:])
    np.maximum(nearest[:, :-step], depth[:, step:], out=nearest[:, :-step])
    nearest -= depth
    nearest -= np.float32(0.02 * scale)
    nearest *= np.float32(1 / (0.12 * scale))
    canvas.shading[box] *= 1 - np.float32(0.45) * np.clip(nearest, 0, 1) * (canvas.labels[box] >= FIRST_PERSON)
