"""The sensors: bands in their place, the leak only in the near infrared."""

import numpy as np
import pytest

from vireid_lab.runtime import InputError
from vireid_lab.spectra import sensors
from vireid_lab.spectra.grid import WAVELENGTHS

INFRARED = WAVELENGTHS > 720


def test_bayer_channels_peak_in_their_colours():
    red, green, blue = WAVELENGTHS[np.argmax(sensors.bayer_rgb(), axis=1)]
    assert 430 <= blue <= 480 < 510 <= green <= 560 < 580 <= red <= 650


def test_leak_adds_near_infrared_light_alone():
    none, some, full = (sensors.bayer_rgb(leak) for leak in (0.0, 0.02, 1.0))
    assert none[:, INFRARED].max() < 0.001
    np.testing.assert_allclose(some[:, INFRARED], 0.02 * full[:, INFRARED], atol=0.001)
    np.testing.assert_allclose(some[:, WAVELENGTHS < 580], none[:, WAVELENGTHS < 580], atol=1e-4)


def test_bayer_filters_are_transparent_in_the_infrared():
    beyond = sensors.bayer_rgb(1.0)[:, WAVELENGTHS >= 880]
    np.testing.assert_allclose(beyond, np.broadcast_to(beyond[:1], beyond.shape), rtol=0.02)


def test_silicon_sees_850_better_than_940():
    _, at_850, at_940, at_1000 = sensors.silicon(np.array([600.0, 850.0, 940.0, 1000.0]))
    assert at_850 > 2 * at_940 > 4 * at_1000 > 0


def test_long_pass_keeps_the_infrared_only():
    plain, filtered = sensors.silicon_nir(), sensors.silicon_nir(800)
    assert plain.shape == filtered.shape == (1, len(WAVELENGTHS))
    np.testing.assert_allclose(filtered[0, WAVELENGTHS >= 850], plain[0, WAVELENGTHS >= 850], rtol=0.001)
    assert filtered[0, WAVELENGTHS <= 740].max() < 0.001
    np.testing.assert_allclose(filtered[0, WAVELENGTHS == 800], plain[0, WAVELENGTHS == 800] / 2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sensors.bayer_rgb(-0.1), "leak -0.1 is out of range: give one from 0 to 1"),
        (lambda: sensors.silicon_nir(400), "long_pass 400 is out of range"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(InputError, match=message):
        call()
