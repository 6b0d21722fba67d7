"""Triplet losses recomputed with explicit loops on embeddings at known angles."""

import math

import pytest
import torch

from vireid_lab.losses.triplet import BatchHardTriplet, WeightedRegularizationTriplet
from vireid_lab.runtime import InputError

DEGREES = [0, 10, 35, 50, 170, 200, 215, 300]
IDS = [0, 0, 1, 0, 1, 2, 2, 3]  # the last identity has no positive
MODALITY = [0, 1, 0, 1, 1, 0, 1, 0]
LOSSES = [BatchHardTriplet(), WeightedRegularizationTriplet(), WeightedRegularizationTriplet("as_printed")]


def chord(i: int, j: int) -> float:
    """Distance of two points of the unit circle: 2 sin(angle / 2)."""
    return 2 * abs(math.sin(math.radians(DEGREES[i] - DEGREES[j]) / 2))


def pairs(i: int) -> tuple[list[float], list[float]]:
    positive = [chord(i, j) for j in range(len(IDS)) if j != i and IDS[j] == IDS[i]]
    negative = [chord(i, j) for j in range(len(IDS)) if IDS[j] != IDS[i]]
    return positive, negative


def weighted(distances: list[float], sign: int) -> float:
    weights = [math.exp(sign * d) for d in distances]
    return sum(w * d for w, d in zip(weights, distances, strict=True)) / sum(weights)


def batch(dtype=torch.float64):
    angles = torch.deg2rad(torch.tensor(DEGREES, dtype=torch.float64))
    features = torch.stack([angles.cos(), angles.sin()], 1).to(dtype).requires_grad_()
    return features, torch.tensor(IDS), torch.tensor(MODALITY)


@pytest.mark.parametrize("margin", [0.0, 0.3, 1.3])
def test_batch_hard(margin):
    losses = []
    for i in range(len(IDS)):
        positive, negative = pairs(i)
        if positive and negative:
            losses.append(max(0.0, margin + max(positive) - min(negative)))
    assert BatchHardTriplet(margin)(*batch()).item() == pytest.approx(sum(losses) / len(losses), abs=1e-12)


@pytest.mark.parametrize(("negatives", "sign"), [("nearest", -1), ("as_printed", 1)])
def test_weighted_regularization(negatives, sign):
    losses = []
    for i in range(len(IDS)):
        positive, negative = pairs(i)
        if positive and negative:
            losses.append(math.log(1 + math.exp(weighted(positive, 1) - weighted(negative, sign))))
    value = WeightedRegularizationTriplet(negatives)(*batch()).item()
    assert value == pytest.approx(sum(losses) / len(losses), abs=1e-12)


@pytest.mark.parametrize("loss", LOSSES)
def test_pairs_are_taken_whatever_the_modality(loss):
    features, ids, modality = batch()
    assert loss(features, ids, modality) == loss(features, ids, 1 - modality) == loss(features, ids, 0 * modality)


@pytest.mark.parametrize("loss", LOSSES)
def test_gradient_against_finite_differences(loss):
    features, ids, modality = batch()
    assert torch.autograd.gradcheck(lambda x: loss(x, ids, modality), (features,))


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("ids", [[0, 1, 2], [0, 0, 0], [0]], ids=["no positive", "no negative", "one image"])
def test_no_valid_pair_still_back_propagates(loss, ids):
    features = torch.randn(len(ids), 4, generator=torch.Generator().manual_seed(0), requires_grad=True)
    value = loss(features, torch.tensor(ids), torch.zeros(len(ids), dtype=torch.int64))
    value.backward()
    assert value.item() == 0
    assert torch.equal(features.grad, torch.zeros_like(features))


@pytest.mark.parametrize("loss", LOSSES)
def test_identical_images_have_a_finite_gradient(loss):
    features = torch.ones(4, 8, requires_grad=True)
    loss(features, torch.tensor([0, 0, 1, 1]), torch.tensor([0, 1, 0, 1])).backward()
    assert torch.isfinite(features.grad).all()


@pytest.mark.parametrize("loss", LOSSES)
def test_half_precision_is_computed_in_float32(loss):
    generator = torch.Generator().manual_seed(0)
    features = (300 * torch.randn(8, 2048, generator=generator)).half().requires_grad_()
    ids, modality = torch.arange(4).repeat(2), torch.arange(2).repeat_interleave(4)
    value = loss(features, ids, modality)
    value.backward()
    assert value.dtype == torch.float32
    assert value.item() == pytest.approx(loss(features.detach().double(), ids, modality).item(), rel=1e-4)
    assert torch.isfinite(features.grad).all()


def test_misspelt_negatives():
    with pytest.raises(InputError, match="did you mean 'nearest'"):
        WeightedRegularizationTriplet("neerest")
