"""Shapes of the maps, and the routing of rows through two-stream stems."""

import pytest
import torch

from vireid_lab.models.backbone import build_backbone
from vireid_lab.runtime import InputError

SIZES = {(96, 48): (6, 3), (128, 64): (8, 4), (192, 96): (12, 6), (288, 144): (18, 9), (384, 192): (24, 12)}
MODALITY = torch.tensor([1, 0, 0, 1, 0])


def build(**options):
    torch.manual_seed(0)
    return build_backbone("resnet10", **options)


def images(n: int = 5, size: tuple[int, int] = (32, 16)) -> torch.Tensor:
    return torch.randn(n, 3, *size, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(("size", "rows"), SIZES.items())
def test_stride_16(size, rows):
    with torch.no_grad():
        assert build().eval()(images(1, size), MODALITY[:1]).shape == (1, 256, *rows)


@pytest.mark.parametrize(("name", "dims"), [("resnet18", (64, 128, 256, 512)), ("resnet50", (256, 512, 1024, 2048))])
def test_stages_of_torchvision(name, dims):
    backbone = build_backbone(name).eval()
    assert backbone.stage_dims == dims and backbone.dim == dims[-1]
    with torch.no_grad():
        x = backbone.stem(images(1, (96, 48)), MODALITY[:1])
        for layer, channels, rows in zip(("layer1", "layer2", "layer3", "layer4"), dims, (24, 12, 6, 6), strict=True):
            x = getattr(backbone, layer)(x)
            assert x.shape == (1, channels, rows, rows // 2)


def test_resnet34_has_its_blocks():
    backbone = build_backbone("resnet34")
    assert [len(layer) for layer in (backbone.layer1, backbone.layer2, backbone.layer3, backbone.layer4)] == [
        3,
        4,
        6,
        3,
    ]


def test_last_stride_two_gives_stride_32():
    assert build(last_stride=2).eval()(images(1, (96, 64)), MODALITY[:1]).shape == (1, 256, 3, 2)


@pytest.mark.parametrize("two_stream", ["none", "conv", "stem"])
def test_rows_may_come_in_any_order(two_stream):
    backbone = build(two_stream=two_stream).eval().double()  # kernels for one image and for five round differently
    if two_stream != "none":
        torch.nn.init.normal_(backbone.stem.own.infrared.conv1.weight)
    x, order = images().double(), MODALITY.argsort()
    with torch.no_grad():
        mixed, ordered = backbone(x, MODALITY), backbone(x[order], MODALITY[order])
        single = torch.cat([backbone(x[i : i + 1], MODALITY[i : i + 1]) for i in range(5)])
        swapped = backbone(x, 1 - MODALITY)
    assert torch.allclose(mixed[order], ordered, atol=1e-5)
    assert torch.allclose(mixed, single, atol=1e-5)
    assert torch.allclose(mixed, swapped, atol=1e-5) == (two_stream == "none")


@pytest.mark.parametrize(("two_stream", "names"), [("conv", {"conv1"}), ("stem", {"conv1", "bn1"})])
def test_streams_own_weights_and_gradients(two_stream, names):
    backbone = build(two_stream=two_stream)
    own = backbone.stem.own
    assert {name.split(".")[0] for name, _ in own.visible.named_parameters()} == names
    assert torch.equal(own.visible.conv1.weight, own.infrared.conv1.weight)
    assert own.visible.conv1.weight.data_ptr() != own.infrared.conv1.weight.data_ptr()
    for m, (used, other) in enumerate([(own.visible, own.infrared), (own.infrared, own.visible)]):
        backbone.zero_grad()
        # Only rows of modality m reach the loss. The trunk is in eval mode, where rows do not mix.
        backbone.eval()(images(), MODALITY)[MODALITY == m].square().sum().backward()
        assert all(p.grad.abs().sum() > 0 for p in used.parameters())
        assert all(p.grad.abs().sum() == 0 for p in other.parameters())


def test_gradient_of_the_routing():
    backbone = build(two_stream="stem").double().eval()
    x = images(3, (16, 16)).double().requires_grad_()
    weights = torch.randn_like(backbone.stem(x, MODALITY[:3]))
    (backbone.stem(x, MODALITY[:3]) * weights).sum().backward()
    for i in range(3):
        row = x.detach()[i : i + 1].requires_grad_()
        (backbone.stem(row, MODALITY[i : i + 1]) * weights[i]).sum().backward()
        assert torch.allclose(row.grad[0], x.grad[i], atol=1e-12)


def test_routing_under_autocast():
    backbone = build(two_stream="conv").eval()
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        half = backbone(images(), MODALITY)
    assert half.dtype == torch.bfloat16
    full = backbone(images(), MODALITY)
    assert (half - full).norm() < 0.05 * full.norm()


def test_misspelt_arguments_name_the_nearest():
    with pytest.raises(InputError, match="unknown backbone 'resnet5': did you mean 'resnet50'"):
        build_backbone("resnet5")
    with pytest.raises(InputError, match="unknown two_stream 'stems': did you mean 'stem'"):
        build(two_stream="stems")
    with pytest.raises(InputError, match="unknown last_stride '3'"):
        build(last_stride=3)
    with pytest.raises(InputError, match="unknown attention"):
        build(attention="cbam")
