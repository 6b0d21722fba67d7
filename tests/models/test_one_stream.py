"""TMPA's baseline and the attention of Table VI, against the formulas of their papers."""

import pytest
import torch
from torch.nn import functional as F

from vireid_lab.models.agw import AGW
from vireid_lab.models.backbone import build_backbone
from vireid_lab.models.map_attention import CBAM, SpatialTransformer, SqueezeExcitation
from vireid_lab.models.one_stream import OneStream
from vireid_lab.runtime import InputError

DRAW = torch.Generator().manual_seed(0)
IMAGES, MIXED = (torch.randn(4, 3, 96, 48, generator=DRAW) for _ in range(2))
MODALITY = torch.tensor([0, 0, 1, 1])
MAPS = torch.randn(3, 32, 6, 4, generator=DRAW)
KINDS = ["none", "se", "stn", "cbam"]


def one_stream(attention="none"):
    torch.manual_seed(0)
    return OneStream(build_backbone("resnet10"), 9, attention).eval()


def test_without_attention_it_is_the_global_baseline_with_one_stem():
    model, agw = one_stream(), AGW(build_backbone("resnet10"), 9).eval()
    agw.load_state_dict(model.state_dict())
    output, expected = model(IMAGES, MODALITY), agw(IMAGES, MODALITY)
    for name in ("features", "embedding", "logits", "maps"):
        assert torch.allclose(getattr(output, name), getattr(expected, name), atol=1e-5)
    assert output.mixed_features is None and output.mixed_logits is None


@pytest.mark.parametrize("attention", KINDS)
def test_mixed_images_get_features_of_their_own_and_leave_the_others_as_they_are(attention):
    model = one_stream(attention)
    output, alone, of_mixed = model(IMAGES, MODALITY, MIXED), model(IMAGES, MODALITY), model(MIXED, MODALITY)
    for name in ("features", "logits"):
        assert torch.allclose(getattr(output, name), getattr(alone, name), atol=1e-5)
        assert torch.allclose(getattr(output, f"mixed_{name}"), getattr(of_mixed, name), atol=1e-5)
    assert len(output.maps) == len(output.embedding) == 4


def test_in_training_mixed_images_and_others_share_one_batch_normalisation():
    model = one_stream().train()
    output = model(IMAGES, MODALITY, MIXED)
    together = one_stream().train()(torch.cat([IMAGES, MIXED]), MODALITY.repeat(2))
    assert torch.equal(torch.cat([output.features, output.mixed_features]), together.features)


@pytest.mark.parametrize("attention", KINDS)
def test_attention_stands_behind_layer2_and_every_parameter_learns(attention):
    model = one_stream(attention).train()
    seen = []
    model.attention.register_forward_hook(lambda module, inputs, out: seen.append((inputs[0].shape, out.shape)))
    model(IMAGES, MODALITY).logits.square().sum().backward()
    assert seen == [((4, 64, 12, 6), (4, 64, 12, 6))]
    assert [n for n, p in model.named_parameters() if p.requires_grad and p.grad is None] == []


@torch.no_grad()
def test_squeeze_excitation_weighs_channels_by_their_means():
    module = SqueezeExcitation(32, reduction=8)
    first, second = module.mlp[0], module.mlp[2]
    for image, out in zip(MAPS, module(MAPS), strict=True):
        squeezed = torch.tensor([channel.mean() for channel in image])
        hidden = torch.clamp(first.weight @ squeezed + first.bias, min=0)
        assert len(hidden) == 4
        excitation = 1 / (1 + torch.exp(-(second.weight @ hidden + second.bias)))
        for c in range(32):
            assert torch.allclose(out[c], image[c] * excitation[c], atol=1e-6)


@torch.no_grad()
def test_cbam_weighs_channels_by_mean_and_maximum_and_then_positions():
    module = CBAM(32, reduction=8)
    for image, out in zip(MAPS, module(MAPS), strict=True):
        mean, maximum = image.mean((1, 2)), image.amax((1, 2))
        weighted = image * torch.sigmoid(module.mlp(mean) + module.mlp(maximum))[:, None, None]
        planes = torch.stack([weighted.mean(0), weighted.amax(0)])[None]
        weights = F.conv2d(planes, module.spatial.conv.weight, padding=3).sigmoid()[0]
        assert torch.allclose(out, weighted * weights, atol=1e-6)


@torch.no_grad()
def test_a_spatial_transformer_starts_as_the_identity_and_can_move_the_map():
    module = SpatialTransformer(32)
    assert torch.allclose(module(MAPS), MAPS, atol=1e-5)
    module.locate[-1].bias.copy_(torch.tensor([1, 0, 2 / 4, 0, 1, 0]))  # half a unit is one of four columns
    moved = module(MAPS)
    assert torch.allclose(moved[..., :-1], MAPS[..., 1:], atol=1e-5) and torch.allclose(moved[..., -1], torch.zeros(()))
    module.locate[-1].bias.copy_(torch.tensor([-1.0, 0, 0, 0, 1, 0]))
    assert torch.allclose(module(MAPS), MAPS.flip(-1), atol=1e-5)


def test_an_unknown_attention_is_named():
    with pytest.raises(InputError, match="unknown attention 'sa': did you mean 'se'|unknown attention 'sa'"):
        one_stream("sa")
