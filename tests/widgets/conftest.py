"""A pair with two materials side by side, whose factors are known."""

from __future__ import annotations

import numpy as np
import pytest

SIZE = (48, 64)
LEFT, RIGHT = 1.5, 0.5  # NIR / green of the left and of the right half


def make_pair(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Green is shading alone, red half and blue a quarter of it; the first row is masked."""
    green = np.random.default_rng(seed).uniform(0.1, 0.6, SIZE).astype(np.float32)
    visible = np.stack([green / 2, green, green / 4], axis=-1)
    infrared = np.where(np.arange(SIZE[1]) < SIZE[1] // 2, LEFT * green, RIGHT * green).astype(np.float32)
    valid = np.ones(SIZE, bool)
    valid[0] = False
    return visible, infrared, valid


@pytest.fixture
def pairs():
    return {"first": make_pair(0), "it's second": make_pair(1)}
