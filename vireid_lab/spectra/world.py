"""The benchmark's world: one seed gives every person, camera and image, in any order and in any process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from vireid_lab.runtime import InputError, unknown

from . import camera as cameras
from . import control as controls
from . import thermal
from .backdrop import Backdrop, build_backdrop
from .body import draw_person
from .camera import Camera, ThermalCamera
from .difficulty import DIFFICULTIES
from .figure import Figure, build_figure
from .identity import Identity
from .identity_draw import sample_identity
from .labels import CODES, FIRST_PERSON
from .pose import sample_pose
from .stage import Stage, occlude, patches, sample_stage, set_stage
from .surface import Canvas
from .tailoring import tailor
from .wardrobe import WARDROBES

VERSION = 1  # raised whenever the same seed gives other bytes
INFRARED_KINDS = ("nir", "thermal")
OVERSAMPLING = 2  # people are drawn at twice the size of the image
_IDENTITY, _BACKDROP, _CAMERA, _GEOMETRY, _MOMENT, _PIXELS, _CONTROL, _TAILOR = range(8)  # streams of random numbers


@dataclass(frozen=True)
class Shot:
    """One rendered image.

    Attributes:
        image: (H, W, 3) uint8; three equal channels in the infrared.
        mask: (H, W) uint8, the label (`labels.LABELS`) of the surface at each pixel.
        quality: JPEG quality of the camera, 1 to 95.
    """

    image: np.ndarray
    mask: np.ndarray
    quality: int


class World:
    """Renders people; a pure function of its arguments and of those of `render`.

    Args:
        seed: 0 or more.
        size: (H, W) of the images in pixels, each 32 to 1024.
        difficulty: a name in `difficulty.DIFFICULTIES`.
        infrared: "nir" (reflected near infrared) or "thermal" (emission).
        wardrobe: "benchmark", or "pretraining" with other garments, colours, prints and places.
        control: "none", or a control world of `spectra.control` (near infrared only).

    Raises:
        InputError: an argument is none of these.
    """

    def __init__(
        self,
        seed: int,
        size: tuple[int, int] = (96, 48),
        difficulty: str = "medium",
        infrared: str = "nir",
        wardrobe: str = "benchmark",
        control: str = "none",
    ) -> None:
        for kind, value, options in (
            ("difficulty", difficulty, DIFFICULTIES),
            ("infrared", infrared, INFRARED_KINDS),
            ("wardrobe", wardrobe, WARDROBES),
            ("control", control, controls.CONTROLS),
        ):
            if value not in options:
                raise unknown(kind, value, options)
        if control != "none" and infrared == "thermal":
            raise InputError(f"control '{control}': there is no reflection in a thermal world; take infrared nir")
        _check_integer("seed", seed, 0)
        if len(size) != 2 or not all(isinstance(n, (int, np.integer)) and 32 <= n <= 1024 for n in size):
            raise InputError(f"size {size}: give (height, width) in pixels, each 32 to 1024")
        self.seed, self.size, self.infrared, self.wardrobe = int(seed), (int(size[0]), int(size[1])), infrared, wardrobe
        self.knobs, self.control = DIFFICULTIES[difficulty], control
        self._kept: dict[tuple, object] = {}

    def _rng(self, stream: int, *keys: int) -> np.random.Generator:
        # both wardrobes draw from the same seed: the name keeps their people apart
        return np.random.default_rng([self.seed, list(WARDROBES).index(self.wardrobe), stream, *keys])

    def _keep(self, key: tuple, make: Callable[[], object], limit: int = 512):
        if key not in self._kept:
            if len(self._kept) >= limit:
                self._kept.pop(next(iter(self._kept)))
            self._kept[key] = make()
        return self._kept[key]

    def identity(self, pid: int) -> Identity:
        """The person with this number (0 or more)."""
        _check_integer("pid", pid, 0)

        def make() -> Identity:
            person = sample_identity(self._rng(_IDENTITY, pid), self.wardrobe, self.knobs)
            return tailor(person, self._rng(_TAILOR, pid)) if self.infrared == "thermal" else person

        return self._keep(("identity", pid), make)

    def _figure(self, pid: int) -> Figure:
        return self._keep(("figure", pid), lambda: build_figure(self.identity(pid)))

    def _place(self, camid: int) -> str:
        places = WARDROBES[self.wardrobe].backdrops
        return places[camid % len(places)]

    def backdrop(self, camid: int) -> Backdrop:
        """What a camera (0 or more; 0 is that of shots of one moment) looks at, in both modalities."""
        _check_integer("camid", camid, 0)
        rng, height = self._rng(_BACKDROP, camid), OVERSAMPLING * self.size[0]
        return self._keep(("backdrop", camid), lambda: build_backdrop(rng, self._place(camid), height))

    def camera(self, camid: int, modality: int) -> Camera | ThermalCamera:
        """The camera with this number (0 or more) in a modality (0 visible, 1 infrared)."""
        _check_integer("camid", camid, 0)
        if modality not in (0, 1):
            raise InputError(f"modality {modality}: give 0 (visible) or 1 (infrared)")

        def make() -> Camera | ThermalCamera:
            rng = self._rng(_CAMERA, camid, modality)
            if modality == 1 and self.infrared == "thermal":
                return cameras.thermal_camera(rng, self.size)
            visible = modality == 0
            camera = cameras.visible_camera(rng, self._place(camid)) if visible else cameras.infrared_camera(rng)
            if self.control == "glossy":
                return controls.curved_tone(camera)
            return controls.seen_in_green(camera) if self.control.endswith("_k") and not visible else camera

        return self._keep(("camera", camid, modality), make)

    def render(self, pid: int, camid: int, modality: int, index: int, moment: int | None = None) -> Shot:
        """Renders one image.

        Args:
            pid: person, 0 or more.
            camid: camera, 0 or more.
            modality: 0 visible, 1 infrared.
            index: number of the image of this person, camera and modality, 0 or more.
            moment: shots of one person with the same moment share pose, view, place and crop, as those of a dual camera
                do, and so their masks are equal; None: the image has its own.

        Returns:
            The image, its mask and its JPEG quality.

        Raises:
            InputError: an argument is out of range.
        """
        camera, figure = self.camera(camid, modality), self._figure(pid)
        _check_integer("index", index, 0)
        if moment is None:
            backdrop, rng = self.backdrop(camid), self._rng(_GEOMETRY, pid, camid, modality, index)
        else:
            _check_integer("moment", moment, 0)
            backdrop, rng = self.backdrop(0), self._rng(_MOMENT, pid, moment)
        stage, pose = sample_stage(rng, backdrop, self.knobs), sample_pose(rng, self.knobs)
        canvas = set_stage(stage, backdrop, camera.light, tuple(OVERSAMPLING * n for n in self.size))
        height = canvas.labels.shape[0]
        feet = (canvas.labels.shape[1] / 2 + stage.right * height, stage.feet * height)
        draw_person(canvas, figure, pose, feet, stage.scale * height, backdrop.pitch)
        occlude(stage, canvas)
        mask = canvas.labels[::OVERSAMPLING, ::OVERSAMPLING].copy()
        pixels = self._rng(_PIXELS, pid, camid, modality, index)
        if isinstance(camera, ThermalCamera):
            image = self._emitted(canvas, figure, backdrop, camera, stage)
            return Shot(cameras.develop_thermal(image, camera, self.knobs, pixels), mask, camera.quality)
        image = self._reflected(canvas, figure, backdrop, camera, stage, (pid, camid, modality, index))
        return Shot(cameras.develop(image, mask, camera, self.knobs, pixels), mask, camera.quality)

    def _reflected(
        self, canvas: Canvas, figure: Figure, backdrop: Backdrop, camera: Camera, stage: Stage, shot: tuple[int, ...]
    ) -> np.ndarray:
        """(H, W, C) linear light: Eq. 1 of each label times the shading."""
        reflectances = np.concatenate([backdrop.reflectances, figure.identity.reflectances])
        reflectances[CODES["occluder"]] = stage.occluder_reflectance
        colours = camera.colours(reflectances)
        colours[:FIRST_PERSON] *= camera.reach
        if self.control == "random_k" and len(camera.sensor) == 1:
            colours *= controls.random_k(self._rng(_CONTROL, *shot), len(colours))
        light = canvas.shading * patches(stage, canvas.labels.shape, camera.spot)
        image = colours[canvas.labels] * light[..., None]
        if self.control == "glossy":
            gloss = self._rng(_CONTROL, shot[0]).uniform(0, controls.GLOSS, len(colours)).astype(np.float32)
            gloss[:FIRST_PERSON] = 0
            image += controls.highlights(gloss[canvas.labels], canvas.shading)[..., None]
        return cameras.halve(image)

    def _emitted(
        self, canvas: Canvas, figure: Figure, backdrop: Backdrop, camera: ThermalCamera, stage: Stage
    ) -> np.ndarray:
        """(H, W) radiance over the camera's span."""
        air = camera.ambient
        celsius = np.concatenate([air + backdrop.warmth, figure.identity.temperatures(air)])
        span = (air - 8.0 + stage.drift, 36.0 + stage.drift)
        radiance = thermal.label_radiance(celsius, 0.95, air, span).astype(np.float32)
        surroundings = radiance[:FIRST_PERSON].mean()
        contrast = np.where(np.arange(len(radiance)) < FIRST_PERSON, 0.12, radiance - surroundings).astype(np.float32)
        light = canvas.shading
        return cameras.halve(radiance[canvas.labels] + contrast[canvas.labels] * (np.clip(light, 0.3, 1.6) - 1))


def _check_integer(name: str, value: object, low: int) -> None:
    if not isinstance(value, (int, np.integer)) or value < low:
        raise InputError(f"{name} {value!r}: give a whole number from {low}")
