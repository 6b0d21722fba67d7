"""Every kind of file keeps every bit, and damaged ones are refused."""

import numpy as np
import pytest
import tifffile
from pair_files import levels, save
from PIL import Image

from vireid_lab.data.scene_files import read_pair
from vireid_lab.runtime import InputError

pytestmark = pytest.mark.filterwarnings("ignore:.*could not be checked:UserWarning")


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
