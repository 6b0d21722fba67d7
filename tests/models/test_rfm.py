"""RFM's network: its parts and the three kinds of attention recomputed with explicit loops."""

import pytest
import torch
from torch.nn import functional as F

from vireid_lab.models.backbone import build_backbone
from vireid_lab.models.rfm import RFM
from vireid_lab.models.weights import load_backbone_weights, save_backbone_weights
from vireid_lab.runtime import InputError

IMAGES = torch.randn(6, 3, 96, 48, generator=torch.Generator().manual_seed(0))
MODALITY = torch.tensor([0, 1, 1, 0, 1, 0])


def rfm(attention: str = "mam", parts: int = 6) -> RFM:
    torch.manual_seed(0)
    return RFM(build_backbone("resnet10"), 9, parts, 16, attention).eval()


@pytest.mark.parametrize("attention", ["none", "cbam", "mam"])
def test_shapes_and_parts_from_top_to_bottom(attention):
    model = rfm(attention)
    output = model(IMAGES, MODALITY)
    assert output.maps.shape == output.weighted.shape == (6, 128, 6, 3)  # layer3, stride 16
    assert output.features.shape == output.embedding.shape == (6, 6 * 16) and output.logits.shape == (6, 6, 9)
    for k in range(6):
        feature = model.reductions[k](output.weighted[:, :, k].mean(2))
        assert torch.allclose(output.features[:, 16 * k : 16 * (k + 1)], feature, atol=1e-6)
        embedding, logits = model.necks[k](feature)
        assert torch.allclose(output.embedding[:, 16 * k : 16 * (k + 1)], embedding, atol=1e-6)
        assert torch.allclose(output.logits[:, k], logits, atol=1e-6)
    assert torch.equal(model.embed(IMAGES, MODALITY), output.embedding)
    assert torch.equal(model.embed(IMAGES, MODALITY, "before"), output.features)


def test_mam_weighs_each_image_by_the_layer4_of_its_own_modality():
    model = rfm()
    with torch.no_grad():
        for p in model.backbone.layer4.infrared.parameters():
            p.mul_(1.3)
    output = model(IMAGES, MODALITY)
    for i, m in enumerate(MODALITY):
        stream = (model.backbone.layer4.visible, model.backbone.layer4.infrared)[m]
        classifier = (model.high_classifiers.visible, model.high_classifiers.infrared)[m]
        high = stream(output.maps[i : i + 1])[0]  # (C, h, w)
        weights = torch.empty(6, 3)
        for y in range(6):
            for x in range(3):
                weights[y, x] = 1 / (1 + torch.exp(-high[:, y, x].mean()))
        assert torch.allclose(output.attention[i, 0], weights, atol=1e-6)
        assert torch.allclose(output.weighted[i], output.maps[i] * weights, atol=1e-5)
        assert torch.allclose(output.high_logits[i], classifier(high.mean((1, 2))), atol=1e-5)


def test_cbam_weighs_by_its_own_mean_and_maximum():
    model = rfm("cbam")
    output = model(IMAGES, MODALITY)
    planes = torch.stack([output.maps.mean(1), output.maps.max(1).values], 1)
    expected = F.conv2d(planes, model.spatial.conv.weight, padding=3).sigmoid()
    assert torch.allclose(output.attention, expected, atol=1e-6) and output.high_logits is None


def test_without_attention_the_map_is_used_as_it_is():
    output = rfm("none")(IMAGES, MODALITY)
    assert torch.equal(output.weighted, output.maps) and output.attention is None and output.high_logits is None


@pytest.mark.parametrize("attention", ["none", "cbam", "mam"])
def test_every_parameter_gets_a_gradient(attention):
    model = rfm(attention).train()
    output = model(IMAGES, MODALITY)
    total = output.logits.square().sum()
    if output.high_logits is not None:
        total = total + output.high_logits.square().sum()
    total.backward()
    assert [name for name, p in model.named_parameters() if p.requires_grad and p.grad is None] == []


@pytest.mark.parametrize("attention", ["none", "mam"])
def test_weights_of_a_whole_backbone_fit_with_two_layer4_or_none(attention, tmp_path):
    torch.manual_seed(1)
    whole = build_backbone("resnet10")
    save_backbone_weights(whole, tmp_path / "whole.pt", "test")
    model = rfm(attention)
    load_backbone_weights(model.backbone, "resnet10", str(tmp_path / "whole.pt"))
    loaded, given = model.backbone.state_dict(), whole.state_dict()
    assert torch.equal(loaded["layer3.0.conv1.weight"], given["layer3.0.conv1.weight"])
    if attention == "mam":
        for stream in ("visible", "infrared"):
            assert torch.equal(loaded[f"layer4.{stream}.0.conv1.weight"], given["layer4.0.conv1.weight"])


@pytest.mark.parametrize(
    ("options", "message"), [({"attention": "man"}, "did you mean 'mam'"), ({"parts": 4}, "parts=4 does not divide")]
)
def test_what_cannot_be_built_is_named(options, message):
    with pytest.raises(InputError, match=message):
        rfm(**options)(IMAGES, MODALITY)
