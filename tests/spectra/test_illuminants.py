"""The light sources against closed forms of Planck's law, standard illuminants and their nominal colours."""

import numpy as np
import pytest
from scipy.constants import Stefan_Boltzmann, Wien

from vireid_lab.runtime import InputError
from vireid_lab.spectra import illuminants
from vireid_lab.spectra.grid import WAVELENGTHS

FINE = np.arange(400.0, 781.0, 1.0)


def correlated_colour_temperature(power):
    """McCamy 1992 on the multi-lobe colour matching functions of Wyman et al. 2013, for power on FINE."""

    def lobe(height, centre, below, above):
        slope = np.where(FINE < centre, below, above)
        return height * np.exp(-0.5 * ((FINE - centre) * slope) ** 2)

    x = lobe(0.362, 442.0, 0.0624, 0.0374) + lobe(1.056, 599.8, 0.0264, 0.0323) + lobe(-0.065, 501.1, 0.0490, 0.0382)
    y = lobe(0.821, 568.8, 0.0213, 0.0247) + lobe(0.286, 530.9, 0.0613, 0.0322)
    z = lobe(1.217, 437.0, 0.0845, 0.0278) + lobe(0.681, 459.0, 0.0385, 0.0725)
    tristimulus = np.array([power @ x, power @ y, power @ z])
    x, y, _ = tristimulus / tristimulus.sum()
    n = (x - 0.3320) / (0.1858 - y)
    return 449 * n**3 + 3525 * n**2 + 6823.3 * n + 5520.33


def test_planck_peaks_where_wien_says():
    wavelengths = np.arange(200.0, 20000.0)
    for kelvin in (300, 2856, 6500):
        peak = wavelengths[np.argmax(illuminants.planck(wavelengths, kelvin))]
        assert abs(peak - Wien / kelvin * 1e9) <= 1


@pytest.mark.parametrize("kelvin", [300.0, 2856.0])
def test_planck_integrates_to_stefan_boltzmann(kelvin):
    edges = np.geomspace(1e-2, 1e3, 20001) * Wien / kelvin * 1e9
    middle, step = np.sqrt(edges[1:] * edges[:-1]), np.diff(edges) * 1e-9
    total = np.sum(illuminants.planck(middle, kelvin) * step)
    np.testing.assert_allclose(total, Stefan_Boltzmann * kelvin**4 / np.pi, rtol=1e-4)


def test_tungsten_is_cie_illuminant_a():
    standard = {400: 14.71, 450: 33.09, 500: 59.86, 600: 129.04, 700: 198.26, 780: 241.68}  # CIE 15, 560 nm = 100
    power = illuminants.tungsten(2856, np.array([560.0, *standard]))
    np.testing.assert_allclose(100 * power[1:] / power[0], list(standard.values()), rtol=0.005)


def test_daylight_is_close_to_d65():
    standard = {400: 82.75, 450: 117.01, 500: 109.35, 550: 104.05, 600: 90.01, 650: 80.03, 700: 71.61}  # CIE 15
    power = illuminants.daylight(6504, np.array([560.0, *standard]))
    np.testing.assert_allclose(100 * power[1:] / power[0], list(standard.values()), rtol=0.05)


def test_light_sources_have_their_colour():
    for cct in (2700, 3500, 4500, 6500):
        assert abs(correlated_colour_temperature(illuminants.white_led(cct, FINE)) / cct - 1) < 0.02
    for cct in (4000, 6500, 10000):
        assert abs(correlated_colour_temperature(illuminants.daylight(cct, FINE)) / cct - 1) < 0.05
    assert abs(correlated_colour_temperature(illuminants.fluorescent(FINE)) / 4000 - 1) < 0.05
    assert abs(correlated_colour_temperature(illuminants.sodium(FINE)) / 2000 - 1) < 0.15


def test_only_hot_sources_reach_the_near_infrared():
    infrared = WAVELENGTHS >= 800
    share = {
        name: power[infrared].sum() / power.sum()
        for name, power in {
            "daylight": illuminants.daylight(),
            "tungsten": illuminants.tungsten(),
            "led": illuminants.white_led(),
            "tube": illuminants.fluorescent(),
            "infrared": illuminants.infrared_led(),
        }.items()
    }
    assert share["led"] < 0.001 and share["tube"] < 0.01
    assert 0.1 < share["daylight"] < 0.35 < share["tungsten"] < 0.6 < 0.99 < share["infrared"]


def test_infrared_leds_peak_where_asked_with_their_width():
    for peak, width in ((850.0, 35), (940.0, 43)):
        fine = np.arange(700.0, 1001.0)
        power = illuminants.infrared_led(peak, fine)
        assert fine[np.argmax(power)] == peak
        assert abs(np.sum(power > 0.5) - width) <= 2


def test_every_source_is_positive_with_maximum_one():
    for source in ("daylight", "tungsten", "white_led", "fluorescent", "sodium", "infrared_led"):
        power = getattr(illuminants, source)()
        assert power.shape == WAVELENGTHS.shape and power.min() >= 0 and power.max() == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: illuminants.daylight(3000), "cct 3000 is out of range: give one from 4000 to 12000"),
        (lambda: illuminants.tungsten(5000), "kelvin 5000 is out of range"),
        (lambda: illuminants.white_led("warm"), "cct 'warm' is not a number"),
        (lambda: illuminants.infrared_led(1550), "peak 1550 is out of range: give one from 700 to 1000"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(InputError, match=message):
        call()
