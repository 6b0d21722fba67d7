"""A picture in which one points: a rectangle or a point in pixels, by mouse, touch or keyboard, or from Python."""

from __future__ import annotations

import io
from pathlib import Path

import anywidget
import numpy as np
import traitlets
from ipywidgets import IntRangeSlider, IntSlider, Layout
from PIL import Image

from vireid_lab.runtime import InputError

HERE = Path(__file__).parent


def encode_png(image: np.ndarray) -> bytes:
    """PNG file of an image.

    Args:
        image: (H, W) or (H, W, 3); uint8, or float in [0, 1] (cut to it; NaN becomes black).

    Raises:
        InputError: the array is no picture.
    """
    image = np.asarray(image)
    if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] != 3) or 0 in image.shape:
        raise InputError(f"picture of shape {image.shape}: give (H, W) or (H, W, 3)")
    if image.dtype != np.uint8:
        image = np.round(np.nan_to_num(image).clip(0, 1) * 255).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG", compress_level=1)  # goes to a browser, not to a disk
    return buffer.getvalue()


class PicturePointer(anywidget.AnyWidget):
    """Shows a picture and holds the rectangle or the point that was chosen in it.

    Mouse: drag inside the rectangle to move it, a corner to resize it, elsewhere to draw a new one; click to set a
    point. Keyboard, once the picture has the focus: arrows move by one pixel (four while held), Shift + arrows resize.

    Attributes:
        size: (H, W) of the picture, pixels, or the cells of a sheet; set by `show`.
        mode: "rectangle" or "point".
        rectangle: (row0, col0, row1, col1), half-open, in pixels of the picture: image[row0:row1, col0:col1]. What
            lies outside is cut off; at least one pixel stays.
        point: (row, col), kept inside the picture.
        title: stands above the picture.
    """

    _esm = HERE / "picture_pointer.js"
    _css = HERE / "picture_pointer.css"
    png = traitlets.Bytes().tag(sync=True)
    alt = traitlets.Unicode().tag(sync=True)
    title = traitlets.Unicode().tag(sync=True)
    size = traitlets.Tuple(traitlets.Int(), traitlets.Int(), default_value=(1, 1)).tag(sync=True)
    mode = traitlets.Enum(("rectangle", "point"), "rectangle").tag(sync=True)
    rectangle = traitlets.Tuple(*[traitlets.Int()] * 4, default_value=(0, 0, 1, 1)).tag(sync=True)
    point = traitlets.Tuple(traitlets.Int(), traitlets.Int(), default_value=(0, 0)).tag(sync=True)

    def __init__(
        self,
        image: np.ndarray,
        alt: str,
        *,
        mode: str = "rectangle",
        rectangle: tuple[int, int, int, int] | None = None,
        point: tuple[int, int] | None = None,
        title: str = "",
        layout: Layout | None = None,
    ) -> None:
        """Shows (H, W) or (H, W, 3), uint8 or float in [0, 1]; without a position, the middle is chosen."""
        height, width = np.shape(image)[:2]
        super().__init__(png=encode_png(image), alt=alt, size=(height, width), mode=mode, title=title)
        self.rectangle = rectangle or middle_third(height, width)
        self.point = point or (height // 2, width // 2)
        if layout is not None:
            self.layout = layout

    @property
    def position(self) -> tuple[int, ...]:
        """The rectangle or the point, whichever the mode is."""
        return getattr(self, self.mode)

    def show(self, image: np.ndarray, alt: str, cells: tuple[int, int] | None = None) -> None:
        """Changes the picture; rectangle and point stay, as far as they lie in the new one.

        Args:
            image: (H, W) or (H, W, 3), uint8 or float in [0, 1].
            alt: what it is.
            cells: rows and columns of a sheet of equal cells; positions are then counted in cells and not in pixels.

        Raises:
            InputError: the array is no picture.
        """
        png = encode_png(image)
        with self.hold_sync():
            self.png, self.alt, self.size = png, alt, cells or np.shape(image)[:2]
            self.rectangle, self.point = self._inside(self.rectangle), self._nearest(self.point)

    @traitlets.validate("rectangle")
    def _check_rectangle(self, proposal) -> tuple[int, ...]:
        return self._inside(proposal["value"])

    @traitlets.validate("point")
    def _check_point(self, proposal) -> tuple[int, ...]:
        return self._nearest(proposal["value"])

    def _inside(self, rectangle: tuple[int, ...]) -> tuple[int, ...]:
        row0, col0, row1, col1 = rectangle
        (row0, row1), (col0, col1) = (
            _interval(*ends, length) for ends, length in zip(((row0, row1), (col0, col1)), self.size, strict=True)
        )
        return row0, col0, row1, col1

    def _nearest(self, point: tuple[int, int]) -> tuple[int, ...]:
        return tuple(int(np.clip(place, 0, length - 1)) for place, length in zip(point, self.size, strict=True))


def _interval(start: int, stop: int, length: int) -> tuple[int, int]:
    """The part of [start, stop) inside [0, length), at least one pixel long."""
    start = min(max(start, 0), length - 1)
    return start, min(max(stop, start + 1), length)


def pointer_sliders(pointer: PicturePointer) -> tuple[IntRangeSlider | IntSlider, IntRangeSlider | IntSlider]:
    """Two sliders, rows and columns, that hold the same rectangle or point as the pointer, in both directions."""
    return _slider(pointer, 0, "rows"), _slider(pointer, 1, "columns")


def _slider(pointer: PicturePointer, axis: int, name: str) -> IntRangeSlider | IntSlider:
    places = slice(axis, None, 2)  # the rows or the columns among the numbers of a position
    kind, last = (IntRangeSlider, 0) if pointer.mode == "rectangle" else (IntSlider, 1)
    tooltip = f"{name} of the {pointer.mode}, pixels: drag, or press the arrow keys on a handle"
    slider = kind(description=name, tooltip=tooltip, layout=Layout(width="auto"))

    def follow(_=None) -> None:
        part = pointer.position[places]
        slider.max = max(pointer.size[axis] - last, part[-1], np.max(slider.value))  # a maximum below would cut it
        slider.value = part if kind is IntRangeSlider else part[0]
        slider.max = pointer.size[axis] - last

    def lead(change) -> None:
        position = list(pointer.position)
        position[places] = np.atleast_1d(change["new"]).tolist()
        setattr(pointer, pointer.mode, position)
        follow()  # an empty rectangle is refused, and the pointer may then not change at all

    follow()
    pointer.observe(follow, [pointer.mode, "size"])
    slider.observe(lead, "value")
    return slider


def middle_third(height: int, width: int) -> tuple[int, int, int, int]:
    """(row0, col0, row1, col1) of the middle of a picture: the rectangle to begin with."""
    return height // 3, width // 3, height - height // 3, width - width // 3
