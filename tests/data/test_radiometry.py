"""The scale and the curve of stored values, told or found, never guessed."""

import numpy as np
import pytest
from pair_files import levels, srgb_decoded

from vireid_lab.data.scene_files import read_pair
from vireid_lab.data.scene_pairs import from_arrays
from vireid_lab.runtime import InputError
from vireid_lab.spectra.srgb import linear_to_srgb, srgb_to_linear

pytestmark = pytest.mark.filterwarnings("ignore:.*could not be checked:UserWarning")


def test_srgb_is_undone_in_both_images(write):
    visible, infrared = levels()
    pair = read_pair(*write(visible, infrared))
    assert pair.linear
    for row, column in ((3, 4), (20, 30), (39, 49), (0, 0)):
        expected = [srgb_decoded(v / 255) for v in (*visible[row, column], infrared[row, column])]
        assert [*pair.visible[row, column], pair.infrared[row, column]] == pytest.approx(expected, abs=1e-6)


def test_the_curve_of_srgb_at_every_level_and_back():
    stored = np.arange(256) / 255
    light = srgb_to_linear(stored)
    assert light == pytest.approx([srgb_decoded(v) for v in stored], abs=1e-12)
    assert linear_to_srgb(light) == pytest.approx(stored, abs=1e-6)
    assert np.isnan(srgb_to_linear(np.array([np.nan]))).all()


def test_linear_files_stay_as_they_are(write):
    paths = write(*levels())
    pair, raw = read_pair(*paths, encoding="linear"), read_pair(*paths, linearise=False)
    assert np.array_equal(pair.visible, raw.visible) and np.array_equal(pair.infrared, raw.infrared)
    assert pair.linear and not raw.linear
    assert read_pair(*paths, encoding="linear", linearise=False).linear
    assert "linear light" in pair.statement and "not linear" in raw.statement


@pytest.mark.parametrize("bits", [10, 12, 14])
def test_sensor_data_in_16_bit_files_need_their_depth(bits, write):
    visible, infrared = levels(bits)
    paths = write(visible, infrared)
    with pytest.raises(InputError, match=f"0001_rgb.tiff.*up to {2**bits - 1} only.*give bits={bits}"):
        read_pair(*paths)
    pair = read_pair(*paths, bits=bits, encoding="linear")
    assert pair.infrared == pytest.approx(infrared / (2**bits - 1), abs=1e-6)
    assert pair.infrared.max() == 1 and pair.bits == bits
    dark = read_pair(*paths, bits=16, encoding="linear")
    assert dark.infrared == pytest.approx(infrared / 65535, abs=1e-6)


def test_only_one_image_of_12_bits_is_noticed_too(write):
    visible, _ = levels(16)
    _, infrared = levels(12)
    with pytest.raises(InputError, match="0001_nir.tiff.*give bits=12"):
        read_pair(*write(visible, infrared))


def test_values_above_the_depth_that_is_given_are_an_error(write):
    with pytest.raises(InputError, match="65535 do not fit 0 to 4095"):
        read_pair(*write(*levels(16)), bits=12)


def test_eight_bits_beside_twelve(write):
    visible, _ = levels(8)
    _, infrared = levels(12)
    pair = read_pair(*write(visible, infrared), bits=12, encoding="linear")
    assert pair.bits == 8 and pair.visible.max() == pair.infrared.max() == 1


@pytest.mark.parametrize(
    "scale, options, said",
    [
        (1.5, {}, "not fit 0 to 1: give bits= or white="),
        (255, {}, "give bits= or white="),
        (-1, {}, "give bits= or white="),
        (1, {"bits": 12}, "says nothing about floats"),
        (1, {"white": 0}, "white=0"),
        (1, {"white": float("nan")}, "white=nan"),
        (1, {"bits": 12, "white": 4095}, "or neither"),
        (1, {"bits": 4}, "bits=4"),
        (1, {"encoding": "gamma"}, "unknown encoding 'gamma'"),
    ],
)
def test_a_scale_that_cannot_be_right_is_an_error(scale, options, said):
    visible, infrared = (a / 255 * scale for a in levels())
    with pytest.raises(InputError, match=said):
        from_arrays(visible, infrared, **options)


@pytest.mark.parametrize("dtype, said", [(np.int64, "no known full scale"), (bool, "no brightness"), ("U", "bright")])
def test_other_types_are_errors(dtype, said):
    with pytest.raises(InputError, match=said):
        from_arrays(*(a.astype(dtype) for a in levels()))
