"""What people of the two wardrobes can wear: cuts, prints, colours, bags, hats. The two share nothing but bare hands.

The benchmark's people wear `benchmark`; those on whom the stand-in for ImageNet is trained wear `pretraining`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Cut:
    """The cut of a garment. Lengths are in body heights from the ground.

    Attributes:
        hem: height of its lower end.
        sleeve: length of the sleeve over that of the arm, 0 to 1 (upper garments).
        gap: air between skin and cloth.
        flare: how much wider it is at the hem than at the waist.
        collar: "none", "shirt", "hood", "high" or "lapels".
        opening: "none", "buttons", "zip" or "open".
        thickness: of the cloth in mm (thermal infrared).
        folds: contrast of its folds.
    """

    hem: float
    sleeve: float = 0.0
    gap: float = 0.004
    flare: float = 0.0
    collar: str = "none"
    opening: str = "none"
    thickness: float = 1.0
    folds: float = 0.12


@dataclass(frozen=True)
class Wardrobe:
    """Options to draw from; `colours` are absorbances of the yellow, magenta and cyan dye."""

    uppers: dict[str, Cut]
    lowers: dict[str, Cut]
    prints: tuple[str, ...]
    colours: dict[str, tuple[float, float, float]]
    bags: tuple[str, ...]
    hats: tuple[str, ...]
    backdrops: tuple[str, ...]


WARDROBES = {
    "benchmark": Wardrobe(
        uppers={
            "tee": Cut(0.475, 0.42, 0.006, thickness=0.7),
            "tank": Cut(0.485, 0.0, 0.003, thickness=0.6, folds=0.08),
            "shirt": Cut(0.46, 1.0, 0.007, collar="shirt", opening="buttons", thickness=0.5),
            "hoodie": Cut(0.47, 1.0, 0.015, -0.1, collar="hood", thickness=4),
            "jacket": Cut(0.47, 1.0, 0.016, collar="lapels", opening="open", thickness=3),
            "puffer": Cut(0.46, 1.0, 0.028, -0.1, collar="high", opening="zip", thickness=22, folds=0.16),
            "coat": Cut(0.31, 1.0, 0.016, 0.25, collar="lapels", opening="buttons", thickness=6),
            "dress": Cut(0.29, 0.3, 0.005, 0.7, thickness=0.6, folds=0.16),
        },
        lowers={
            "jeans": Cut(0.04, gap=0.008, thickness=1.2),
            "slim": Cut(0.06, gap=0.003, flare=-0.1, thickness=0.8, folds=0.08),
            "wide": Cut(0.03, gap=0.018, flare=0.5, thickness=0.8, folds=0.16),
            "shorts": Cut(0.32, gap=0.014, thickness=0.8),
            "skirt": Cut(0.31, gap=0.006, flare=0.6, thickness=0.8, folds=0.18),
        },
        prints=("hoops", "pinstripes", "check", "logo", "yoke", "raglan"),
        colours={
            "white": (0.02, 0.01, 0.0), "red": (2.6, 2.8, 0.1), "blue": (0.3, 1.8, 2.8), "green": (2.4, 0.5, 2.2),
            "yellow": (2.4, 0.12, 0.0), "navy": (2.0, 3.2, 4.6), "black": (5.0, 5.0, 5.0), "grey": (0.7, 0.7, 0.7),
            "beige": (0.75, 0.35, 0.15), "sky": (0.1, 0.35, 1.3), "brown": (2.6, 1.8, 1.2),
        },
        bags=("none", "none", "backpack", "shoulder", "tote"),
        hats=("none", "none", "none", "cap", "beanie"),
        backdrops=("street", "park", "corridor", "plaza", "garage"),
    ),
    "pretraining": Wardrobe(
        uppers={
            "polo": Cut(0.48, 0.36, 0.007, collar="shirt", thickness=0.9),
            "sleeveless": Cut(0.5, 0.12, 0.01, 0.1, thickness=0.6),
            "sweater": Cut(0.455, 1.0, 0.012, thickness=3.5, folds=0.1),
            "blazer": Cut(0.44, 1.0, 0.012, 0.1, collar="lapels", opening="open", thickness=2.5),
            "parka": Cut(0.38, 1.0, 0.024, 0.1, collar="hood", opening="zip", thickness=15),
            "windbreaker": Cut(0.485, 1.0, 0.02, collar="high", opening="zip", thickness=1),
            "tunic": Cut(0.37, 0.75, 0.01, 0.45, thickness=0.7, folds=0.16),
        },
        lowers={
            "chinos": Cut(0.05, gap=0.01, flare=-0.2, thickness=1),
            "bootcut": Cut(0.035, gap=0.005, flare=0.35, thickness=1.1),
            "bermudas": Cut(0.26, gap=0.01, thickness=0.9),
            "capris": Cut(0.14, gap=0.006, thickness=0.7),
            "long_skirt": Cut(0.12, gap=0.008, flare=0.9, thickness=0.8, folds=0.18),
        },
        prints=("diagonals", "dots", "chevron", "halves", "band", "ladder"),
        colours={
            "cream": (0.3, 0.08, 0.02), "orange": (2.8, 1.2, 0.03), "purple": (0.6, 2.6, 1.5), "pink": (0.15, 1.1, 0.0),
            "teal": (0.8, 0.6, 2.4), "olive": (2.6, 1.2, 1.6), "maroon": (2.8, 3.2, 1.0), "mint": (0.4, 0.1, 0.8),
            "charcoal": (1.7, 1.7, 1.7), "lilac": (0.1, 0.9, 0.5), "ochre": (2.6, 0.7, 0.3),
        },
        bags=("none", "none", "rucksack", "messenger", "handbag"),
        hats=("none", "none", "none", "sunhat", "turban"),
        backdrops=("station", "garden", "warehouse"),
    ),
}  # fmt: skip
