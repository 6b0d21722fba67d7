"""How a person stands in one image: view, gait, arms; and where that puts the joints."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .difficulty import Knobs
from .identity import Identity

ARM, FOREARM, HAND = 0.165, 0.14, 0.075  # lengths in body heights
ANKLE, KNEE, HIP, SHOULDER = 0.05, 0.285, 0.52, 0.788  # heights


@dataclass(frozen=True)
class Pose:
    """Angles in radians.

    Attributes:
        yaw: the body's turn from facing the camera to screen right; pi is a back view.
        gait: phase of the step, 0 to 2 pi.
        stride: amplitude of the thighs.
        swing: amplitude of the arms.
        bend: (left, right) bend of the elbows.
        inward: (left, right) turn of the bent forearms towards the middle.
        spread: angle of the arms away from the trunk.
        lean: of the trunk, forward.
        head_yaw: turn of the head over that of the body.
        fold: which folds the cloth has.
    """

    yaw: float
    gait: float
    stride: float
    swing: float
    bend: tuple[float, float]
    inward: tuple[float, float]
    spread: float
    lean: float
    head_yaw: float
    fold: int


def sample_pose(rng: np.random.Generator, knobs: Knobs) -> Pose:
    """Draws a pose; `knobs.pose` scales its amplitudes and `knobs.views` is the share of free views."""
    free = rng.random() < knobs.views
    yaw = rng.uniform(-np.pi, np.pi) if free else rng.uniform(-np.pi / 6, np.pi / 6)
    amount = knobs.pose
    bend, inward = np.abs(rng.normal(0.15, 0.35 * amount, 2)), np.zeros(2)
    if rng.random() < 0.35 * amount:  # a telephone, a cup, a hand on a strap
        raised = rng.integers(2)
        bend[raised], inward[raised] = rng.uniform(1.2, 2.2), rng.uniform(0.2, 0.9)
    return Pose(
        yaw=float(yaw),
        gait=float(rng.uniform(0, 2 * np.pi)),
        stride=float(rng.uniform(0.1, 1.0) * amount * 0.9),
        swing=float(rng.uniform(0.1, 1.0) * amount * 0.9),
        bend=(float(bend[0]), float(bend[1])),
        inward=(float(inward[0]), float(inward[1])),
        spread=float(0.1 + abs(rng.normal(0, 0.12 * amount))),
        lean=float(rng.normal(0.02, 0.08 * amount)),
        head_yaw=float(rng.normal(0, 0.5 * amount)),
        fold=int(rng.integers(1 << 16)),
    )


def joints(pose: Pose, identity: Identity) -> dict[str, np.ndarray]:
    """Joints in body heights from the ground below the hips: (3,) right, up, towards the front of the body.

    Names ending in 0 lie on the screen's left of a front view, those ending in 1 on its right.
    """
    legs, lean = identity.legs, np.array([0.0, 0.0, np.sin(pose.lean)])
    points = {"hip": np.array([0.0, HIP * legs, 0.0])}
    ankles = []
    for side, sign in ((0, -1.0), (1, 1.0)):
        phase = pose.gait + side * np.pi
        thigh = pose.stride * 0.75 * np.sin(phase)
        shin = thigh - 0.08 - pose.stride * 1.1 * max(0.0, np.cos(phase)) ** 2
        hip = np.array([sign * 0.046 * identity.hips, HIP * legs, 0.0])
        knee = hip + (HIP - KNEE) * legs * np.array([sign * 0.02, -np.cos(thigh), np.sin(thigh)])
        ankle = knee + (KNEE - ANKLE) * legs * np.array([0.0, -np.cos(shin), np.sin(shin)])
        toe = ankle + 0.085 * np.array([sign * 0.25, -np.sin(max(0.0, -shin - 0.15)) * 0.8 - 0.12, 1.0])
        points |= {f"hip{side}": hip, f"knee{side}": knee, f"ankle{side}": ankle, f"toe{side}": toe}
        ankles.append(ankle[1])

        arm = -pose.swing * 0.7 * np.sin(phase)
        fore = arm + pose.bend[side]
        shoulder = np.array([sign * 0.089 * identity.shoulders, SHOULDER, 0.0]) + 0.275 * lean
        out = np.sin(pose.spread)
        elbow = shoulder + ARM * np.array([sign * out, -np.cos(arm), np.sin(arm)])
        turn = pose.inward[side]
        ahead = np.sin(fore) * np.cos(turn)
        direction = np.array([sign * out * 0.5 - sign * np.sin(fore) * np.sin(turn), -np.cos(fore), ahead])
        wrist = elbow + FOREARM * direction
        points |= {f"shoulder{side}": shoulder, f"elbow{side}": elbow, f"wrist{side}": wrist}
        points[f"finger{side}"] = wrist + HAND * direction
    points["neck"] = np.array([0.0, 0.845, 0.0]) + 0.3 * lean
    points["chin"] = np.array([0.0, 0.862, 0.012]) + 0.33 * lean
    points["crown"] = np.array([0.0, 1.0, 0.0]) + 0.42 * lean
    lift = np.array([0.0, ANKLE - min(ankles), 0.0])  # the lower foot stands on the ground
    return {name: point + lift for name, point in points.items()}
