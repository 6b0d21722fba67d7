import shutil
import warnings

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from vireid_lab.data import scene_pairs
from vireid_lab.data.registration import RegistrationWarning
from vireid_lab.data.scene_pairs import find_pairs, from_arrays, read_bands, read_pair
from vireid_lab.runtime import InputError
from vireid_lab.spectra.srgb import linear_to_srgb, srgb_to_linear

pytestmark = pytest.mark.filterwarnings("ignore:.*could not be checked:UserWarning")


def levels(bits=8, size=(40, 50), seed=0):
    """Smooth random planes with edges, (H, W, 3) and (H, W), using the whole range of `bits`."""
    rng = np.random.default_rng(seed)
    coarse = rng.random((size[0] // 5, size[1] // 5, 4)).repeat(5, axis=0).repeat(5, axis=1)
    coarse[0, 0], coarse[-1, -1] = 0, 1
    stored = np.round(coarse * (2**bits - 1)).astype(np.uint8 if bits == 8 else np.uint16)
    return stored[..., :3], stored[..., 3]


def save(path, pixels):
    """Writes with a library that keeps every bit: tifffile, Pillow (8 bits) or OpenCV (16-bit PNG, LZW)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".tiff":
        tifffile.imwrite(path, pixels, photometric="rgb" if pixels.ndim == 3 else "minisblack")
    elif pixels.dtype == np.uint8 and path.suffix != ".tif":
        Image.fromarray(pixels).save(path)
    else:
        bgr = pixels[..., ::-1] if pixels.ndim == 3 else pixels
        assert cv2.imwrite(str(path), bgr, [cv2.IMWRITE_TIFF_COMPRESSION, 5] if path.suffix == ".tif" else [])


def srgb_decoded(value):
    """IEC 61966-2-1 for one number."""
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


@pytest.fixture
def write(tmp_path):
    """write(visible, infrared, suffix) -> the two paths."""

    def write(visible, infrared, suffix=".tiff"):
        paths = tmp_path / f"0001_rgb{suffix}", tmp_path / f"0001_nir{suffix}"
        save(paths[0], visible)
        save(paths[1], infrared)
        return paths

    return write


# ---- files -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("suffix", [".png", ".tiff", ".tif"])
def test_every_kind_of_file_keeps_every_bit(bits, suffix, write):
    visible, infrared = levels(bits)
    pair = read_pair(*write(visible, infrared, suffix), linearise=False)
    scale = 2**bits - 1
    assert (np.round(pair.visible.astype(np.float64) * scale) == visible).all()
    assert (np.round(pair.infrared.astype(np.float64) * scale) == infrared).all()
    assert pair.visible.dtype == pair.infrared.dtype == np.float32
    assert (pair.bits, pair.linear, pair.name) == (bits, False, "0001")


def test_jpeg_pairs_of_grey_and_of_three_equal_channels_agree(tmp_path):
    visible, infrared = levels()
    save(tmp_path / "a_rgb.jpg", visible)
    save(tmp_path / "a_nir.jpg", infrared)
    decoded = np.asarray(Image.open(tmp_path / "a_nir.jpg"))
    save(tmp_path / "b_nir.png", np.stack([decoded] * 3, axis=2))
    one, three = (read_pair(tmp_path / "a_rgb.jpg", tmp_path / name) for name in ("a_nir.jpg", "b_nir.png"))
    assert np.array_equal(one.infrared, three.infrared)
    stored = read_pair(tmp_path / "a_rgb.jpg", tmp_path / "a_nir.jpg", linearise=False)
    assert (np.round(stored.infrared * 255) == decoded).all()


def test_opaque_alpha_is_left_out_and_transparency_refused(tmp_path, write):
    visible, infrared = levels()
    rgb, nir = write(visible, infrared, ".png")
    full = np.full(visible.shape[:2], 255, np.uint8)
    Image.fromarray(np.dstack([visible, full])).save(rgb)
    assert (np.round(read_pair(rgb, nir, linearise=False).visible * 255) == visible).all()
    full[3, 4] = 254
    Image.fromarray(np.dstack([visible, full])).save(rgb)
    with pytest.raises(InputError, match="not opaque.*read_bands"):
        read_pair(rgb, nir)


def test_colour_maps_give_colours_and_odd_codings_are_refused(tmp_path, write):
    visible, infrared = levels()
    rgb, nir = write(visible, infrared, ".png")
    palette = Image.fromarray(visible).quantize(16)
    palette.save(rgb)
    expected = np.asarray(palette.convert("RGB"))
    assert (np.round(read_pair(rgb, nir, linearise=False).visible * 255) == expected).all()
    palette.save(tmp_path / "palette.tif")
    tifffile.imwrite(tmp_path / "negative.tiff", infrared, photometric="miniswhite")
    Image.fromarray(visible).convert("CMYK").save(tmp_path / "print.jpg")
    Image.fromarray(visible).save(tmp_path / "moving.gif")
    for name, said in (("palette.tif", "PALETTE"), ("negative.tiff", "MINISWHITE"), ("print.jpg", "CMYK"),
                       ("moving.gif", "GIF")):  # fmt: skip
        with pytest.raises(InputError, match=f"{name}.*{said}.*save it as"):
            read_pair(rgb, tmp_path / name)


@pytest.mark.parametrize(
    "bits, suffix", [(8, ".png"), (8, ".jpg"), (8, ".tiff"), (8, ".tif"), (16, ".png"), (16, ".tiff"), (16, ".tif")]
)
def test_a_file_cut_short_or_missing_is_an_error(bits, suffix, write):
    rgb, nir = write(*levels(bits), suffix)
    nir.write_bytes(nir.read_bytes()[: int(nir.stat().st_size * 0.6)])
    with pytest.raises(InputError, match=f"{nir.name} cannot be decoded"):
        read_pair(rgb, nir)
    nir.unlink()
    with pytest.raises(InputError, match=f"{nir.name} is not there"):
        read_pair(rgb, nir)


def test_text_with_the_name_of_an_image_and_stacks_of_images_are_errors(tmp_path, write):
    rgb, nir = write(*levels())
    nir.write_text("hello")
    with pytest.raises(InputError, match="cannot be decoded"):
        read_pair(rgb, nir)
    with tifffile.TiffWriter(nir) as file:
        file.write(levels()[1], photometric="minisblack")
        file.write(levels()[1][:9], photometric="minisblack")
    with pytest.raises(InputError, match="holds 2 images"):
        read_pair(rgb, nir)


# ---- scale and gamma ---------------------------------------------------------------------------------------------


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


# ---- masks -------------------------------------------------------------------------------------------------------


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


# ---- multi-band arrays ---------------------------------------------------------------------------------------------

ORDER = {"blue": 0, "green": 1, "red": 2, "nir": 3}


@pytest.mark.parametrize("form", ["first.npy", "last.npy", "first.tiff", "last.tif", "named.npz"])
def test_a_real_satellite_image_from_every_kind_of_file(form, satellite, tmp_path):
    path, bands = tmp_path / form, ORDER
    stored = np.moveaxis(satellite, 0, 2).copy() if "last" in form else satellite
    if path.suffix == ".npy":
        np.save(path, stored)
    elif path.suffix == ".npz":
        bands = {"blue": "B02", "green": "B03", "red": "B04", "nir": "B08"}
        np.savez(path, **dict(zip(bands.values(), satellite, strict=True)))
    else:
        order = "contig" if "last" in form else "separate"
        tifffile.imwrite(path, stored, photometric="minisblack", planarconfig=order)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # the four bands come from one instrument, registered
        pair = read_bands(path, bands, white=10000)
    assert (np.round(pair.visible[..., ::-1] * 10000) == np.moveaxis(satellite[:3], 0, 2)).all()
    assert (np.round(pair.infrared * 10000) == satellite[3]).all()
    assert np.hypot(*pair.shift) < 1 and pair.linear
    assert pair.valid.mean() > 0.99


def test_a_real_satellite_image_without_its_scale_is_refused(satellite, tmp_path):
    np.save(tmp_path / "chip.npy", satellite)
    with pytest.raises(InputError, match="16-bit values up to 3318 only"):
        read_bands(tmp_path / "chip.npy", ORDER)


def test_a_real_satellite_image_that_is_moved_is_put_back(satellite):
    infrared = np.roll(satellite[3], (5, -8), axis=(0, 1))
    pair = from_arrays(np.moveaxis(satellite[2::-1], 0, 2), infrared, white=10000, align=True)
    assert pair.shift == pytest.approx((5, -8), abs=0.4)
    inner = np.s_[15:-15, 15:-15]
    before, after = (np.corrcoef(image[inner].ravel(), satellite[3][inner].ravel())[0, 1]
                     for image in (infrared, pair.infrared))  # fmt: skip
    assert after > 0.98 > before


def test_bands_have_to_be_named(tmp_path):
    np.save(tmp_path / "four.npy", np.full((20, 30, 4), 0.5))
    with pytest.raises(InputError, match="bands=None: say which of 0, 1, 2, 3 is red"):
        read_bands(tmp_path / "four.npy")
    with pytest.raises(InputError, match="say which of"):
        read_bands(tmp_path / "four.npy", {"red": 0, "green": 1, "nir": 3})
    with pytest.raises(InputError, match="unknown band of .*'4'"):
        read_bands(tmp_path / "four.npy", {**ORDER, "nir": 4})
    planes = {"nir": 0.8, "blue": 0.1, "green": 0.2, "red": 0.3}
    np.savez(tmp_path / "named.npz", **{name: np.full((20, 30), value) for name, value in planes.items()})
    pair = read_bands(tmp_path / "named.npz")
    assert pair.visible[0, 0] == pytest.approx([0.3, 0.2, 0.1]) and pair.infrared[0, 0] == pytest.approx(0.8)
    assert pair.name == "named"


def test_band_files_that_cannot_be_used(tmp_path):
    values = {"red": np.full((20, 30), 0.5), "green": np.full((20, 30), 0.5), "blue": np.full((20, 30), 0.5)}
    np.savez(tmp_path / "size.npz", **values, nir=np.full((20, 29), 0.5))
    np.savez(tmp_path / "type.npz", **values, nir=np.full((20, 30), 200, np.uint8))
    np.savez(tmp_path / "nan.npz", **values, nir=np.full((20, 30), np.nan))
    np.save(tmp_path / "flat.npy", np.zeros((20, 30)))
    np.save(tmp_path / "objects.npy", np.array([None, 1]), allow_pickle=True)
    (tmp_path / "cut.npz").write_bytes((tmp_path / "nan.npz").read_bytes()[:300])
    (tmp_path / "chip.mat").write_bytes(b"1")
    faults = {
        "size.npz": r"nir has shape \(20, 29\)", "type.npz": "nir has .*uint8", "nan.npz": "nir is NaN everywhere",
        "flat.npy": "has shape", "objects.npy": "cannot be read", "cut.npz": "cannot be read",
        "gone.npy": "is not there", "chip.mat": "unknown kind",
    }  # fmt: skip
    for name, said in faults.items():
        with pytest.raises(InputError, match=said):
            read_bands(tmp_path / name, None if name.endswith("z") else ORDER)
