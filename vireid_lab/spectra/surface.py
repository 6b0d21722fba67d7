"""Drawing of one curved surface: a tapered tube with an elliptical cross-section and a texture wrapped around it.

A person is about twenty of these. The texture's rows run along the tube from `a` to `b`, its columns around it: the
middle column faces the person's front, so that a yaw of the person is a shift of the columns.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

N = 128  # rows and columns of every texture
FAR = np.float32(-1e6)  # depth of the background
CLEAR = 255  # texture value of a hole through which one sees what lies behind
ACROSS = 256  # steps of the tables over s, the position across the tube in [-1, 1]

_S = (np.arange(ACROSS) + 0.5) / ACROSS * 2 - 1
_FACING = np.sqrt(1 - _S**2).astype(np.float32)  # z component of the normal of a round tube
_COLUMN = np.round(np.arcsin(_S) / (2 * np.pi) * N).astype(np.intp)

ROWS = (np.arange(N) - 1) / (N - 3)  # position along the tube, 0 at `a` and 1 at `b`; the end rows lie outside
AZIMUTH = (np.arange(N) - N // 2) * (2 * np.pi / N)  # angle around the tube, 0 at the front, positive to screen right


@dataclass(frozen=True)
class Surface:
    """A tube. Lengths are in body heights.

    Attributes:
        width: (N,) half width along the tube, seen from the front.
        depth: (N,) half width seen from the side.
        texture: (N, N) uint8 labels over (rows, azimuth).
        length: nominal length, from which the slope of the tube's wall is computed.
        folds: contrast of the folds of the cloth, 0 for skin.
        hang: (N,) share of the stride by which a hanging hem opens, 0 where the tube follows the body.
        detail: (N, N) shading of seams and pockets, or None.
    """

    width: np.ndarray
    depth: np.ndarray
    texture: np.ndarray
    length: float
    folds: float = 0.0
    hang: np.ndarray | None = None
    detail: np.ndarray | None = None
    slope: tuple[np.ndarray, np.ndarray] = field(init=False)  # cosine and sine of the wall's slope

    def __post_init__(self) -> None:
        taper = -np.gradient((self.width + self.depth) / 2, ROWS * self.length)
        taper[[0, -1]] = taper[[1, -2]]
        cosine = 1 / np.sqrt(1 + taper**2)
        object.__setattr__(self, "slope", (cosine.astype(np.float32), (taper * cosine).astype(np.float32)))


def tube(points: list[tuple[float, float]], aspect: float, texture: np.ndarray, length: float, **more) -> Surface:
    """A surface whose half width runs through `points` (row in [0, 1], half width); its depth is aspect * width."""
    rows, widths = np.transpose(points)
    width = np.interp(ROWS, rows, widths)
    return Surface(width, width * aspect, np.asarray(texture, np.uint8), length, **more)


def plain(label: int) -> np.ndarray:
    """The texture of one material."""
    return np.full((N, N), label, np.uint8)


def _fold_bank(count: int = 8) -> np.ndarray:
    """(count, N * N) tileable fold patterns of mean 0: noise smoothed along a slanted direction, with sharp crests."""
    rng = np.random.default_rng(20220)
    fy, fx = np.meshgrid(np.fft.fftfreq(N) * N, np.fft.fftfreq(N) * N, indexing="ij")
    bank = []
    for index in range(count):
        angle = (index / count - 0.5) * 1.6
        along, across = fx * np.cos(angle) + fy * np.sin(angle), fy * np.cos(angle) - fx * np.sin(angle)
        weight = np.exp(-((along / 4) ** 2) - (across / 9) ** 2) * (1 - np.exp(-(fx**2 + fy**2) / 8))
        noise = np.fft.ifft2(np.fft.fft2(rng.standard_normal((N, N))) * weight).real
        crests = 1 - np.abs(noise / noise.std())
        bank.append(np.clip((crests - crests.mean()) / crests.std(), -2, 2))
    return np.reshape(bank, (count, N * N)).astype(np.float32)


FOLDS = _fold_bank()


def _section(surface: Surface, scale: float, yaw: float, stride: float) -> tuple[np.ndarray, np.ndarray]:
    """(N,) pixels by which a turned tube reaches to the side and towards the camera."""
    cos, sin = np.cos(yaw), np.sin(yaw)
    width, depth = surface.width, surface.depth
    if surface.hang is not None:
        depth = depth + stride * surface.hang
    half = scale * np.sqrt((width * cos) ** 2 + (depth * sin) ** 2).astype(np.float32)
    bulge = scale * np.sqrt((width * sin) ** 2 + (depth * cos) ** 2).astype(np.float32)
    half[0] = half[-1] = 0  # nothing is drawn beyond the ends
    return np.maximum(half, 1e-9), bulge


def _axis(a: np.ndarray, b: np.ndarray, shortest: float) -> tuple[np.ndarray, np.ndarray, float]:
    """Unit vectors along a tube on the screen and across it to the right, and its length in pixels."""
    length = float(np.hypot(*(b - a)))
    along = (b - a) / length if length > 1e-3 else np.array([0.0, 1.0])
    right = along[::-1] * ((1, -1) if along[1] >= 0 else (-1, 1))
    return along, right, max(length, shortest)  # a tube that points at the camera still shows its end


@dataclass(frozen=True)
class Light:
    """Illumination of a camera's scene.

    Attributes:
        direction: unit vector to the light: screen right, screen down, towards the camera.
        ambient: share of light without a direction, 0 to 1.
    """

    direction: tuple[float, float, float]
    ambient: float

    def shade(self, facing: np.ndarray) -> np.ndarray:
        """Shading for the cosine between normal and light: Lambert's law wrapped softly around the terminator."""
        return self.ambient + (1 - self.ambient) * np.square(np.maximum(0.6 * facing + 0.4, 0))


class Canvas:
    """Label, shading and depth of each pixel, drawn with a depth buffer.

    Attributes:
        labels: (H, W) uint8.
        shading: (H, W) float32, about 1 where the light falls straight on the surface.
        depth: (H, W) float32, in pixels towards the camera; FAR where only the background is.
    """

    def __init__(self, labels: np.ndarray, shading: np.ndarray, light: Light) -> None:
        self.labels, self.shading, self.light = labels, shading, light
        self.depth = np.full(labels.shape, FAR, np.float32)
        height, width = labels.shape
        self._x = np.arange(width, dtype=np.float32) + 0.5
        self._y = np.arange(height, dtype=np.float32) + 0.5
        self._index = np.arange(height * width).reshape(height, width)

    def draw(
        self, surface: Surface, a: np.ndarray, b: np.ndarray, scale: float, yaw: float = 0.0, stride: float = 0.0,
        fold: int = 0,
    ) -> None:  # fmt: skip
        """Draws a surface between two points.

        Args:
            surface: the tube.
            a, b: (3,) ends in pixels: right, down, towards the camera.
            scale: pixels in a body height.
            yaw: the tube's turn to screen right, radians.
            stride: opening of hanging hems, in body heights.
            fold: which folds; any integer.
        """
        half, bulge = _section(surface, scale, yaw, stride)
        reach = float(half.max())
        along, right, length = _axis(a[:2], b[:2], min(reach, scale * surface.length))

        end = a[:2] + along * length
        low = np.maximum(np.floor(np.minimum(a[:2], end) - reach), 0).astype(int)
        high = np.minimum(np.ceil(np.maximum(a[:2], end) + reach), self.labels.shape[::-1]).astype(int)
        if (low >= high).any():
            return
        box = np.s_[low[1] : high[1], low[0] : high[0]]
        x, y = self._x[box[1]] - np.float32(a[0]), self._y[box[0]] - np.float32(a[1])
        along, right = along.astype(np.float32), right.astype(np.float32)
        step = np.float32((N - 3) / length)
        rows = np.add.outer(y * (along[1] * step) + np.float32(1.5), x * (along[0] * step)).astype(np.intp)
        np.clip(rows, 0, N - 1, out=rows)
        s = np.add.outer(y * right[1] + np.float32(1e-3), x * right[0])
        s /= half[rows]
        inside = np.flatnonzero(np.abs(s) < 1 - 1e-6)  # nearer to 1, s + 1 rounds to 2 and column to ACROSS
        s, rows, place = s.ravel()[inside], rows.ravel()[inside], self._index[box].ravel()[inside]

        column = ((s + 1) * np.float32(ACROSS / 2)).astype(np.intp)
        facing = _FACING[column]
        nearness = np.linspace(a[2], b[2], N, dtype=np.float32)[rows] + bulge[rows] * facing
        texel = rows * N + ((_COLUMN[column] + int(N / 2 - yaw / (2 * np.pi) * N)) & (N - 1))
        label = surface.texture.ravel()[texel]
        shown = np.flatnonzero((nearness > self.depth.ravel()[place]) & (label != CLEAR))
        s, rows, place, facing, texel = s[shown], rows[shown], place[shown], facing[shown], texel[shown]

        lx, ly, lz = self.light.direction
        cosine, sine = surface.slope
        wall = s * np.float32(lx * right[0] + ly * right[1]) + facing * np.float32(lz)
        shade = self.light.shade(cosine[rows] * wall + sine[rows] * np.float32(lx * along[0] + ly * along[1]))
        if surface.folds:
            shade *= 1 + np.float32(surface.folds) * FOLDS[fold % len(FOLDS)][(texel + fold * 37 * N) & (N * N - 1)]
        if surface.detail is not None:
            shade *= surface.detail.ravel()[texel]
        self.labels.ravel()[place] = label[shown]
        self.shading.ravel()[place] = shade
        self.depth.ravel()[place] = nearness[shown]
