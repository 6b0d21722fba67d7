"""A scene in the making: its materials, its view, and what is put into it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import materials
from ..grid import WAVELENGTHS
from ..identity_draw import sample_identity
from ..labels import FIRST_PERSON, PERSON
from ..wardrobe import WARDROBES
from . import things
from .textures import picture
from .things import Sketch
from .view import Cutout, Sun, View

# What all materials share in a world of equal k: grey of different lightness under one slope towards the infrared
SLOPE = 0.5 + 0.5 * (WAVELENGTHS - 400) / 600


class Place:
    """A scene in the making.

    Args:
        rng: the scene's generator.
        size: (H, W) in pixels.
        equal_k: give all materials one spectrum of different lightness.

    Attributes:
        view: what the camera sees.
        names: name of each region number from 1 on.
        reflectances: (L,) of each.
        lamp: (right, up, radius in metres) of the pool of the second light where that is a lamp; None: it is the sky,
            which lights what lies in the shade.
    """

    def __init__(self, rng: np.random.Generator, size: tuple[int, int], equal_k: bool) -> None:
        self.rng, self.size, self.equal_k = rng, size, equal_k
        self.names: list[str] = []
        self.reflectances: list[np.ndarray] = []
        self.lamp: tuple[float, float, float] | None = None
        self.view: View

    def look(self, light: tuple[float, float, float], ambient: float = 0.3, **view) -> None:
        """Sets the sun (right, up, ahead; turned to the left or right by chance) and the camera."""
        direction = np.array(light) * (self.rng.choice([-1, 1]), 1, 1)
        self.view = View(self.size, Sun(direction / np.linalg.norm(direction), ambient), **view)

    def region(self, name: str, reflectance: np.ndarray) -> int:
        """The number of a material; the same name is the same material."""
        if name not in self.names:
            if self.equal_k:
                reflectance = reflectance[WAVELENGTHS <= 700].mean() * SLOPE
            self.names.append(name)
            self.reflectances.append(np.asarray(reflectance, np.float64))
        return self.names.index(name) + 1

    def background(self, name: str) -> int:
        """A material of `measured.BACKGROUNDS`, a little lighter or darker in each scene."""
        return self.region(name, np.clip(materials.background(name) * self.rng.uniform(0.85, 1.15), 0, 1))

    def leaves(self, name: str, dry: float, dark: float = 1.0) -> int:
        """Leaves: the spectrum of green ones without their shine, mixed with a share of dry ones, which is yellower."""
        green, straw = materials.background("vegetation") - 0.025, materials.background("dry grass")
        return self.region(name, dark * self.rng.uniform(0.9, 1.1) * ((1 - dry) * green + dry * straw))

    def paint(self, name: str, dyes: Sequence[float], carbon: float = 0.0) -> int:
        return self.region(name, materials.paint(dyes, carbon))

    def pick(self, *names: str) -> str:
        return str(self.rng.choice(names))

    def stand(self, thing: Cutout, left: float, foot: float, depth: float, shown: bool = True) -> None:
        self.view.stand(thing, left, foot, depth, shown)

    def panel(self, label: int, left: float, foot: float, depth: float, width: float, height: float, **more) -> None:
        """A board, a sheet, a post or a beam, not quite flat; a narrow one is round."""
        scale = self.view.scale(depth)
        sketch = Sketch(width * scale, height * scale)
        sketch.box(0, 0, 1.01, 1.01, label, **more)
        _, right, down = 0.07 * picture("cloud", (sketch.height, sketch.width), scale / 90, int(self.rng.integers(512)))
        if width < 0.3:
            right = right + np.linspace(-0.8, 0.8, sketch.width)
        self.stand(sketch.cutout(self.view.sun, (right, down), sketch.grain(0.06)), left, foot, depth)

    def people(self, places: Sequence[tuple[float, float]]) -> None:
        """People at (right, depth) in metres, far ones first."""
        for number, (right, depth) in enumerate(sorted(places, key=lambda place: -place[1]), 1):
            identity = sample_identity(self.rng, self.pick(*WARDROBES))
            regions = {
                code: self.region(f"person {number} {name.replace('_', ' ')}", reflectance)
                for code, (name, reflectance) in enumerate(
                    zip(PERSON, identity.reflectances, strict=True), FIRST_PERSON
                )
            }
            tall = self.rng.uniform(1.58, 1.88)
            scale = self.view.scale(depth)
            thing = things.person(self.rng, self.view.sun, scale, identity, tall, regions)
            self.stand(thing, right - thing.labels.shape[1] / 2 / scale, -0.05 * tall, depth)

    def tree(self, right: float, depth: float, height: float, leaves: int, shown: bool = True) -> None:
        scale = self.view.scale(depth)
        bark = self.region("bark", 0.55 * materials.background("wood"))
        thing = things.tree(self.rng, self.view.sun, scale, height, leaves, bark)
        self.stand(thing, right - thing.labels.shape[1] / 2 / scale, 0, depth, shown)

    def hedge(
        self, left: float, depth: float, width: float, height: float, leaves: int, leaf: float = 0.05,
        foot: float = -0.03,
    ) -> None:  # fmt: skip
        thing = things.hedge(self.rng, self.view.sun, self.view.scale(depth), width, height, leaves, leaf)
        self.stand(thing, left, foot, depth)

    def sign(self, right: float, depth: float, white: int) -> None:
        """A road sign on a post: no entry."""
        scale = self.view.scale(depth)
        self.panel(self.background("metal"), right - 0.04, 0, depth, 0.08, 2.6)
        sketch = Sketch(scale, scale)
        sketch.disc(scale / 2, scale / 2, 0.49 * scale, self.paint("sign paint", (2.6, 2.8, 0.1)), gloss=0.6)
        sketch.box(0.2, 0.42, 0.8, 0.58, white, gloss=0.6)
        self.stand(sketch.cutout(self.view.sun), right - 0.5, 1.8, depth - 0.01)

    def window(self, left: float, foot: float, width: float, height: float, frame: int) -> None:
        """A window in the back wall: frame, dark glass, bars and a sill."""
        glass, view = self.background("glass"), self.view
        scale = view.scale(view.back)
        sketch = Sketch(width * scale, height * scale)
        sketch.box(0, 0, 1.01, 1.01, frame)
        for start, end in ((0.07, 0.47), (0.53, 0.93)):
            for top, bottom in ((0.07, 0.34), (0.39, 0.93)):
                sketch.box(start, top, end, bottom, glass, albedo=0.55, gloss=1.0)
                corner = np.array([(start, top), (end, top), (start, bottom)]) * (sketch.width, sketch.height)
                sketch.shape(corner, glass, albedo=0.8, gloss=1.0)  # what the pane mirrors
        self.stand(sketch.cutout(view.sun, albedo=sketch.grain(0.04)), left, foot, view.back - 0.02)
        self.panel(frame, left - 0.08, foot - 0.08, view.back - 0.12, width + 0.16, 0.09, normal=(0, 0.4, -0.92))
