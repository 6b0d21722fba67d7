"""Images a second that one core renders, with everything a data set needs: people, scenes, sensors, masks.

Usage: python benchmarks/generator.py
"""

from __future__ import annotations

import time

from vireid_lab.data.records import INFRARED, VISIBLE
from vireid_lab.spectra.world import World

CAMERAS = ((1, VISIBLE), (2, VISIBLE), (3, INFRARED), (4, VISIBLE), (5, VISIBLE), (6, INFRARED))
IDENTITIES, IMAGES = 16, 4


def images_per_second(size: tuple[int, int], infrared: str) -> float:
    """Renders a small data set as `vireid data make` does; CPU time, so that other processes do not count."""
    began = time.process_time()
    world = World(0, size, infrared=infrared)
    for pid in range(1, IDENTITIES + 1):
        for camera, modality in CAMERAS:
            for index in range(IMAGES):
                world.render(pid, camera, modality, index)
    return IDENTITIES * len(CAMERAS) * IMAGES / (time.process_time() - began)


def main() -> None:
    print(f"{'size':>8} {'near infrared':>14} {'thermal':>8}   images/s on one core")
    for size in ((96, 48), (128, 64), (192, 96), (288, 144)):
        speeds = [images_per_second(size, infrared) for infrared in ("nir", "thermal")]
        print(f"{size[0]:>4}x{size[1]:<3} {speeds[0]:>14.0f} {speeds[1]:>8.0f}")


if __name__ == "__main__":
    main()
