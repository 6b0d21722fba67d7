"""TGSA and CSA recomputed with explicit loops, their gradients by finite differences."""

import math
from functools import partial

import pytest
import torch

from vireid_lab.losses.class_alignment import ClassAlignment, divergence
from vireid_lab.losses.graph_alignment import GraphAlignment, log_affinity, paired_rows
from vireid_lab.runtime import InputError

A = [(0.0, 0.0), (1.0, 0.0), (0.0, 2.0), (3.0, 1.0)]
B = [(0.5, 0.0), (1.0, 1.0), (0.0, 1.0), (2.0, 2.0)]


def points(rows, **options):
    return torch.tensor(rows, dtype=torch.float64, **options)


def softmax(values):
    exponentials = [math.exp(v) for v in values]
    return [e / sum(exponentials) for e in exponentials]


def affinity(a, b, sign=1, temperature=1.0, diagonal=True):
    """Eq. 15, a row at a time; without the diagonal, rows of N - 1."""
    return [
        softmax([sign * math.dist(p, q) / temperature for j, q in enumerate(b) if diagonal or i != j])
        for i, p in enumerate(a)
    ]


def kl(p, q):
    return sum(x * math.log(x / y) for x, y in zip(p, q, strict=True))


def rows_kl(p, q, direction="forward"):
    """Mean over the rows."""
    one = sum(kl(x, y) for x, y in zip(p, q, strict=True)) / len(p)
    other = sum(kl(y, x) for x, y in zip(p, q, strict=True)) / len(p)
    return {"forward": one, "reverse": other, "symmetric": (one + other) / 2}[direction]


GRAPHS = [
    {},
    {"sign": -1},
    {"temperature": 0.5},
    {"diagonal": False},
    {"direction": "reverse"},
    {"direction": "symmetric", "sign": -1, "diagonal": False, "temperature": 2.0},
]


@pytest.mark.parametrize("options", GRAPHS)
def test_the_three_terms_are_those_of_eq_16(options):
    graph = {name: value for name, value in options.items() if name != "direction"}
    direction = options.get("direction", "forward")
    aa, bb, ab = affinity(A, A, **graph), affinity(B, B, **graph), affinity(A, B, **graph)
    expected = [rows_kl(aa, bb, direction), rows_kl(aa, ab, direction), rows_kl(ab, bb, direction)]
    loss = GraphAlignment(**options)
    assert loss.terms(points(A), points(B)).tolist() == pytest.approx(expected, abs=1e-12)
    assert loss(points(A), points(B)).item() == pytest.approx(sum(expected), abs=1e-12)
    own = GraphAlignment(**options, cross=False)
    assert own.terms(points(A), points(B)).tolist() == pytest.approx(expected[:1], abs=1e-12)


@pytest.mark.parametrize("graph", [{}, {"sign": -1}, {"temperature": 3.0}, {"diagonal": False}])
def test_rows_of_an_affinity_matrix_are_distributions(graph):
    found = log_affinity(points(A), points(B), **graph).exp()
    assert found.tolist() == [pytest.approx(row) for row in affinity(A, B, **graph)]
    assert found.shape == (4, 4 if graph.get("diagonal", True) else 3)
    assert found.sum(1).tolist() == pytest.approx([1] * 4)


def test_the_sign_says_whether_the_far_or_the_near_ones_weigh():
    far, near = (log_affinity(points(A), points(A), sign=sign)[0] for sign in (1, -1))
    assert far.argmax() == 3 and near.argmax() == 0


def test_it_is_zero_for_features_of_one_graph_only_without_the_cross_matrix():
    moved = [(-y + 5, x - 3) for x, y in A]  # turned and shifted: the same distances
    assert GraphAlignment(cross=False)(points(A), points(moved)).item() == pytest.approx(0, abs=1e-12)
    assert GraphAlignment()(points(A), points(moved)).item() > 0.01
    assert GraphAlignment()(points(A), points(A)).item() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("options", GRAPHS)
def test_gradients_agree_with_finite_differences_and_are_finite_on_the_diagonal(options):
    a, b = points(A, requires_grad=True), points(B, requires_grad=True)
    scores = [torch.cdist(points(A), points(B)).min().item()]
    assert min(scores) > 0  # no pair of both sides at distance 0, where the derivative is not defined
    assert torch.autograd.gradcheck(GraphAlignment(**options), (a, b))


def test_gradients_are_finite_where_all_features_are_one_point():
    a, b = (points([(1.0, 2.0)] * 3, requires_grad=True) for _ in range(2))
    GraphAlignment()(a, b).backward()
    assert (a.grad == 0).all() and (b.grad == 0).all()


def test_large_distances_do_not_overflow():
    a, b = points(A).float() * 1e4, points(B).float() * 1e4
    b.requires_grad_()
    value = GraphAlignment()(a, b)
    value.backward()
    assert value.isfinite() and b.grad.isfinite().all()


def test_a_detached_teacher_leaves_the_gradient_of_the_student_by_finite_differences():
    a, b = points(A, requires_grad=True), points(B, requires_grad=True)
    GraphAlignment()(a.detach(), b).backward()
    assert a.grad is None
    step = 1e-6
    for i in range(4):
        for j in range(2):
            shift = torch.zeros_like(b)
            shift[i, j] = step
            with torch.no_grad():
                up, down = GraphAlignment()(a, b + shift), GraphAlignment()(a, b - shift)
            assert b.grad[i, j].item() == pytest.approx(((up - down) / (2 * step)).item(), abs=1e-8)


LOGITS = [(2.0, 0.5, -1.0), (0.0, 0.0, 3.0)]
OTHERS = [(1.0, 1.0, -2.0), (0.5, -1.0, 0.0)]


@pytest.mark.parametrize("direction", ["forward", "reverse", "symmetric"])
@pytest.mark.parametrize("temperature", [1.0, 4.0])
def test_csa_is_the_divergence_of_the_softmaxes(direction, temperature):
    p, q = ([softmax([v / temperature for v in row]) for row in rows] for rows in (LOGITS, OTHERS))
    loss = ClassAlignment(direction, temperature)
    found = loss(points(LOGITS), points(OTHERS))
    assert found.item() == pytest.approx(rows_kl(p, q, direction), abs=1e-12)
    assert torch.autograd.gradcheck(loss, (points(LOGITS, requires_grad=True), points(OTHERS, requires_grad=True)))


def test_the_divergence_of_extreme_logits_is_finite():
    value = ClassAlignment("symmetric")(torch.tensor([[1e4, 0.0]]), torch.tensor([[0.0, 1e4]]))
    assert value.item() == pytest.approx(1e4)


def test_paired_rows_keep_the_order_of_each_modality():
    visible, infrared = paired_rows(torch.tensor([5, 2, 5, 2]), torch.tensor([1, 1, 0, 0]))
    assert visible.tolist() == [2, 3] and infrared.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("ids", "modality", "message"),
    [
        ([1, 2, 2, 1], [0, 0, 1, 1], "2 visible and 2 infrared rows are no pairs.*CrossModalSampler"),
        ([1, 2, 1, 2], [0, 0, 0, 1], "3 visible and 1 infrared rows are no pairs"),
        ([1, 1, 1, 1], [0, 0, 1, 1], "identity 1.*ids_per_batch=2"),
    ],
)
def test_a_batch_without_pairs_or_of_one_identity_is_refused(ids, modality, message):
    with pytest.raises(InputError, match=message):
        paired_rows(torch.tensor(ids), torch.tensor(modality))


@pytest.mark.parametrize("temperature", [0.0, -1.0, math.nan, math.inf])
def test_a_temperature_must_be_above_0(temperature):
    for make in (GraphAlignment, ClassAlignment, partial(log_affinity, points(A), points(B))):
        with pytest.raises(InputError, match=f"temperature={temperature}: give a number above 0"):
            make(temperature=temperature)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: GraphAlignment(sign=2), "unknown sign '2'"),
        (lambda: GraphAlignment(direction="foward"), "did you mean 'forward'"),
        (lambda: ClassAlignment("both"), "known: forward, reverse, symmetric"),
        (lambda: divergence(points(A), points(A), "back"), "unknown direction"),
        (lambda: GraphAlignment()(points(A), points(B)[:3]), r"\(4, 2\) and \(3, 2\)"),
        (lambda: ClassAlignment()(points(LOGITS), points(OTHERS)[:1]), r"\(2, 3\) and \(1, 3\)"),
        (lambda: GraphAlignment(diagonal=False)(points(A)[:1], points(B)[:1]), "two rows at least"),
    ],
)
def test_what_cannot_be_used_is_named(make, message):
    with pytest.raises(InputError, match=message):
        make()
