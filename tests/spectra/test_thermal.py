"""Emission against the series of Planck's integral, and the facts of clothed people in the thermal infrared."""

import numpy as np
import pytest
from scipy.constants import Boltzmann, Planck, speed_of_light

from vireid_lab.runtime import InputError
from vireid_lab.spectra import thermal

SPAN = (10.0, 36.0)


def radiance_below(metres, kelvin):
    """Closed form: the integral of Planck's law from 0 to a wavelength as a sum of exponentials."""
    x = Planck * speed_of_light / (metres * Boltzmann * kelvin)
    total = 0.0
    for n in range(1, 200):
        total += np.exp(-n * x) * (x**3 / n + 3 * x**2 / n**2 + 6 * x / n**3 + 6 / n**4)
    return 2 * (Boltzmann * kelvin) ** 4 / (Planck**3 * speed_of_light**2) * total


@pytest.mark.parametrize("celsius", [-20.0, 20.0, 37.0])
def test_band_radiance_is_plancks_integral(celsius):
    kelvin = celsius + 273.15
    expected = radiance_below(14e-6, kelvin) - radiance_below(8e-6, kelvin)
    np.testing.assert_allclose(thermal.band_radiance(celsius), expected, rtol=3e-5)


def test_warmer_is_brighter_and_the_span_is_zero_to_one():
    celsius = np.linspace(*SPAN, 9)
    radiance = thermal.label_radiance(celsius, 1.0, 20.0, SPAN)
    assert (np.diff(radiance) > 0).all()
    np.testing.assert_allclose(radiance[[0, -1]], [0, 1], atol=1e-12)
    assert thermal.label_radiance(np.array([40.0]), 1.0, 20.0, SPAN)[0] > 1


def test_emissivity_mixes_in_the_surroundings():
    own, around, metal = (
        thermal.label_radiance(np.array([c]), e, 12.0, SPAN)[0] for c, e in ((30.0, 1.0), (12.0, 1.0), (30.0, 0.25))
    )
    np.testing.assert_allclose(metal, 0.25 * own + 0.75 * around)
    level = thermal.label_radiance(np.full(3, 22.0), np.array([0.1, 0.5, 1.0]), 22.0, SPAN)
    np.testing.assert_allclose(level, level[0])  # in equilibrium emissivity does not show


def test_thick_and_loose_garments_are_closer_to_the_air():
    bare, shirt, pullover, coat = (thermal.garment_temperature(t, 0.5, 5.0) for t in (0.0, 0.5, 3.0, 20.0))
    assert 33 > bare > shirt > pullover > coat > 5
    assert coat - 5 < 0.25 * (33 - 5)
    tight, loose, wide, wider = (thermal.garment_temperature(1.0, g, 5.0) for g in (0.0, 3.0, 8.0, 30.0))
    assert tight > loose > wide == wider
    assert thermal.garment_temperature(0, 0, 5.0) == 33


def test_garments_take_the_airs_temperature_in_equilibrium_and_none_in_a_heat_wave():
    assert thermal.garment_temperature(5, 5, 33.0) == 33
    assert 33 < thermal.garment_temperature(5, 5, 40.0) < 40  # hotter air warms the cloth beyond the skin


def test_surface_temperature_solves_the_heat_balance():
    """The flow through clothing equals the flow from its outside into the air."""
    outside = thermal.garment_temperature(2.0, 4.0, 10.0)
    through = (33 - outside) / (2e-3 / thermal.FABRIC_CONDUCTIVITY + 4e-3 / thermal.AIR_CONDUCTIVITY)
    away = (outside - 10) / thermal.AIR_RESISTANCE
    np.testing.assert_allclose(through, away)


def test_skin_is_brightest_then_shirt_and_coat_and_hair_lies_between():
    ambient = 15.0
    celsius = np.array([
        33.0, thermal.garment_temperature(0.5, 1, ambient), thermal.garment_temperature(20, 5, ambient), ambient,
    ])  # fmt: skip
    skin, shirt, coat, wall = thermal.label_radiance(celsius, 0.95, ambient, SPAN)
    assert skin > shirt > coat > wall
    assert celsius[2] < thermal.hair_temperature(ambient) < celsius[0]


def test_a_print_does_not_show_and_a_second_layer_does():
    ambient = 18.0
    cloth = thermal.garment_temperature(0.5, 1, ambient)
    hem = thermal.garment_temperature(1.5, 1, ambient)  # the cloth folded twice
    emissivity = np.full(3, 0.92)
    upper, printed, hemmed = thermal.label_radiance(np.array([cloth, cloth, hem]), emissivity, ambient, SPAN)
    assert upper == printed
    assert upper - hemmed > 0.02


def test_microbolometer_without_noise_blurs_and_keeps_the_mean():
    image = np.zeros((31, 31))
    image[15, 15] = 1
    frame = thermal.microbolometer(image, np.zeros((31, 31)), np.random.default_rng(0), noise=0, blur=1.5)
    y, x = np.mgrid[:31, :31] - 15
    np.testing.assert_allclose(frame.sum(), 1, rtol=1e-4)
    np.testing.assert_allclose((frame * x**2).sum(), 1.5**2, rtol=0.02)
    np.testing.assert_allclose((frame * y**2).sum(), 1.5**2, rtol=0.02)


def test_fixed_pattern_stays_and_temporal_noise_does_not():
    image = np.full((64, 48), 0.5)
    pattern = thermal.fixed_pattern(image.shape, np.random.default_rng(1), strength=0.02)
    rng = np.random.default_rng(2)
    frames = np.stack([thermal.microbolometer(image, pattern, rng, noise=0.01) for _ in range(100)])
    np.testing.assert_allclose(frames.std(axis=0).mean(), 0.01, rtol=0.03)
    mean = frames.mean(axis=0) - 0.5
    np.testing.assert_allclose(mean, pattern, atol=0.006)
    columns = mean.mean(axis=0)
    assert columns.std() > 3 * mean.mean(axis=1).std()  # stripes along the columns


def test_frames_are_clipped_and_repeat_with_their_generator():
    image, pattern = np.linspace(-1, 2, 12).reshape(3, 4), np.zeros((3, 4))
    first, again, other = (thermal.microbolometer(image, pattern, np.random.default_rng(s)) for s in (3, 3, 4))
    assert first.dtype == np.float32 and first.min() == 0 and first.max() == 1
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: thermal.garment_temperature(80, 0, 20), "thickness 80 is out of range: give one from 0 to 60"),
        (lambda: thermal.garment_temperature(1, 0, 20, 310), "skin 310 is out of range"),
        (lambda: thermal.band_radiance(-300.0), "temperature -300 C is not above -273.15 C"),
        (lambda: thermal.label_radiance(np.ones(2), np.array([0.9, 1.1]), 20, SPAN), "emissivity .* is out of range"),
        (lambda: thermal.label_radiance(np.ones(2), 0.9, 20, (30, 10)), r"span \(30, 10\) is empty"),
        (
            lambda: thermal.microbolometer(np.zeros((4, 4)), np.zeros((4, 5)), np.random.default_rng(0)),
            r"pattern \(4, 5\) does not fit the image \(4, 4\)",
        ),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(InputError, match=message):
        call()
