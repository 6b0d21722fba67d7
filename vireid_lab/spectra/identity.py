"""Who a person is: body, hair and wardrobe, and the materials these are made of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from . import materials, thermal
from .labels import PERSON
from .wardrobe import Cut

HAIR_STYLES = ("bald", "short", "short", "parted", "bob", "long", "ponytail", "bun", "afro")


@dataclass(frozen=True)
class Cloth:
    """A dyed material: a fibre of `materials.FIBRES`, the name of its colour, absorbances of dyes and carbon black."""

    fibre: str
    colour: str
    dyes: tuple[float, float, float]
    carbon: float

    @property
    def reflectance(self) -> np.ndarray:
        """(L,) reflectance."""
        return materials.fabric(self.fibre, self.dyes, self.carbon)


@dataclass(frozen=True)
class Garment:
    """A garment: the name of its cut, the cut as it fits this person, its cloth, and its print.

    Attributes:
        print: a kind that `garments.printed` draws, or "none".
        period: of the print's repeat, in body heights.
        duty: share of the print in its repeat, 0 to 1.
        ink: material of the print.
        piece: the cut of the print where it is a second cloth, sewn in; None: it is printed.
    """

    name: str
    cut: Cut
    cloth: Cloth
    print: str
    period: float
    duty: float
    ink: Cloth
    piece: Cut | None = None


@dataclass(frozen=True)
class Identity:
    """One person. Widths are factors around 1.

    Attributes:
        shoulders, hips, girth, legs, head: width of shoulders and hips, thickness of everything, length of the legs.
        melanin: of the skin, 0 to 1.
        hair: one of HAIR_STYLES.
        hair_melanin: 0 (white) to 1 (black).
        beard, glasses, belt: whether there is one.
        upper, lower: garments.
        inner: what shows under an open upper garment.
        trim: cuffs, collars and zips.
        bag, hat: kinds of the wardrobe, or "none".
        tall_shoes: boots.
        bag_cloth, hat_cloth, shoes, sole: materials.
    """

    shoulders: float
    hips: float
    girth: float
    legs: float
    head: float
    melanin: float
    hair: str
    hair_melanin: float
    beard: bool
    glasses: bool
    belt: bool
    tall_shoes: bool
    upper: Garment
    lower: Garment
    inner: Cloth
    trim: Cloth
    bag: str
    bag_cloth: Cloth
    hat: str
    hat_cloth: Cloth
    shoes: Cloth
    sole: Cloth

    @cached_property
    def reflectances(self) -> np.ndarray:
        """(len(PERSON), L) reflectance of each label on a person."""
        dark = materials.fabric("nylon", (2, 2, 2), 2.0)
        table = {
            "skin": materials.skin(self.melanin),
            "lips": 0.75 * materials.skin(self.melanin, 1.0),
            "eye": 0.5 * materials.hair(0.9),
            "hair": materials.hair(self.hair_melanin),
            "glasses": dark,
            "hat": self.hat_cloth.reflectance,
            "hat_trim": 0.55 * self.hat_cloth.reflectance,
            "upper": self.upper.cloth.reflectance,
            "upper_pattern": self.upper.ink.reflectance,
            "upper_trim": self.trim.reflectance,
            "inner": self.inner.reflectance,
            "lower": self.lower.cloth.reflectance,
            "lower_pattern": self.lower.ink.reflectance,
            "belt": materials.leather(0.9, carbon=0.6),
            "socks": materials.fabric("cotton", (0.3, 0.3, 0.3), 0.2),
            "shoes": self.shoes.reflectance,
            "sole": self.sole.reflectance,
            "bag": self.bag_cloth.reflectance,
            "bag_trim": 0.5 * self.bag_cloth.reflectance,
        }
        return np.stack([table[name] for name in PERSON])

    def temperatures(self, ambient: float) -> np.ndarray:
        """(len(PERSON),) degrees C of each label at an air temperature; prints are as warm as their cloth."""
        upper, upper_pattern, lower, lower_pattern = (
            thermal.garment_temperature(cut.thickness, 350 * cut.gap, ambient)
            for garment in (self.upper, self.lower)
            for cut in (garment.cut, garment.piece or garment.cut)
        )
        hair = thermal.hair_temperature(ambient)
        table = dict.fromkeys(PERSON, ambient + 2.0) | {
            "skin": 33.0, "lips": 34.0, "eye": 34.5, "hair": hair, "hat": thermal.garment_temperature(3, 4, ambient),
            "upper": upper, "upper_pattern": upper_pattern, "lower": lower, "lower_pattern": lower_pattern,
            "upper_trim": ambient + 0.8 * (upper - ambient), "hat_trim": ambient + 3.0,
            "inner": thermal.garment_temperature(0.8, 1.0, ambient), "belt": ambient + 0.7 * (lower - ambient),
            "socks": thermal.garment_temperature(2, 0, ambient, 30), "shoes": ambient + 3.5,
            "bag": ambient + 1.0, "bag_trim": ambient + 1.5, "glasses": ambient + 4.0,
        }  # fmt: skip
        return np.array([table[name] for name in PERSON])
