"""How hard the benchmark is: three documented settings of the same knobs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Knobs:
    """What varies between images, and how much of an identity survives in the infrared.

    Attributes:
        pose: amplitude of gait, arm swing, lean and head turn; 1 is a brisk walk.
        views: share of images from a free direction (the others lie within 30 degrees of the front), 0 to 1.
        scale: standard deviation of the person's height over that of the image.
        shift: standard deviation of the crop's misalignment over the height of the image.
        occlusion: probability that an object hides part of the person, 0 to 1.
        noise: sensor noise; 1 is a cheap camera at night.
        blur: focus and motion blur; 1 is a Gaussian of 1 pixel at 128x64.
        exposure: standard deviation of the automatic exposure's error, in stops.
        clutter: mean number of loose objects behind the person.
        patterned: share of the garments with stripes, checks or prints, 0 to 1.
        survive: share of the patterns made with pigments that stay visible in the near infrared, 0 to 1.
        carbon: share of the garments that stay dark in the near infrared, 0 to 1.
    """

    pose: float
    views: float
    scale: float
    shift: float
    occlusion: float
    noise: float
    blur: float
    exposure: float
    clutter: float
    patterned: float
    survive: float
    carbon: float


DIFFICULTIES: dict[str, Knobs] = {
    "easy": Knobs(
        pose=0.3, views=0.2, scale=0.02, shift=0.008, occlusion=0.0, noise=0.25, blur=0.3, exposure=0.1, clutter=1.0,
        patterned=1.0, survive=1.0, carbon=0.4,
    ),
    "medium": Knobs(
        pose=0.4, views=0.4, scale=0.03, shift=0.015, occlusion=0.04, noise=0.4, blur=0.4, exposure=0.2, clutter=2.0,
        patterned=0.95, survive=0.95, carbon=0.35,
    ),
    "hard": Knobs(
        pose=0.8, views=0.8, scale=0.05, shift=0.025, occlusion=0.1, noise=0.8, blur=0.8, exposure=0.3, clutter=3.0,
        patterned=0.8, survive=0.7, carbon=0.3,
    ),
}  # fmt: skip
