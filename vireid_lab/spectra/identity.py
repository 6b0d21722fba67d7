"""Who a person is: body, hair and wardrobe, and the materials these are made of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from vireid_lab.runtime import unknown

from . import materials, thermal
from .difficulty import DIFFICULTIES, Knobs
from .labels import PERSON
from .wardrobe import WARDROBES, Cut

HAIR_STYLES = ("bald", "short", "short", "parted", "bob", "long", "ponytail", "bun", "afro")
LOWER_PRINTS = ("hoops", "pinstripes", "check", "diagonals", "dots", "ladder", "halves")
TUCKED = 0.585  # height of the waistband where a shirt is tucked in, in body heights
FIBRES = ("cotton", "polyester", "nylon", "wool")


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


def _cloth(rng: np.random.Generator, colours: dict, carbon: float, fibre: str | None = None) -> Cloth:
    name = str(rng.choice(list(colours)))
    dyes = np.minimum(np.array(colours[name]) * np.exp(rng.normal(0, 0.15, 3)), 8)
    amount = rng.uniform(1.1, 2.6) if rng.random() < carbon else rng.uniform(0, 0.1)
    return Cloth(fibre or str(rng.choice(FIBRES)), name, tuple(float(d) for d in dyes), float(amount))


def _ink(rng: np.random.Generator, colours: dict, cloth: Cloth, survives: bool) -> Cloth:
    """The print's material: another colour, and other carbon where it survives in the infrared."""
    others = {name: dyes for name, dyes in colours.items() if name != cloth.colour}
    ink = _cloth(rng, others, 0.0, cloth.fibre)
    if not survives:
        return replace(ink, carbon=cloth.carbon)
    return replace(ink, carbon=float(rng.uniform(1.3, 2.6) if cloth.carbon < 0.5 else rng.uniform(0, 0.15)))


def _garment(
    rng: np.random.Generator, cuts: dict[str, Cut], prints: tuple[str, ...], colours: dict, knobs: Knobs
) -> Garment:
    name = str(rng.choice(list(cuts)))
    cut = cuts[name]
    cut = replace(cut, hem=cut.hem + rng.normal(0, 0.03), gap=cut.gap * rng.uniform(0.8, 1.3))
    cloth = _cloth(rng, colours, knobs.carbon, "cotton" if name == "jeans" else None)
    kind = str(rng.choice(prints)) if rng.random() < knobs.patterned else "none"
    ink = _ink(rng, colours, cloth, rng.random() < knobs.survive)
    return Garment(name, cut, cloth, kind, float(rng.uniform(0.07, 0.16)), float(rng.uniform(0.3, 0.6)), ink)


def sample_identity(
    rng: np.random.Generator, wardrobe: str = "benchmark", knobs: Knobs = DIFFICULTIES["medium"]
) -> Identity:
    """Draws a person.

    Args:
        rng: the person's generator.
        wardrobe: "benchmark" or "pretraining".
        knobs: how many garments have prints and carbon, and how many prints survive in the infrared.

    Raises:
        InputError: unknown wardrobe.
    """
    if wardrobe not in WARDROBES:
        raise unknown("wardrobe", wardrobe, WARDROBES)
    options = WARDROBES[wardrobe]
    colours = options.colours
    female = rng.random() < 0.5
    upper = _garment(rng, options.uppers, options.prints, colours, knobs)
    lower = _garment(rng, options.lowers, tuple(p for p in options.prints if p in LOWER_PRINTS), colours, knobs)
    if lower.print != "none" and rng.random() < 0.3:  # trousers have fewer prints than shirts
        lower = replace(lower, print="none")
    tucked = upper.cut.hem > 0.45 and upper.cut.gap < 0.01 and rng.random() < 0.4
    if tucked:
        upper = replace(upper, cut=replace(upper.cut, hem=TUCKED))
    hat = str(rng.choice(options.hats))
    hair = str(rng.choice(HAIR_STYLES[1:] if female else HAIR_STYLES[:4]))
    return Identity(
        shoulders=float(rng.normal(0.95 if female else 1.06, 0.1)),
        hips=float(rng.normal(1.06 if female else 0.97, 0.1)),
        girth=float(np.clip(rng.normal(1.02, 0.22), 0.75, 1.6)),
        legs=float(rng.normal(1.0, 0.035)),
        head=float(rng.normal(1.0, 0.05)),
        melanin=float(rng.beta(1.2, 2.0)),
        hair="short" if hair == "afro" and hat != "none" else hair,
        hair_melanin=float(rng.choice([0.08, 0.3, 0.5, 0.65, 0.85, 1.0])),
        beard=bool(not female and rng.random() < 0.35),
        glasses=bool(rng.random() < 0.25),
        belt=bool(tucked and rng.random() < 0.7),
        tall_shoes=bool(rng.random() < 0.25),
        upper=upper,
        lower=lower,
        inner=_cloth(rng, colours, knobs.carbon),
        trim=_ink(rng, colours, upper.cloth, rng.random() < knobs.survive),
        bag=str(rng.choice(options.bags)),
        bag_cloth=_cloth(rng, colours, 0.5),
        hat=hat,
        hat_cloth=_cloth(rng, colours, knobs.carbon),
        shoes=_cloth(rng, colours, 0.5),
        sole=Cloth("nylon", "sole", (0.0, 0.0, 0.0), float(rng.choice([0.05, 1.8]))),
    )
