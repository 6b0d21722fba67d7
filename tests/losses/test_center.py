"""Center losses recomputed with explicit loops on points of the plane, and their gradients by finite differences."""

import math

import pytest
import torch

from vireid_lab.losses.center import Center, CrossCenter, HeteroCenter, modality_centers

# identity 7 lies on two vertical lines, identity 2 on one point and a far one, identity 5 is visible only
POINTS = [(0, 0), (0, 2), (3, 0), (3, 4), (10, 10), (13, 14), (-5, 1), (-7, 1)]
IDS = [7, 7, 7, 7, 2, 2, 5, 5]
MODALITY = [0, 0, 1, 1, 0, 1, 0, 0]
LOSSES = [CrossCenter(), CrossCenter(detach_centers=True), HeteroCenter(), HeteroCenter(per_image=True)]


def batch(points=POINTS, dtype=torch.float64):
    return torch.tensor(points, dtype=dtype, requires_grad=True), torch.tensor(IDS), torch.tensor(MODALITY)


def center(pid: int, m: int) -> tuple[float, ...] | None:
    rows = [p for p, i, k in zip(POINTS, IDS, MODALITY, strict=True) if (i, k) == (pid, m)]
    return tuple(sum(c) / len(rows) for c in zip(*rows, strict=True)) if rows else None


def test_centers_are_the_means_of_each_identity_in_each_modality():
    centers, both, row = modality_centers(*batch())
    for u, pid in enumerate(sorted(set(IDS))):
        expected = [center(pid, m) for m in (0, 1)]
        assert both[u].item() == (None not in expected)
        for m in (0, 1):
            assert tuple(centers[u, m].tolist()) == pytest.approx(expected[m] or (0, 0))
    assert [sorted(set(IDS))[u] for u in row] == IDS


def test_cross_center_is_the_distance_to_the_other_modality_of_the_same_identity():
    total = 0.0
    for point, pid, m in zip(POINTS, IDS, MODALITY, strict=True):
        other = center(pid, 1 - m)
        if other:
            total += math.dist(point, other)
    # by hand: id 7: (0,0)->(3,2), (0,2)->(3,2), (3,0)->(0,1), (3,4)->(0,1); id 2: 5 twice
    assert total == pytest.approx(math.sqrt(13) + 3 + math.sqrt(10) + math.sqrt(18) + 5 + 5)
    assert CrossCenter()(*batch()).item() == pytest.approx(total / 2 / len(IDS), abs=1e-12)


@pytest.mark.parametrize(("per_image", "divisor"), [(False, 1), (True, len(IDS))])
def test_hetero_center_is_the_squared_distance_of_the_two_centers(per_image, divisor):
    expected = (3**2 + 1**2) + (3**2 + 4**2)  # id 7: (0,1) to (3,2); id 2: (10,10) to (13,14)
    assert HeteroCenter(per_image)(*batch()).item() == pytest.approx(expected / divisor, abs=1e-12)


def test_center_is_half_the_mean_squared_distance_to_the_learned_centers():
    loss = Center(n_ids=8, dim=2).double()
    with torch.no_grad():
        loss.centers[7] = torch.tensor([1.0, 1.0])
    expected = 0.0
    for (x, y), pid in zip(POINTS, IDS, strict=True):
        c = 1.0 if pid == 7 else 0.0
        expected += 0.5 * ((x - c) ** 2 + (y - c) ** 2) / len(IDS)
    value = loss(*batch())
    assert value.item() == pytest.approx(expected, abs=1e-12)
    value.backward()
    assert loss.centers.grad[7].abs().sum() > 0 and loss.centers.grad[0].abs().sum() == 0


@pytest.mark.parametrize("loss", [*LOSSES, Center(8, 2).double()])
def test_gradients_agree_with_finite_differences(loss):
    features, ids, modality = batch()
    if getattr(loss, "detach_centers", False):
        return  # not the gradient of the printed value, by intent; tested below
    assert torch.autograd.gradcheck(lambda f: loss(f, ids, modality), features)


def test_detached_centers_leave_the_pull_of_each_image_alone():
    features, ids, modality = batch()
    CrossCenter(detach_centers=True)(features, ids, modality).backward()
    for i, (point, pid, m) in enumerate(zip(POINTS, IDS, MODALITY, strict=True)):
        other = center(pid, 1 - m)
        away = [(a - b) / math.dist(point, other) if other else 0.0 for a, b in zip(point, other or point, strict=True)]
        assert features.grad[i].tolist() == pytest.approx([a / 2 / len(IDS) for a in away])


@pytest.mark.parametrize("loss", LOSSES)
def test_a_batch_without_a_pair_gives_a_zero_that_back_propagates(loss):
    features, ids, _ = batch()
    value = loss(features, ids, torch.zeros(len(IDS), dtype=torch.int64))
    value.backward()
    assert value.item() == 0 and (features.grad == 0).all()


@pytest.mark.parametrize("loss", LOSSES)
def test_gradients_are_finite_where_images_lie_on_their_centers(loss):
    features, ids, modality = batch([(1.0, 1.0)] * 8)
    loss(features, ids, modality).backward()
    assert features.grad.isfinite().all() and (features.grad == 0).all()


@pytest.mark.parametrize("loss", LOSSES)
def test_the_order_of_the_rows_does_not_matter(loss):
    features, ids, modality = batch()
    order = torch.randperm(8, generator=torch.Generator().manual_seed(0))
    assert loss(features[order], ids[order], modality[order]).item() == pytest.approx(
        loss(features, ids, modality).item(), abs=1e-12
    )
