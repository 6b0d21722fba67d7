"""Things that stand in a scene, as flat cut-outs: trees, hedges, grass, people, cars, clothes, posts and boards."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from ..body import draw_person
from ..difficulty import DIFFICULTIES
from ..figure import build_figure
from ..identity import Identity
from ..labels import FIRST_PERSON
from ..pose import sample_pose
from ..surface import Canvas, Light
from .textures import picture
from .view import Cutout, Sun, View

FRONT = (0.0, 0.0, -1.0)


class Sketch:
    """Flat shapes drawn over each other, each of one material and one normal.

    Args:
        width, height: in pixels.
    """

    def __init__(self, width: float, height: float) -> None:
        self.width, self.height = max(2, round(width)), max(2, round(height))
        self._image = Image.new("I", (self.width, self.height), 0)
        self._pen = ImageDraw.Draw(self._image)
        self._facts = [(0, (0, 0, -1), 1.0, 0.0)]

    def shape(self, points: np.ndarray, label: int, normal=FRONT, albedo: float = 1.0, gloss: float = 0.1) -> None:
        """Fills the polygon of (n, 2) pixels (right, down)."""
        self._pen.polygon(np.asarray(points, float).ravel().tolist(), fill=len(self._facts))
        self._facts.append((label, tuple(normal), albedo, gloss))

    def box(self, left: float, top: float, right: float, bottom: float, label: int, **more) -> None:
        """Fills a rectangle given as shares of the width and the height."""
        x, y = np.array([left, right, right, left]) * self.width, np.array([top, top, bottom, bottom]) * self.height
        self.shape(np.stack([x, y], axis=1), label, **more)

    def disc(self, x: float, y: float, radius: float, label: int, **more) -> None:
        """Fills a circle; position and radius in pixels."""
        self.shape(ellipse(x, y, radius, radius, 0.0), label, **more)

    def grain(self, strength: float) -> np.ndarray:
        """(h, w) lightness of a fine grain, for `cutout`."""
        return np.exp(strength * picture("grain", (self.height, self.width))[0])

    def cutout(self, sun: Sun, tilt=(0.0, 0.0), albedo: np.ndarray | float = 1.0) -> Cutout:
        """Lights the shapes; `tilt` (to the right, up) and `albedo`, both (h, w), vary over them."""
        number = np.asarray(self._image)
        labels, normals, light, gloss = (np.array(column) for column in zip(*self._facts, strict=True))
        normal = normals[number] + np.stack(np.broadcast_arrays(*tilt, np.zeros(number.shape)), axis=-1)
        normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
        shine = gloss[number] * sun.mirrored(normal)
        return Cutout(labels[number], light[number] * albedo, sun.lambert(normal), shine)


def ellipse(x: float, y: float, a: float, b: float, angle: float, corners: int = 12) -> np.ndarray:
    """(corners, 2) points of an ellipse with half axes a and b, turned by `angle`."""
    t = np.arange(corners) * (2 * np.pi / corners)
    u, v = a * np.cos(t), b * np.sin(t)
    return np.stack([x + u * np.cos(angle) - v * np.sin(angle), y + u * np.sin(angle) + v * np.cos(angle)], axis=1)


def _foliage(sketch: Sketch, rng: np.random.Generator, label: int, balls: np.ndarray, leaf: float) -> None:
    """Draws leaves of a size on balls of foliage, (n, 3) of right, down and radius, in pixels, back to front."""
    for x, y, radius in balls:
        count = int(np.clip(3 * (radius / leaf) ** 2, 12, 260))
        far = np.sort(np.sqrt(rng.random(count)))[::-1]  # the rim of a ball lies behind its middle
        turn = rng.uniform(0, 2 * np.pi, count)
        right, down = far * np.cos(turn), far * np.sin(turn)
        normals = np.stack([right, -down, -np.sqrt(1.001 - far**2)], axis=1) + rng.normal(0, 0.45, (count, 3))
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        light = (0.81 - 0.19 * down) * np.exp(rng.normal(0, 0.12, count))  # less light comes to the underside
        sizes, rolls = leaf * rng.uniform(0.8, 1.5, count), rng.uniform(0, np.pi, count)
        for n in range(count):
            points = ellipse(x + radius * right[n], y + radius * down[n], sizes[n], 0.55 * sizes[n], rolls[n], 7)
            sketch.shape(points, label, normals[n], light[n], 0.6)


def tree(rng: np.random.Generator, sun: Sun, scale: float, height: float, leaves: int, wood: int) -> Cutout:
    """A broad-leaved tree `height` metres tall."""
    sketch = Sketch(0.75 * height * scale, height * scale)
    w, h = sketch.width, sketch.height
    for fork, reach in ((0.5, 0), (0.28, 0.2), (0.72, 0.22)):
        x = np.array([0.485, 0.515, fork + 0.008, fork - 0.008]) * w
        y = np.array([0.6 + reach, 0.6 + reach, 0.3, 0.3]) * h
        sketch.shape(np.stack([x, y], axis=1), wood)
    sketch.shape(np.array([[0.465 * w, h], [0.535 * w, h], [0.515 * w, 0.5 * h], [0.485 * w, 0.5 * h]]), wood)
    turn, far = rng.uniform(0, 2 * np.pi, 26), np.sqrt(rng.random(26))
    x, y = 0.5 + 0.33 * far * np.cos(turn), 0.34 + 0.25 * far * np.sin(turn)
    balls = np.stack([x * w, y * h, rng.uniform(0.1, 0.16, 26) * w], axis=1)
    _foliage(sketch, rng, leaves, balls[np.argsort(-balls[:, 1])], max(1.6, 0.045 * scale))
    across = (np.arange(w) / w - 0.5)[None] / 0.03
    bark = np.clip(across, -1.2, 1.2) * (np.arange(h)[:, None] > 0.62 * h)
    return sketch.cutout(sun, (bark, 0.0), sketch.grain(0.12))


def hedge(
    rng: np.random.Generator, sun: Sun, scale: float, width: float, height: float, leaves: int, leaf: float = 0.05
) -> Cutout:
    """A shrub or a row of them; sizes in metres."""
    sketch = Sketch(width * scale, height * scale)
    w, h = sketch.width, sketch.height
    count = max(4, round(7 * width / height))
    layers = []
    for middle in (0.38, 0.6, 0.8):
        radius = rng.uniform(0.2, 0.3, count) * h
        right = (np.arange(count) + rng.random(count)) / count * (w - 2 * radius) + radius
        layers.append(np.stack([right, (middle + rng.normal(0, 0.05, count)) * h, radius], axis=1))
    _foliage(sketch, rng, leaves, np.concatenate(layers), max(1.8, leaf * scale))
    return sketch.cutout(sun)


def blades(rng: np.random.Generator, view: View, grass: int, count: int = 6000, tall: float = 0.09) -> Cutout:
    """Blades of grass in front of the camera, where the ground has the region `grass`."""
    sketch = Sketch(view.size[1], view.size[0])
    depths = np.sort(view.near * np.exp(rng.uniform(0, 1.3, count)))[::-1]
    for depth, side, size, lean, tone in zip(
        depths, rng.uniform(-0.5, 0.5, count), rng.uniform(0.5, 1.1, count) * tall, rng.normal(0, 0.35, count),
        np.exp(rng.normal(0, 0.2, count)), strict=True,
    ):  # fmt: skip
        column, scale = (side + 0.5) * view.size[1], view.scale(depth)
        row = view.pixel(0, 0, depth)[0]
        if row < view.size[0] and view.labels[int(row), int(column)] != grass:
            continue
        half, up = max(0.7, 0.005 * scale), size * scale
        points = np.array([[column - half, row], [column + half, row], [column + lean * up, row - up]])
        sketch.shape(points, grass, (0.6 * np.sign(lean), 0.6, -0.53), tone, 0.5)
    return sketch.cutout(view.sun, albedo=np.linspace(0.9, 1.05, sketch.height)[:, None])


def person(
    rng: np.random.Generator, sun: Sun, scale: float, identity: Identity, tall: float, regions: dict[int, int]
) -> Cutout:
    """A standing person of `tall` metres; `regions` gives the region of each label of `labels.PERSON`."""
    x, y, z = sun.direction
    shape = (round(1.12 * tall * scale), round(0.8 * tall * scale))
    canvas = Canvas(np.zeros(shape, np.uint8), np.zeros(shape, np.float32), Light((x, -y, -z), 0.0))
    pose = sample_pose(rng, DIFFICULTIES["medium"])
    draw_person(canvas, build_figure(identity), pose, (shape[1] / 2, 1.07 * tall * scale), tall * scale, 0.08)
    table = np.zeros(256, np.intp)
    for code, number in regions.items():
        table[code] = number
    lambert = np.clip(canvas.shading.astype(float), 0, 1.2) / 1.2
    labels = table[np.where(canvas.labels >= FIRST_PERSON, canvas.labels, 0)]
    return Cutout(labels, 0.45 + 0.55 * lambert, lambert, 0.3 * lambert**6)
