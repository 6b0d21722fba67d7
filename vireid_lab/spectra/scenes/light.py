"""Light of a rendered scene: Eq. 1 of its materials (Tan et al. 2022, Sec. III) under one or two lights, and sky."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .. import illuminants, sensors
from ..render import response
from .layout import Place
from .textures import picture

SENSOR = np.concatenate([sensors.bayer_rgb(), sensors.silicon_nir(750)])  # (4, L): R, G, B, NIR
GREEN = 1
SHADE = 1.3  # sky light in the shade over the ambient share of the light in the sun
LAMP = 0.5  # green light in the middle of the lamp's pool over daylight


@dataclass(frozen=True)
class Light:
    """What lies on each pixel of a drawn scene.

    Attributes:
        image: (H, W, 4) linear R, G, B, NIR; 1 is a perfect white that faces the main light.
        main, second: (H, W) shading sigma of the main and of the second light.
        shadow: (H, W) bool.
        responses, responses_second: (M + 1, 4) of each region under the lights; row 0 is black.
    """

    image: np.ndarray
    main: np.ndarray
    second: np.ndarray
    shadow: np.ndarray
    responses: np.ndarray
    responses_second: np.ndarray


def light_scene(place: Place, rng: np.random.Generator, number: int) -> Light:
    """Lights a place with `number` (1 or 2) illuminants whose colour temperatures are drawn from `rng`."""
    view = place.view
    sun = illuminants.daylight(rng.uniform(5200, 6200))
    lamp = illuminants.tungsten(rng.uniform(2700, 3000))
    sky = illuminants.daylight(12000)
    shadow = view.shadow()
    main, second = shadings(place, shadow, number)
    surfaces = np.stack([np.zeros_like(sun), *place.reflectances])
    under_main = response(SENSOR, sun, surfaces)
    under_second = under_main_balance(sun, lamp if place.lamp else sky, surfaces)
    image = under_main[view.labels] * main[..., None] + under_second[view.labels] * second[..., None]
    open_sky = np.isinf(view.depth) & (view.labels == 0)
    clouds = 0.5 * picture("cloud", view.size, view.size[0] / 300, int(rng.integers(512)))[0] - 0.1
    clouds = np.clip(clouds, 0, 1)[open_sky, None]
    blue = under_main_balance(sun, sky, np.ones((1, len(sun))))
    image[open_sky] = 0.5 * blue * (1 - clouds) + 0.9 * clouds
    return Light(image, main, second, shadow, under_main, under_second)


def shadings(place: Place, shadow: np.ndarray, number: int) -> tuple[np.ndarray, np.ndarray]:
    """(H, W) shading of the main and of the second light.

    Our simplification: direct and ambient light have one spectrum where the sun shines, so that k is exact there; in
    the shade the ambient light is that of the sun too (one illuminant) or the sky's alone (two).
    """
    view = place.view
    ambient = view.sun.ambient * view.albedo
    main = ambient + np.where(shadow, 0, (1 - view.sun.ambient) * view.albedo * view.lambert)
    if number == 1:
        return main, np.zeros(view.size)
    if place.lamp is None:
        return np.where(shadow, 0, main), np.where(shadow, SHADE * ambient, 0)
    right, up = view.places()
    x, y, radius = place.lamp
    pool = np.maximum(1 - ((right - x) ** 2 + (up - y) ** 2) / radius**2, 0) ** 2
    return main, LAMP * pool * view.albedo


def under_main_balance(main: np.ndarray, light: np.ndarray, reflectances: np.ndarray) -> np.ndarray:
    """(M, 4) response under another light by a camera balanced for the main one; a white is 1 in green."""
    white, white_main = SENSOR @ light, SENSOR @ main
    cast = white / white_main
    return response(SENSOR, light, reflectances) * (cast / cast[GREEN])
