"""Images of the layout of SYSU-MM01, from their numbers."""

import numpy as np

from vireid_lab.evaluate.trials import Pool


def sysu_pool(counts, cams):
    """Test images of some cameras: `counts` gives their number by (camera, identity)."""
    rows = [
        (pid, cam, f"cam{cam}/{pid:04d}/{frame:04d}.jpg")
        for (cam, pid), number in counts.items()
        for frame in range(1, number + 1)
        if cam in cams
    ]
    ids, columns, paths = zip(*rows, strict=True)
    return Pool(np.array(ids), np.array(columns), list(paths))
