import json
from pathlib import Path

import numpy as np
import pytest

COUNTS = Path(__file__).parents[3] / "shared" / "spec" / "sysu_test_counts.json"


@pytest.fixture(scope="session")
def small_counts():
    """Few images of 9 identities; some cameras did not see some of them."""
    rng = np.random.default_rng(0)
    return {(cam, pid): int(rng.integers(1, 14)) for cam in range(1, 7) for pid in range(3, 12) if rng.random() < 0.8}


@pytest.fixture(scope="session")
def full_counts():
    """Numbers of the real test split of SYSU-MM01, where their file lies beside the checkout."""
    if not COUNTS.exists():
        pytest.skip("sysu_test_counts.json is not there")
    return {tuple(map(int, key.split(","))): number for key, number in json.loads(COUNTS.read_text()).items()}


@pytest.fixture(scope="session")
def save_permutations():
    """Writes rand_perm_cam.mat as the official evaluation code has it; returns the frames by (camera, identity)."""
    from scipy.io import savemat

    def save(path, counts):
        rng = np.random.default_rng(5)
        frames = {
            key: np.stack([rng.permutation(number) + 1 for _ in range(10)]) for key, number in sorted(counts.items())
        }
        cells = np.empty((6, 1), dtype=object)
        for cam in range(1, 7):
            cells[cam - 1, 0] = np.empty((max(pid for _, pid in counts), 1), dtype=object)
            for pid in range(1, len(cells[cam - 1, 0]) + 1):
                cells[cam - 1, 0][pid - 1, 0] = frames.get((cam, pid), np.zeros((10, 0)))
        path.parent.mkdir(parents=True, exist_ok=True)
        savemat(path, {"rand_perm_cam": cells})
        return frames

    return save


@pytest.fixture(scope="session")
def sysu_root(tmp_path_factory):
    """A data set in the layout of SYSU-MM01: 4 training and 4 test identities, each a colour with noise."""
    from PIL import Image

    root = tmp_path_factory.mktemp("sysu")
    rng = np.random.default_rng(0)
    colours = rng.integers(30, 225, (9, 3))
    for cam in range(1, 7):
        for pid in range(1, 9):
            folder = root / f"cam{cam}" / f"{pid:04d}"
            folder.mkdir(parents=True)
            for frame in range(1, 4):
                pixels = np.clip(colours[pid] + rng.normal(0, 30, (32, 16, 3)), 0, 255)
                if cam in (3, 6):
                    pixels[:] = pixels.mean(2, keepdims=True)
                Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{frame:04d}.jpg")
    (root / "exp").mkdir()
    for split, ids in (("train", "1,2,3"), ("val", "4"), ("test", "5,6,7,8")):
        (root / "exp" / f"{split}_id.txt").write_text(ids + "\n")
    return root
