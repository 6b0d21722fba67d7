"""The match of parts between the modalities: against brute force, counted, and stored."""

from itertools import permutations

import pytest
import torch

from vireid_lab.models.query_matching import MatchRecord, agreement, count_edges, edge_weights, match_queries
from vireid_lab.runtime import InputError

DRAW = torch.Generator().manual_seed(0)


def test_the_match_is_the_heaviest_of_all_permutations():
    weights = torch.rand(50, 4, 4, generator=DRAW)
    match = match_queries(weights)
    greedy_differs = 0
    for graph, found in zip(weights.tolist(), match.tolist(), strict=True):
        best = max(permutations(range(4)), key=lambda u, g=graph: sum(g[u[v]][v] for v in range(4)))
        assert tuple(found) == best
        greedy_differs += tuple(max(range(4), key=lambda u, v=v, g=graph: g[u][v]) for v in range(4)) != best
    assert greedy_differs > 10  # the best edge of each part alone would not do


def test_nearly_even_maps_weigh_and_match_alike_under_autocast():
    looks = [(1 + 0.1 * torch.randn(50, 4, 288, generator=DRAW)).softmax(2) for _ in range(2)]
    expected = (looks[0].double()[:, :, None] * looks[1].double()[:, None]).sum(3)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rounded, weights = looks[0] @ looks[1].transpose(1, 2), edge_weights(*looks)
    assert (weights.double() - expected).abs().max() < 1e-7 and weights.dtype == torch.float32
    best = match_queries(expected)
    assert torch.equal(match_queries(weights), best) and (match_queries(rounded) != best).any()


def test_edges_are_counted_as_infrared_against_visible_whichever_image_they_come_from():
    match = torch.tensor([[1, 0, 2], [1, 2, 0], [0, 1, 2]])
    modality = torch.tensor([0, 1, 1])
    expected = torch.zeros(3, 3, dtype=torch.int64)
    for row, m in zip(match.tolist(), modality.tolist(), strict=True):
        for own, other in enumerate(row):
            u, v = (own, other) if m == 1 else (other, own)
            expected[u, v] += 1
    assert torch.equal(count_edges(match, modality), expected)


def test_agreement_is_the_share_of_edges_on_the_most_frequent_match():
    modality = torch.zeros(4, dtype=torch.int64)
    same = torch.tensor([[2, 0, 1]] * 4)
    assert agreement(same, modality) == 1
    assert agreement(torch.cat([same[:3], torch.tensor([[2, 1, 0]])]), modality) == pytest.approx(10 / 12)
    mixed = torch.tensor([[0, 1, 2]] * 6 + [[1, 0, 2]] * 4 + [[2, 0, 1]] * 3)  # most often 0-0, 0-1 and 2-2
    assert agreement(mixed, torch.zeros(13, dtype=torch.int64)) == pytest.approx((6 + 6 + 10) / 39)


def test_the_record_holds_the_assignment_on_the_counts_which_single_edges_need_not_give():
    record = MatchRecord(3)
    match = torch.tensor([[0, 1, 2]] * 6 + [[1, 0, 2]] * 4 + [[2, 0, 1]] * 3)  # columns 0 and 1 are largest in row 0
    record.add(match, torch.zeros(13, dtype=torch.int64))
    counts = record.counts.sum(0).tolist()
    best = max(permutations(range(3)), key=lambda u: sum(counts[u[v]][v] for v in range(3)))
    assert tuple(record.infrared_parts().tolist()) == best
    assert best == (0, 1, 2) and [max(range(3), key=lambda u, v=v: counts[u][v]) for v in range(3)] == [0, 0, 2]


def test_the_last_epoch_counts_and_what_came_after_it():
    record = MatchRecord(3)
    record.steps_per_epoch = 4
    modality = torch.tensor([0, 1])
    early, late = torch.tensor([[1, 2, 0], [2, 0, 1]]), torch.tensor([[0, 1, 2]] * 2)
    for _ in range(8):  # two epochs
        record.add(early, modality)
    assert record.infrared_parts().tolist() == [1, 2, 0] and record.counts.sum() == 4 * 2 * 3
    for _ in range(3):
        record.add(late, modality)
    assert record.infrared_parts().tolist() == [1, 2, 0] and record.counts.sum() == (4 + 3) * 2 * 3
    record.add(late, modality)  # the third epoch is whole: nothing else counts
    assert record.infrared_parts().tolist() == [0, 1, 2] and record.counts.sum() == 4 * 2 * 3


def test_without_an_epoch_everything_counts():
    record = MatchRecord(3)
    for _ in range(9):
        record.add(torch.tensor([[1, 2, 0]]), torch.tensor([0]))
    assert record.counts.sum() == 9 * 3


def test_the_record_travels_with_the_weights():
    record, other = MatchRecord(3), MatchRecord(3)
    record.add(torch.tensor([[2, 0, 1]]), torch.tensor([0]))
    other.load_state_dict(record.state_dict())
    assert other.infrared_parts().tolist() == [2, 0, 1]
    with pytest.raises(InputError, match="never trained: load the checkpoint of a run"):
        MatchRecord(3).infrared_parts()


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (torch.ones(2, 3, 4), "3 parts of one modality cannot be matched with 4"),
        (torch.full((2, 3, 3), torch.nan), "no longer finite: lower lr"),
    ],
)
def test_graphs_that_cannot_be_matched_are_named(weights, message):
    with pytest.raises(InputError, match=message):
        match_queries(weights)
