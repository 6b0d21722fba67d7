"""Milliseconds of one core that a redraw of an explorer takes, from the change of a control to the new view.

Usage: python benchmarks/widgets.py
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from vireid_lab.data.scene_pairs import from_arrays
from vireid_lab.spectra.scenes.render import render_scene
from vireid_lab.spectra.world import World
from vireid_lab.widgets.ltg_explorer import LTGExplorer
from vireid_lab.widgets.region_explorer import RegionExplorer

SIZES = ((256, 256), (512, 512), (1024, 1024))
PEOPLE = ((96, 48), (384, 192))
REPEATS = 9


def milliseconds(change: Callable[[int], None]) -> float:
    """Median CPU time of change(0), change(1), ...; CPU time, so that other processes do not count."""
    times = []
    for i in range(REPEATS):
        began = time.process_time()
        change(i)
        times.append(time.process_time() - began)
    return 1000 * float(np.median(times))


def region_explorer(size: tuple[int, int]) -> dict[str, float]:
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


def ltg_explorer(size: tuple[int, int]) -> dict[str, float]:
    """Milliseconds of each kind of change, for two rendered people of this size."""
    world = World(0, size)
    pairs = {pid: [np.float32(world.render(pid, 0, modality, 0).image) / 255 for modality in (0, 1)] for pid in (1, 2)}
    explorer = LTGExplorer(pairs)
    return {
        "another draw": milliseconds(lambda i: setattr(explorer.controls["seed"], "value", i + 1)),
        "another number of rectangles": milliseconds(lambda i: setattr(explorer.rectangles, "rectangles", i)),
        "another image": milliseconds(lambda i: setattr(explorer.controls["image"], "value", 2 - i % 2)),
    }


def main() -> None:
    for explorer, sizes in ((region_explorer, SIZES), (ltg_explorer, PEOPLE)):
        for size in sizes:
            times = ", ".join(f"{name} {value:.0f} ms" for name, value in explorer(size).items())
            print(f"{explorer.__name__}, {size[0]}x{size[1]}: {times}", flush=True)


if __name__ == "__main__":
    main()
