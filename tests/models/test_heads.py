"""Pooling and neck against closed forms."""

import pytest
import torch

from vireid_lab.models.heads import BNNeck, GeM, PartPool
from vireid_lab.runtime import InputError


def maps(seed: int = 0, dtype=torch.float64) -> torch.Tensor:
    return torch.rand(3, 5, 6, 4, dtype=dtype, generator=torch.Generator().manual_seed(seed)) + 0.01


def test_gem_of_one_is_the_mean():
    assert torch.allclose(GeM(p=1).double()(maps()), maps().mean((2, 3)), atol=1e-12)


def test_gem_of_three_by_hand():
    values = torch.tensor([1.0, 2.0, 3.0, 4.0]).reshape(1, 1, 2, 2)
    assert GeM()(values).item() == pytest.approx((100 / 4) ** (1 / 3), rel=1e-6)


def test_gem_of_a_large_exponent_nears_the_maximum():
    pooled = GeM(p=400).double()(maps())
    highest = maps().amax((2, 3))
    assert (pooled <= highest).all()
    # The mean of n powers is at least max^p / n.
    assert (pooled >= highest * 24 ** (-1 / 400)).all()


def test_gem_learns_its_exponent():
    gem = GeM().double()
    x = maps().requires_grad_()
    assert torch.autograd.gradcheck(lambda x, p: torch.func.functional_call(gem, {"p": p}, x), (x, gem.p))


def test_gem_raises_negative_values():
    pooled = GeM()(torch.full((1, 1, 2, 2), -1.0))
    assert pooled.item() == pytest.approx(1e-6, rel=1e-3)


def test_gem_of_half_precision_does_not_overflow():
    x = torch.full((1, 1, 2, 2), 1000.0, dtype=torch.float16)  # 1000^3 is beyond 65504
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert GeM()(x).item() == pytest.approx(1000, rel=1e-4)


def test_part_pool_averages_stripes_from_top_to_bottom():
    x = maps()
    pooled = PartPool(3)(x)
    for k in range(3):
        assert torch.allclose(pooled[:, k], x[:, :, 2 * k : 2 * k + 2].mean((2, 3)), atol=1e-12)


def test_part_pool_names_both_numbers_and_the_way_out():
    with pytest.raises(InputError, match=r"parts=4 does not divide the 6 rows .* among \[1, 2, 3, 6\].*multiple of 64"):
        PartPool(4)(maps())
    with pytest.raises(InputError, match="parts=0"):
        PartPool(0)


def test_neck_normalises_and_classifies_without_shift_or_bias():
    torch.manual_seed(0)
    neck = BNNeck(5, 7).double()
    features = 3 + 2 * torch.randn(64, 5, dtype=torch.float64)
    embedding, logits = neck(features)
    assert torch.allclose(embedding.mean(0), torch.zeros(5, dtype=torch.float64), atol=1e-12)
    assert torch.allclose(embedding.std(0, unbiased=False), neck.bn.weight, atol=1e-4)
    assert torch.allclose(logits, embedding @ neck.classifier.weight.T)
    logits.sum().backward()
    assert neck.bn.bias.grad is None and neck.bn.weight.grad is not None
    assert {name for name, p in neck.named_parameters() if p.requires_grad} == {"bn.weight", "classifier.weight"}
