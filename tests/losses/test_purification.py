"""The losses of IDKL's purifier recomputed with explicit loops."""

import math

import pytest
import torch

from vireid_lab.losses.purification import discrepancy_reducing, discrimination_enhancing, entropy

ENHANCED = [(4.0, 0.0, 0.0), (0.2, 0.1, 0.0), (0.0, 0.0, 0.0)]
SPECIFIC = [(1.0, 0.0, 0.0), (2.0, 0.0, 0.0), (0.0, 0.0, 0.0)]

# identity 7 and 3 in both modalities, 5 visible only
IDS, MODALITY = [7, 7, 7, 3, 3, 5], [0, 0, 1, 0, 1, 0]
NORMALISED = [(0.0, 0.0), (2.0, 0.0), (4.0, 4.0), (1.0, 5.0), (1.0, 1.0), (7.0, 7.0)]
REDUCED = [(0.0, 0.0), (1.0, 0.0), (4.0, 5.0), (1.0, 3.0), (1.0, 1.0), (3.0, 3.0)]


def tensor(rows, **options):
    return torch.tensor(rows, dtype=torch.float64, **options)


def entropy_by_hand(row):
    exponentials = [math.exp(v) for v in row]
    return -sum(e / sum(exponentials) * math.log(e / sum(exponentials)) for e in exponentials)


def mean(rows):
    return [sum(column) / len(rows) for column in zip(*rows, strict=True)]


def distance(features, pid=None):
    """Of the means of the modalities, of one identity or of all."""
    of = [[f for f, i, k in zip(features, IDS, MODALITY, strict=True) if k == m and pid in (None, i)] for m in (0, 1)]
    return math.dist(mean(of[0]), mean(of[1]))


def test_entropy_is_that_of_the_softmax():
    assert entropy(tensor(SPECIFIC)).tolist() == pytest.approx([entropy_by_hand(row) for row in SPECIFIC])
    assert entropy(tensor([(0.0,) * 5])).item() == pytest.approx(math.log(5))
    assert entropy(tensor([(1e4, 0.0)])).item() == 0


@pytest.mark.parametrize("released", [False, True])
def test_enhancing_compares_the_entropies_of_each_image(released):
    expected = 0.0
    for enhanced, specific in zip(ENHANCED, SPECIFIC, strict=True):
        difference = entropy_by_hand(enhanced) - entropy_by_hand(specific)
        term = math.exp(max(difference, 0)) - 1 if released else math.log(1 + math.exp(difference))
        expected += term / len(SPECIFIC)
    found = discrimination_enhancing(tensor(ENHANCED), tensor(SPECIFIC), released)
    assert found.item() == pytest.approx(expected, abs=1e-12)


def test_reducing_compares_the_distances_of_the_modality_means():
    expected = math.log(1 + math.exp(distance(REDUCED) - distance(NORMALISED)))
    found = discrepancy_reducing(tensor(REDUCED), tensor(NORMALISED), torch.tensor(IDS), torch.tensor(MODALITY))
    assert found.item() == pytest.approx(expected, abs=1e-12)


def test_the_released_form_compares_them_for_each_identity():
    differences = [distance(REDUCED, pid) - distance(NORMALISED, pid) for pid in (7, 3)]
    assert differences[0] > 0 > differences[1]
    found = discrepancy_reducing(tensor(REDUCED), tensor(NORMALISED), torch.tensor(IDS), torch.tensor(MODALITY), True)
    assert found.item() == pytest.approx(differences[0] / 2, abs=1e-12)


@pytest.mark.parametrize("released", [False, True])
def test_gradients_agree_with_finite_differences_on_both_sides(released):
    ids, modality = torch.tensor(IDS), torch.tensor(MODALITY)
    logits = tensor(ENHANCED[:2], requires_grad=True), tensor(SPECIFIC[:2], requires_grad=True)
    assert torch.autograd.gradcheck(lambda e, s: discrimination_enhancing(e, s, released), logits)
    features = tensor(REDUCED, requires_grad=True), tensor(NORMALISED, requires_grad=True)
    assert torch.autograd.gradcheck(lambda r, n: discrepancy_reducing(r, n, ids, modality, released), features)


@pytest.mark.parametrize("released", [False, True])
def test_a_batch_of_one_modality_gives_a_zero_that_back_propagates(released):
    reduced = tensor(REDUCED, requires_grad=True)
    one = torch.zeros(6, dtype=torch.int64)
    value = discrepancy_reducing(reduced, tensor(NORMALISED), torch.tensor(IDS), one, released)
    value.backward()
    assert value.item() == 0 and (reduced.grad == 0).all()
