"""Drawing of a person in a pose: where each of its surfaces lies, and its projection on a canvas."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .figure import BELOW_HIPS, OVERLAP, SKIRTS, Figure
from .labels import FIRST_PERSON
from .pose import HIP, Pose, joints
from .surface import Canvas


class Segment(NamedTuple):
    """A surface of the figure between two points (right, up, ahead; body heights), turned against the body."""

    part: str
    start: np.ndarray
    end: np.ndarray
    turn: float = 0.0


def draw_person(
    canvas: Canvas, figure: Figure, pose: Pose, feet: tuple[float, float], scale: float, pitch: float
) -> None:
    """Draws a person on a canvas.

    Args:
        canvas: drawn on in place.
        figure: the person.
        pose: how it stands.
        feet: pixel (right, down) of the ground below the hips.
        scale: pixels in a body height.
        pitch: angle by which the camera looks down, radians.
    """
    at = joints(pose, figure.identity)
    parts = _trunk(figure, at) + _limbs(at) + _head(figure, at, pose) + _bag(figure, at)
    ends = project(np.array([[s.start, s.end] for s in parts]), pose.yaw, feet, scale, pitch)
    stride = 0.28 * pose.stride * abs(np.sin(pose.gait))
    for number, (segment, (a, b)) in enumerate(zip(parts, ends, strict=True)):
        surface = figure.parts[segment.part]
        canvas.draw(surface, a, b, scale, pose.yaw + segment.turn, stride, pose.fold + number)
    _contact_shadows(canvas, scale)


def project(points: np.ndarray, yaw: float, feet: tuple[float, float], scale: float, pitch: float) -> np.ndarray:
    """Parallel projection of (..., 3) body points (right, up, ahead) to pixels: right, down, towards the camera."""
    x = points[..., 0] * np.cos(yaw) + points[..., 2] * np.sin(yaw)
    z = points[..., 2] * np.cos(yaw) - points[..., 0] * np.sin(yaw)
    up = points[..., 1] * np.cos(pitch) - z * np.sin(pitch)
    near = z * np.cos(pitch) + points[..., 1] * np.sin(pitch)
    return np.stack([feet[0] + scale * x, feet[1] - scale * up, scale * near], axis=-1)


def _trunk(figure: Figure, at: dict[str, np.ndarray]) -> list[Segment]:
    upper, lower = figure.identity.upper.cut, figure.identity.lower.cut
    up = np.array([0.0, 1.0, 0.0])
    segments = [Segment("trunk", at["neck"], at["hip"] + (upper.hem - HIP) * up)]
    bottom = lower.hem if figure.identity.lower.name in SKIRTS else BELOW_HIPS
    if upper.hem > bottom:
        top = upper.hem + OVERLAP
        segments.append(Segment("pelvis", at["hip"] + (top - HIP) * up, at["hip"] + (bottom - HIP) * up))
    return segments


def _limbs(at: dict[str, np.ndarray]) -> list[Segment]:
    """Arms and legs; neighbouring pieces overlap at the joints."""

    def piece(part: str, start: np.ndarray, end: np.ndarray, before: float, after: float) -> Segment:
        return Segment(part, start - before * (end - start), end + after * (end - start))

    segments = []
    for side, sign in (("0", -1), ("1", 1)):
        hip, knee, ankle, toe = (at[name + side] for name in ("hip", "knee", "ankle", "toe"))
        shoulder, elbow, wrist, finger = (at[name + side] for name in ("shoulder", "elbow", "wrist", "finger"))
        heel, toe = ankle + (0, -0.022, -0.035), toe + (0, -0.014, 0.01)
        segments += [
            piece("thigh", hip, knee, -0.13, 0.09),
            piece("shin", knee, ankle, 0.09, 0.09),
            Segment("shoe", heel, toe),
            Segment("sole", heel + (0, -0.018, -0.004), toe + (0, -0.014, 0.004)),
            piece("upper_arm", shoulder, elbow, 0.06, 0.12),
            piece("forearm", elbow, wrist, 0.12, 0.06),
            Segment("hand", wrist, finger),
            Segment("thumb", wrist, wrist + (-0.016 * sign, -0.038, 0.022)),
        ]
    return segments


def _head(figure: Figure, at: dict[str, np.ndarray], pose: Pose) -> list[Segment]:
    turn = float(np.clip(pose.head_yaw, -1.0, 1.0))
    crown, chin = at["crown"], at["chin"]
    ahead = np.array([np.sin(turn), 0.0, np.cos(turn)])
    up = np.array([0.0, 1.0, 0.0])

    def beside(origin: np.ndarray, front: float, height: float) -> np.ndarray:
        return origin + front * ahead + height * up

    hood = -0.03 if figure.identity.upper.cut.collar == "hood" else -0.005
    lower = -0.21 if figure.identity.hair == "long" else -0.15
    segments = [
        Segment("neck", chin + (0, 0.03, -0.015), at["neck"] + (0, -0.02, 0)),
        Segment("head", crown, chin, turn),
        Segment("nose", beside(chin, 0.05, 0.068), beside(chin, 0.062, 0.043), turn),
        Segment("scalp", crown + (0, 0.008, -0.004), chin, turn),
        Segment("locks", crown + (0, -0.03, -0.012), crown + (0, lower, -0.025), turn),
        Segment("tail", beside(crown, -0.062, -0.03), beside(crown, -0.085, -0.19)),
        Segment("bun", beside(crown, -0.045, 0.035), beside(crown, -0.06, -0.02)),
        Segment("hood", at["neck"] + (0, 0.03, hood), at["neck"] + (0, -0.045, 1.3 * hood)),
        Segment("hat", beside(crown, 0, 0.014), chin, turn),
        Segment("peak", beside(crown, 0.062, -0.03), beside(crown, 0.068, -0.046), turn),
        Segment("brim", beside(crown, 0, -0.025), beside(crown, 0, -0.05), turn),
    ]
    return [segment for segment in segments if segment.part in figure.parts]


def _bag(figure: Figure, at: dict[str, np.ndarray]) -> list[Segment]:
    neck, hip, hand = at["neck"], at["hip"], at["finger1"]
    side = np.pi / 2
    segments = {
        "backpack": Segment("bag", neck + (0, -0.03, -0.105), neck + (0, -0.235, -0.11)),
        "rucksack": Segment("bag", neck + (0, -0.03, -0.105), neck + (0, -0.3, -0.11)),
        "shoulder": Segment("bag", hip + (0.125, 0.05, 0.02), hip + (0.135, -0.075, 0.02), side),
        "messenger": Segment("bag", hip + (0.125, 0.05, 0.02), hip + (0.135, -0.075, 0.02), side),
        "tote": Segment("bag", hand + (0, -0.015, 0), hand + (0, -0.165, 0), side),
        "handbag": Segment("bag", hand + (0, -0.01, 0), hand + (0, -0.1, 0), side),
    }
    return [segments[figure.identity.bag]] if figure.identity.bag != "none" else []


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
    gap = (nearest - depth - np.float32(0.02 * scale)) * np.float32(1 / (0.12 * scale))
    canvas.shading[box] *= 1 - np.float32(0.45) * np.clip(gap, 0, 1) * (canvas.labels[box] >= FIRST_PERSON)
