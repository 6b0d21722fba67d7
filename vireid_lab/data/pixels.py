"""Pixels of image files exactly as stored, at 8 or 16 bits: no decoder may cut 16 bits down to 8 on the way."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vireid_lab.runtime import InputError, unknown

TIFF_SUFFIXES = {".tif", ".tiff"}
FORMATS = ("PNG", "JPEG", "MPO", "BMP")
MODES = ("L", "LA", "RGB", "RGBA")


def read_pixels(path: str | Path) -> np.ndarray:
    """Decodes an image file without changing a value.

    Args:
        path: TIFF (8, 16 or 32 bits, any number of bands), PNG (8 or 16 bits), JPEG or BMP.

    Returns:
        (H, W) or (H, W, C) in the type of the file, an alpha channel included; (C, H, W) from a TIFF stored so.

    Raises:
        InputError: the file is missing, is cut short, is no image, or is stored in a way whose values are no
            brightness or that no installed reader decodes whole.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path} is not there")
    try:
        pixels = _read_tiff(path) if path.suffix.lower() in TIFF_SUFFIXES else _read_other(path)
    except InputError:
        raise
    except Exception as error:  # each decoder has its own errors for a damaged file
        raise InputError(f"{path} cannot be decoded as an image: copy it again or save it anew ({error})") from error
    if pixels.ndim not in (2, 3) or pixels.size == 0:
        raise InputError(f"{path} has shape {pixels.shape}: expected one image, (H, W) or (H, W, bands)")
    return pixels


def read_band_arrays(path: str | Path) -> dict[str | int, np.ndarray]:
    """The bands of a file by name (npz) or by position from 0 (npy and TIFF, bands first or last).

    Raises:
        InputError: the file is missing, is of another kind, cannot be read, or holds a single band.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in (".npy", ".npz", *TIFF_SUFFIXES):
        raise unknown(f"kind of multi-band file in {path.name}", suffix, (".npy", ".npz", *sorted(TIFF_SUFFIXES)))
    if not path.is_file():
        raise InputError(f"{path} is not there")
    if suffix in TIFF_SUFFIXES:
        array = read_pixels(path)
    else:
        try:
            array = np.load(path, allow_pickle=False)
            if suffix == ".npz":
                with array:
                    return dict(array)
        except Exception as error:  # zipfile and numpy have many errors for a damaged file
            raise InputError(f"{path} cannot be read as a numpy file: save it anew ({error})") from error
    if array.ndim != 3 or array.size == 0:
        raise InputError(f"{path} has shape {array.shape}: expected (H, W, bands) or (bands, H, W)")
    return dict(enumerate(np.moveaxis(bands_last(array), 2, 0)))


def bands_last(pixels: np.ndarray) -> np.ndarray:
    """(H, W, C) of (H, W, C) or (C, H, W): the shorter of the first and the last axis holds the bands."""
    return np.moveaxis(pixels, 0, 2) if pixels.shape[0] < pixels.shape[2] else pixels


def _read_tiff(path: Path) -> np.ndarray:
    from tifffile import PHOTOMETRIC, TiffFile

    with TiffFile(path) as file:
        page = file.pages[0]
        coding = page.photometric
        if len(file.series) > 1:
            raise InputError(f"{path} holds {len(file.series)} images: save the one that is meant as a file of its own")
        try:
            if coding in (PHOTOMETRIC.MINISBLACK, PHOTOMETRIC.RGB):
                return file.asarray()
        except ValueError as error:
            if "imagecodecs" not in str(error):
                raise
        if coding == PHOTOMETRIC.PALETTE or coding == PHOTOMETRIC.MINISWHITE or page.bitspersample not in (8, 16):
            told = f"{getattr(coding, 'name', coding)}, {page.bitspersample} bits"
            raise InputError(f"{path} is stored as {told}: save it as RGB or grey with 8 or 16 bits, uncompressed")
    return _read_opencv(path)


def _read_other(path: Path) -> np.ndarray:
    from PIL import Image

    with Image.open(path) as image:
        image.load()  # tells a file that is cut short, which OpenCV does not
        if image.format not in FORMATS:
            raise InputError(f"{path} is a {image.format} file: save it as TIFF, PNG or JPEG")
        if image.format == "PNG" and path.read_bytes()[24] == 16:  # bit depth of the header
            return _read_opencv(path)
        if image.mode == "P":
            image = image.convert("RGBA" if "transparency" in image.info else "RGB")
        if image.mode not in MODES:
            raise InputError(f"{path} has colours of the kind {image.mode}: save it as RGB or grey")
        return np.array(image)


def _read_opencv(path: Path) -> np.ndarray:
    """For what Pillow would cut down to 8 bits (16-bit colour) and tifffile cannot unpack alone (LZW)."""
    import cv2  # comes with grad-cam

    pixels = cv2.imdecode(np.fromfile(path, dtype=np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None:
        raise ValueError("OpenCV reads nothing from it")
    if pixels.ndim == 3:
        pixels = pixels[..., [2, 1, 0, 3][: pixels.shape[2]]]  # B, G, R -> R, G, B
    return pixels
