"""IDKL's network: its branches and purifier recomputed with explicit loops, its reversal by finite differences."""

import math

import pytest
import torch

from vireid_lab.models.backbone import build_backbone
from vireid_lab.models.idkl import IDKL
from vireid_lab.models.modality_classifier import GradientReversal, ModalityClassifiers
from vireid_lab.models.purifier import InformationPurifier
from vireid_lab.models.weights import load_backbone_weights, save_backbone_weights
from vireid_lab.runtime import InputError
from vireid_lab.train.checkpoint import load_model

IMAGES = torch.randn(6, 3, 96, 48, generator=torch.Generator().manual_seed(0))
MODALITY = torch.tensor([0, 1, 1, 0, 1, 0])
MAPS = torch.rand(3, 32, 4, 2, generator=torch.Generator().manual_seed(1))


def idkl(purifier: str = "paper", **options) -> IDKL:
    torch.manual_seed(0)
    return IDKL(build_backbone("resnet10"), 9, purifier, **options).eval()


def gem(values) -> float:
    values = [max(v, 1e-6) for v in values.tolist()]
    return (sum(v**3 for v in values) / len(values)) ** (1 / 3)


def pooled(maps: torch.Tensor) -> torch.Tensor:
    return torch.tensor([[gem(channel.flatten()) for channel in image] for image in maps.detach()])


def test_the_branches_part_behind_layer2():
    model = idkl()
    with torch.no_grad():
        for p in model.backbone.layer4["specific"].parameters():
            p.mul_(1.3)
    output, net = model(IMAGES, MODALITY), model.backbone
    low = net.layer2(net.layer1(net.stem(IMAGES, MODALITY)))
    for name, maps, features in (
        ("shared", output.maps, output.features),
        ("specific", output.specific_maps, output.specific),
    ):
        expected = net.layer4[name](net.layer3[name](low))
        assert torch.equal(maps, expected) and maps.shape == (6, 256, 6, 3)
        assert torch.allclose(features, pooled(expected), atol=1e-5)
    assert not torch.allclose(output.maps, output.specific_maps)


def test_the_exponent_of_every_pooling_is_fixed_at_3():
    exponents = {name: p for name, p in idkl().named_parameters() if name.endswith("pool.p")}
    assert exponents.keys() == {"pool.p", "purifier.pool.p"}
    assert all(p.item() == 3 and not p.requires_grad for p in exponents.values())


def test_each_feature_has_its_own_neck_and_the_enhanced_one_that_of_the_specific_features():
    model = idkl()
    output = model(IMAGES, MODALITY)
    for name, neck in (("specific", model.specific_neck), ("purified", model.purified_neck)):
        branch = output.branch(name)
        embedding, logits = neck(branch.features)
        assert torch.equal(branch.embedding, embedding) and torch.equal(branch.logits, logits)
        assert torch.equal(branch.features, getattr(output, name)) and logits.shape == (6, 9)
        assert torch.allclose(branch.features, pooled(branch.maps), atol=1e-5)
    enhanced = pooled(output.mask_e[..., None, None] * output.specific_maps)
    assert torch.allclose(output.enhanced_logits, model.specific_neck(enhanced)[1], atol=1e-5)
    assert torch.equal(output.teacher.features, output.purified)
    assert torch.equal(idkl("none")(IMAGES, MODALITY).teacher.logits, output.specific_logits)


def test_the_running_statistics_of_the_specific_neck_are_those_of_the_specific_features_alone():
    model = idkl().train()
    output = model(IMAGES, MODALITY)
    bn = model.specific_neck.bn
    assert torch.allclose(bn.running_mean, bn.momentum * output.specific.mean(0), atol=1e-6)
    assert int(bn.num_batches_tracked) == 1
    model(IMAGES, MODALITY)
    assert int(bn.num_batches_tracked) == 2


def test_the_neck_takes_a_weighting_that_is_the_same_for_all_images_out_of_the_enhanced_logits():
    model = idkl().train()
    torch.nn.init.normal_(model.specific_neck.classifier.weight)
    seen = model(IMAGES, MODALITY)
    assert (seen.enhanced_logits - seen.specific_logits).abs().max() > 0.05  # the mask varies from image to image
    weights = torch.linspace(0.5, 1, 256)
    model.purifier.enhance.forward = weights.expand_as
    output = model(IMAGES, MODALITY)
    assert torch.allclose(output.mask_e[0], weights) and torch.equal(output.specific, seen.specific)
    assert torch.allclose(output.enhanced_logits, output.specific_logits, atol=0.02)


def test_the_purifier_by_loops_over_images_channels_and_positions():
    model = idkl()
    output = model(IMAGES, MODALITY)
    purifier = model.purifier
    for i, maps in enumerate(output.specific_maps):
        normalised = torch.empty_like(maps)
        for c, channel in enumerate(maps):  # Eq. 7
            values = channel.flatten().tolist()
            mean = sum(values) / len(values)
            variance = sum((v - mean) ** 2 for v in values) / len(values)
            normalised[c] = (channel - mean) / math.sqrt(variance + 1e-5)
        masks = []
        for net, seen in ((purifier.enhance, maps), (purifier.reduce, normalised)):  # Eq. 8
            hidden = (net[0].weight @ pooled(seen[None])[0]).clamp(min=0)
            assert len(hidden) == 256 // 16
            masks.append(1 / (1 + torch.exp(-(net[2].weight @ hidden))))
        m_e, m_r = masks
        assert torch.allclose(output.mask_e[i], m_e, atol=1e-5) and torch.allclose(output.mask_r[i], m_r, atol=1e-5)
        purified = torch.empty_like(maps)
        for c in range(len(maps)):  # Eq. 9, 12
            reduced, enhanced = m_r[c] * normalised[c], m_e[c] * maps[c]
            purified[c] = m_e[c] * reduced + m_r[c] * enhanced
        assert torch.allclose(output.purified_maps[i], purified, atol=1e-4)
        assert torch.allclose(output.normalised[i], pooled(normalised[None])[0], atol=1e-4)
        assert torch.allclose(output.reduced[i], pooled((m_r[:, None, None] * normalised)[None])[0], atol=1e-4)


def test_masks_are_not_one_half_for_every_image():
    torch.manual_seed(0)
    _, _, mask_r = InformationPurifier(32)(MAPS)
    assert mask_r.std(0).max() > 1e-3  # of average pooling: 1e-8


def test_the_released_purifier_weighs_positions():
    torch.manual_seed(0)
    purifier = InformationPurifier(32, "released")
    _, mask_e, mask_r = purifier(MAPS)
    assert mask_e.shape == mask_r.shape == MAPS.shape
    first, second = (purifier.enhance[k].weight[:, :, 0, 0] for k in (0, 2))
    expected = torch.sigmoid(second @ (first @ MAPS[2, :, 3, 1]).relu())
    assert torch.allclose(mask_e[2, :, 3, 1], expected, atol=1e-6)
    output = idkl("released")(IMAGES, MODALITY)
    assert output.mask_e.shape == (6, 256, 6, 3) and output.purified.shape == (6, 256)


def test_the_confusers_see_the_shared_and_the_discriminators_the_specific_features():
    for purifier, seen in (("none", "specific"), ("paper", "specific"), ("released", "purified")):
        model = idkl(purifier, classifiers=3)
        output = model(IMAGES, MODALITY)
        assert output.confusion.shape == output.discrimination.shape == (6, 3, 2)
        for j in range(3):
            confuser, discriminator = model.confusers.classifiers[j], model.discriminators.classifiers[j]
            assert torch.equal(output.confusion[:, j], confuser(output.features))
            assert torch.equal(output.discrimination[:, j], discriminator(getattr(output, seen)))


def test_retrieval_takes_the_shared_branch_alone():
    model = idkl()
    output = model(IMAGES, MODALITY)
    with torch.no_grad():
        for p in model.backbone.layer3["specific"].parameters():
            p.fill_(torch.nan)
    assert torch.equal(model.embed(IMAGES, MODALITY), output.embedding)
    assert torch.equal(model.embed(IMAGES, MODALITY, "before"), output.features)


@pytest.mark.parametrize("coefficient", [0.3, 1.0])
def test_the_reversed_gradient_is_minus_lambda_times_that_of_finite_differences(coefficient, monkeypatch):
    monkeypatch.setattr(GradientReversal, "coefficient", coefficient)
    torch.manual_seed(0)
    classifier = ModalityClassifiers(4, hidden=5).double().eval()
    reversal, x, step = GradientReversal(), torch.randn(3, 4, dtype=torch.float64), 1e-6

    def loss(values):
        return torch.nn.functional.cross_entropy(classifier(values)[:, 0], MODALITY[:3])

    x.requires_grad_()
    loss(reversal(x)).backward()
    for i in range(3):
        for j in range(4):
            shift = torch.zeros_like(x)
            shift[i, j] = step
            with torch.no_grad():
                slope = (loss(x + shift) - loss(x - shift)) / (2 * step)
            assert x.grad[i, j].item() == pytest.approx(-coefficient * slope.item(), abs=1e-8)
    assert torch.equal(reversal(x), x)


def test_the_classifier_behind_the_reversal_learns_as_without_it():
    gradients = []
    for reversal in (GradientReversal(), torch.nn.Identity()):
        torch.manual_seed(0)
        classifier = ModalityClassifiers(4)
        x = torch.randn(6, 4, requires_grad=True)
        torch.nn.functional.cross_entropy(classifier(reversal(x))[:, 0], MODALITY).backward()
        gradients.append((classifier.classifiers[0][0].weight.grad, x.grad))
    assert torch.equal(gradients[0][0], gradients[1][0]) and torch.equal(gradients[0][1], -gradients[1][1])


def test_lambda_grows_with_the_passes_in_training_and_is_kept_with_the_weights():
    reversal = GradientReversal(ramp=10)
    seen = []
    for _ in range(12):
        seen.append(reversal.coefficient)
        reversal(torch.zeros(1))
    expected = [(1 - math.exp(-10 * min(k / 10, 1))) / (1 + math.exp(-10 * min(k / 10, 1))) for k in range(12)]
    assert seen == pytest.approx(expected) and seen[0] == 0 and seen[-1] == pytest.approx(1, abs=1e-4)
    resumed = GradientReversal(ramp=10)
    resumed.load_state_dict(reversal.state_dict())
    assert int(resumed.passes) == 12
    resumed.eval()(torch.zeros(1))
    assert int(resumed.passes) == 12 and GradientReversal().coefficient == 1


def test_both_branches_start_from_the_weights_of_a_whole_backbone(tmp_path):
    torch.manual_seed(1)
    whole = build_backbone("resnet10")
    save_backbone_weights(whole, tmp_path / "whole.pt", "test")
    model = idkl()
    load_backbone_weights(model.backbone, "resnet10", str(tmp_path / "whole.pt"))
    loaded, given = model.backbone.state_dict(), whole.state_dict()
    for layer in ("layer3", "layer4"):
        for branch in ("shared", "specific"):
            assert torch.equal(loaded[f"{layer}.{branch}.0.conv1.weight"], given[f"{layer}.0.conv1.weight"])
    assert torch.equal(loaded["layer2.0.conv1.weight"], given["layer2.0.conv1.weight"])
    save_backbone_weights(model.backbone, tmp_path / "again.pt", "test")
    fresh = build_backbone("resnet10")
    load_backbone_weights(fresh, "resnet10", str(tmp_path / "again.pt"))
    assert torch.equal(fresh.state_dict()["layer4.0.conv1.weight"], given["layer4.0.conv1.weight"])


def test_what_cannot_be_built_is_named():
    with pytest.raises(InputError, match="did you mean 'released'"):
        idkl("release")


@pytest.mark.parametrize("variant", ["paper", "released"])
def test_a_map_of_one_position_is_refused(variant):
    with pytest.raises(InputError, match="1x1.*larger images"):
        InformationPurifier(32, variant)(MAPS[:, :, :1, :1])
    with pytest.raises(InputError, match="1x1"):
        idkl(variant)(IMAGES[:, :, :16, :16], MODALITY)
    assert idkl("none")(IMAGES[:, :, :16, :16], MODALITY).features.isfinite().all()


@pytest.mark.parametrize(("ours", "theirs"), [("paper", "released"), ("released", "paper"), ("none", "paper")])
def test_a_checkpoint_of_another_variant_is_refused(ours, theirs, tmp_path):
    with pytest.raises(InputError, match="run.pt is of another model.*purifie.*use its own settings"):
        load_model(idkl(ours), {"model": idkl(theirs).state_dict()}, tmp_path / "run.pt")
