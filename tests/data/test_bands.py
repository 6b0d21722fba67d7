"""Multi-band arrays, with a real satellite image."""

import warnings

import numpy as np
import pytest
import tifffile

from vireid_lab.data.scene_files import read_bands
from vireid_lab.data.scene_pairs import from_arrays
from vireid_lab.runtime import InputError

pytestmark = pytest.mark.filterwarnings("ignore:.*could not be checked:UserWarning")


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
