"""What a camera makes of a lit scene: sensor and illuminant, automatic exposure, white balance, blur, noise, tone."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from . import illuminants, sensors, thermal
from .backdrop import INDOORS
from .difficulty import Knobs
from .labels import FIRST_PERSON
from .render import response
from .surface import Light

GAMMA = 2.2  # a pure power, so that the ratio of two cameras stays constant over a material under any shading
POWER = np.linspace(0, 1, 4097) ** (1 / GAMMA)  # display value of each linear value


def tone_table(values: np.ndarray) -> np.ndarray:
    """uint8 levels of display values in [0, 1]."""
    return np.round(255 * values).astype(np.uint8)


_TONE = tone_table(POWER)


@dataclass(frozen=True)
class Camera:
    """A visible or near-infrared camera.

    Attributes:
        sensor: (C, L) sensitivity.
        illuminant: (L,) relative power of its backdrop's light.
        balance: (C,) error of its white balance, about 1.
        light: direction of the light.
        reach: light on the background over that on the person; below 1 where LEDs at the camera are the light.
        spot: how much darker the corners are, 0 to 1.
        noise: strength of its noise over that of a good camera by day.
        blur: its blur over that of the difficulty.
        quality: JPEG quality.
        tone: (4097,) uint8 level for each linear value of 0 to 4096.
    """

    sensor: np.ndarray
    illuminant: np.ndarray
    balance: np.ndarray
    light: Light
    reach: float
    spot: float
    noise: float
    blur: float
    quality: int
    tone: np.ndarray = field(default_factory=lambda: _TONE)

    def colours(self, reflectances: np.ndarray) -> np.ndarray:
        """(M, C) linear response to each material (Eq. 1 without its shading)."""
        return (response(self.sensor, self.illuminant, reflectances) * self.balance).astype(np.float32)


@dataclass(frozen=True)
class ThermalCamera:
    """A microbolometer.

    Attributes:
        ambient: temperature of the air in degrees C.
        pattern: (H, W) its fixed pattern.
        light: how emission depends on the angle of view, in the form of a light at the camera.
        noise, blur, quality: as of a Camera.
    """

    ambient: float
    pattern: np.ndarray
    light: Light
    noise: float
    blur: float
    quality: int


def _unit(x: float, y: float, z: float) -> tuple[float, float, float]:
    norm = float(np.sqrt(x * x + y * y + z * z))
    return x / norm, y / norm, z / norm


def visible_camera(rng: np.random.Generator, place: str) -> Camera:
    """Draws a colour camera for a place: daylight outside; lamps, tubes or a window inside."""
    if place in INDOORS:
        lamps = (
            illuminants.white_led(rng.uniform(3000, 6000)), illuminants.tungsten(rng.uniform(2600, 3100)),
            illuminants.fluorescent(), illuminants.daylight(rng.uniform(5500, 7500)),
        )  # fmt: skip
        illuminant = lamps[rng.integers(len(lamps))]
        light = Light(_unit(rng.normal(0, 0.4), -1.0, rng.uniform(0.4, 1.1)), float(rng.uniform(0.25, 0.4)))
    else:
        illuminant = illuminants.daylight(rng.uniform(4500, 9500))
        light = Light(_unit(rng.normal(0, 0.8), -0.7, rng.uniform(0.4, 1.2)), float(rng.uniform(0.15, 0.4)))
    return Camera(
        sensors.bayer_rgb(leak=rng.uniform(0.0, 0.04)), illuminant, np.exp(rng.normal(0, 0.07, 3)), light,
        reach=float(rng.uniform(0.8, 1.2)), spot=float(rng.uniform(0, 0.25)), noise=float(rng.uniform(0.5, 1.2)),
        blur=float(rng.uniform(0.7, 1.3)), quality=int(rng.integers(70, 93)),
    )  # fmt: skip


def infrared_camera(rng: np.random.Generator) -> Camera:
    """Draws a night camera with its own LEDs: light from the camera, dark corners, more noise."""
    peak = float(rng.choice([850.0, 940.0]))
    light = Light(_unit(rng.normal(0, 0.15), rng.uniform(-0.5, 0.1), 1.0), float(rng.uniform(0.15, 0.35)))
    return Camera(
        sensors.silicon_nir(), illuminants.infrared_led(peak), np.ones(1), light,
        reach=float(rng.uniform(0.45, 0.9)), spot=float(rng.uniform(0.15, 0.45)), noise=float(rng.uniform(0.8, 1.6)),
        blur=float(rng.uniform(0.9, 1.6)), quality=int(rng.integers(65, 90)),
    )  # fmt: skip


def thermal_camera(rng: np.random.Generator, size: tuple[int, int]) -> ThermalCamera:
    """Draws a microbolometer for images of (H, W)."""
    return ThermalCamera(
        ambient=float(rng.uniform(8, 22)), pattern=thermal.fixed_pattern(size, rng, 0.012),
        light=Light((0.0, 0.0, 1.0), 0.72), noise=float(rng.uniform(0.8, 1.5)), blur=float(rng.uniform(0.9, 1.5)),
        quality=85,
    )  # fmt: skip


def halve(image: np.ndarray) -> np.ndarray:
    """Means of 2 x 2 pixels of (2H, 2W, ...)."""
    rows = image[0::2] + image[1::2]
    return (rows[:, 0::2] + rows[:, 1::2]) * np.float32(0.25)


def blurred(image: np.ndarray, sigma: float) -> np.ndarray:
    """Blurs (H, W, C) by repeated three-point kernels, which together have the variance sigma ** 2 (pixels)."""
    passes = max(1, int(np.ceil(sigma**2 / 0.5)))
    side = np.float32(sigma**2 / 2 / passes)
    for _ in range(passes):
        for axis in (0, 1):
            moved = image.swapaxes(0, axis)
            out = moved * (1 - 2 * side)
            out[1:] += side * moved[:-1]
            out[:-1] += side * moved[1:]
            out[0] += side * moved[0]
            out[-1] += side * moved[-1]
            image = out.swapaxes(0, axis)
    return image


def exposure(image: np.ndarray, mask: np.ndarray, target: float = 0.18, ceiling: float = 0.75) -> float:
    """The gain of an automatic exposure: the mean to `target`, but the bright parts of the person below `ceiling`."""
    grey = image[::3, ::3].mean(axis=2)
    person = grey[mask[::3, ::3] >= FIRST_PERSON]
    gain = target / max(float(grey.mean()), 1e-6)
    if person.size:
        gain = min(gain, ceiling / max(float(np.quantile(person, 0.97)), 1e-6))
    return gain


def develop(image: np.ndarray, mask: np.ndarray, camera: Camera, knobs: Knobs, rng: np.random.Generator) -> np.ndarray:
    """Turns linear light into an image.

    Args:
        image: (H, W, C) float32 linear response times shading.
        mask: (H, W) labels; the exposure looks at the person.
        camera, knobs: how much blur, noise and error of exposure.
        rng: the image's generator.

    Returns:
        (H, W, 3) uint8; three equal channels when C is 1.
    """
    height, width, channels = image.shape
    image = blurred(image, knobs.blur * camera.blur * height / 128)
    gain = exposure(image, mask) * 2.0 ** rng.normal(0, knobs.exposure)
    gains = gain * np.exp(rng.normal(0, 0.03, channels)) if channels > 1 else gain
    image = image * np.asarray(gains, np.float32)
    amount = np.float32(0.036 * knobs.noise * camera.noise)
    noise = rng.standard_normal(image.shape, dtype=np.float32)
    noise *= np.sqrt(np.float32(0.03) + image)  # read noise, and shot noise that grows with the light
    image += amount * noise
    image *= 4096
    levels = camera.tone[np.clip(image, 0, 4096, out=image).astype(np.intp)]
    return np.repeat(levels, 3, axis=2) if channels == 1 else levels


def develop_thermal(image: np.ndarray, camera: ThermalCamera, knobs: Knobs, rng: np.random.Generator) -> np.ndarray:
    """Turns radiance (H, W) over the camera's span into (H, W, 3) uint8 with equal channels."""
    blur = max(0.3, 1.1 * knobs.blur * camera.blur * image.shape[0] / 128)
    frame = thermal.microbolometer(image, camera.pattern, rng, 0.03 * knobs.noise * camera.noise, blur)
    return np.repeat(np.round(255 * frame).astype(np.uint8)[..., None], 3, axis=2)
