from __future__ import annotations

import numpy as np
import pytest

from vireid_lab.figures.save import Provenance


@pytest.fixture
def provenance():
    return Provenance({"steps": 3}, seed=7, data={"fingerprint": "toy", "synthetic": True}, versions={"world": 2})


@pytest.fixture
def people():
    """Five images (24, 12, 3) of noise, each with its own mean."""
    rng = np.random.default_rng(0)
    return (rng.integers(0, 60, (5, 24, 12, 3)) + np.arange(0, 200, 40)[:, None, None, None]).astype(np.uint8)


@pytest.fixture
def pairs():
    """Two visible images, then their two infrared partners, (4, 48, 24, 3); visible pixels are even, infrared odd."""
    rng = np.random.default_rng(0)
    images = 2 * rng.integers(0, 120, (4, 48, 24, 3)).astype(np.uint8)
    images[2:] += 1
    return images
