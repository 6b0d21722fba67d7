"""Pictures of scene pairs for the tests, and files of them that keep every bit."""

import cv2
import numpy as np
import tifffile
from PIL import Image


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
