"""Draws a person: body, hair and wardrobe from one generator."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vireid_lab.runtime import unknown

from .difficulty import DIFFICULTIES, Knobs
from .identity import HAIR_STYLES, Cloth, Garment, Identity
from .wardrobe import WARDROBES, Cut

LOWER_PRINTS = ("hoops", "pinstripes", "check", "diagonals", "dots", "ladder", "halves")
TUCKED = 0.585  # height of the waistband where a shirt is tucked in, in body heights
FIBRES = ("cotton", "polyester", "nylon", "wool")


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
