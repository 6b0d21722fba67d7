"""Scene pairs: masks, pairs that do not fit, registration, folders."""

import shutil
import warnings

import numpy as np
import pytest
from pair_files import levels, save, srgb_decoded

from vireid_lab.data import scene_pairs
from vireid_lab.data.registration import RegistrationWarning
from vireid_lab.data.scene_files import find_pairs, read_pair
from vireid_lab.data.scene_pairs import from_arrays
from vireid_lab.runtime import InputError

pytestmark = pytest.mark.filterwarnings("ignore:.*could not be checked:UserWarning")


# ---- masks ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding, linearise", [("linear", True), ("srgb", True), ("srgb", False)])
def test_masks_are_the_loop_over_pixels(encoding, linearise):
    levels = [0, 0.001, 0.01, 0.03, 0.3, 0.9, 0.985, 0.995, 1.0, np.nan]
    share = [0.05, 0.05, 0.05, 0.2, 0.2, 0.2, 0.05, 0.05, 0.05, 0.1]
    values = np.random.default_rng(3).choice(levels, (30, 20, 4), p=share)
    pair = from_arrays(values[..., :3], values[..., 3], encoding=encoding, linearise=linearise)
    for row in range(30):
        for column in range(20):
            stored = [float(v) for v in values[row, column]]
            light = [srgb_decoded(v) if encoding == "srgb" and v == v else v for v in stored]
            missing = any(v != v for v in light)
            bad = missing or max(light) >= 0.98 or min(light) <= 0.002
            assert pair.valid[row, column] == (not bad)
            assert pair.missing[row, column] == missing
            if not missing:
                assert pair.saturated[row, column] == (max(light) >= 0.98)
                assert pair.dark[row, column] == (min(light) <= 0.002)


def test_black_and_saturated_images_are_masked_and_counted():
    visible, infrared = levels()
    assert not from_arrays(visible, np.zeros_like(infrared)).valid.any()
    full = from_arrays(np.full_like(visible, 255), infrared)
    assert full.saturated.all() and not full.valid.any()
    assert "0.0% valid (100.0% saturated" in full.statement


def test_white_clips_and_masks_what_lies_beyond():
    visible, infrared = (np.full((30, 30, 3), 2000), np.full((30, 30), 3000))
    infrared[0, 0], infrared[1, 1] = 12000, -50
    pair = from_arrays(visible, infrared, white=10000)
    assert pair.infrared[0, 0] == 1 and pair.saturated[0, 0] and pair.saturated.sum() == 1
    assert pair.infrared[1, 1] == 0 and pair.dark[1, 1] and pair.dark.sum() == 1
    assert pair.infrared[2, 2] == pytest.approx(0.3) and pair.visible[2, 2] == pytest.approx(0.2)
    assert pair.bits == 0


# ---- pairs that do not fit -----------------------------------------------------------------------------------------


def test_pairs_of_different_sizes_are_an_error(write):
    visible, infrared = levels()
    with pytest.raises(InputError, match="0001_rgb.* and .*0001_nir.* have 40x50 and 40x49 pixels"):
        read_pair(*write(visible, infrared[:, 1:]))


@pytest.mark.parametrize("difference", [1, 100])
def test_an_infrared_image_of_unequal_channels_is_an_error(write, difference):
    visible, infrared = levels()
    three = np.stack([infrared] * 3, axis=2)
    three[5, 6, 1] ^= difference
    with pytest.raises(InputError, match=r"0001_nir.png has 3 unequal channels \(in 0.1% of its pixels\)"):
        read_pair(*write(visible, three, ".png"))


@pytest.mark.parametrize("band", range(4))
def test_a_band_of_nan_is_an_error_and_single_nans_are_masked(band):
    values = np.random.default_rng(0).uniform(0.2, 0.8, (30, 30, 4))
    values[:4, :5, band] = np.nan
    pair = from_arrays(values[..., :3], values[..., 3])
    assert pair.missing.sum() == 20 and (~pair.valid).sum() == 20 and not pair.valid[:4, :5].any()
    assert "2.2% missing" in pair.statement
    values[..., band] = np.nan
    with pytest.raises(InputError, match=f"{['red', 'green', 'blue', 'nir'][band]} is NaN everywhere"):
        from_arrays(values[..., :3], values[..., 3])


@pytest.mark.parametrize(
    "visible, infrared", [((9, 9), (9, 9)), ((9, 9, 4), (9, 9)), ((9, 9, 3), (9,)), ((0, 9, 3), (0, 9))]
)
def test_shapes_that_are_no_pair_are_errors(visible, infrared):
    with pytest.raises(InputError, match="has shape"):
        from_arrays(np.full(visible, 0.5), np.full(infrared, 0.5))


def test_a_pair_of_one_pixel():
    pair = from_arrays(np.full((1, 1, 3), 0.5), np.full((1, 1), 0.25))
    assert pair.valid.all() and np.isnan(pair.shift).all()


# ---- registration --------------------------------------------------------------------------------------------------


def shifted_files(write, rows, columns):
    visible, infrared = levels(size=(160, 200), seed=5)
    infrared = np.round(0.4 * visible.mean(axis=2) + 0.3 * infrared + 40).astype(np.uint8)
    visible, infrared = visible // 2 + 60, infrared
    infrared[60:63, 90:94] = 255  # a light that saturates
    moved = infrared[20 - rows : 140 - rows, 20 - columns : 180 - columns]
    return write(visible[20:140, 20:180], moved), infrared[20:140, 20:180]


def test_a_shift_is_warned_of_and_corrected_on_request(write):
    paths, straight = shifted_files(write, 6, -4)
    with pytest.warns(RegistrationWarning, match=r"0001.*\+6\.0 rows and -4\.0 columns"):
        pair = read_pair(*paths, linearise=False)
    assert pair.shift == pytest.approx((6, -4), abs=0.1) and not pair.aligned
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        aligned = read_pair(*paths, linearise=False, align=True)
    assert aligned.aligned and "corrected" in aligned.statement
    inside = ~aligned.missing
    assert 0.9 < inside.mean() < 0.95
    assert np.isnan(aligned.infrared[-5:]).all() and np.isnan(aligned.infrared[:, :3]).all()
    assert not aligned.valid[aligned.missing].any()
    off = np.abs(aligned.infrared - straight / 255)
    assert np.median(off[inside]) < 1e-3
    assert np.median(np.abs(pair.infrared - straight / 255)) > 0.01
    assert aligned.saturated[40:43, 70:74].all() and aligned.saturated.sum() <= 30


def test_half_a_saturated_pixel_is_saturated_after_the_correction(monkeypatch):
    monkeypatch.setattr(scene_pairs, "estimate_shift", lambda *_, **__: (0.0, 0.5))
    infrared = np.full((9, 9), 0.5)
    infrared[4, 4], infrared[6, 6] = 1, 0
    pair = from_arrays(np.full((9, 9, 3), 0.5), infrared, align=True)
    assert np.argwhere(pair.saturated).tolist() == [[4, 3], [4, 4]]
    assert np.argwhere(pair.dark).tolist() == [[6, 5], [6, 6]]
    assert pair.infrared[4, 3] == pytest.approx(0.75)


def test_a_registered_pair_gives_no_warning(write):
    paths, _ = shifted_files(write, 0, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_pair(*paths).shift == pytest.approx((0, 1), abs=0.1)


def test_what_cannot_be_registered_is_left_in_place():
    visible = levels(size=(60, 60))[0] / 255
    with pytest.warns(RegistrationWarning, match="could not be checked"):
        pair = from_arrays(visible, np.full((60, 60), 0.4), align=True)
    assert not pair.aligned and (pair.infrared == np.float32(0.4)).all() and "not known" in pair.statement


# ---- folders -------------------------------------------------------------------------------------------------------


@pytest.fixture
def scenes(tmp_path):
    """EPFL's layout with two categories, of different kinds of files, and files beside them that are no images."""
    root = tmp_path / "nirscene1"
    visible, infrared = levels()
    for place in ("street/0002", "street/0001", "field/0001"):
        save(root / f"{place}_rgb.tiff", visible)
        save(root / f"{place}_nir.tiff", infrared)
    save(root / "field/0010_RGB.png", visible)
    save(root / "field/0010_nir.jpg", infrared)
    (root / "field/notes.txt").write_text("sunny")
    (root / "masks/field").mkdir(parents=True)
    (root / ".cache").mkdir()
    (root / "readme.txt").write_text("read me")
    return root


def test_pairs_of_a_folder_in_order(scenes):
    pairs = find_pairs(scenes)
    assert [(p.category, p.name) for p in pairs] == [
        ("field", "0001"), ("field", "0010"), ("street", "0001"), ("street", "0002"),
    ]  # fmt: skip
    assert pairs[1].visible == scenes / "field/0010_RGB.png" and pairs[1].infrared == scenes / "field/0010_nir.jpg"
    pair = read_pair(pairs[2].visible, pairs[2].infrared, name=pairs[2].name, category=pairs[2].category)
    assert (pair.category, pair.name) == ("street", "0001")


def test_folders_that_are_not_as_they_should_be(scenes, tmp_path):
    with pytest.raises(InputError, match="elsewhere is no folder"):
        find_pairs(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="field holds no category folders"):
        find_pairs(scenes / "field")
    (scenes / "water").mkdir()
    with pytest.raises(InputError, match="water has no pair"):
        find_pairs(scenes)
    (scenes / "water").rmdir()
    shutil.copy(scenes / "field/0001_rgb.tiff", scenes / "field/0001_rgb.tif")
    with pytest.raises(InputError, match="0001_rgb.tiff? and 0001_rgb.tiff? are the same image twice"):
        find_pairs(scenes)


@pytest.mark.parametrize("gone, other", [("rgb", "nir"), ("nir", "rgb")])
def test_a_missing_partner_is_named(scenes, gone, other):
    (scenes / f"street/0002_{gone}.tiff").unlink()
    with pytest.raises(InputError, match=f"0002_{other}.tiff has no partner 0002_{gone}"):
        find_pairs(scenes)
