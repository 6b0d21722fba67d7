"""Cameras: exposure, noise, blur and tone."""

from dataclasses import replace

import numpy as np
import pytest

from vireid_lab.spectra import camera as cameras
from vireid_lab.spectra.difficulty import DIFFICULTIES
from vireid_lab.spectra.labels import CODES

STILL = replace(DIFFICULTIES["medium"], noise=0.0, blur=0.0, exposure=0.0)
RNG = np.random.default_rng


def test_halving_is_the_mean_of_four():
    image = RNG(0).random((6, 8, 3)).astype(np.float32)
    halved = cameras.halve(image)
    for y in range(3):
        for x in range(4):
            assert halved[y, x] == pytest.approx(
                image[2 * y : 2 * y + 2, 2 * x : 2 * x + 2].mean(axis=(0, 1)), abs=1e-6
            )


@pytest.mark.parametrize("sigma", [0.3, 0.7, 1.6])
def test_blur_keeps_the_light_and_has_its_variance(sigma):
    image = np.zeros((41, 41, 1), np.float32)
    image[20, 20] = 1
    spread = cameras.blurred(image, sigma)[..., 0]
    offsets = np.arange(41) - 20
    assert spread.sum() == pytest.approx(1, abs=1e-5)
    assert (spread.sum(axis=0) * offsets**2).sum() == pytest.approx(sigma**2, rel=1e-3)
    assert cameras.blurred(np.full((9, 9, 1), 0.4, np.float32), sigma) == pytest.approx(0.4, abs=1e-6)


def test_white_is_white_up_to_the_balance():
    for place in ("street", "corridor"):
        camera = cameras.visible_camera(RNG(1), place)
        assert camera.colours(np.ones((1, 61)))[0] == pytest.approx(camera.balance, rel=1e-5)


def test_the_exposure_brings_the_mean_to_its_target_and_spares_the_person():
    mask = np.zeros((60, 30), np.uint8)
    assert cameras.exposure(np.full((60, 30, 1), 0.05), mask) == pytest.approx(0.18 / 0.05)
    mask[:, 15:17] = CODES["upper"]
    image = np.where(mask == 0, 0.001, 0.5)[..., None]
    assert cameras.exposure(image, mask) == pytest.approx(0.75 / 0.5)


def test_one_material_has_one_ratio_of_infrared_to_visible_under_any_shading():
    shading = np.linspace(0.3, 1.0, 64, dtype=np.float32)[None, :, None] * np.ones((64, 1, 1), np.float32)
    mask = np.full((64, 64), CODES["concrete"], np.uint8)
    reflectance = np.linspace(0.2, 0.5, 61)[None]
    visible, infrared = (
        cameras.develop(camera.colours(reflectance)[0] * shading, mask, camera, STILL, RNG(3)).astype(float)
        for camera in (cameras.visible_camera(RNG(1), "park"), cameras.infrared_camera(RNG(2)))
    )
    for channel in range(3):
        v, n = visible[..., channel], infrared[..., channel]
        ratio = (v * n).sum() / (v * v).sum()
        assert np.abs(n - ratio * v).max() < 0.5 + 0.5 * ratio + 0.6  # 8-bit rounding of both, tone table


def test_noise_grows_with_its_knob():
    camera = cameras.infrared_camera(RNG(2))
    flat = np.full((64, 32, 1), 0.3, np.float32)
    mask = np.zeros((64, 32), np.uint8)
    spread = [cameras.develop(flat, mask, camera, replace(STILL, noise=n), RNG(0)).std() for n in (0.0, 0.5, 1.0)]
    assert spread[0] == 0 and spread[2] == pytest.approx(2 * spread[1], rel=0.1)
