"""Heads: the face and the hair as textures, and the surfaces of head, hair and hat."""

from __future__ import annotations

import numpy as np

from .garments import FRONT, put
from .identity import Identity
from .labels import CODES
from .surface import AZIMUTH, CLEAR, ROWS, N, Surface, plain, tube

# Half width of a head over (row from crown to chin), as a share of the greatest
HEAD = (
    (0, 0), (0.03, 0.45), (0.1, 0.75), (0.2, 0.93), (0.38, 1), (0.55, 0.97), (0.7, 0.88), (0.84, 0.7),
    (0.94, 0.48), (1, 0.2),
)  # fmt: skip


def face(identity: Identity) -> np.ndarray:
    """(N, N) texture of a head from crown to chin: eyes, brows, mouth, beard, glasses, ears."""
    row, front = ROWS[:, None], FRONT
    texture = plain(CODES["skin"])
    hair, eye = CODES["hair"], CODES["eye"]
    if identity.beard:
        put(texture, (row > 0.72 - 0.05 * np.cos(3 * front)) & (front < 1.5), hair)
    put(texture, (np.abs(row - 0.43) < 0.03) & (np.abs(front - 0.42) < 0.24), hair)
    put(texture, (np.abs(row - 0.52) < 0.033) & (np.abs(front - 0.42) < 0.15), eye)
    put(texture, (np.abs(row - 0.81) < 0.03) & (front < 0.3), CODES["lips"])
    if identity.glasses:
        rim = np.hypot((row - 0.52) / 0.09, (front - 0.42) / 0.32)
        temples = (np.abs(row - 0.5) < 0.02) & (front > 0.6) & (front < 1.5)
        put(texture, (np.abs(rim - 1) < 0.28) | temples, CODES["glasses"])
    return texture


def face_detail() -> np.ndarray:
    """(N, N) shading of the eye sockets, the nose, the cheeks and the ears."""
    row, front = ROWS[:, None], FRONT
    sockets = 0.3 * np.exp(-(((row - 0.5) / 0.07) ** 2) - ((front - 0.4) / 0.22) ** 2)
    nose = 0.15 * np.exp(-(((row - 0.6) / 0.08) ** 2) - (front / 0.1) ** 2)
    under_nose = 0.25 * np.exp(-(((row - 0.71) / 0.025) ** 2) - (front / 0.18) ** 2)
    ears = 0.3 * np.exp(-(((row - 0.58) / 0.07) ** 2) - ((front - 1.65) / 0.1) ** 2)
    chin = 0.2 * np.exp(-(((row - 0.88) / 0.03) ** 2) - (front / 0.3) ** 2)
    return (1 - sockets + nose - under_nose - ears - chin).astype(np.float32)


def scalp(style: str) -> np.ndarray:
    """(N, N) texture of the shell of hair around a head; CLEAR where the face shows."""
    row, front = ROWS[:, None], FRONT
    line = {"bald": 0.0, "short": 0.26, "parted": 0.3, "afro": 0.34}.get(style, 0.3)
    nape = 0.78 if style in ("short", "parted", "bald", "bun", "ponytail") else 1.0
    side = line + (nape - line) * np.clip((front - 0.95) / 0.5, 0, 1)
    if style == "parted":
        side = side + 0.12 * np.clip(np.sin(AZIMUTH + 0.5), -1, 1) * (front < 0.9)
    if style == "bald":
        side = np.where(front > 1.9, 0.75, 0.0)
        return np.where((row < side) & (row > 0.45), CODES["hair"], CLEAR).astype(np.uint8)
    return np.where(row < side, CODES["hair"], CLEAR).astype(np.uint8)


def head_parts(identity: Identity) -> dict[str, Surface]:
    """The surfaces of neck, head, hair and hat."""
    skin, hair = plain(CODES["skin"]), plain(CODES["hair"])
    size = 0.051 * identity.head
    head = [(row, size * width) for row, width in HEAD]
    parts = {
        "neck": tube([(0, 0.032), (0.5, 0.029), (1, 0.034)], 1.05, skin, 0.08),
        "head": tube(head, 1.22, face(identity), 0.138, detail=face_detail()),
        "nose": tube([(0, 0.003), (0.7, 0.008), (1, 0.004)], 1.0, skin, 0.03),
    }
    style, hat = identity.hair, identity.hat
    swell = {"afro": 1.5, "bald": 1.02, "short": 1.09}.get(style, 1.13)
    if hat != "turban":
        shell = [(row, 0.004 + size * width * swell) for row, width in HEAD]
        parts["scalp"] = tube(shell, 1.24, scalp(style), 0.138, folds=0.2)
    around = np.where(FRONT > (0.85 if style == "long" else 1.0), CODES["hair"], CLEAR)
    sheet = np.broadcast_to(around, (N, N)).astype(np.uint8)
    if style == "long":
        parts["locks"] = tube([(0, 0.05), (0.3, 0.06), (0.8, 0.068), (1, 0.03)], 1.0, sheet, 0.24, folds=0.25)
    if style == "bob":
        parts["locks"] = tube([(0, 0.052), (0.6, 0.063), (0.95, 0.058), (1, 0.03)], 1.15, sheet, 0.15, folds=0.2)
    if style == "ponytail":
        parts["tail"] = tube([(0, 0.012), (0.3, 0.024), (0.8, 0.018), (1, 0.004)], 1.0, hair, 0.16, folds=0.25)
    if style == "bun":
        ball = [(0, 0.004), (0.2, 0.022), (0.5, 0.029), (0.8, 0.022), (1, 0.004)]
        parts["bun"] = tube(ball, 1.0, hair, 0.055, folds=0.2)
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
        parts["peak"] = tube([(0, 0.04), (0.5, 0.047), (1, 0.047)], 1.35, plain(CODES["hat_trim"]), 0.02)
    if hat == "sunhat":
        parts["brim"] = tube([(0, 0.06), (0.5, 0.1), (1, 0.105)], 1.0, plain(CODES["hat"]), 0.03)
    return parts
