"""From stored values to [0, 1]: the full scale of 8-, 12- and 16-bit values."""

from __future__ import annotations

import numpy as np

from vireid_lab.runtime import InputError

SENSOR_BITS = (10, 12, 14)  # depths of sensors whose data come in 16-bit files


def to_unit(
    values: np.ndarray, what: str, *, bits: int | None = None, white: float | None = None
) -> tuple[np.ndarray, int]:
    """Scales stored values to [0, 1]; a scale that the type does not tell has to be given.

    8-bit values are divided by 255. 16-bit values are divided by 65535 where their maximum shows that they use more
    than 14 bits; below that they may as well be 10-, 12- or 14-bit data, and `bits` has to say. Floats have to lie in
    [0, 1]. With `white` any values are divided by it, and what then lies outside [0, 1] is clipped.

    Args:
        values: integers or floats of any shape, not all NaN; NaN is kept.
        what: what the error calls them.
        bits: 8 to 16, of integers of more than 8 bits: full scale is 2**bits - 1.
        white: the value that stands for 1, instead of `bits`.

    Returns:
        float32 in [0, 1], and the bits a value has (0: floats, or scaled by `white`).

    Raises:
        InputError: the scale is not known or contradicts the values.
    """
    kind = values.dtype.kind
    if kind not in "uif":
        raise InputError(f"{what}: values of type {values.dtype} are no brightness: give integers or floats")
    if bits is not None and (white is not None or not 8 <= bits <= 16):
        raise InputError(f"bits={bits}, white={white}: give bits from 8 to 16, or white, or neither")
    if white is not None:
        if not 0 < white < np.inf:
            raise InputError(f"white={white}: give the value that stands for 1, above 0")
        return np.clip(values / np.float64(white), 0, 1).astype(np.float32), 0
    if kind == "f" and bits is not None:
        raise InputError(f"{what}: bits={bits} says nothing about floats: give white=, the value that stands for 1")
    low, high = np.nanmin(values), np.nanmax(values)
    depth = 0 if kind == "f" else _depth(values.dtype, high, what, bits)
    full = 2**depth - 1 if depth else 1
    if low < 0 or high > full:
        raise InputError(f"{what}: values from {low:g} to {high:g} do not fit 0 to {full}: give bits= or white=")
    return (values / np.float64(full)).astype(np.float32), depth


def _depth(dtype: np.dtype, high: int, what: str, bits: int | None) -> int:
    """Bits of an integer type whose greatest value is `high`."""
    if dtype == np.uint8:
        return 8
    if bits is not None:
        return bits
    if dtype != np.uint16:
        raise InputError(f"{what}: {dtype} values up to {high} have no known full scale: give bits= or white=")
    fitting = [depth for depth in SENSOR_BITS if high < 2**depth]
    if fitting:
        told = f"16-bit values up to {high} only, as {fitting[0]}-bit data have"
        raise InputError(f"{what}: {told}: give bits={fitting[0]}, or bits=16 where the image is that dark")
    return 16
