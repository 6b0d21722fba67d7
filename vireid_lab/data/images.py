"""Image files as arrays."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, UnidentifiedImageError

from vireid_lab.runtime import InputError


def read_image(path: str | Path, mode: str = "RGB") -> Image.Image:
    """Decodes an image file completely.

    Args:
        path: an 8-bit image; single-channel files (some infrared ones) become three equal channels.
        mode: "RGB", or "L" for a mask of labels.

    Raises:
        InputError: the file is missing, is no image, is cut short, or has more than 8 bits a channel.
    """
    try:
        with Image.open(path) as image:
            if image.mode == "F" or image.mode.startswith("I"):
                raise InputError(f"{path} has more than 8 bits a channel: convert it to 8 bits first")
            return image.convert(mode)
    except FileNotFoundError as error:
        raise InputError(f"{path} is not there: 'vireid data check' lists all missing files") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise InputError(
            f"{path} cannot be decoded as an image: copy it again; 'vireid data check' lists all unreadable files"
        ) from error
