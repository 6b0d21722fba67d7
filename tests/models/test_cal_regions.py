"""CAL's region mining, its rivals and its attention, recomputed with explicit loops."""

import math

import pytest
import torch
from torch.nn import functional as F

from vireid_lab.losses.match_distill import diversity
from vireid_lab.models.region_mining import LearnedParts, PartScorer, RegionMining, Stripes, aggregate, select_tokens
from vireid_lab.models.target_attention import EPS, TargetAttention
from vireid_lab.runtime import InputError

DRAW = torch.Generator().manual_seed(0)
MAPS = torch.randn(4, 8, 6, 3, generator=DRAW)
TOKENS = MAPS.flatten(2).transpose(1, 2)  # (4, 18, 8)
MODALITY = torch.tensor([0, 1, 1, 0])


def test_tokens_are_the_positions_row_by_row():
    assert torch.equal(TOKENS[2, 3 * 4 + 1], MAPS[2, :, 4, 1])


def test_the_scores_see_neighbourhoods_of_1_3_and_5_and_sum_to_1_over_the_positions():
    torch.manual_seed(0)
    scorer = PartScorer(8, 4)
    raw = torch.empty(4, 6, 3)
    prototypes = scorer.prototypes.weight.flatten(1)  # (4, 3 * 8)
    for y in range(6):
        for x in range(3):
            seen = []
            for reach in (0, 1, 2):
                around = MAPS[1, :, max(y - reach, 0) : y + reach + 1, max(x - reach, 0) : x + reach + 1]
                seen.append(around.amax((1, 2)))
            raw[:, y, x] = prototypes @ torch.cat(seen) / math.sqrt(3 * 8)
    scores = scorer(MAPS)
    assert scores.shape == (4, 18, 4)
    for p in range(4):
        expected = raw[p].exp() / raw[p].exp().sum()
        assert torch.allclose(scores[1, :, p], expected.flatten(), atol=1e-6)


@pytest.mark.parametrize(("alpha", "kept"), [(0.6, 3), (1.0, 5), (0.01, 1)])
def test_the_parts_are_the_weighted_means_of_their_highest_tokens(alpha, kept):
    scores = torch.rand(4, 18, 4, generator=DRAW).softmax(1)
    selected = select_tokens(scores, alpha)
    parts = aggregate(selected, TOKENS)
    assert kept == math.ceil(alpha * 18 / 4)
    for i in range(4):
        for p in range(4):
            best = sorted(range(18), key=lambda t, i=i, p=p: -scores[i, t, p].item())[:kept]
            assert set(selected[i, :, p].nonzero().flatten().tolist()) == set(best)
            weights = [scores[i, t, p].item() for t in best]
            mean = sum(w * TOKENS[i, t] for w, t in zip(weights, best, strict=True)) / sum(weights)
            assert torch.allclose(parts[i, p], mean, atol=1e-5)


def test_each_modality_is_mined_by_its_own_scorer_and_they_start_unlike():
    torch.manual_seed(0)
    mining = RegionMining(8, 4)
    parts, selected = mining(MAPS, TOKENS, MODALITY)
    scorers = (mining.scorer.visible, mining.scorer.infrared)
    for i, m in enumerate(MODALITY):
        expected = select_tokens(scorers[m](MAPS[i : i + 1]), 0.6)
        assert torch.allclose(selected[i], expected[0], atol=1e-6)
        assert torch.allclose(parts[i], aggregate(expected, TOKENS[i : i + 1])[0], atol=1e-5)
    assert not torch.allclose(*(s.prototypes.weight for s in scorers), atol=0.01)


def test_a_shared_scorer_treats_both_modalities_alike():
    torch.manual_seed(0)
    mining = RegionMining(8, 4, shared=True)
    first, second = (mining(MAPS, TOKENS, modality)[0] for modality in (MODALITY, 1 - MODALITY))
    assert torch.equal(first, second)


@pytest.mark.parametrize(("number", "stripes"), [(2, [3, 3]), (4, [2, 1, 2, 1]), (6, [1] * 6)])
def test_stripes_are_means_of_neighbouring_rows(number, stripes):
    parts, selected = Stripes(number)(MAPS, TOKENS, MODALITY)
    top = 0
    for p, rows in enumerate(stripes):
        assert torch.allclose(parts[:, p], MAPS[:, :, top : top + rows].mean((2, 3)), atol=1e-6)
        top += rows
    assert top == 6 and diversity(selected) == 0


def test_learned_parts_are_those_of_the_modality():
    learned = LearnedParts(8, 4)
    parts, selected = learned(MAPS, TOKENS, MODALITY)
    assert selected is None and all(torch.equal(parts[i], learned.vectors[m]) for i, m in enumerate(MODALITY))


def test_diversity_is_the_overlap_of_each_pair_of_regions():
    selected = select_tokens(torch.rand(4, 18, 4, generator=DRAW).softmax(1), 0.6)
    total = 0.0
    for image in selected:
        for p in range(4):
            for q in range(p + 1, 4):
                total += sum((image[t, p] * image[t, q]).item() for t in range(18))
    assert diversity(selected).item() == pytest.approx(total / 4, rel=1e-5) and total > 0


@pytest.mark.parametrize("style_agnostic", [True, False])
@pytest.mark.parametrize("channel_attention", [True, False])
def test_the_attention_is_that_of_eq_6_to_10(style_agnostic, channel_attention):
    torch.manual_seed(0)
    attention = TargetAttention(8, style_agnostic, channel_attention)
    parts, source = torch.randn(4, 5, 8, generator=DRAW), TOKENS.flip(0)  # as many parts as one likes, of other images
    features, maps = attention(TOKENS, attention.keys(TOKENS), attention.queries(parts, source))
    for i in range(4):
        mean, deviation = source[i].mean(0), (source[i].var(0, correction=0) + EPS).sqrt()
        own_mean, own_deviation = TOKENS[i].mean(0), (TOKENS[i].var(0, correction=0) + EPS).sqrt()
        for p in range(5):
            query, keys = parts[i, p], list(TOKENS[i])
            if style_agnostic:
                query = attention.query_mlp((query - mean) / deviation)
                keys = [attention.key_mlp((key - own_mean) / own_deviation) for key in keys]
            scores = torch.stack([query @ key / math.sqrt(len(query)) for key in keys]).exp()
            scores = scores / scores.sum()
            refined = sum(score * token for score, token in zip(scores, TOKENS[i], strict=True))
            if channel_attention:
                refined = refined * torch.sigmoid(attention.channel_mlp[0](parts[i, p]))
            assert torch.allclose(maps[i, p], scores, atol=1e-6)
            assert torch.allclose(features[i, p], refined, atol=1e-5)


def test_the_style_of_an_image_does_not_move_the_attention_but_moves_the_dot_product():
    torch.manual_seed(0)
    scale, shift = torch.rand(8, generator=DRAW) + 0.5, torch.randn(8, generator=DRAW)
    parts = aggregate(select_tokens(torch.rand(4, 18, 4, generator=DRAW).softmax(1), 0.6), TOKENS)
    moved = []
    for style_agnostic in (True, False):
        attention = TargetAttention(8, style_agnostic, channel_attention=False)
        queries = attention.queries(parts, TOKENS)
        plain = attention(TOKENS, attention.keys(TOKENS), queries)[1]
        styled = TOKENS * scale + shift
        moved.append((attention(styled, attention.keys(styled), queries)[1] - plain).abs().max().item())
    assert moved[0] < 1e-4 and moved[1] > 0.01


@pytest.mark.parametrize("alpha", [0.0, -0.5, 1.01, math.nan])
def test_a_ratio_outside_0_to_1_is_named(alpha):
    with pytest.raises(InputError, match="alpha=.*above 0 and up to 1"):
        RegionMining(8, 4, alpha)


@pytest.mark.parametrize(
    ("regions", "message"),
    [(RegionMining(8, 19), "19 parts need as many tokens .* has 18"), (Stripes(7), "stripes:7 .* 6 rows")],
)
def test_more_parts_than_places_are_named(regions, message):
    with pytest.raises(InputError, match=message):
        regions(MAPS, TOKENS, MODALITY)


def test_constant_images_keep_finite_gradients():
    torch.manual_seed(0)
    mining, attention = RegionMining(8, 4), TargetAttention(8)
    maps = torch.ones(2, 8, 6, 3, requires_grad=True)
    tokens = maps.flatten(2).transpose(1, 2)
    parts, _ = mining(maps, tokens, torch.tensor([0, 1]))
    features, _ = attention(tokens, attention.keys(tokens), attention.queries(parts, tokens))
    F.normalize(features, dim=2).square().sum().backward()
    assert maps.grad.isfinite().all()
