"""SA-Softmax against Eq. 4-12 as explicit loops: values, where each gradient goes, masks, precision, errors."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from vireid_lab.losses.spectral_softmax import SpectralSoftmax
from vireid_lab.runtime import InputError
from vireid_lab.train.checkpoint import load_model

N, DIM, PARTS = 4, 5, 3
IDS = torch.tensor([0, 2, 3, 0, 2, 3])
MODALITY = torch.tensor([0, 0, 0, 1, 1, 1])
MASKS = [(False, False), (True, False), (False, True), (True, True)]


def built(parts=PARTS, **options):
    """The loss with prototypes of a usual length, in double precision."""
    draw = torch.Generator().manual_seed(1)
    loss = SpectralSoftmax(N, DIM, parts, **options).double()
    loss.prototypes.data = torch.randn(parts, 2 * N, DIM, generator=draw, dtype=torch.float64)
    return loss


def embedded(parts=PARTS):
    draw = torch.Generator().manual_seed(2)
    return torch.randn(len(IDS), parts, DIM, generator=draw, dtype=torch.float64, requires_grad=True)


def targets(i: int) -> tuple[int, int]:
    """y^W and y^F of image i, Eq. 4."""
    y = int(IDS[i])
    return (y, y + N) if MODALITY[i] == 0 else (y + N, y)


def exponentials(loss, x, i, k) -> list[float]:
    rows = loss.prototypes[k].tolist()
    return [math.exp(sum(a * b for a, b in zip(w, x[i, k].tolist(), strict=True))) for w in rows]


def by_hand(loss, x, weight_mask, feature_mask) -> tuple[float, float]:
    """L^W and L^F of Eq. 7, with the masks of Eq. 8 and Eq. 12: mean over the images, sum over the parts."""
    of_prototypes = of_features = 0.0
    for i in range(len(IDS)):
        own, other = targets(i)
        for k in range(x.shape[1]):
            e = exponentials(loss, x, i, k)
            inter = sum(e[j] for j in range(2 * N) if j not in (own, other))
            of_prototypes -= math.log(e[own] / (inter + e[own] + (0 if weight_mask else e[other])))
            of_features -= math.log(e[other] / (inter + e[other] + (0 if feature_mask else e[own])))
    return of_prototypes / len(IDS), of_features / len(IDS)


def gradients_by_hand(loss, x, weight_mask, feature_mask):
    """Eq. 5 for the prototypes and Eq. 6 for the features, with (p - 1(j == y)) written out."""
    on_prototypes, on_features = torch.zeros_like(loss.prototypes), torch.zeros_like(x)
    for i in range(len(IDS)):
        own, other = targets(i)
        for k in range(x.shape[1]):
            e = exponentials(loss, x, i, k)
            for j in range(2 * N):
                total = sum(e) - (e[other] if weight_mask else 0)
                p = 0 if weight_mask and j == other else e[j] / total
                on_prototypes[k, j] += (p - (j == own)) * x[i, k] / len(IDS)
                total = sum(e) - (e[own] if feature_mask else 0)
                p = 0 if feature_mask and j == own else e[j] / total
                on_features[i, k] += (p - (j == other)) * loss.prototypes[k, j] / len(IDS)
    return on_prototypes, on_features


@pytest.mark.parametrize(("feature_mask", "weight_mask"), MASKS)
@pytest.mark.parametrize("parts", [1, PARTS])
def test_the_loss_is_that_of_eq_7_with_the_masks_of_eq_8_and_12(feature_mask, weight_mask, parts):
    loss, x = built(parts, feature_mask=feature_mask, weight_mask=weight_mask), embedded(parts)
    expected = sum(by_hand(loss, x, weight_mask, feature_mask))
    assert loss(x, IDS, MODALITY).item() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("feature_mask", "weight_mask"), MASKS)
def test_one_backward_pass_gives_the_gradients_of_eq_5_and_6(feature_mask, weight_mask):
    """So the prototypes get nothing from L^F and the features nothing from L^W: the written-out sums have neither."""
    loss, x = built(feature_mask=feature_mask, weight_mask=weight_mask), embedded()
    loss(x, IDS, MODALITY).backward()
    on_prototypes, on_features = gradients_by_hand(loss, x, weight_mask, feature_mask)
    torch.testing.assert_close(loss.prototypes.grad, on_prototypes)
    torch.testing.assert_close(x.grad, on_features)


def test_one_embedding_is_one_part():
    loss, x = built(1), embedded(1)
    assert loss(x[:, 0], IDS, MODALITY) == loss(x, IDS, MODALITY)


def test_the_order_of_the_rows_does_not_matter():
    loss, x, order = built(), embedded(), torch.tensor([3, 1, 5, 0, 4, 2])
    shuffled = loss(x[order], IDS[order], MODALITY[order])
    assert shuffled.item() == pytest.approx(loss(x, IDS, MODALITY).item(), rel=1e-12)


def moved_on(loss, x, column: int):
    """Gradient in the first image after a prototype of all parts was moved."""
    x.grad = None
    moved = built(feature_mask=loss.feature_mask)
    moved.prototypes.data[:, column] += 1.0
    moved(x, IDS, MODALITY).backward()
    return x.grad[0].clone()


@pytest.mark.parametrize("masked", [True, False])
def test_with_the_feature_mask_the_own_prototype_says_nothing_to_a_feature(masked):
    loss, x = built(feature_mask=masked), embedded()
    loss(x, IDS, MODALITY).backward()
    before = x.grad[0].clone()
    own, other = targets(0)
    assert torch.equal(moved_on(loss, x, own), before) is masked
    assert not torch.equal(moved_on(loss, x, other), before)


def test_with_the_weight_mask_an_image_does_not_push_the_prototype_of_the_other_modality():
    for masked in (True, False):
        loss, x = built(weight_mask=masked), embedded()
        ids = torch.tensor([0, 2, 3, 1, 1, 1])  # identity 0 is visible only: its infrared prototype has no pull
        loss(x, ids, MODALITY).backward()
        from_others = built(weight_mask=masked)
        rest = slice(1, None)
        from_others(x.detach()[rest], ids[rest], MODALITY[rest]).backward()
        push = loss.prototypes.grad[:, N] - from_others.prototypes.grad[:, N] * 5 / 6  # image 0's on column 0 + N
        assert bool((push.abs() < 1e-12).all()) is masked


def test_absolute_similarity_is_one_minus_the_cosine_to_the_other_modality():
    x, total = embedded(), 0.0
    for reduction, divisor in (("mean", len(IDS)), ("sum", 1)):
        loss, total = built(reduction=reduction), 0.0
        for i in range(len(IDS)):
            for k in range(PARTS):
                w, f = loss.prototypes[k, targets(i)[1]].tolist(), x[i, k].tolist()
                total += abs(1 - sum(a * b for a, b in zip(w, f, strict=True)) / math.hypot(*w) / math.hypot(*f))
        assert loss.absolute_similarity(x, IDS, MODALITY).item() == pytest.approx(total / divisor, rel=1e-12)


def test_absolute_similarity_turns_the_features_alone():
    loss, x = built(), embedded()
    loss.absolute_similarity(x, IDS, MODALITY).backward()
    assert loss.prototypes.grad is None and (x.grad.norm(dim=2) > 0).all()
    torch.testing.assert_close((x.grad * x).sum(2), torch.zeros(len(IDS), PARTS, dtype=torch.float64))  # no length
    with torch.no_grad():
        towards = x - 0.1 * x.grad
    assert loss.absolute_similarity(towards, IDS, MODALITY) < loss.absolute_similarity(x, IDS, MODALITY)


def test_scores_are_cosines_to_the_nearest_prototype_of_each_identity():
    loss, x = built(), embedded()
    k, i = 1, 4
    cosine = torch.cosine_similarity(x[i, k], loss.prototypes[k], dim=1).tolist()
    expected = [max(cosine[j], cosine[j + N]) for j in range(N)]
    assert loss.scores(x, IDS)[i, k].tolist() == pytest.approx(expected)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_does_not_overflow(dtype):
    """Products of 3.6e5 are beyond float16; the loss is that of the same numbers in float32."""
    dim = 1000
    loss = SpectralSoftmax(N, dim)
    with torch.no_grad():
        loss.prototypes[0] = (torch.arange(2 * N)[:, None] / 64 + 18.0).expand(-1, dim)
    x = torch.full((len(IDS), dim), 20.0)
    assert not (x.to(torch.float16) @ loss.prototypes[0].to(torch.float16).T).isfinite().any()
    half = x.to(dtype).requires_grad_()
    with torch.autocast("cpu", dtype=dtype):
        value, turned = loss(half, IDS, MODALITY), loss.absolute_similarity(half, IDS, MODALITY)
    assert value.dtype == turned.dtype == torch.float32
    assert value.item() == pytest.approx(loss(x, IDS, MODALITY).item(), rel=1e-6)
    assert turned.item() == pytest.approx(0, abs=1e-5)
    value.backward()
    assert half.grad.isfinite().all() and loss.prototypes.grad.isfinite().all()


@pytest.mark.parametrize(
    ("ids", "modality", "shape", "message"),
    [
        ([0, 1, 2, 0, 1, 4], [0, 0, 0, 1, 1, 1], (6, 3, 5), "labels from 0 to 4.*0 to 3.*n_ids=5"),
        ([0, 1, 2, -1, 1, 2], [0, 0, 0, 1, 1, 1], (6, 3, 5), "labels from -1 to 2"),
        ([0, 1, 2, 0, 1, 2], [0] * 6, (6, 3, 5), "all 6 images of the batch have modality 0.*visible.*infrared"),
        ([0, 1, 2, 0, 1, 2], [1] * 6, (6, 3, 5), "all 6 images of the batch have modality 1"),
        ([0, 1, 2, 0, 1, 2], [0, 0, 0, 1, 1, 1], (6, 2, 5), "gives 2 parts of width 5.*for 3 of.*parts=2"),
        ([0, 1, 2, 0, 1, 2], [0, 0, 0, 1, 1, 1], (6, 3, 4), "of width 4.*of width 5.*dim=4"),
        ([0, 1, 2, 0, 1, 2], [0, 0, 0, 1, 1, 1], (6, 5), "gives 1 parts.*parts=1"),
    ],
)
def test_what_cannot_be_compared_is_named(ids, modality, shape, message):
    loss = SpectralSoftmax(N, DIM, PARTS)
    for call in (loss, loss.absolute_similarity):
        with pytest.raises(InputError, match=message) as caught:
            call(torch.ones(shape), torch.tensor(ids), torch.tensor(modality))
        assert "\n" not in str(caught.value)


def test_what_cannot_be_built_is_named():
    with pytest.raises(InputError, match="n_ids=1"):
        SpectralSoftmax(1, DIM)
    with pytest.raises(InputError, match="unknown reduction 'meen': did you mean 'mean'"):
        SpectralSoftmax(N, DIM, reduction="meen")


def test_a_checkpoint_without_its_prototypes_is_refused():
    loss = SpectralSoftmax(N, DIM)
    with pytest.raises(InputError, match=r"last.pt is of another model: 1 tensors differ \(prototypes\)"):
        load_model(loss, {"model": {}}, Path("last.pt"))
    fewer = SpectralSoftmax(N - 1, DIM).state_dict()
    with pytest.raises(InputError, match=r"1 tensors differ \(prototypes\); use its own settings"):
        load_model(loss, {"model": fewer}, Path("last.pt"))
