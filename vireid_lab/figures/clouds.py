"""Clouds of pixels, NIR against a visible channel, and the lines fitted to them: what the pictures of Eq. 4 draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from vireid_lab.analysis.reflection import RegionFit, band_ratios, fit_region
from vireid_lab.analysis.regions import compare_fits

GREEN = 1


@dataclass(frozen=True)
class Cloud:
    """NIR against one visible channel over some pixels, with the line fitted to them.

    Attributes:
        name: for the legend.
        x: (n,) visible channel.
        y: (n,) NIR.
        slope, intercept: of the line, y = slope * x + intercept.
        r2: its centred R².
    """

    name: str
    x: np.ndarray
    y: np.ndarray
    slope: float
    intercept: float
    r2: float

    @property
    def words(self) -> str:
        """The name and what `numbers` says."""
        return f"{self.name}: {self.numbers}"

    @property
    def numbers(self) -> str:
        """Slope, intercept where there is one, and R²."""
        offset = f", offset {self.intercept:+.2f}" if self.intercept else ""
        return f"k {self.slope:.2f}{offset}, R² {self.r2:.3f}".replace("-", "−")


@dataclass(frozen=True)
class SceneLines:
    """What Fig. 1 draws of one pair.

    Attributes:
        boxes: from `mark_boxes`.
        marked: label -> the pixels of its box.
        whole: the pixels of all regions, with one line.
        parts: label -> the pixels of a region, the largest regions first.
        parts_r2: share of NIR's variance that a line for each of all regions explains.
    """

    boxes: dict[int, tuple[int, int, int, int]]
    marked: dict[int, Cloud]
    whole: Cloud
    parts: dict[int, Cloud]
    parts_r2: float


def cloud(
    name: str, visible: np.ndarray, infrared: np.ndarray, mask: np.ndarray, fit: RegionFit, channel: int = GREEN
) -> Cloud:
    """The pixels of a mask with a fit of `analysis.reflection`.

    Args:
        name: for the legend.
        visible: (H, W, 3).
        infrared: (H, W).
        mask: (H, W) bool, without masked pixels.
        fit: of these pixels.
        channel: of the visible image, 0, 1 or 2 for R, G, B.
    """
    line = (float(values[channel]) for values in (fit.k, fit.intercept, fit.r2))
    return Cloud(name, visible[mask][:, channel], infrared[mask], *line)


def mark_boxes(regions: np.ndarray, ratio: np.ndarray) -> dict[int, tuple[int, int, int, int]]:
    """The largest square inside each of two regions that differ, as the regions to mark in Fig. 1.

    The first region is the one that holds the largest square; the second, of those whose square is at least a
    quarter as wide, the one whose median ratio is farthest from that of the first.

    Args:
        regions: (H, W) int labels, 0 = unlabelled.
        ratio: (H, W) NIR over a visible channel, NaN where masked; no square holds such a pixel.

    Returns:
        label -> (row0, col0, row1, col1), half-open, pixels; two of them, fewer where there are fewer regions.
    """
    squares = {int(label): _largest_square((regions == label) & np.isfinite(ratio)) for label in np.unique(regions)}
    squares = {label: box for label, box in squares.items() if label and box[2] > box[0]}
    if not squares:
        return {}
    side = {label: box[2] - box[0] for label, box in squares.items()}
    tone = {label: np.log(np.median(ratio[r0:r1, c0:c1])) for label, (r0, c0, r1, c1) in squares.items()}
    first = max(side, key=side.get)
    wide = [label for label in squares if label != first and 4 * side[label] >= side[first]]
    second = sorted(wide, key=lambda label: -abs(tone[label] - tone[first]))[:1]
    return {label: squares[label] for label in (first, *second)}


def _largest_square(inside: np.ndarray) -> tuple[int, int, int, int]:
    """(row0, col0, row1, col1) of the largest square, of odd width, in a mask (H, W) bool; empty if the mask is."""
    from scipy.ndimage import distance_transform_cdt

    depth = distance_transform_cdt(np.pad(inside, 1), "chessboard")[1:-1, 1:-1]  # 1: a square of one pixel
    row, column = (int(place) for place in np.unravel_index(depth.argmax(), depth.shape))
    reach = int(depth.max())
    return row - reach + 1, column - reach + 1, row + reach, column + reach


def collect_lines(
    visible: np.ndarray, infrared: np.ndarray, valid: np.ndarray, regions: np.ndarray, names: Mapping[int, str]
) -> SceneLines:
    """Fits of NIR to G through the origin (Eq. 4): in two marked boxes, over the image, and in each region.

    Args:
        visible: (H, W, 3) linear light in [0, 1].
        infrared: (H, W) linear light in [0, 1].
        valid: (H, W) bool.
        regions: (H, W) int labels, 0 = unlabelled.
        names: label -> name.

    Raises:
        InputError: as `analysis.regions.compare_fits`.
    """
    comparison = compare_fits(visible, infrared, regions, valid)
    usable = np.isfinite(ratio := band_ratios(visible, infrared, valid)[..., GREEN])
    boxes = mark_boxes(regions, ratio)
    marked = {}
    for letter, (label, (row0, column0, row1, column1)) in zip("AB", boxes.items(), strict=False):
        inside = np.zeros_like(usable)
        inside[row0:row1, column0:column1] = True
        name = f"{letter} {names[label]}"
        marked[label] = cloud(name, visible, infrared, inside, fit_region(visible, infrared, inside))
    fitted = usable & np.isin(regions, list(comparison.fits))
    whole = cloud("whole image", visible, infrared, fitted, comparison.whole)
    largest = sorted(comparison.fits, key=lambda label: -comparison.fits[label].pixels)
    parts = {
        label: cloud(names[label], visible, infrared, usable & (regions == label), comparison.fits[label])
        for label in largest
    }
    return SceneLines(boxes, marked, whole, parts, float(comparison.regions_r2[GREEN]))
