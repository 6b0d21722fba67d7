"""The places of the rendered scene pairs: what stands where, and of which material. Positions in metres."""

from __future__ import annotations

import numpy as np

from .. import materials
from . import cloth, textures, things
from .layout import Place

BRICKS = ("brick", "dark brick", "tan brick")
CLOTHS = {  # fibre, dyes, carbon: pairs of one colour that part in the near infrared
    "dyed black polyester": ("polyester", (5, 5, 5), 0.0), "carbon black cotton": ("cotton", (0, 0, 0), 3.2),
    "red cotton": ("cotton", (2.6, 2.8, 0.1), 0.0), "red coated nylon": ("nylon", (2.2, 2.4, 0.1), 0.9),
    "navy wool": ("wool", (2.0, 3.2, 4.6), 0.0), "navy coated nylon": ("nylon", (0.8, 2.0, 3.0), 1.2),
    "green cotton": ("cotton", (2.4, 0.5, 2.2), 0.0), "jute": ("jute", (0, 0, 0), 0.0),
    "white cotton": ("cotton", (0, 0, 0), 0.0), "yellow terry": ("cotton", (2.4, 0.12, 0), 0.1),
}  # fmt: skip


def _street(p: Place) -> None:
    p.look((0.75, 0.75, -0.55), back=9.5, horizon=0.42, focal=1.05, eye=1.7)
    brick, stone, white = p.background(p.pick(*BRICKS)), p.background("pale concrete"), p.background("plaster")
    door = p.paint("door paint", p.rng.uniform(0.3, 2.5, 3))
    p.view.wall(textures.stones(brick, brick, 0.13, 0.34, 0.022, uneven=0.22))
    p.view.wall(textures.plain(stone, 0.01, 0.2, 0.08), lambda u, v: v < 0.5)
    for left in (-6.3, -3.6, 2.1, 4.8):
        p.window(left, 1.15, 1.35, 1.75, white)
    p.panel(white, -0.9, 0, p.view.back - 0.02, 1.5, 2.75)
    p.panel(door, -0.75, 0, p.view.back - 0.04, 1.2, 2.6, gloss=0.6)
    for foot in (0.25, 1.45):
        p.panel(door, -0.6, foot, p.view.back - 0.05, 0.9, 0.95, albedo=0.8)
    p.view.ground(textures.plain(p.background("asphalt"), 0.012, 0.3, 0.12))
    slabs = textures.stones(p.background("concrete"), p.background("soil"), 0.5, 0.5, 0.02, uneven=0.1)
    p.view.ground(slabs, lambda u, v: v > 6.6)
    p.view.ground(textures.plain(stone, 0.012, 0.2, 0.08), lambda u, v: (v > 6.4) & (v < 6.62))
    p.tree(p.rng.uniform(-5.2, -4.2), 7.3, 5.2, p.leaves("tree leaves", 0.08))
    body = {"body": p.paint("car paint", p.rng.uniform(0, 3, 3)), "window": p.background("glass")}
    body |= {"tyre": p.background("black plastic"), "rim": p.background("metal"), "lamp": p.background("white plastic")}
    p.stand(cloth.car(p.view.sun, p.view.scale(5.6), body), p.rng.uniform(-0.3, 0.8), 0, 5.6)
    p.people([(p.rng.uniform(-3.3, -2.7), 7.2), (p.rng.uniform(-1.5, -1.0), 5.0)])


def _garden(p: Place) -> None:
    p.look((0.7, 0.85, -0.6), back=7.5, horizon=0.4, eye=1.6)
    fence = p.region("fence wood", materials.background("wood") * 0.8)
    gap = p.region("fence gap", materials.background("wood") * 0.12)
    planks = textures.stones(fence, gap, 9.0, 0.16, 0.012, 0.0, 0.18, textures.timber(fence, False), 0.5)
    p.view.wall(planks, lambda u, v: v < 1.9)
    leaves, oak = p.leaves("shrub", 0.0), p.leaves("tree leaves", 0.15, 1.15)
    needles = p.leaves("hedge", 0.05, 0.8)
    p.view.wall(textures.turf(needles), lambda u, v: v >= 1.9)
    for left in (-6.6, -3.6, -0.4, 2.8):
        p.hedge(left, 7.48, 3.9, 3.2, needles, 0.08, 1.7)
    lawn = p.leaves("grass", 0.12, 1.2)
    p.view.ground(textures.turf(lawn))
    slab = p.background("concrete")
    path = textures.stones(slab, p.background("soil"), 0.45, 0.6, 0.05, 0.0, 0.12)
    p.view.ground(path, lambda u, v: np.abs(u - 0.15 * (v - 2)) < 0.6)
    p.view.lay(things.blades(p.rng, p.view, lawn), 0, 0)
    p.tree(p.rng.uniform(2.0, 2.6), 6.3, 3.9, oak)
    for left, wide in ((-4.2, 2.2), (-2.3, 1.4), (1.0, 1.6)):
        p.hedge(left, 6.6, wide, p.rng.uniform(0.6, 1.1), leaves)
    p.people([(p.rng.uniform(-1.2, 0.2), 4.8)])


def _road(p: Place) -> None:
    p.look((0.8, 0.65, -0.45), horizon=0.42, eye=1.5)
    lawn = p.leaves("grass", 0.2, 1.2)
    p.view.ground(textures.turf(lawn))
    p.view.ground(textures.plain(p.background("soil"), 0.02, 0.4, 0.2), lambda u, v: np.abs(u) < 4.1)
    p.view.ground(textures.plain(p.background("asphalt"), 0.012, 0.3, 0.12), lambda u, v: np.abs(u) < 3.6)
    line = p.region("road paint", materials.paint((0.1, 0, 0), 0.2))

    def marked(u: np.ndarray, v: np.ndarray) -> np.ndarray:
        return ((np.abs(u) < 0.1) & (np.mod(v, 6) < 3)) | (np.abs(np.abs(u) - 3.3) < 0.07)

    p.view.ground(textures.plain(line, 0.012, 0.3, 0.2), marked)
    shrub, light, far = p.leaves("shrub", 0.0), p.leaves("tree leaves", 0.15, 1.15), p.leaves("wood", 0.1, 0.7)
    p.hedge(-90, 70, 180, 9, far, 0.8)
    for depth in (40, 27, 18, 12):
        for side in (-1, 1):
            if p.rng.random() < 0.8:
                p.tree(side * p.rng.uniform(6, 8), depth, p.rng.uniform(5, 7.5), int(p.rng.choice([shrub, light])))
    p.hedge(4.6, 10, 5, 1.3, shrub, 0.07)
    p.view.lay(things.blades(p.rng, p.view, lawn), 0, 0)
    p.sign(-4.6, 8.0, line)
    side = np.sign(p.view.sun.direction[0])
    p.tree(side * p.rng.uniform(5.5, 6.5), 4.5, 6, light, shown=False)  # its shadow lies on the road


def _wall(p: Place) -> None:
    p.look((0.75, 0.8, -0.6), back=3.4, horizon=0.5, eye=1.25, focal=1.2)
    brick, mortar = p.background(p.pick(*BRICKS)), p.background("concrete")
    p.view.wall(textures.stones(brick, mortar, 0.085, 0.24, 0.013, uneven=0.3))
    p.view.wall(textures.plain(p.background("pale concrete"), 0.008, 0.25, 0.15), lambda u, v: v < 0.42)
    side = float(p.rng.choice([-1, 1]))
    colour = p.paint("wall paint", p.rng.uniform(0.1, 2.5, 3))
    painted = textures.stones(colour, colour, 0.085, 0.24, 0.013, uneven=0.06)
    p.view.wall(painted, lambda u, v: (side * u > 0.75 + 0.02 * np.sin(9 * v)) & (v >= 0.42))
    paper, ink = p.paint("poster paper", (0.1, 0.02, 0)), p.paint("poster dye", p.rng.uniform(0, 3, 3))
    carbon = p.paint("poster carbon ink", (0, 0, 0), 2.5)
    left, depth = -side * 0.65 - 0.35, p.view.back - 0.01
    p.panel(paper, left, 0.95, depth, 0.7, 0.95)
    p.panel(ink, left + 0.08, 1.3, depth - 0.005, 0.54, 0.5)
    for line in range(3):
        p.panel(carbon, left + 0.08, 1.19 - 0.07 * line, depth - 0.005, p.rng.uniform(0.3, 0.54), 0.035)
    p.view.ground(textures.stones(p.background("paving"), mortar, 0.2, 0.3, 0.012, uneven=0.15))
    leaves = p.leaves("ivy", 0.05)
    for start in np.arange(0.3, 2.1, 0.2):  # hangs over the wall, deeper towards the edge of the picture
        wide, tall = p.rng.uniform(0.4, 0.7), p.rng.uniform(0.35, 0.5) + 0.25 * start
        p.hedge(side * start - wide / 2, depth - 0.05, wide, tall, leaves, 0.035, 2.7 - tall)
    p.hedge(-side * 1.3 - 0.45, 3.1, 0.9, 0.5, p.leaves("weeds", 0.15, 1.2), 0.03)
    p.tree(2.6 * np.sign(p.view.sun.direction[0]), 1.6, 3.4, leaves, shown=False)


def _wardrobe(p: Place) -> None:
    p.look((0.6, 0.55, -0.75), 0.4, back=3.0, horizon=0.5, eye=1.2, focal=1.05)
    p.view.wall(textures.plain(p.paint("wall paint", p.rng.uniform(0.05, 0.5, 3), 0.3), 0.01, 0.1, 0.05))
    floor = p.background("wood")
    boards = textures.stones(floor, floor, 0.14, 1.6, 0.006, 0.37, 0.15, textures.timber(floor, True), 0.4)
    p.view.ground(boards)
    metal, wood = p.background("metal"), p.region("dark wood", 0.5 * materials.background("wood"))
    p.panel(metal, -1.85, 1.96, 2.82, 3.7, 0.035, gloss=1.0)
    depth = 2.8
    sizes = {"tee": (0.68, 0.74), "jumper": (0.74, 0.8), "trousers": (0.5, 1.05), "towel": (0.5, 0.9)}
    kinds, left = ("tee", "jumper", "tee", "jumper", p.pick("trousers", "towel")), -1.82
    for kind, label in zip(kinds, _cloths(p, len(kinds)), strict=True):
        wide, tall = sizes[kind]
        p.panel(wood, left + wide / 2 - 0.16, 1.88, depth + 0.01, 0.32, 0.02)
        p.panel(metal, left + wide / 2 - 0.008, 1.88, depth + 0.01, 0.016, 0.11)
        scale = p.view.scale(depth)
        p.stand(cloth.garment(p.rng, p.view.sun, scale, kind, wide, tall, label), left, 1.9 - tall, depth)
        left += wide + 0.06
    p.panel(wood, -1.7, 0.0, 2.5, 2.4, 0.62, gloss=0.4)
    for door in range(3):
        p.panel(wood, -1.66 + 0.79 * door, 0.06, 2.495, 0.74, 0.5, albedo=0.8, gloss=0.4)
        p.panel(metal, -1.32 + 0.79 * door, 0.48, 2.49, 0.1, 0.025, gloss=1.0)
    for stack in range(3):
        labels = [int(n) for n in p.rng.choice(_cloths(p, 9), p.rng.integers(2, 4), replace=False)]
        thing = cloth.folded(p.rng, p.view.sun, p.view.scale(2.45), 0.5, labels)
        p.stand(thing, -1.55 + 0.75 * stack, 0.62, 2.45)
    p.lamp = (p.rng.uniform(-0.9, 0.9), 1.6, 1.25)


def _cloths(p: Place, count: int) -> list[int]:
    """Regions of different cloths; the two blacks are always among five or more."""
    names = list(CLOTHS)
    chosen = names[:2] + [str(n) for n in p.rng.permutation(names[2:])[: count - 2]]
    made = {name: p.region(name, materials.fabric(*CLOTHS[name])) for name in chosen}
    return [made[str(name)] for name in p.rng.permutation(chosen)]


def _people(p: Place) -> None:
    p.look((0.7, 0.7, -0.6), back=8.5, horizon=0.4, focal=1.15, eye=1.65)
    panel, seam = p.background("pale concrete"), p.background("concrete")
    p.view.wall(textures.stones(panel, seam, 1.05, 1.7, 0.03, 0.0, 0.06))
    frame, glass = p.background("coated steel"), p.background("glass")
    awning = p.region("awning cloth", materials.fabric("polyester", p.rng.uniform(0.2, 2.8, 3), 0.1))
    for left in (-5.6, -1.6, 2.4):
        p.panel(frame, left, 0.45, 8.48, 3.2, 2.2)
        for part in range(2):
            p.panel(glass, left + 0.1 + 1.53 * part, 0.55, 8.46, 1.45, 2.0, albedo=0.6, gloss=1.0)
        p.panel(awning, left - 0.1, 2.62, 8.3, 3.4, 0.45, normal=(0, 0.55, -0.83))
    slabs = textures.stones(p.background("grey brick"), p.background("paving"), 0.4, 0.6, 0.025, uneven=0.12)
    p.view.ground(slabs)
    pot = p.paint("planter paint", p.rng.uniform(0.5, 2.5, 3), 0.3)
    for left in (-4.6, 3.3):
        p.hedge(left - 0.05, 7.4, 1.3, 0.85, p.leaves("shrub", 0.1), 0.05, 0.42)
        p.panel(pot, left, 0, 7.4, 1.2, 0.5)
    p.people([(x + p.rng.uniform(-0.3, 0.3), p.rng.uniform(4.3, 5.6)) for x in (-2.3, -0.8, 0.8, 2.3)])


CATEGORIES = {
    "street": _street, "garden": _garden, "road": _road, "wall": _wall, "wardrobe": _wardrobe, "people": _people,
}  # fmt: skip
