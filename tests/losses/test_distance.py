"""Distances against numpy, and their gradient where the square root has none."""

import numpy as np
import pytest
import torch

from vireid_lab.losses.distance import euclidean


def test_matches_explicit_loops():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(5, 7)), rng.normal(size=(4, 7))
    expected = [[np.sqrt(((x - y) ** 2).sum()) for y in b] for x in a]
    assert np.allclose(euclidean(torch.from_numpy(a), torch.from_numpy(b)), expected, rtol=0, atol=1e-12)


def test_gradient_is_finite_at_zero_distance():
    a = torch.ones(3, 4, requires_grad=True)
    euclidean(a, a).sum().backward()
    assert torch.equal(a.grad, torch.zeros(3, 4))


def test_small_distance_between_long_vectors():
    a = torch.full((1, 2048), 100.0)
    b = a.clone()
    b[0, 0] += 0.01
    assert euclidean(a, b).item() == pytest.approx((b - a)[0, 0].item(), rel=1e-5)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_does_not_overflow(dtype):
    a = torch.zeros(1, 2048, dtype=dtype)
    b = torch.full((1, 2048), 1000.0, dtype=dtype)  # the sum of squares is far beyond 65504
    with torch.autocast("cpu", dtype=torch.bfloat16):
        distance = euclidean(a, b)
    assert distance.dtype == torch.float32
    assert distance.item() == pytest.approx(1000 * 2048**0.5, rel=1e-2)
