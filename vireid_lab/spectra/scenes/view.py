"""Perspective view of a scene: ground, back wall and flat cut-outs that stand on it, one sun and its cast shadows.

Positions are in metres: right of the camera's foot, up, ahead. The camera looks straight ahead, so that verticals stay
vertical and the depth of a row is the same everywhere on the ground.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .textures import Patch

GROUND = np.array([[1, 0, 0], [0, 0, 1], [0, 1, 0]], float)  # directions of u, of v and of the normal
WALL = np.array([[1, 0, 0], [0, 1, 0], [0, 0, -1]], float)
SIGHT = np.array([0, 0, -1.0])  # to the camera, for cut-outs


@dataclass(frozen=True)
class Sun:
    """The main light.

    Attributes:
        direction: (3,) unit vector to the light: right, up, ahead (negative: the light is behind the camera).
        ambient: share of the light that comes from everywhere, 0 to 1.
    """

    direction: np.ndarray
    ambient: float

    def lambert(self, normals: np.ndarray) -> np.ndarray:
        """Cosine between light and (..., 3) unit normals, 0 where they are turned away (sigma in Eq. 1)."""
        return np.maximum(normals @ self.direction, 0)

    def mirrored(self, normals: np.ndarray, sight: np.ndarray = SIGHT, power: float = 25.0) -> np.ndarray:
        """Highlight of (..., 3) unit normals seen from the directions `sight`: Blinn's half vector to a power."""
        half = sight + self.direction
        half = half / np.linalg.norm(half, axis=-1, keepdims=True)
        return np.maximum((normals * half).sum(axis=-1), 0) ** power


@dataclass(frozen=True)
class Cutout:
    """A flat thing, e.g. a person, a tree or a shirt.

    Attributes:
        labels: (h, w) region numbers, 0 where one sees past it.
        albedo: (h, w) lightness of the material about 1.
        lambert: (h, w) cosine between light and normal.
        gloss: (h, w) highlight.
    """

    labels: np.ndarray
    albedo: np.ndarray
    lambert: np.ndarray
    gloss: np.ndarray


class View:
    """What the camera sees at each pixel; painted from far to near.

    Args:
        size: (H, W) in pixels.
        sun: the main light.
        eye: height of the camera in metres.
        horizon: its row over the height of the image.
        focal: focal length in image heights.
        back: metres to the back wall; infinite for open sky.

    Attributes:
        labels: (H, W) region numbers, 0 for none.
        albedo, lambert, gloss: (H, W) as in Cutout.
        depth: (H, W) metres ahead, infinite in the sky.
    """

    def __init__(
        self, size: tuple[int, int], sun: Sun, eye: float = 1.6, horizon: float = 0.45, focal: float = 1.1,
        back: float = np.inf,
    ) -> None:  # fmt: skip
        height, width = self.size = size
        self.sun, self.eye, self.horizon, self.focal, self.back = sun, eye, horizon, focal, back
        self.rise = (horizon - (np.arange(height) + 0.5) / height)[:, None] / focal  # up over ahead
        self.side = ((np.arange(width) + 0.5 - width / 2) / height)[None] / focal  # right over ahead
        ground = np.full(self.rise.shape, np.inf)
        np.divide(-eye, self.rise, out=ground, where=self.rise < 0)
        self.floor = np.broadcast_to(ground < back, size)
        self.depth = np.broadcast_to(np.minimum(ground, back), size).copy()
        self.labels, self.albedo = np.zeros(size, np.intp), np.ones(size)
        self.lambert, self.gloss = np.zeros(size), np.zeros(size)
        self.near = eye * focal / (1 - horizon)  # metres to the ground at the lower edge
        self._casting: list[tuple[np.ndarray, float, float, float, float, float]] = []

    def scale(self, depth: float) -> float:
        """Pixels in a metre at a depth."""
        return self.size[0] * self.focal / depth

    def pixel(self, right: float, up: float, depth: float) -> tuple[float, float]:
        """(row, column) of a position."""
        height, width = self.size
        return height * self.horizon - (up - self.eye) * self.scale(depth), width / 2 + right * self.scale(depth)

    def places(self) -> tuple[np.ndarray, np.ndarray]:
        """(H, W) metres to the right and up of what each pixel shows; 0 in the sky."""
        depth = np.where(np.isfinite(self.depth), self.depth, 0)
        return self.side * depth, self.eye + self.rise * depth

    def ground(self, texture: Callable, inside: Callable | None = None) -> None:
        """Covers the ground with `texture(right, ahead) -> Patch` where `inside(right, ahead)`."""
        self._cover(self.floor & (self.depth < 300), self.side * self.depth, self.depth, texture, inside, GROUND)

    def wall(self, texture: Callable, inside: Callable | None = None) -> None:
        """Covers the back wall with `texture(right, up) -> Patch` where `inside(right, up)`."""
        right, up = self.places()
        self._cover(~self.floor & np.isfinite(self.depth), right, up, texture, inside, WALL)

    def _cover(
        self, where: np.ndarray, u: np.ndarray, v: np.ndarray, texture: Callable, inside: Callable | None,
        frame: np.ndarray,
    ) -> None:  # fmt: skip
        at = np.flatnonzero(where)
        u, v = u.ravel()[at], v.ravel()[at]
        if inside is not None:
            chosen = inside(u, v)
            at, u, v = at[chosen], u[chosen], v[chosen]
        found: Patch = texture(u, v)
        fade = np.minimum(1, 5 / self.depth.ravel()[at])  # detail finer than a pixel evens out with the distance
        tilts = np.stack([-fade * found.tilt_u, -fade * found.tilt_v, np.ones(len(at))], axis=1)
        normals = tilts @ frame
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        rows, columns = np.unravel_index(at, self.size)
        sight = np.stack([-self.side[0, columns], -self.rise[rows, 0], -np.ones(len(at))], axis=1)
        sight /= np.linalg.norm(sight, axis=1, keepdims=True)
        self.labels.ravel()[at] = found.labels
        self.albedo.ravel()[at] = np.clip(found.albedo, 0.4, 1.4) ** fade
        self.lambert.ravel()[at] = self.sun.lambert(normals)
        self.gloss.ravel()[at] = found.gloss * self.sun.mirrored(normals, sight)

    def stand(self, thing: Cutout, left: float, foot: float, depth: float, shown: bool = True) -> None:
        """Puts a cut-out, drawn at `scale(depth)`, with its lower left corner at a position; it casts a shadow.

        Args:
            thing: the cut-out.
            left, foot: metres to the right and up.
            depth: metres ahead.
            shown: False for what only casts its shadow into the picture.
        """
        height, width = thing.labels.shape
        scale = self.scale(depth)
        self._casting.append((thing.labels > 0, left, foot, depth, scale, height / scale))
        if shown:
            bottom, start = (round(n) for n in self.pixel(left, foot, depth))
            self.lay(thing, bottom - height, start, depth)

    def lay(self, thing: Cutout, top: int, left: int, depth: float | None = None) -> None:
        """Draws a cut-out at a row and column; `depth` None leaves that of what lies below it."""
        height, width = thing.labels.shape
        rows = slice(max(top, 0), max(min(top + height, self.size[0]), 0))
        columns = slice(max(left, 0), max(min(left + width, self.size[1]), 0))
        part = np.s_[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
        if rows.start >= rows.stop or columns.start >= columns.stop:
            return
        drawn = thing.labels[part] > 0
        for name in ("labels", "albedo", "lambert", "gloss"):
            getattr(self, name)[rows, columns][drawn] = getattr(thing, name)[part][drawn]
        if depth is not None:
            self.depth[rows, columns][drawn] = depth

    def shadow(self) -> np.ndarray:
        """(H, W) bool: something stands between the pixel's place and the sun."""
        right, up = self.places()
        dark = np.zeros(self.size, bool)
        x, y, z = self.sun.direction
        for mask, left, foot, depth, scale, tall in self._casting:
            path = (depth - np.where(np.isfinite(self.depth), self.depth, 0)) / z
            columns = np.floor((right + path * x - left) * scale)
            rows = np.floor((foot + tall - up - path * y) * scale)
            hit = (path > 0.02) & np.isfinite(self.depth)
            hit &= (columns >= 0) & (columns < mask.shape[1]) & (rows >= 0) & (rows < mask.shape[0])
            at = np.nonzero(hit)
            dark[at] |= mask[rows[at].astype(np.intp), columns[at].astype(np.intp)]
        return dark
