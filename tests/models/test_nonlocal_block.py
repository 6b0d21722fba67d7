"""The non-local block against its equation in loops, and where AGW puts it."""

import torch

from vireid_lab.models.backbone import build_backbone
from vireid_lab.models.nonlocal_block import NonLocal


def test_starts_as_the_identity_and_learns():
    block = NonLocal(8)
    x = torch.randn(2, 8, 3, 2)
    z = block(x)
    assert torch.equal(z, x)
    (z * torch.randn_like(z)).sum().backward()
    assert block.bn.weight.grad.abs().sum() > 0


def test_matches_the_equation():
    torch.manual_seed(0)
    block = NonLocal(4).double().eval()
    torch.nn.init.ones_(block.bn.weight)
    x = torch.randn(1, 4, 2, 3, dtype=torch.float64)
    theta, phi, g = (conv(x)[0].flatten(1).T for conv in (block.theta, block.phi, block.g))  # (6, 2)
    y = torch.stack([sum((theta[i] @ phi[j]) * g[j] for j in range(6)) / 6 for i in range(6)])
    w = block.w.weight.flatten(1)
    z = x[0].flatten(1).T + (y @ w.T + block.w.bias) / (1 + block.bn.eps) ** 0.5
    assert torch.allclose(block(x)[0].flatten(1).T, z, atol=1e-12)


def positions(name: str) -> list[list[int]]:
    backbone = build_backbone(name, attention="nonlocal")
    layers = (backbone.layer1, backbone.layer2, backbone.layer3, backbone.layer4)
    return [[int(n.split("_")[0]) for n, _ in layer.named_children() if "_nonlocal" in n] for layer in layers]


def test_placed_as_agw_does():
    assert positions("resnet50") == [[], [2, 3], [3, 4, 5], []]
    assert positions("resnet18") == [[], [1], [1], []]
    assert positions("resnet10") == [[], [0], [0], []]


def test_features_start_as_without_attention():
    torch.manual_seed(0)
    plain = build_backbone("resnet10").eval()
    attentive = build_backbone("resnet10", attention="nonlocal").eval()
    missing, unexpected = attentive.load_state_dict(plain.state_dict(), strict=False)
    assert not unexpected and all("_nonlocal" in key for key in missing)
    images, modality = torch.rand(2, 3, 32, 16), torch.tensor([0, 1])
    assert torch.equal(plain(images, modality), attentive(images, modality))
