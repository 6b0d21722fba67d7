"""CAL's losses recomputed with explicit loops, and their gradients by finite differences."""

import math

import pytest
import torch

from vireid_lab.losses.center_aggregation import CenterAggregation
from vireid_lab.losses.match_distill import kd_attention, kd_logits
from vireid_lab.losses.part_center import PartCenter

DRAW = torch.Generator().manual_seed(0)
IDS = torch.tensor([7, 7, 2, 2, 5, 5] * 2)
MODALITY = torch.arange(12) // 6


def features(seed: int = 0) -> torch.Tensor:
    """(12, 3, 4) features around a direction for each identity, so that some centers are nearer than σ."""
    draw = torch.Generator().manual_seed(seed)
    directions = {7: [1.0, 0, 0, 0], 2: [1.0, 0.3, 0, 0], 5: [-1.0, 0, 1, 0]}
    base = torch.tensor([directions[int(i)] for i in IDS], dtype=torch.float64)[:, None]
    return base * 3 + 0.5 * torch.randn(12, 3, 4, generator=draw, dtype=torch.float64)


def unit(x: torch.Tensor) -> list[float]:
    length = math.sqrt(sum(v * v for v in x.tolist()))
    return [v / length for v in x.tolist()]


def pcl_by_hand(own, cross, ids, modality, margin):
    people = sorted(set(ids.tolist()))
    value, active = 0.0, 0
    for p in range(own.shape[1]):
        centers = {}
        for pid in people:
            for m in (0, 1):
                rows = [unit(own[i, p]) for i in range(len(own)) if (ids[i], modality[i]) == (pid, m)]
                centers[pid, m] = [sum(c) / len(rows) for c in zip(*rows, strict=True)]
        for m in (0, 1):  # f^{V,I} to c^I and f^{I,V} to c^V
            away = [
                math.dist(unit(cross[i, p]), centers[int(ids[i]), 1 - m]) for i in range(len(own)) if modality[i] == m
            ]
            value += sum(away) / len(away)
        for first, second in ((1, 0), (1, 1), (0, 0)):
            gaps = [
                max(margin - math.dist(centers[a, first], centers[b, second]), 0.0)
                for a in people
                for b in people
                if a != b
            ]
            active += sum(gap > 0 for gap in gaps)
            value += sum(gaps) / len(gaps)
    return value / own.shape[1], active


def test_pcl_is_the_mean_over_the_parts_of_eq_14():
    own, cross = features(0), features(1)
    expected, active = pcl_by_hand(own, cross, IDS, MODALITY, 0.6)
    assert 0 < active < 3 * 18  # both sides of the margin are there
    assert PartCenter()(own, cross, IDS, MODALITY).item() == pytest.approx(expected, abs=1e-12)


def test_the_length_of_the_features_and_the_order_of_the_images_do_not_matter():
    own, cross = features(0), features(1)
    value = PartCenter()(own, cross, IDS, MODALITY).item()
    assert PartCenter()(7 * own, cross / 3, IDS, MODALITY).item() == pytest.approx(value, abs=1e-12)
    order = torch.randperm(12, generator=DRAW)
    shuffled = PartCenter()(own[order], cross[order], IDS[order], MODALITY[order])
    assert shuffled.item() == pytest.approx(value, abs=1e-12)


def test_gradients_of_pcl_agree_with_finite_differences():
    own, cross = features(0).requires_grad_(), features(1).requires_grad_()
    assert torch.autograd.gradcheck(lambda a, b: PartCenter()(a, b, IDS, MODALITY), (own, cross))


def test_an_identity_of_one_modality_adds_nothing_and_none_at_all_back_propagates():
    own, cross = features(0), features(1)
    kept = [i for i in range(12) if not (IDS[i] == 5 and MODALITY[i] == 1)]
    both = [i for i in range(12) if IDS[i] != 5]
    values = [PartCenter()(own[rows], cross[rows], IDS[rows], MODALITY[rows]).item() for rows in (kept, both)]
    assert values[0] == pytest.approx(values[1], abs=1e-12)
    own.requires_grad_()
    alone = PartCenter()(own, cross, IDS, torch.zeros(12, dtype=torch.int64))
    alone.backward()
    assert alone.item() == 0 and (own.grad == 0).all()


def test_gathered_identities_far_apart_cost_nothing_and_give_finite_gradients():
    axes = torch.eye(4, dtype=torch.float64)[[{7: 0, 2: 1, 5: 2}[int(i)] for i in IDS]]
    own = axes[:, None].expand(-1, 3, -1).clone().requires_grad_()
    value = PartCenter()(own, own, IDS, MODALITY)
    value.backward()
    assert value.item() == 0 and own.grad.isfinite().all()


MATCH = torch.stack([torch.randperm(4, generator=DRAW) for _ in range(12)])


def test_kd_attention_is_minus_the_weight_of_the_match():
    weights = torch.rand(12, 4, 4, generator=DRAW)
    expected = -sum(weights[i, MATCH[i, v], v].item() for i in range(12) for v in range(4)) / 12
    assert kd_attention(weights, MATCH, 24 * 12).item() == pytest.approx(expected, rel=1e-5)  # as at 384x192


@pytest.mark.parametrize("positions", [18, 72, 288])
def test_even_attention_costs_the_same_on_maps_of_every_size(positions):
    even = torch.full((12, 4, positions), 1 / positions)
    assert kd_attention(even @ even.transpose(1, 2), MATCH, positions).item() == pytest.approx(-4 / 288, rel=1e-5)


def test_kd_logits_is_the_divergence_of_the_cross_refined_from_the_matched_self_refined():
    cross, own = (torch.randn(12, 4, 5, generator=DRAW).requires_grad_() for _ in range(2))
    total = 0.0
    for i in range(12):
        for v in range(4):
            p, q = cross[i, MATCH[i, v]].softmax(0).tolist(), own[i, v].softmax(0).tolist()
            total += sum(a * math.log(a / b) for a, b in zip(p, q, strict=True))
    value = kd_logits(cross, own, MATCH)
    assert value.item() == pytest.approx(total / 12, rel=1e-5)
    value.backward()
    assert cross.grad is None and own.grad.abs().sum() > 0


def test_center_aggregation_pulls_and_pushes_up_to_its_margins():
    torch.manual_seed(0)
    loss = CenterAggregation(9, 64)
    x, classes = 2 * torch.randn(12, 64, generator=DRAW), torch.tensor([0, 0, 0, 4, 4, 8, 8, 8, 8, 2, 2, 2])
    away = [((x[i] - loss.centers[classes[i]]) ** 2).sum().item() for i in range(12)]
    nearest, smallest = [], []
    for i in range(12):
        others = [c for c in set(classes.tolist()) if c != classes[i]]
        nearest.append(min(((loss.centers[classes[i]] - loss.centers[c]) ** 2).sum().item() for c in others))
        smallest.append(min(away[j] for j in range(12) if classes[j] == classes[i]))
    pull = sum(a - s for a, s in zip(away, smallest, strict=True)) / 12 - 8 / 32
    push = 4500 / 32 - sum(nearest) / 12
    assert pull > 0 and push > 0
    assert loss(x, classes).item() == pytest.approx(pull + push, rel=1e-5)
    with torch.no_grad():
        loss.centers.mul_(10)
    onto = loss.centers[classes].detach()
    assert loss(onto, classes).item() == 0  # on its center each, the centers far apart
    assert loss(onto[:3] + 1, classes[:3]).item() == 0  # of one class alone there is nothing to push
