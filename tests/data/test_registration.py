import warnings

import numpy as np
import pytest
from scipy import ndimage
from skimage.data import astronaut

from vireid_lab.data.registration import RegistrationWarning, estimate_shift, translate


def scene(contrast=1.0, noise=0.0):
    """visible (200, 240, 3) and an infrared plane of the same edges, wider by 30 pixels on each side to be moved."""
    picture = astronaut()[100:360, 100:400].astype(np.float64) / 255
    infrared = 0.5 + contrast * (0.7 * picture[..., 0] + 0.3 * picture[..., 2] - 0.5) * 0.8
    rng = np.random.default_rng(0)
    visible, infrared = (a + noise * rng.standard_normal(a.shape) for a in (picture, infrared))
    return visible[30:-30, 30:-30].clip(0, 1), infrared.clip(0, 1)


def moved(wide, rows, columns):
    """The inner window of `wide` with its content moved by (rows, columns): an independent whole-pixel reference."""
    height, width = wide.shape[0] - 60, wide.shape[1] - 60
    return wide[30 - rows : 30 - rows + height, 30 - columns : 30 - columns + width]


@pytest.mark.parametrize("shift", [(0, 0), (1, -2), (7, 3), (-12, 20)])
@pytest.mark.parametrize("contrast, noise", [(1.0, 0.0), (-1.0, 0.0), (0.6, 0.02)])
@pytest.mark.filterwarnings("ignore::vireid_lab.data.registration.RegistrationWarning")
def test_a_whole_shift_is_found_also_with_contrast_turned_round(shift, contrast, noise):
    visible, wide = scene(contrast, noise)
    assert estimate_shift(visible, moved(wide, *shift)) == pytest.approx(shift, abs=0.3)


def test_a_shift_of_half_pixels_is_found():
    visible, wide = scene()
    halves = (wide + np.roll(wide, 1, axis=1)) / 2  # half a pixel to the right
    with pytest.warns(RegistrationWarning):
        assert estimate_shift(visible, moved(halves, -3, 1)) == pytest.approx((-3, 1.5), abs=0.2)


def test_warns_above_two_pixels_only():
    visible, wide = scene()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        estimate_shift(visible, moved(wide, 1, 1), name="street/0001")
        estimate_shift(visible, moved(wide, 4, 0), name="street/0001", correcting=True)
    with pytest.warns(RegistrationWarning, match=r"street/0001: .*\+4\.\d rows"):
        estimate_shift(visible, moved(wide, 4, 0), name="street/0001")


@pytest.mark.parametrize("infrared", [np.full((200, 240), 0.5), np.random.default_rng(1).random((200, 240))])
def test_images_without_common_edges_give_no_shift(infrared):
    with pytest.warns(RegistrationWarning, match="could not be checked"):
        shift = estimate_shift(scene()[0], infrared)
    assert np.isnan(shift).all()


@pytest.mark.parametrize("size", [(30, 30), (40, 50), (100, 100)])
def test_unrelated_textures_give_no_shift(size):
    for seed in range(8):
        rng = np.random.default_rng(seed)
        visible, infrared = (ndimage.gaussian_filter(rng.random(size), 3) for _ in range(2))
        with pytest.warns(RegistrationWarning, match="could not be checked"):
            estimate_shift(np.stack([visible] * 3, axis=2), infrared)


def test_missing_pixels_do_not_count():
    visible, wide = scene()
    infrared = moved(wide, 5, -6).copy()
    for image in (infrared, visible):
        image[60:140, 40:120] = np.nan  # at the same place in both, as if there were no shift
    visible[:, 200:, 1] = np.nan
    assert estimate_shift(visible, infrared, correcting=True) == pytest.approx((5, -6), abs=0.3)


def test_a_scene_darker_to_one_side_is_registered():
    visible, wide = scene(noise=0.02)
    ramp = np.linspace(0.02, 1, 240)
    infrared = moved(wide, 6, -9) * ramp
    assert estimate_shift(visible * ramp[:, None], infrared, correcting=True) == pytest.approx((6, -9), abs=0.3)


def test_images_too_small_for_a_shift_do_not_break_it():
    for size in ((1, 1), (1, 9), (3, 3)):
        with pytest.warns(RegistrationWarning):
            estimate_shift(np.random.default_rng(0).random((*size, 3)), np.zeros(size))


def test_translate_moves_back_by_whole_and_half_pixels():
    image = np.arange(20, dtype=np.float32).reshape(4, 5)
    back = translate(image, (1, -2))
    assert np.array_equal(back[:3, 2:], image[1:, :3])
    assert np.isnan(back[3]).all() and np.isnan(back[:, :2]).all()
    assert translate(image, (0, 0.5))[:, :4] == pytest.approx((image[:, :4] + image[:, 1:]) / 2)
    assert (translate(image, (1, 0), fill=0)[3] == 0).all()


def test_translate_undoes_a_smooth_shift():
    wave = np.sin(np.linspace(0, 6, 80))[:, None] * np.cos(np.linspace(0, 5, 90))
    there = ndimage.shift(wave, (2.3, -1.6), order=3)
    assert np.abs(translate(there, (2.3, -1.6)) - wave)[10:-10, 10:-10].max() < 2e-3
