"""Rendered VIS-NIR scene pairs whose materials and factors k are known.

Each pixel follows Eq. 1 of the reflection prior (Tan et al. 2022, Sec. III): the response of the sensor to a material
under a light, times a shading that is the same in all bands. So NIR = k * VIS within a material under one light
(Eq. 4), until highlights or a second light break the assumption.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vireid_lab.runtime import InputError, unknown

from ..camera import halve
from ..grid import checked
from .layout import Place
from .light import Light, light_scene
from .places import CATEGORIES

SMALLEST = 12  # pixels of a labelled region
BRIGHTEST = 0.95  # highest value of each image without highlights and noise
READ_NOISE = 0.03  # variance of the noise in the dark over that which the light adds at a value of 1


@dataclass(frozen=True)
class RenderedScene:
    """An aligned pair with its truth; all values are linear light.

    Attributes:
        name, category: of the scene.
        visible: (H, W, 3) float32 in [0, 1]: R, G, B.
        infrared: (H, W) float32 in [0, 1].
        regions: (H, W) int32: number of the material; 0 in the sky, where materials mix in a pixel, and in specks.
        names: what each region is.
        k: (3,) NIR/R, NIR/G, NIR/B of each region under the main light, both exposures included (Eq. 4).
        k_second: the same under the second light alone; empty with one illuminant.
        second: (H, W) bool: lit by the second light, alone or beside the main one.
        shadow: (H, W) bool: wholly or partly in a cast shadow.
    """

    name: str
    category: str
    visible: np.ndarray
    infrared: np.ndarray
    regions: np.ndarray
    names: dict[int, str]
    k: dict[int, np.ndarray]
    k_second: dict[int, np.ndarray]
    second: np.ndarray
    shadow: np.ndarray


def render_scene(
    rng: np.random.Generator,
    size: tuple[int, int] = (256, 384),
    illuminants: int = 1,
    specular: float = 0.0,
    noise: float = 0.0,
    category: str = "street",
    equal_k: bool = False,
) -> RenderedScene:
    """Renders a scene; one state of the generator gives one place, however it is lit and recorded.

    Args:
        rng: the scene's generator.
        size: (H, W) in pixels, each 64 to 1024.
        illuminants: 1, or 2: blue sky alone lights the cast shadows, and in a room there is a filament lamp.
        specular: strength of highlights in the colour of the light, 0 to 1. The paper's model leaves them out: they
            add to k * VIS an amount that changes from pixel to pixel. Highlights saturate at 1.
        noise: standard deviation of the sensor noise at a value of 1, 0 to 0.5; it falls with the square root of the
            light, and what leaves [0, 1] is cut off.
        category: a name in CATEGORIES.
        equal_k: a control world in which the spectra of all materials differ in lightness alone, and so k is the same.

    Returns:
        The pair. Without highlights and noise no value is cut off.

    Raises:
        InputError: an argument is out of range.
    """
    if category not in CATEGORIES:
        raise unknown("category", category, CATEGORIES)
    if illuminants not in (1, 2):
        raise InputError(f"illuminants {illuminants!r}: give 1 or 2")
    if len(size) != 2 or not all(isinstance(n, (int, np.integer)) and 64 <= n <= 1024 for n in size):
        raise InputError(f"size {size}: give (height, width) in pixels, each 64 to 1024")
    specular, noise = checked("specular", specular, 0, 1), checked("noise", noise, 0, 0.5)
    layout, weather, sensor = (np.random.default_rng(seed) for seed in rng.integers(1 << 32, size=3))
    place = Place(layout, (2 * size[0], 2 * size[1]), bool(equal_k))  # drawn at twice the size, against jagged edges
    CATEGORIES[category](place)
    light = light_scene(place, weather, illuminants)
    image = halve(light.image)
    highest = image.max(axis=(0, 1))
    gains = BRIGHTEST / np.array([highest[:3].max()] * 3 + [highest[3]])
    if specular:
        image = image + specular * halve((place.view.gloss * ~light.shadow)[..., None])
    image = image * gains
    if noise:
        image = image + noise * np.sqrt(READ_NOISE + image) * sensor.standard_normal(image.shape)
    image = np.clip(image, 0, 1).astype(np.float32)
    return _with_truth(place, category, image, light, gains, illuminants)


def _with_truth(
    place: Place, category: str, image: np.ndarray, light: Light, gains: np.ndarray, illuminants: int
) -> RenderedScene:
    regions = _regions(place.view.labels)
    numbers = [int(n) for n in np.unique(regions) if n]

    def factors(responses: np.ndarray) -> dict[int, np.ndarray]:
        values = responses * gains
        return {n: values[n, 3] / values[n, :3] for n in numbers}

    return RenderedScene(
        name=category,
        category=category,
        visible=np.ascontiguousarray(image[..., :3]),
        infrared=np.ascontiguousarray(image[..., 3]),
        regions=regions,
        names={n: place.names[n - 1] for n in numbers},
        k=factors(light.responses),
        k_second=factors(light.responses_second) if illuminants == 2 else {},
        second=_any(light.second > 0),
        shadow=_any(light.shadow),
    )


def _corners(drawn: np.ndarray) -> np.ndarray:
    """(4, H, W): the drawn pixels that make up each pixel."""
    return np.stack([drawn[i::2, j::2] for i in (0, 1) for j in (0, 1)])


def _any(drawn: np.ndarray) -> np.ndarray:
    return _corners(drawn).any(axis=0)


def _regions(labels: np.ndarray) -> np.ndarray:
    """(H, W) int32 labels of the pixels that show one material, without specks."""
    corners = _corners(labels)
    regions = np.where((corners == corners[0]).all(axis=0), corners[0], 0).astype(np.int32)
    regions[np.bincount(regions.ravel())[regions] < SMALLEST] = 0
    return regions
