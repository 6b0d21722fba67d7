"""NormFace, AM-Softmax, ArcFace and circle loss, each as its own formula in explicit loops."""

from __future__ import annotations

import math

import pytest
import torch

from vireid_lab.losses.circle import Circle
from vireid_lab.losses.margin_softmax import AMSoftmax, ArcFace, NormFace
from vireid_lab.runtime import InputError

N, DIM, PARTS = 4, 5, 2
IDS = torch.tensor([0, 2, 3, 0, 2, 1])
MODALITY = torch.tensor([0, 0, 0, 1, 1, 1])


def am_softmax(angles, y, m=0.3, s=15):
    own = math.exp(s * (math.cos(angles[y]) - m))
    return -math.log(own / (own + sum(math.exp(s * math.cos(a)) for j, a in enumerate(angles) if j != y)))


def arcface(angles, y, m=0.5, s=64):
    turned = math.cos(angles[y] + m) if angles[y] + m < math.pi else math.cos(angles[y]) - m * math.sin(m)
    logits = [s * (turned if j == y else math.cos(a)) for j, a in enumerate(angles)]
    return math.log(sum(math.exp(v - logits[y]) for v in logits))


def circle(angles, y, gamma=64, m=0.25):
    positive = gamma * max(0, 1 + m - math.cos(angles[y])) * (math.cos(angles[y]) - (1 - m))
    total = 0.0
    for j, angle in enumerate(angles):
        if j != y:
            s_n = math.cos(angle)
            total += math.exp(gamma * max(0, s_n + m) * (s_n - m)) * math.exp(-positive)
    return math.log(1 + total)


CASES = {
    "normface": (NormFace, {}, lambda angles, y: am_softmax(angles, y, m=0)),
    "am_softmax": (AMSoftmax, {}, am_softmax),
    "am_softmax_m1": (AMSoftmax, {"margin": 0.1, "scale": 20}, lambda angles, y: am_softmax(angles, y, 0.1, 20)),
    "arcface": (ArcFace, {}, arcface),
    "circle": (Circle, {}, circle),
    "circle_128": (Circle, {"gamma": 128}, lambda angles, y: circle(angles, y, 128)),
}


def drawn(shape, seed):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize(("kind", "options", "by_hand"), CASES.values(), ids=CASES)
def test_the_loss_is_its_formula(kind, options, by_hand):
    loss, x = kind(N, DIM, PARTS, **options).double(), drawn((len(IDS), PARTS, DIM), 0)
    loss.prototypes.data = drawn((PARTS, N, DIM), 1)
    loss.prototypes.data[0, 0] = -x[0, 0]  # an angle of pi to the own identity: beyond ArcFace's range
    expected = 0.0
    for i, y in enumerate(IDS.tolist()):
        for k in range(PARTS):
            cosine = torch.cosine_similarity(x[i, k], loss.prototypes[k], dim=1).clamp(-1, 1)
            expected += by_hand(cosine.acos().tolist(), y) / len(IDS)
    assert loss(x, IDS, MODALITY).item() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("kind", "options", "_"), CASES.values(), ids=CASES)
def test_lengths_do_not_matter_and_a_step_down_the_gradient_helps(kind, options, _):
    loss, x = kind(N, DIM, PARTS, **options).double(), drawn((len(IDS), PARTS, DIM), 0).requires_grad_()
    value = loss(x, IDS, MODALITY)
    assert loss(7 * x, IDS, MODALITY).item() == pytest.approx(value.item())
    value.backward()
    with torch.no_grad():
        assert loss(x - 1e-3 * x.grad, IDS, MODALITY) < value


def test_the_weights_of_the_circle_loss_carry_no_gradient():
    loss, x = Circle(2, 2, gamma=10).double(), torch.tensor([[1.0, 0.0]], dtype=torch.float64, requires_grad=True)
    angle = 0.7
    loss.prototypes.data[0] = torch.tensor([[math.cos(angle), math.sin(angle)], [-1.0, 0.0]], dtype=torch.float64)
    loss(x, torch.tensor([0]), torch.tensor([0])).backward()
    s_p, s_n = math.cos(angle), -1.0
    assert max(0, s_n + 0.25) == 0  # so the other identity has no pull at all
    e = math.exp(-10 * (1.25 - s_p) * (s_p - 0.75))
    slope = -10 * (1.25 - s_p) * e / (1 + e)  # dL / d s_p with the weight held
    assert x.grad[0].tolist() == pytest.approx([0, slope * math.sin(angle)])


def test_arcface_has_a_finite_gradient_at_its_optimum():
    loss, x = ArcFace(2, 2), torch.tensor([[1.0, 0.0]], requires_grad=True)
    loss.prototypes.data[0] = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    loss(x, torch.tensor([0]), torch.tensor([0])).backward()
    assert x.grad.isfinite().all() and loss.prototypes.grad.isfinite().all()


@pytest.mark.parametrize("kind", [NormFace, AMSoftmax, ArcFace, Circle])
def test_bad_input_is_named_and_half_precision_is_computed_in_float32(kind):
    with pytest.raises(InputError, match=f"{kind.__name__}: n_ids=1"):
        kind(1, DIM)
    loss = kind(N, DIM)
    with pytest.raises(InputError, match="labels from 0 to 4"):
        loss(torch.ones(2, DIM), torch.tensor([0, 4]), torch.tensor([0, 1]))
    with pytest.raises(InputError, match="gives 2 parts"):
        loss(torch.ones(2, 2, DIM), torch.tensor([0, 1]), torch.tensor([0, 1]))
    x = 3e4 * torch.ones(2, DIM, dtype=torch.float16)  # its norm is beyond float16
    with torch.autocast("cpu", dtype=torch.float16):
        value = loss(x, torch.tensor([0, 1]), torch.tensor([0, 1]))
    assert value.dtype == torch.float32 and value.isfinite()
