"""Milliseconds of one core that a redraw of an explorer takes, from the change of a control to the new view.

Usage: python benchmarks/widgets.py
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from vireid_lab.data.scene_pairs import from_arrays
from vireid_lab.spectra.scenes.render import render_scene
from vireid_lab.widgets.region_explorer import RegionExplorer

SIZES = ((256, 256), (512, 512), (1024, 1024))
REPEATS = 9


def milliseconds(change: Callable[[int], None]) -> float:
    """Median CPU time of change(0), change(1), ...; CPU time, so that other processes do not count."""
    times = []
    for i in range(REPEATS):
        began = time.process_time()
        change(i)
        times.append(time.process_time() - began)
    return 1000 * float(np.median(times))


def measure(size: tuple[int, int]) -> dict[str, float]:
    """Milliseconds of each kind of change, for a rendered pair of this size."""
    scene = render_scene(np.random.default_rng(0), size, noise=0.01)
    pair = scene.visible, scene.infrared, from_arrays(scene.visible, scene.infrared).valid
    explorer = RegionExplorer({"a": pair, "b": pair})
    height, width = size

    def move(row1: int, col1: int) -> Callable[[int], None]:
        return lambda i: setattr(explorer.left, "rectangle", (i, i, row1, col1))

    return {
        "a ninth of the picture": milliseconds(move(height // 3, width // 3)),
        "nearly all of it": milliseconds(move(height, width)),
        "another pair": milliseconds(lambda i: setattr(explorer.pair, "value", "ba"[i % 2])),
        "another channel": milliseconds(lambda i: setattr(explorer.channel, "value", ("red", "green", "blue")[i % 3])),
    }


def main() -> None:
    for size in SIZES:
        print(f"{size[0]}x{size[1]}: " + ", ".join(f"{name} {value:.0f} ms" for name, value in measure(size).items()))


if __name__ == "__main__":
    main()
