"""CAL's network: who refines whom, a planted permutation of the parts, and retrieval without and with pairs."""

import pytest
import torch
from torch.nn import functional as F

from vireid_lab.models.backbone import build_backbone
from vireid_lab.models.cal import CAL
from vireid_lab.models.pair_refinement import pair_similarity
from vireid_lab.models.query_matching import partners
from vireid_lab.models.region_mining import RegionMining
from vireid_lab.models.target_attention import TargetAttention
from vireid_lab.runtime import InputError

DRAW = torch.Generator().manual_seed(0)
IMAGES = torch.randn(6, 3, 6, 3, generator=DRAW).repeat_interleave(16, 2).repeat_interleave(16, 3)  # a colour a token
MODALITY = torch.tensor([0, 1, 1, 0, 1, 0])
PARTNER = [1, 0, 3, 2, 5, 4]  # first visible with first infrared, and so on
SHUFFLE = [2, 0, 3, 1]  # infrared part u shows what visible part SHUFFLE[u] shows


def cal(matching: bool = True, **options) -> CAL:
    torch.manual_seed(0)
    backbone = build_backbone("resnet10")
    regions, attention = RegionMining(backbone.dim, 4), TargetAttention(backbone.dim)
    return CAL(backbone, 9, regions, 4, attention, matching, **options)


def planted() -> CAL:
    """The prototypes of the infrared scorer are the visible ones in another order."""
    model = cal()
    scorer = model.regions.scorer
    with torch.no_grad():
        scorer.visible.prototypes.weight.mul_(20)  # regions that are far from even
        scorer.infrared.prototypes.weight.copy_(scorer.visible.prototypes.weight[SHUFFLE])
        model.attention.key_mlp[2].weight.mul_(20)
    return model


def test_partners_are_the_nth_of_both_modalities():
    assert partners(MODALITY).tolist() == PARTNER
    assert partners(torch.tensor([0, 0, 1, 1])).tolist() == [2, 3, 0, 1]


def test_each_image_is_refined_by_its_own_parts_and_by_those_of_its_partner():
    model = cal().eval()
    output, found = model(IMAGES, MODALITY), model.describe(IMAGES, MODALITY)
    for i, j in enumerate(PARTNER):
        rows = torch.tensor([i])
        tokens, keys = found.tokens[rows], found.keys[rows]
        own, own_map = model.attention(tokens, keys, found.queries.of(rows))
        other = model.attention.queries(found.parts[[j]], found.tokens[[j]])  # in the style of where they come from
        cross, cross_map = model.attention(tokens, keys, other)
        assert torch.allclose(output.features[i], own.flatten(), atol=1e-5)
        assert torch.allclose(output.cross_features[i], cross.flatten(), atol=1e-5)
        for u in range(4):
            for v in range(4):
                weight = sum(a * b for a, b in zip(cross_map[0, u], own_map[0, v], strict=True))
                assert torch.allclose(output.weights[i, u, v], weight, atol=1e-6)
        for p in range(4):
            assert torch.allclose(output.part_logits[i, p], model.part_classifiers[p](found.parts[i, p]), atol=1e-5)
            assert torch.allclose(output.cross_logits[i, p], model.necks[p](cross[:, p])[1][0], atol=1e-5)
            assert torch.allclose(output.logits[i, p], model.necks[p](own[:, p])[1][0], atol=1e-5)


def test_a_planted_permutation_is_found_and_retrieval_undoes_it():
    model = planted()
    images, modality = torch.cat([IMAGES[:3]] * 2), torch.arange(6) // 3  # the same pictures in both modalities
    output = model.train()(images, modality)
    infrared_of_visible = [SHUFFLE.index(v) for v in range(4)]
    for found, m in zip(output.match.tolist(), modality, strict=True):
        assert found == (SHUFFLE if m else infrared_of_visible)
    assert model.record.infrared_parts().tolist() == infrared_of_visible
    visible, infrared = (model.eval().embed(images[:3], torch.full((3,), m), "before") for m in (0, 1))
    assert torch.allclose(visible, infrared, atol=1e-5)
    model.record = None
    assert F.cosine_similarity(visible, model.embed(images[:3], torch.ones(3).long(), "before")).max() < 0.99


def test_reordered_parts_are_those_of_reordered_prototypes():
    model = cal()
    model.train()(IMAGES, MODALITY)
    model.record.counts.zero_()
    model.record.counts[1] = torch.eye(4, dtype=torch.int64)[SHUFFLE].T  # u = SHUFFLE[v]
    assert model.record.infrared_parts().tolist() == SHUFFLE
    expected = model.eval().embed(IMAGES, MODALITY, "before")
    with torch.no_grad():
        prototypes = model.regions.scorer.infrared.prototypes.weight
        prototypes.copy_(prototypes[SHUFFLE])
    model.record = None
    assert torch.allclose(model.embed(IMAGES, MODALITY, "before"), expected, atol=1e-6)


@pytest.mark.parametrize("neck", ["before", "after"])
def test_the_cosine_of_descriptors_is_the_mean_cosine_of_the_parts(neck):
    model = cal(matching=False).eval()
    output = model(IMAGES, MODALITY)
    parts = output.descriptor(neck).unflatten(1, (4, -1))
    first, second = model.embed(IMAGES, MODALITY, neck)[:2]
    cosines = [F.cosine_similarity(parts[0, p], parts[1, p], dim=0) for p in range(4)]
    assert torch.allclose(F.cosine_similarity(first, second, dim=0), sum(cosines) / 4, atol=1e-6)


def test_descriptors_do_not_depend_on_the_other_images():
    model = planted()
    model.train()(IMAGES, MODALITY)
    together = model.eval().embed(IMAGES, MODALITY)
    for i in range(6):
        assert torch.allclose(model.embed(IMAGES[[i]], MODALITY[[i]])[0], together[i], atol=1e-5)


def test_matches_are_counted_in_training_alone():
    model = cal().eval()
    model(IMAGES, MODALITY)
    assert model.record.steps == 0
    with pytest.raises(InputError, match="never trained"):
        model.embed(IMAGES, MODALITY)
    model.train()(IMAGES, MODALITY)
    assert model.record.steps == 1 and model.record.counts.sum() == 6 * 4


def test_without_matching_part_p_is_taken_for_part_p():
    model = cal(matching=False)
    assert (model(IMAGES, MODALITY).match == torch.arange(4)).all()
    assert not any("record" in name for name in model.state_dict())


def test_every_parameter_gets_a_gradient():
    model = cal()
    output = model(IMAGES, MODALITY)
    (output.logits.square().sum() + output.cross_logits.square().sum() + output.part_logits.square().sum()).backward()
    assert [n for n, p in model.named_parameters() if p.requires_grad and (p.grad is None or not p.grad.any())] == []


def test_pairs_are_compared_by_the_parts_of_one_another():
    model = cal().eval()
    visible = model.describe(IMAGES[:2], torch.zeros(2, dtype=torch.int64))
    infrared = model.describe(IMAGES[2:5], torch.ones(3, dtype=torch.int64))
    similarity = pair_similarity(model, visible, infrared)
    assert similarity.shape == (2, 3)
    for a in range(2):
        for b in range(3):
            cosines = []
            for queries in (visible.queries.of(torch.tensor([a])), infrared.queries.of(torch.tensor([b]))):
                first, _ = model.attention(visible.tokens[[a]], visible.keys[[a]], queries)
                second, _ = model.attention(infrared.tokens[[b]], infrared.keys[[b]], queries)
                for p, neck in enumerate(model.necks):
                    cosines.append(F.cosine_similarity(neck(first[:, p])[0], neck(second[:, p])[0]))
            assert torch.allclose(similarity[a, b], torch.cat(cosines).mean(), atol=1e-5)


@pytest.mark.parametrize("modality", [[0, 0, 0, 0, 0, 1], [1] * 6])
def test_a_batch_without_partners_is_named(modality):
    with pytest.raises(InputError, match="each needs a partner in the other modality"):
        cal()(IMAGES, torch.tensor(modality))
