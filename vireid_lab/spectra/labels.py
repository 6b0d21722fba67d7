"""The labels of the material masks: which surface a pixel shows."""

from __future__ import annotations

BACKGROUND = (
    "asphalt", "concrete", "brick", "mortar", "plaster", "tile", "vegetation", "soil", "wood", "glass", "metal",
    "paint_a", "paint_b", "occluder",
)  # fmt: skip
PERSON = (
    "skin", "lips", "eye", "hair", "glasses", "hat", "hat_trim", "upper", "upper_pattern", "upper_trim", "inner",
    "lower", "lower_pattern", "belt", "socks", "shoes", "sole", "bag", "bag_trim",
)  # fmt: skip

LABELS: dict[int, str] = dict(enumerate(BACKGROUND + PERSON))  # as written to masks/materials.json
CODES: dict[str, int] = {name: code for code, name in LABELS.items()}
FIRST_PERSON = len(BACKGROUND)  # labels from here on lie on the person; "occluder" lies in front of it
