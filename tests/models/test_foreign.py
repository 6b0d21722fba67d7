"""Models of other code bases, built here with their names and computed by their definitions."""

import numpy as np
import pytest
import torch
import torchvision
from torch import nn

from vireid_lab.models.agw import AGW
from vireid_lab.models.backbone import build_backbone
from vireid_lab.models.foreign import recognise, take_over
from vireid_lab.models.tensor_file import read_tensors
from vireid_lab.runtime import InputError

IMAGES, MODALITY = torch.rand(4, 3, 64, 32), torch.tensor([0, 1, 1, 0])
N_IDS = 5


class ForeignNonLocal(nn.Module):
    """One inner channel; the sum over all pairs of positions, written out."""

    def __init__(self, channels):
        super().__init__()
        self.g = nn.Sequential(nn.Conv2d(channels, 1, 1))
        self.W = nn.Sequential(nn.Conv2d(1, channels, 1), nn.BatchNorm2d(channels))
        self.theta, self.phi = nn.Conv2d(channels, 1, 1), nn.Conv2d(channels, 1, 1)

    def forward(self, x):
        theta, phi, g = (conv(x).flatten(2)[:, 0] for conv in (self.theta, self.phi, self.g))
        n = theta.shape[1]
        y = torch.stack([sum(theta[:, i] * phi[:, j] * g[:, j] for j in range(n)) / n for i in range(n)], 1)
        return x + self.W(y.reshape(len(x), 1, *x.shape[2:]))


class Holder(nn.Module):
    def __init__(self, name):
        super().__init__()
        setattr(self, name, torchvision.models.resnet18())
        delattr(getattr(self, name), "fc")


class ForeignAGW(nn.Module):
    """ResNet-18 in the manner of AGW: whole copies of the network as stems, non-local blocks, GeM, bottleneck."""

    def __init__(self, nonlocal_blocks=True):
        super().__init__()
        self.visible_module, self.thermal_module = Holder("visible"), Holder("thermal")
        self.base_resnet = Holder("base")
        self.base_resnet.base.layer4[0].conv1.stride = self.base_resnet.base.layer4[0].downsample[0].stride = (1, 1)
        if nonlocal_blocks:  # one for the second of the two blocks of these layers
            self.NL_2 = nn.ModuleList([ForeignNonLocal(128)])
            self.NL_3 = nn.ModuleList([ForeignNonLocal(256)])
        self.bottleneck = nn.BatchNorm1d(512)
        self.classifier = nn.Linear(512, N_IDS, bias=False)
        for buffer in self.state_dict().values():
            if buffer.dtype == torch.float32 and buffer.ndim == 1:
                nn.init.uniform_(buffer, 0.2, 0.6)  # also the statistics and the blocks that would begin as identity

    def stem(self, image, infrared):
        net = self.thermal_module.thermal if infrared else self.visible_module.visible
        return net.maxpool(net.relu(net.bn1(net.conv1(image))))

    def forward(self, images, modality):
        base = self.base_resnet.base
        x = base.layer1(torch.cat([self.stem(image[None], m) for image, m in zip(images, modality, strict=True)]))
        x = base.layer2(x)
        x = self.NL_2[0](x) if hasattr(self, "NL_2") else x
        x = base.layer3(x)
        x = self.NL_3[0](x) if hasattr(self, "NL_3") else x
        pooled = (base.layer4(x) ** 3).mean((2, 3)) ** (1 / 3)
        return pooled, self.bottleneck(pooled), self.classifier(self.bottleneck(pooled))


@pytest.fixture(params=[True, False], ids=["nonlocal", "plain"])
def foreign(request):
    torch.manual_seed(0)
    return ForeignAGW(request.param).eval()


def our_model(tensors):
    found = recognise(tensors, "file")
    n_ids = found.pop("n_ids") or 2
    name = found.pop("backbone")
    return AGW(build_backbone(name, **found), n_ids).eval()


@pytest.mark.parametrize("wrap", [lambda s: s, lambda s: {"net": s, "mAP": np.float64(0.5), "epoch": 3},
                                  lambda s: {"state_dict": {f"module.{k}": t for k, t in s.items()}}],
                         ids=["bare", "net", "module"])  # fmt: skip
def test_a_model_of_agws_code_computes_the_same_here(tmp_path, foreign, wrap):
    torch.save(wrap(foreign.state_dict()), tmp_path / "agw.t")
    tensors, source = read_tensors(tmp_path / "agw.t")
    model = our_model(tensors)
    transfer = take_over(model, tensors, source)
    with torch.no_grad():
        pooled, embedding, logits = foreign(IMAGES, MODALITY)
        output = model(IMAGES, MODALITY)
    torch.testing.assert_close(output.features, pooled, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(output.embedding, embedding, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(output.logits, logits, rtol=1e-4, atol=1e-4)
    assert transfer.missing == ["pool.p"] and transfer.misfits == {}
    assert {name.split(".")[0] for name in transfer.left_over} == {"visible_module", "thermal_module", "base_resnet"}
    assert "visible_module.visible.layer1.0.conv1.weight" in transfer.left_over
    assert "base_resnet.base.conv1.weight" in transfer.left_over
    ours = {name for name in model.state_dict() if not name.endswith("num_batches_tracked")}
    assert {*transfer.matched, *transfer.missing} == ours and len(transfer.matched) == len(ours) - 1


def test_the_network_is_read_from_the_file(foreign):
    tensors = foreign.state_dict()
    attention = "nonlocal" if hasattr(foreign, "NL_2") else "none"
    expected = {"backbone": "resnet18", "two_stream": "stem", "attention": attention, "n_ids": N_IDS}
    assert recognise(tensors, "file") == expected
    for name in ("resnet34", "resnet50"):
        with torch.device("meta"):
            net = getattr(torchvision.models, name)()
        found = recognise(net.state_dict(), "file")
        assert (found["backbone"], found["two_stream"], found["n_ids"]) == (name, "none", None)


def test_a_torchvision_network_comes_over_without_neck(tmp_path):
    net = torchvision.models.resnet18()
    torch.save(net.state_dict(), tmp_path / "net.pth")
    tensors, source = read_tensors(tmp_path / "net.pth")
    model = our_model(tensors)
    transfer = take_over(model, tensors, source)
    assert transfer.left_over == ["fc.weight", "fc.bias"] and len(transfer.matched) == 100
    assert all(name.startswith(("neck.", "pool.")) for name in transfer.missing)
    assert torch.equal(model.backbone.stem.shared.conv1.weight, net.conv1.weight)


def test_both_streams_take_a_stem_that_is_alone():
    net = torchvision.models.resnet18()
    model = AGW(build_backbone("resnet18", two_stream="stem"), 2)
    take_over(model, net.state_dict(), "file")
    for stream in (model.backbone.stem.own.visible, model.backbone.stem.own.infrared):
        assert torch.equal(stream.conv1.weight, net.conv1.weight)


def test_another_shape_is_said_and_not_taken(foreign):
    model = AGW(build_backbone("resnet18", two_stream="stem", attention="nonlocal"), N_IDS + 1)
    before = model.neck.classifier.weight.clone()
    transfer = take_over(model, foreign.state_dict(), "file")
    assert transfer.misfits == {"classifier.weight": f"({N_IDS}, 512), here ({N_IDS + 1}, 512)"}
    assert "neck.classifier.weight" in transfer.missing
    assert torch.equal(model.neck.classifier.weight, before)
    assert f"another shape: classifier.weight ({N_IDS}, 512)" in transfer.to_text()


def test_what_matches_nothing_is_an_error_and_changes_nothing():
    strangers = {"encoder.0.weight": torch.ones(2), "encoder.1.weight": torch.ones(2)}
    with pytest.raises(InputError, match=r"nothing in other\.pt matches: its 2 names \(encoder\.0\.weight, encoder"):
        recognise(strangers, "other.pt")
    with pytest.raises(InputError, match="nothing in other.pt matches"):
        recognise({}, "other.pt")
    model = AGW(build_backbone("resnet10"), 2)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with pytest.raises(InputError, match="nothing in other.pt matches the model"):
        take_over(model, strangers, "other.pt")
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_layers_of_no_known_network_are_an_error(foreign):
    tensors = {name: tensor for name, tensor in foreign.state_dict().items() if "layer4" not in name}
    with pytest.raises(InputError, match="layer tensors of file are none of resnet10.*FEATURES.npz"):
        recognise(tensors, "file")


def test_a_pickled_object_is_not_executed(tmp_path):
    torch.save({"net": {"weight": torch.ones(1)}, "model": nn.Linear(1, 1)}, tmp_path / "object.pt")
    with pytest.raises(InputError, match="cannot be read as a file of tensors: .* not executed.*state_dict"):
        read_tensors(tmp_path / "object.pt")
    with pytest.raises(InputError, match="object.pth is not there"):
        read_tensors(tmp_path / "object.pth")
