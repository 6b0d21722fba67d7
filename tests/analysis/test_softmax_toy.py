"""Points and prototypes in the plane: angles by hand, steps by the loss's own gradient, what the figures say."""

from __future__ import annotations

import math

import pytest
import torch

from vireid_lab.analysis.softmax_toy import IMAGES, PEOPLE, POINT_RATE, STEPS, descend, mask_step, plane_points
from vireid_lab.losses.spectral_softmax import SpectralSoftmax
from vireid_lab.runtime import InputError

FULL = "ce:0.3+sas_fm:0.7+ast:1"


@pytest.fixture(scope="module")
def traces():
    return {losses: descend(losses) for losses in ("ce", "sas", "sas_fm", FULL)}


def test_people_are_120_degrees_apart_and_their_modalities_a_gap():
    points, ids, modality = plane_points(gap=40, seed=0)
    angle = torch.atan2(points[:, 1], points[:, 0]).rad2deg()
    for n in range(PEOPLE):
        for m, offset in ((0, -20), (1, 20)):
            rows = (ids == n) & (modality == m)
            assert rows.sum() == IMAGES
            away = (angle[rows] - (90 + 120 * n + offset) + 180) % 360 - 180
            assert abs(away.mean()) < 10 and away.std() > 2
    assert not torch.equal(points, plane_points(40, seed=1)[0])


@pytest.mark.parametrize("gap", [-1, 120])
def test_a_gap_that_mixes_people_up_is_named(gap):
    with pytest.raises(InputError, match=f"gap={gap}"):
        plane_points(gap, 0)


def test_angles_are_those_to_the_nearest_point_of_the_same_and_of_another_person(traces):
    trace, step = traces["ce"], 10
    own, other, hits = [], [], 0
    for i, query in enumerate(trace.points[step].tolist()):
        if trace.modality[i] == 0:
            continue
        by_kind = {True: [], False: []}
        for j, point in enumerate(trace.points[step].tolist()):
            if trace.modality[j] == 0:
                cosine = (query[0] * point[0] + query[1] * point[1]) / math.hypot(*query) / math.hypot(*point)
                by_kind[bool(trace.ids[i] == trace.ids[j])].append(math.degrees(math.acos(cosine)))
        own.append(min(by_kind[True]))
        other.append(min(by_kind[False]))
        hits += own[-1] < other[-1]
    assert trace.angles[0][step].tolist() == pytest.approx(own) and trace.angles[1][step].tolist() == pytest.approx(
        other
    )
    assert trace.rank1(step) == pytest.approx(hits / len(own)) and 0 < hits < len(own)


def test_each_step_follows_the_gradient_of_the_loss(traces):
    trace, step = traces["sas_fm"], 40
    loss = SpectralSoftmax(PEOPLE, 2).double()
    loss.prototypes.data = trace.spectral[step][None]
    points = trace.points[step].clone().requires_grad_()
    loss(points, trace.ids, trace.modality).backward()
    expected = -POINT_RATE * len(points) * points.grad
    torch.testing.assert_close(trace.points[step + 1] - trace.points[step], expected)


def test_the_trace_is_the_same_for_the_same_seed_and_leaves_the_generator_alone():
    torch.manual_seed(3)
    first = descend("sas", steps=5, seed=2)
    drawn = torch.rand(1)
    torch.manual_seed(3)
    assert torch.equal(torch.rand(1), drawn)
    again = descend("sas", steps=5, seed=2)
    assert torch.equal(first.points, again.points) and torch.equal(first.spectral, again.spectral)
    assert first.points.shape == (6, 2 * PEOPLE * IMAGES, 2) and first.spectral.shape == (6, 2 * PEOPLE, 2)


def test_the_softmax_classifies_all_rightly_while_most_queries_find_another_person(traces):
    """The paper's Fig. 1 (a), and (b): after as many steps SA-Softmax has closed the gap."""
    softmax, spectral = traces["ce"], traces[FULL]
    assert softmax.classified(10) == spectral.classified(10) == 1
    assert softmax.rank1(10) < 0.5 and spectral.rank1(10) == 1
    assert spectral.angles[0][STEPS].mean() < softmax.angles[0][STEPS].mean() / 5


def test_without_the_feature_mask_the_modalities_pass_through_each_other(traces):
    """θ1 falls, grows again and so on; with the mask it stays low."""
    late = slice(40, STEPS + 1)
    swing = {name: float(traces[name].angles[0].mean(1)[late].max()) for name in ("sas", "sas_fm")}
    assert swing["sas"] > 15 and swing["sas_fm"] < 15
    assert traces["sas"].angles[0].mean(1)[:60].min() < 3


def test_a_step_without_the_mask_goes_nearer_to_the_target_and_further_apart():
    """The paper's Fig. 3."""
    plain, masked = mask_step(False), mask_step(True)
    for step in (plain, masked):
        assert step.target[1] < step.target[0]
        lengths = (step.after - step.before).norm(dim=1)
        torch.testing.assert_close(lengths, torch.full((2,), 0.35, dtype=torch.float64))
        assert step.prototypes[0, 0] < 0 < step.prototypes[1, 0]  # W^v on the left, as its point
        assert step.before[0, 0] < 0 < step.before[1, 0]
    assert plain.pair[1] > plain.pair[0] == masked.pair[0] > masked.pair[1]
