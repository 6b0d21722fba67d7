"""Eq. 1 against explicit loops, and the reflection prior that follows from it."""

import numpy as np
import pytest

from vireid_lab.runtime import InputError
from vireid_lab.spectra import illuminants, materials, sensors
from vireid_lab.spectra.grid import WAVELENGTHS
from vireid_lab.spectra.render import response

VISIBLE = sensors.bayer_rgb(), illuminants.daylight()
INFRARED = sensors.silicon_nir(), illuminants.infrared_led()


def test_explicit_loops_give_the_same():
    rng = np.random.default_rng(0)
    sensor, light, surfaces = rng.random((3, 7)), rng.random(7), rng.random((4, 7))
    expected = np.zeros((4, 3))
    for material in range(4):
        for channel in range(3):
            seen = white = 0.0
            for wavelength in range(7):
                seen += light[wavelength] * surfaces[material, wavelength] * sensor[channel, wavelength]
                white += light[wavelength] * sensor[channel, wavelength]
            expected[material, channel] = seen / white
    np.testing.assert_allclose(response(sensor, light, surfaces), expected, rtol=1e-12)


@pytest.mark.parametrize("pair", [VISIBLE, INFRARED, (sensors.bayer_rgb(0.3), illuminants.tungsten())])
def test_white_is_one_and_grey_is_its_reflectance(pair):
    greys = np.array([[1.0], [0.18], [0.0]]) * np.ones(len(WAVELENGTHS))
    seen = response(*pair, greys)
    np.testing.assert_allclose(seen, [[1] * seen.shape[1], [0.18] * seen.shape[1], [0] * seen.shape[1]], atol=1e-12)


def test_infrared_is_a_multiple_of_visible_within_a_material_only():
    """Tan et al. 2022, Eq. 4: under shading NIR = k G within one material; k is the material's."""
    shading = np.linspace(0.05, 1, 20)
    k = {}
    for name, reflectance in {
        "blue": materials.fabric("nylon", (0, 2, 3)),
        "red": materials.fabric("nylon", (4, 4, 0)),
        "grey": materials.fabric("nylon", carbon=1.5),
        "white": materials.fabric("nylon"),
    }.items():
        green = shading * response(*VISIBLE, reflectance[None])[0, 1]
        infrared = shading * response(*INFRARED, reflectance[None])[0, 0]
        slope, offset = np.polyfit(green, infrared, 1)
        np.testing.assert_allclose(infrared, slope * green, atol=1e-9)
        assert abs(offset) < 1e-9
        k[name] = slope
    assert k["blue"] > 5 and k["red"] > 5 and abs(k["blue"] / k["red"] - 1) > 0.05
    np.testing.assert_allclose([k["grey"], k["white"]], 1, atol=0.01)  # neutral at every wavelength


def test_the_same_black_is_bright_or_dark_in_the_infrared():
    black = [materials.fabric("polyester", (7, 5, 7)), materials.fabric("polyester", (1, 1, 1), carbon=3)]
    assert response(*VISIBLE, np.stack(black)).max() < 0.06
    bright, dark = response(*INFRARED, np.stack(black))[:, 0]
    assert bright > 10 * dark


def test_a_leak_lets_dyed_black_glow_under_tungsten():
    black = materials.fabric("cotton", (7, 5, 7))[None]
    sealed, leaking = (response(sensors.bayer_rgb(leak), illuminants.tungsten(), black) for leak in (0, 0.2))
    assert (leaking > 2 * sealed).all()


def test_shapes_and_blind_channels_are_named():
    with pytest.raises(InputError, match=r"sensor \(3, 61\), illuminant \(60,\).*do not fit"):
        response(sensors.bayer_rgb(), illuminants.daylight()[1:], np.ones((1, 61)))
    with pytest.raises(InputError, match=r"reflectances \(61,\) do not fit"):
        response(*VISIBLE, np.ones(61))
    with pytest.raises(InputError, match="channel 0 of the sensor sees nothing"):
        response(np.zeros((1, 61)), illuminants.daylight(), np.ones((1, 61)))
