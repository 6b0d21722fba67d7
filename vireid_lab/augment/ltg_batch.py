"""The linear transformation generator (LTG) for a batch on its own device: Alg. 1 exactly, but on cells, not pixels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .augmentation import Augmentation
from .ltg_draw import TINY, LTGDraw, LTGParameters
from .unit_range import require_unit_range

BLOCK = 16  # rectangles played before the finished images leave; 14 are the mean


class BatchLTG(LTGDraw, Augmentation):
    """Multiplies random rectangles of each image by random factors until some pixel has nearly vanished.

    Tan et al. 2022, Alg. 1, rectangle after rectangle, on both modalities, on images in [0, 1]; options and readings
    are those of `LTGDraw`, the form for one image is `LTG`.

    The edges of an image's rectangles cut it into cells, and all that the algorithm asks of a cell is its maximum and
    its entry of M. So it is played on the cells, for all images at once, and the pixels are multiplied by M once.
    """

    def apply(self, images: Tensor, parameters: LTGParameters) -> Tensor:
        """Transforms the chosen ones of (B, C, H, W) float images in [0, 1]; the output is in [0, 1].

        Raises:
            InputError: the images are not float in [0, 1].
        """
        if not len(parameters.chosen):
            return images
        channels = images.shape[1]
        lines = images.permute(0, 2, 3, 1).flatten(2)  # (B, H, W * C): channels last, as the loaders' batches are
        require_unit_range("LTG", lines)
        out = torch.empty_like(lines)
        others = np.setdiff1d(np.arange(len(images)), parameters.chosen)
        out[others] = lines[others]
        chosen, rectangles, factors = (torch.from_numpy(array).to(images.device) for array in parameters)
        grid = CellGrid.uncut(len(chosen), channels, lines.shape[1], lines.shape[2] // channels, images.device)
        for k in range(0, rectangles.shape[1], BLOCK):
            block = rectangles[:, k : k + BLOCK]
            grid.refine(block)
            running = self._play(grid, grid.maxima(lines, chosen), block, factors[:, k : k + BLOCK])
            if k + BLOCK >= rectangles.shape[1]:
                running = torch.zeros_like(running)
            left, done = running.nonzero().flatten(), (~running).nonzero().flatten()
            grid.select(done).multiply(lines, chosen[done], out)
            if not len(left):
                break
            grid, chosen, rectangles, factors = grid.select(left), chosen[left], rectangles[left], factors[left]
        return out.unflatten(2, (-1, channels)).permute(0, 3, 1, 2)

    def _play(self, grid: CellGrid, maxima: Tensor, rectangles: Tensor, factors: Tensor) -> Tensor:
        """Plays rectangles (A, K, 4) with factors (A, K, C or 1) and writes the grid's new M.

        Args:
            grid: with cells that lie inside or outside of each rectangle, and M up to here.
            maxima: (A, C, n, m) maximum of the untouched image in each cell.

        Returns:
            (A,) bool: the images that have not ended.
        """
        top, left, bottom, right = rectangles[..., None].unbind(2)  # (A, K, 1)
        in_row = ((grid.rows[:, None] >= top) & (grid.rows[:, None] < bottom)).float()  # (A, K, n)
        in_column = ((grid.columns[:, None] >= left) & (grid.columns[:, None] < right)).float()  # (A, K, m)
        both = torch.stack([maxima * grid.memory, grid.memory])  # current maxima and M change by the same factors
        running = torch.ones_like(rectangles[:, 0, 0], dtype=torch.bool)
        for k in range(rectangles.shape[1]):
            inside = (in_row[:, k, :, None] * in_column[:, k, None, :])[:, None]  # (A, 1, n, m), 0 or 1
            peak = (both[0] * inside).flatten(2).amax(2)  # (A, C)
            if not self.per_channel:
                peak = peak.amax(1, keepdim=True)
            alpha = factors[:, k] / torch.where(peak > TINY, peak, 1)
            alpha = torch.where(running[:, None], alpha, 1)[..., None, None]
            both *= torch.addcmul(1 - inside, inside, alpha)
            running = running & (both[1].flatten(1).amin(1) > self.t_min)
        grid.memory = both[1]
        return running


@dataclass
class CellGrid:
    """Images cut into cells by the edges of rectangles, and the memory matrix M of Alg. 1 on these cells.

    A cell of no extent, between two equal edges, does no harm: it owns no pixel, and M treats it like the next cell
    with the same edge, or leaves it 1 at the image's border.

    Attributes:
        height, width: of the images in pixels.
        rows: (A, n) int64, first pixel row of each row of cells, ascending from 0.
        columns: (A, m) int64, likewise.
        memory: (A, C, n, m) float32, M of each cell.
    """

    height: int
    width: int
    rows: Tensor
    columns: Tensor
    memory: Tensor

    @classmethod
    def uncut(cls, number: int, channels: int, height: int, width: int, device: torch.device) -> CellGrid:
        """Images that are one cell each, with M = 1."""
        start = torch.zeros(number, 1, dtype=torch.int64, device=device)
        return cls(height, width, start, start, torch.ones(number, channels, 1, 1, device=device))

    def select(self, images: Tensor) -> CellGrid:
        """The grid of some of the images."""
        return replace(self, rows=self.rows[images], columns=self.columns[images], memory=self.memory[images])

    def refine(self, rectangles: Tensor) -> None:
        """Cuts the cells along the edges of rectangles (A, K, 4) too; M keeps its values."""
        rows = torch.cat([self.rows, rectangles[..., 0], rectangles[..., 2]], dim=1).sort(dim=1).values
        columns = torch.cat([self.columns, rectangles[..., 1], rectangles[..., 3]], dim=1).sort(dim=1).values
        self.memory = take(take(self.memory, 2, cell_of(self.rows, rows)), 3, cell_of(self.columns, columns))
        self.rows, self.columns = rows, columns

    def maxima(self, lines: Tensor, chosen: Tensor) -> Tensor:
        """(A, C, n, m) maxima over the cells of the chosen ones of lines (B, H, W * C) in [0, 1]; 0 without pixels."""
        row, column = self._cells_of_pixels()
        n, m, channels = self.rows.shape[1], self.columns.shape[1], self.memory.shape[1]
        strips = [band_maxima(lines[image], row[own], n) for image, own in portions(chosen)]
        strips = torch.cat(strips).float().unflatten(2, (self.width, channels))  # (A, n, W, C)
        cells = band_maxima(strips.permute(0, 2, 3, 1).flatten(2), column, m)  # (A, m, C * n)
        return cells.unflatten(2, (channels, n)).permute(0, 2, 3, 1)

    def multiply(self, lines: Tensor, chosen: Tensor, out: Tensor) -> None:
        """Writes the chosen ones of lines (B, H, W * C), multiplied by M, into out; at most 1 in spite of rounding."""
        row, column = self._cells_of_pixels()
        strips = take(self.memory, 3, column).permute(0, 2, 3, 1).flatten(2)  # (A, n, W * C)
        line = row + strips.shape[1] * torch.arange(len(row), device=row.device)[:, None]  # (A, H), of all strips
        strips = strips.flatten(0, 1).to(lines.dtype)
        for image, own in portions(chosen):
            product = out[image]  # a view on a CPU: no fresh memory, and nothing to do for the last line
            torch.index_select(strips, 0, line[own].flatten(), out=product.flatten(0, 1))
            out[image] = product.mul_(lines[image]).clamp_(max=1)

    def _cells_of_pixels(self) -> tuple[Tensor, Tensor]:
        """(A, H) and (A, W) int64: the row and the column of cells of each pixel row and column."""
        row, column = (torch.arange(size, device=self.rows.device) for size in (self.height, self.width))
        number = len(self.rows)
        return cell_of(self.rows, row.repeat(number, 1)), cell_of(self.columns, column.repeat(number, 1))


def cell_of(edges: Tensor, positions: Tensor) -> Tensor:
    """Index of the cell in which positions (A, N) lie, for cells that begin at edges (A, n), the first at 0."""
    return torch.searchsorted(edges, positions, right=True) - 1


def take(cells: Tensor, dim: int, index: Tensor) -> Tensor:
    """Cells (A, C, n, m) at index (A, N) of dimension 2 or 3."""
    shape = list(cells.shape)
    shape[dim] = index.shape[1]
    return cells.gather(dim, (index[:, None, :, None] if dim == 2 else index[:, None, None, :]).expand(shape))


def portions(chosen: Tensor) -> list[tuple[Any, slice]]:
    """Which images to treat at a time, in the batch and among the chosen: one on a CPU, where it fits the cache."""
    if chosen.device.type == "cpu":
        return [(slice(i, i + 1), slice(a, a + 1)) for a, i in enumerate(chosen.tolist())]
    return [(chosen, slice(None))]


def band_maxima(lines: Tensor, band: Tensor, n: int) -> Tensor:
    """(A, n, L) maxima of lines (A, H, L) >= 0 over those of the same band (A, H) in 0..n-1."""
    flat = band + n * torch.arange(len(lines), device=lines.device)[:, None]
    maxima = lines.new_zeros(len(lines) * n, lines.shape[2])
    index = flat.view(-1, 1).expand(-1, lines.shape[2])
    return maxima.scatter_reduce_(0, index, lines.flatten(0, 1), "amax").unflatten(0, (-1, n))
