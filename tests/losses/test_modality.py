"""TMPA's losses recomputed with explicit loops, and their gradients by finite differences."""

import math

import pytest
import torch

from vireid_lab.losses.modality import ModalitySharedSpecific, modality_identity_loss
from vireid_lab.runtime import InputError

IDS = torch.tensor([7, 7, 2, 7, 7, 2])  # the visible half, then the infrared one
MODALITY = torch.tensor([0, 0, 0, 1, 1, 1])
# directions in degrees, so that the distance of two unit vectors is 2 sin(half the angle between them)
SPECIFIC = [0, 10, 40, 20, 15, 75]
SHARED = [5, 30, 10, 20, 35, 90]


def vectors(degrees, lengths=(1.0, 2.0, 0.5)):
    """Vectors of the plane of several lengths, which the loss must not see."""
    rows = []
    for place, angle in enumerate(degrees):
        length, radians = lengths[place % len(lengths)], math.radians(angle)
        rows.append([length * math.cos(radians), length * math.sin(radians)])
    return torch.tensor(rows, dtype=torch.float64, requires_grad=True)


def chord(first: float, second: float) -> float:
    return 2 * math.sin(math.radians(abs(first - second)) / 2)


def hinges_by_hand(margin):
    """Eq. 4-6, identity by identity."""
    terms = []
    for pid in (2, 7):
        visible = [i for i in range(3) if IDS[i] == pid]
        infrared = [i + 3 for i in range(3) if IDS[i + 3] == pid]
        d_sp = sum(chord(SPECIFIC[v], SPECIFIC[i]) for v, i in zip(visible, infrared, strict=True)) / len(visible)
        rows = visible + infrared
        d_ss = sum(chord(SHARED[r], SPECIFIC[r]) for r in rows) / len(rows)
        terms.append(max(margin - d_sp - d_ss, 0))
    return terms


@pytest.mark.parametrize("margin", [0.65, 2.0])
def test_mss_is_the_sum_of_the_hinges_of_the_identities(margin):
    loss = ModalitySharedSpecific(margin)
    terms = hinges_by_hand(margin)
    assert loss.hinges(vectors(SHARED), vectors(SPECIFIC), IDS, MODALITY).tolist() == pytest.approx(terms)
    assert loss(vectors(SHARED), vectors(SPECIFIC), IDS, MODALITY).item() == pytest.approx(sum(terms))
    assert (terms[0] == 0) == (margin == 0.65) and terms[1] > 0  # identity 2 is inactive at the paper's margin


def test_mss_has_the_gradient_of_its_value_and_none_where_the_hinge_is_inactive():
    shared, specific = vectors(SHARED), vectors(SPECIFIC)
    loss = ModalitySharedSpecific()
    assert torch.autograd.gradcheck(lambda a, b: loss(a, b, IDS, MODALITY), (shared, specific))
    loss(shared, specific, IDS, MODALITY).backward()
    for grad in (shared.grad, specific.grad):
        assert (grad[IDS == 2] == 0).all() and (grad[IDS == 7].abs().sum(1) > 0).any()


def test_features_that_are_all_the_same_cost_the_margin_and_have_finite_gradients():
    shared, specific = vectors([30] * 6), vectors([30] * 6)
    value = ModalitySharedSpecific()(shared, specific, IDS, MODALITY)
    value.backward()
    assert value.item() == pytest.approx(2 * 0.65)
    assert shared.grad.isfinite().all() and specific.grad.isfinite().all()


def test_the_halves_may_be_interleaved():
    order = torch.tensor([0, 3, 1, 4, 5, 2])
    loss = ModalitySharedSpecific()
    value = loss(vectors(SHARED)[order], vectors(SPECIFIC)[order], IDS[order], MODALITY[order])
    assert value.item() == pytest.approx(sum(hinges_by_hand(0.65)))


@pytest.mark.parametrize(
    ("ids", "modality", "message"),
    [
        ([7, 7, 2, 7, 7, 2], [0, 0, 0, 0, 1, 1], "4 visible and 2 infrared"),
        ([7, 7, 2, 7, 2, 7], [0, 0, 0, 1, 1, 1], "same identity"),
        ([7, 7, 2, 7, 7, 2], [0] * 6, "6 visible and 0 infrared"),
    ],
)
def test_rows_that_are_no_pairs_are_named(ids, modality, message):
    with pytest.raises(InputError, match=message):
        ModalitySharedSpecific()(vectors(SHARED), vectors(SPECIFIC), torch.tensor(ids), torch.tensor(modality))


@pytest.mark.parametrize("modality", [[0, 0, 1, 1, 1], [0] * 5, [1] * 5])
def test_the_identity_loss_is_a_mean_for_each_modality_and_their_sum(modality):
    draw = torch.Generator().manual_seed(0)
    logits = torch.randn(5, 4, generator=draw, dtype=torch.float64, requires_grad=True)
    ids = torch.tensor([0, 3, 1, 1, 2])
    expected = 0.0
    for m in (0, 1):
        rows = [i for i in range(5) if modality[i] == m]
        for i in rows:
            scores = logits[i].tolist()
            probability = math.exp(scores[ids[i]]) / sum(math.exp(z) for z in scores)
            expected -= math.log(probability) / len(rows)
    assert modality_identity_loss(logits, ids, torch.tensor(modality)).item() == pytest.approx(expected)
    assert torch.autograd.gradcheck(lambda z: modality_identity_loss(z, ids, torch.tensor(modality)), logits)
