"""Which pixels of a visible-infrared pair can be measured, and clear words when too few can."""

from __future__ import annotations

import numpy as np

from vireid_lab.runtime import InputError


def check_pair(visible: np.ndarray, infrared: np.ndarray, mask: np.ndarray | None = None) -> None:
    """Checks that the arrays are a pair with an optional mask or label map.

    Raises:
        InputError: the shapes are not (H, W, 3), (H, W) and (H, W), or an image does not hold floats.
    """
    shape = infrared.shape
    if len(shape) != 2 or visible.shape != (*shape, 3):
        raise InputError(f"visible {visible.shape} and infrared {shape} are no pair: give (H, W, 3) and (H, W)")
    if mask is not None and mask.shape != shape:
        raise InputError(f"the mask {mask.shape} does not fit the images {shape}: give one value for each pixel")
    for name, image in (("visible", visible), ("infrared", infrared)):
        if image.dtype.kind != "f":
            raise InputError(f"the {name} image has type {image.dtype}: give linear light as floats in [0, 1]")


def usable(visible: np.ndarray, infrared: np.ndarray, valid: np.ndarray | None = None) -> np.ndarray:
    """(H, W) bool: `valid`, finite, and strictly between black (0) and saturation (1) in all four channels.

    The least that every measurement here asks for; `valid` may ask for more, as a pair's own mask does.
    """
    inside = (infrared > 0) & (infrared < 1)  # False for NaN
    for c in range(3):
        inside &= (visible[..., c] > 0) & (visible[..., c] < 1)
    return inside if valid is None else inside & valid.astype(bool)


def why_unusable(visible: np.ndarray, infrared: np.ndarray, mask: np.ndarray | None) -> str:
    """What keeps most pixels of a region from being used: `40 of its 40 pixels are saturated in green`."""
    region = np.ones(infrared.shape, bool) if mask is None else mask.astype(bool)
    total = int(np.count_nonzero(region))
    faults = {}
    for c, channel in enumerate(("red", "green", "blue", "infrared")):
        values = infrared[region] if c == 3 else visible[region][:, c]
        faults[f"NaN in {channel}"] = int(np.isnan(values).sum())
        faults[f"black in {channel}"] = int((values <= 0).sum())
        faults[f"saturated in {channel}"] = int((values >= 1).sum())
    fault, count = max(faults.items(), key=lambda item: item[1])
    return f"{count} of its {total} pixels are {fault}" if count else f"its mask holds {total} pixels"
