"""Garments sewn of two cloths, for the thermal world: patterns that are more than a print.

A print is as warm as its cloth. But yokes and sleeves are also cut from another cloth, bands and ribs knitted in,
checks quilted, letters sewn on as patches: such pieces differ in insulation as well as in colour, and both modalities
show them. They are there for a reason: a close garment is padded with them, a loose one drawn to the body by them.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .identity import Garment, Identity

PIECED = 0.8  # share of the patterns that are sewn; the others are printed
LOOSE = 0.01  # gap in body heights from which on a garment is drawn in
PADDING = (5.0, 12.0)  # mm
KNIT = (0.8, 1.5)  # mm
DRAWN_IN = (0.2, 0.5)  # gap under stretch knit over that of the garment


def tailor(person: Identity, rng: np.random.Generator) -> Identity:
    """Draws which patterns of a person are sewn, and of what; shapes and colours stay."""
    return replace(person, upper=_tailored(person.upper, rng), lower=_tailored(person.lower, rng))


def _tailored(garment: Garment, rng: np.random.Generator) -> Garment:
    sewn, padding, knit, share = rng.random(), rng.uniform(*PADDING), rng.uniform(*KNIT), rng.uniform(*DRAWN_IN)
    cut = garment.cut
    if sewn >= PIECED:
        return garment
    if cut.gap < LOOSE or garment.print == "logo":  # a patch adds to the cloth
        return replace(garment, piece=replace(cut, thickness=cut.thickness + padding))
    return replace(garment, piece=replace(cut, thickness=knit, gap=share * cut.gap))
