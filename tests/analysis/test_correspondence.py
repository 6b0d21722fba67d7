"""What CAL sees in pairs of images, recomputed query by query, and its matching where the answer is known."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from vireid_lab.analysis.correspondence import correspond, effective_positions
from vireid_lab.analysis.part_matching import count_matches, describe_search, plant, search, similarities
from vireid_lab.data.transforms import normalise, to_float
from vireid_lab.models.backbone import build_backbone
from vireid_lab.models.cal import CAL
from vireid_lab.models.region_mining import LearnedParts, RegionMining
from vireid_lab.models.target_attention import TargetAttention
from vireid_lab.runtime import InputError

COLOURS = np.random.default_rng(0).integers(0, 256, (3, 2, 6, 3, 3)).astype(np.uint8)
PAIRS = COLOURS.repeat(16, 2).repeat(16, 3)  # a colour for each token
ORDER = [2, 0, 3, 1]  # infrared part u shows what visible part ORDER[u] shows
FOUND = (1, 3, 0, 2)  # and so for each visible part its infrared one


def cal(matching: bool = True, regions=None) -> CAL:
    torch.manual_seed(0)
    backbone = build_backbone("resnet10")
    attention = TargetAttention(backbone.dim)
    with torch.no_grad():
        attention.key_mlp[2].weight.mul_(20)  # attention that is far from even
    return CAL(backbone, 5, regions or RegionMining(backbone.dim, 4), 4, attention, matching).eval()


def pixels(pairs: np.ndarray, modality: int) -> torch.Tensor:
    return normalise(to_float(torch.from_numpy(pairs[:, modality]).permute(0, 3, 1, 2)))


def test_every_query_is_answered_by_both_images_as_if_asked_alone():
    model = cal(matching=False).train()
    seen = correspond(model, PAIRS)
    assert model.training and len(seen) == 3
    model.eval()
    with torch.no_grad():
        found = [model.describe(pixels(PAIRS, m), torch.full((3,), m)) for m in (0, 1)]
        for n, pair in enumerate(seen):
            np.testing.assert_array_equal(pair.images, PAIRS[n])
            assert pair.match.tolist() == [0, 1, 2, 3] and pair.answers.shape == (2, 2, 4 + 18, 6, 3)
            for asks in (0, 1):
                own = found[asks].of(torch.tensor([n]))
                regions = own.selected[0].T.reshape(4, 6, 3)
                np.testing.assert_allclose(pair.regions[asks], regions, atol=1e-6)
                for q, query in enumerate([*own.parts[0], *own.tokens[0]]):
                    direction = model.attention.queries(query[None, None], own.tokens).directions[0, 0]
                    for answers in (0, 1):
                        keys = found[answers].keys[n]
                        weights = torch.stack([direction @ key / math.sqrt(len(key)) for key in keys]).softmax(0)
                        np.testing.assert_allclose(pair.answers[asks, answers, q].ravel(), weights, atol=1e-5)


def test_the_graph_is_that_of_the_training_mean_over_both_images():
    model = cal(matching=False)
    with torch.no_grad():
        output = model(torch.cat([pixels(PAIRS, 0), pixels(PAIRS, 1)]), torch.arange(2).repeat_interleave(3))
    for n, pair in enumerate(correspond(model, PAIRS)):
        in_visible, in_infrared = output.weights[n], output.weights[3 + n].T  # rows: infrared parts
        np.testing.assert_allclose(pair.weights, (in_visible + in_infrared) / 2, atol=1e-6)


def test_counterparts_follow_the_match_both_ways():
    model = plant(cal(), ORDER)
    with pytest.raises(InputError, match="never trained"):
        correspond(model, PAIRS)
    count_matches(model, PAIRS)
    pair = correspond(model, PAIRS)[0]
    assert sorted(pair.match.tolist()) == [0, 1, 2, 3]
    for v in range(4):
        assert pair.counterpart(0, v) == pair.match[v] and pair.counterpart(1, pair.counterpart(0, v)) == v


def test_learned_vectors_have_no_regions():
    assert correspond(cal(False, LearnedParts(256, 4)), PAIRS)[0].regions is None


def test_effective_positions_of_even_and_of_single_maps():
    even, single = np.full((6, 3), 1 / 18), np.zeros((6, 3))
    single[2, 1] = 1
    np.testing.assert_allclose(effective_positions(np.stack([even, single])), [18, 1])


@pytest.mark.parametrize("shape", [(2, 96, 48, 3), (4, 3, 96, 48, 3), (4, 2, 3, 96, 48)])
def test_what_is_not_a_pair_is_named(shape):
    with pytest.raises(InputError, match="give pairs"):
        correspond(cal(False), np.zeros(shape, np.uint8))


def test_a_planted_permutation_is_found_and_the_search_undoes_it():
    model = plant(cal(), ORDER)
    same = PAIRS.copy()
    same[:, 1] = same[:, 0]  # the same picture in both modalities
    matches = count_matches(model, same)
    assert matches.found == FOUND and matches.exact == matches.agreement == 1
    found = similarities(model, same)
    own, numbered = (np.diag(found[name]) for name in ("self-refined", "as numbered"))
    assert own.min() > 0.999 > numbered.max()  # not 1: each part has a neck of its own
    ids = np.arange(3)
    assert search(found["self-refined"], ids, ids)["rank1"] == 1


def test_planting_leaves_the_model_as_it_was():
    model = cal()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    planted = plant(model, ORDER)
    count_matches(planted, PAIRS)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    scorer = planted.regions.scorer
    for u, v in enumerate(ORDER):
        assert torch.equal(scorer.infrared.prototypes.weight[u], scorer.visible.prototypes.weight[v])


@pytest.mark.parametrize(
    ("model", "order", "message"),
    [
        (cal(False), ORDER, "head=drm:N"),
        (cal(True, RegionMining(256, 4, shared=True)), ORDER, "head=drm:N"),
        (cal(), [0, 1, 2, 2], "give each of 0 to 3 once"),
        (cal(), [0, 1, 2], "give each of 0 to 3 once"),
    ],
)
def test_what_cannot_be_planted_is_named(model, order, message):
    with pytest.raises(InputError, match=message):
        plant(model, order)


def test_similarities_are_those_of_embeddings_with_and_without_the_match():
    model = plant(cal(), ORDER)
    count_matches(model, PAIRS)
    found = similarities(model, PAIRS)
    with torch.no_grad():
        visible, infrared = (model.embed(pixels(PAIRS, m), torch.full((3,), m)) for m in (0, 1))
        model.record = None
        numbered = model.embed(pixels(PAIRS, 1), torch.ones(3, dtype=torch.int64))
    for name, other in (("self-refined", infrared), ("as numbered", numbered)):
        expected = F.cosine_similarity(visible[:, None], other[None], dim=2)
        np.testing.assert_allclose(found[name], expected, atol=1e-5)


def test_the_upper_bound_refines_each_pair_by_the_parts_of_both():
    model = plant(cal(), ORDER)
    count_matches(model, PAIRS)
    bound = similarities(model, PAIRS)["cross-refined"]
    with torch.no_grad():
        for v in range(3):
            for i in range(3):
                both = [model.describe(pixels(PAIRS[[n]], m), torch.tensor([m])) for m, n in ((0, v), (1, i))]
                cosines = []
                for asking in both:
                    refined = [model.attention(seen.tokens, seen.keys, asking.queries)[0][0] for seen in both]
                    for p, neck in enumerate(model.necks):
                        cosines.append(F.cosine_similarity(*(neck(image[[p]])[0] for image in refined)).item())
                assert bound[v, i] == pytest.approx(np.mean(cosines), abs=1e-5)


def test_the_search_asks_infrared_images_for_visible_ones():
    similarity = np.array([[0.9, 0.1], [0.5, 0.3], [0.7, 0.2]])  # three visible images, two infrared ones
    result = search(similarity, np.array([1, 2, 2]), np.array([1, 2]))
    assert result["rank1"] == 1 and result["mAP"] == 1
    result = search(similarity, np.array([2, 1, 1]), np.array([1, 2]))
    assert result["rank1"] == 0 and result["mAP"] == pytest.approx(((1 / 2 + 2 / 3) / 2 + 1 / 3) / 2)
    assert describe_search(result) == "rank-1 0.0 %, mAP 45.8 %"
