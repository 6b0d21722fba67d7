"""TMPA's network: its streams, the cross attention and the fusion recomputed image by image with explicit loops."""

import math
from dataclasses import fields

import pytest
import torch
import torchvision
from torch.nn import functional as F

from vireid_lab.models.backbone import build_backbone
from vireid_lab.models.tmpa import TMPA, describe_parameters, parameter_counts
from vireid_lab.models.weights import load_backbone_weights, save_backbone_weights
from vireid_lab.runtime import InputError

DRAW = torch.Generator().manual_seed(0)
IMAGES, MIXED = (torch.randn(5, 3, 64, 32, generator=DRAW, dtype=torch.float64) for _ in range(2))
MODALITY = torch.tensor([0, 1, 1, 0, 1])


def tmpa(transfer: str = "mft", **options) -> TMPA:
    """A model in which no two streams or projections are alike."""
    torch.manual_seed(0)
    model = TMPA(build_backbone("resnet10"), 9, transfer, **options).double().eval()
    with torch.no_grad():
        for p in model.parameters():
            p.add_(0.1 * p.std() * torch.randn_like(p) if p.numel() > 1 else 0)
    return model


def own(module, m: int):
    return (module.visible, module.infrared)[m]


def streams_by_hand(model: TMPA, i: int, of_shared):
    """Q, K, V, F^V or F^I, F_Conv^sh and the low maps of image i, each through the modules that the paper names."""
    net, m = model.backbone, int(MODALITY[i])
    specific, shared = IMAGES[i : i + 1], of_shared[i : i + 1]
    for stage in (net.stem, net.layer1, net.layer2):
        specific, shared = own(stage.own, m)(specific), stage.shared(shared)
    if model.early:
        q, k, v = own(model.cross.query, m)(specific), model.cross.key(shared), model.cross.value(shared)
        conv = net.layer4.own(net.layer3.own(q))
        common = net.layer4.shared(net.layer3.shared(0.5 * k + 0.5 * v))
    else:
        conv = own(net.layer4.own, m)(own(net.layer3.own, m)(specific))
        common = net.layer4.shared(net.layer3.shared(shared))
        q, k, v = own(model.cross.query, m)(conv), model.cross.key(common), model.cross.value(common)
    return specific[0], shared[0], q[0], k[0], v[0], conv[0], common[0]


def cross_attention_by_hand(q, k, v):
    """Eq. 10, position by position: (d, h, w) and the weights (h, w, h, w)."""
    d, rows, columns = q.shape
    read, weights = torch.zeros_like(q), torch.zeros(rows, columns, rows, columns, dtype=q.dtype)
    for y in range(rows):
        for x in range(columns):
            scores = [[math.exp(q[:, y, x] @ k[:, b, a] / math.sqrt(d)) for a in range(columns)] for b in range(rows)]
            total = sum(map(sum, scores))
            for b in range(rows):
                for a in range(columns):
                    weights[y, x, b, a] = scores[b][a] / total
                    read[:, y, x] += weights[y, x, b, a] * v[:, b, a]
    return read, weights


def fused_by_hand(model: TMPA, m: int, read, conv, common):
    """F' of Eq. 11 and F_C of Eq. 12 with the weights 0.2 and 0.7."""
    if model.early:  # from stride 8 to stride 16: means over 2x2 positions
        assert read.shape[1:] == (8, 4) and conv.shape[1:] == (4, 2)
        read = sum(read[:, y::2, x::2] for y in (0, 1) for x in (0, 1)) / 4
    transferred = torch.einsum("od,dhw->ohw", model.cross.lift.weight[..., 0, 0], read) + conv
    return transferred, (0.2 * transferred + 0.7 * conv if m == 0 else 0.2 * conv + 0.7 * transferred) + common


@torch.no_grad()
@pytest.mark.parametrize("transfer", ["mft", "cross"])
def test_each_image_has_the_complete_feature_of_eq_10_to_12(transfer):
    model = tmpa(transfer, weights=(0.2, 0.7))
    output = model(IMAGES, MODALITY)
    weights = model.attention_weights(IMAGES, MODALITY)
    for i, m in enumerate(MODALITY.tolist()):
        specific, shared, q, k, v, conv, common = streams_by_hand(model, i, IMAGES)
        read, expected_weights = cross_attention_by_hand(q, k, v)
        assert torch.allclose(weights[i], expected_weights, atol=1e-12)
        transferred, complete = fused_by_hand(model, m, read, conv, common)
        assert torch.allclose(output.maps[i], complete, atol=1e-6)
        assert torch.allclose(output.shared[i], shared.mean((1, 2))) and shared.shape[0] == 64
        assert torch.allclose(output.specific[i], specific.mean((1, 2)))
        classifier = own(model.classifiers, m)
        assert torch.allclose(output.specific_logits[i], classifier(conv.mean((1, 2))[None])[0])
        assert torch.allclose(output.transferred_logits[i], classifier(transferred.mean((1, 2))[None])[0])


@torch.no_grad()
@pytest.mark.parametrize("transfer", ["mft", "cross"])
def test_a_row_reads_from_its_own_image_and_once_more_from_its_mixed_one(transfer):
    model = tmpa(transfer, weights=(0.2, 0.7))
    output, alone = model(IMAGES, MODALITY, MIXED), model(IMAGES, MODALITY)
    for field in fields(alone):
        if getattr(alone, field.name) is not None:
            assert torch.allclose(getattr(output, field.name), getattr(alone, field.name), atol=1e-12), field.name
    for i, m in enumerate(MODALITY.tolist()):
        _, shared, q, k, v, conv, common = streams_by_hand(model, i, MIXED)
        transferred, complete = fused_by_hand(model, m, cross_attention_by_hand(q, k, v)[0], conv, common)
        features = model.pool(complete[None])
        assert torch.allclose(output.mixed_features[i], features[0], atol=1e-6)
        assert torch.allclose(output.mixed_logits[i], model.neck(features)[1][0], atol=1e-6)
        assert torch.allclose(output.mixed_shared[i], shared.mean((1, 2)))
        logits = own(model.classifiers, m)(transferred.mean((1, 2))[None])[0]
        assert torch.allclose(output.mixed_transferred_logits[i], logits, atol=1e-6)


def test_in_training_originals_and_mixed_images_share_the_batch_normalisation_of_the_shared_stream_alone():
    model = tmpa().train()
    maps = model.streams(IMAGES, MODALITY, MIXED)
    together = tmpa().train().streams(torch.cat([IMAGES, MIXED]), MODALITY.repeat(2))
    assert torch.equal(maps.shared, together.shared) and len(maps.shared) == 10
    originals = tmpa().train().streams(IMAGES, MODALITY)
    for name in ("specific", "specific_conv"):
        assert torch.equal(getattr(maps, name), getattr(originals, name).repeat(2, 1, 1, 1))


@pytest.mark.parametrize("transfer", ["mft", "cross"])
def test_shapes_of_the_output(transfer):
    output = tmpa(transfer)(IMAGES, MODALITY)
    assert output.maps.shape == (5, 256, 4, 2) and output.features.shape == output.embedding.shape == (5, 256)
    assert output.logits.shape == output.specific_logits.shape == output.transferred_logits.shape == (5, 9)
    assert output.shared.shape == output.specific.shape == (5, 64)
    side = (8, 4) if transfer == "mft" else (4, 2)
    assert tmpa(transfer).attention_weights(IMAGES, MODALITY).shape == (5, *side, *side)


def test_an_odd_map_is_halved_as_the_convolutions_halve_it():
    model = tmpa()
    output = model(IMAGES[:, :, :40, :24], MODALITY)
    assert output.maps.shape == (5, 256, 3, 2)  # 5x3 at stride 8


def test_in_retrieval_every_stream_sees_the_image_itself():
    model = tmpa()
    output = model(IMAGES, MODALITY)
    assert torch.allclose(model.embed(IMAGES, MODALITY), output.embedding)
    assert torch.allclose(model.embed(IMAGES, MODALITY, "before"), output.features)
    alone = torch.cat([model.embed(IMAGES[i : i + 1], MODALITY[i : i + 1]) for i in range(5)])
    assert torch.allclose(alone, output.embedding)


def test_projections_start_as_the_identity_so_that_the_convolutions_see_what_they_were_trained_on():
    torch.manual_seed(0)
    model = TMPA(build_backbone("resnet10"), 9).double().eval()
    maps = model.streams(IMAGES, MODALITY)
    assert torch.equal(maps.projected.query, maps.specific) and torch.equal(maps.projected.key, maps.shared)
    assert torch.equal(maps.projected.value, maps.shared)


@pytest.mark.parametrize(("transfer", "blocks", "paper"), [("mft", 2, 48.3e6), ("cross", 3, 69.5e6)])
def test_parameters_of_the_streams_beside_table_5(transfer, blocks, paper):
    with torch.device("meta"):  # shapes without values
        net = torchvision.models.resnet50(weights=None)
        model = TMPA(build_backbone("resnet50"), 206, transfer)
    low = sum(p.numel() for part in (net.conv1, net.bn1, net.layer1, net.layer2) for p in part.parameters())
    high = sum(p.numel() for part in (net.layer3, net.layer4) for p in part.parameters())
    counts = parameter_counts(model)
    assert counts["streams"] == 3 * low + blocks * high == pytest.approx(paper, rel=0.02)
    inner, channels = (512, 512) if transfer == "mft" else (512, 2048)
    assert counts["attention"] == 4 * channels * inner + 2048 * inner  # two queries, key, value; lift
    assert counts["total"] == sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize("transfer", ["mft", "cross"])
def test_every_parameter_gets_a_gradient(transfer):
    model = tmpa(transfer).train()
    output = model(IMAGES, MODALITY, MIXED)
    parts = (output.logits, output.specific_logits, output.transferred_logits, output.shared, output.specific)
    sum(part.square().sum() for part in parts).backward()
    assert [n for n, p in model.named_parameters() if p.requires_grad and (p.grad is None or not p.grad.any())] == []


@pytest.mark.parametrize("transfer", ["mft", "cross"])
def test_weights_of_one_backbone_start_every_stream(transfer, tmp_path):
    torch.manual_seed(1)
    whole = build_backbone("resnet10")
    save_backbone_weights(whole, tmp_path / "whole.pt", "test")
    model = tmpa(transfer)
    load_backbone_weights(model.backbone, "resnet10", str(tmp_path / "whole.pt"))
    given, x = whole.double().eval(), IMAGES
    specific = shared = IMAGES
    for name in ("stem", "layer1", "layer2"):
        stage = getattr(model.backbone, name)
        x = given.stem(x, MODALITY) if name == "stem" else getattr(given, name)(x)
        specific, shared = stage.own(specific, MODALITY), stage.shared(shared)
        assert torch.allclose(specific, x) and torch.allclose(shared, x)
    for name in ("layer3", "layer4"):
        stage = getattr(model.backbone, name)
        x = getattr(given, name)(x)
        specific = stage.own(specific) if transfer == "mft" else stage.own(specific, MODALITY)
        shared = stage.shared(shared)
        assert torch.allclose(specific, x) and torch.allclose(shared, x)


def test_what_cannot_be_built_is_named():
    with pytest.raises(InputError, match="unknown transfer 'mtf': did you mean 'mft'"):
        TMPA(build_backbone("resnet10"), 9, "mtf")
    with pytest.raises(InputError, match="two_stream: .* give none"):
        TMPA(build_backbone("resnet10", two_stream="stem"), 9)


@torch.no_grad()
def test_a_complete_feature_is_pooled_by_gem_before_the_neck():
    model = tmpa()
    output = model(IMAGES, MODALITY)
    powers = output.maps.clamp(min=1e-6) ** model.pool.p
    assert torch.allclose(output.features, powers.flatten(2).mean(2) ** (1 / model.pool.p))
    assert torch.allclose(output.logits, F.linear(output.embedding, model.neck.classifier.weight))


def test_the_printed_parameters_are_those_of_both_models():
    lines = describe_parameters().splitlines()
    for line, transfer, printed in zip(lines, ("mft", "cross"), (48.3, 69.5), strict=True):
        with torch.device("meta"):
            total = sum(p.numel() for p in TMPA(build_backbone("resnet50"), 206, transfer).parameters())
        assert f"total {total / 1e6:.2f} M" in line and f"the paper prints {printed} M" in line
