"""Weight files: round trips through real files, refusals, and downloads from a file URL and a closed port."""

import hashlib

import pytest
import torch
import torchvision

from vireid_lab.models import weights as module
from vireid_lab.models.backbone import build_backbone
from vireid_lab.models.weights import load_backbone_weights, save_backbone_weights, visible_weights_path
from vireid_lab.runtime import InputError

IMAGES, MODALITY = torch.rand(2, 3, 32, 16), torch.tensor([0, 1])


def features(backbone):
    with torch.no_grad():
        return backbone.eval()(IMAGES, MODALITY)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("VIREID_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))


def test_round_trip(tmp_path):
    saved, loaded = build_backbone("resnet10"), build_backbone("resnet10")
    path = tmp_path / "weights.pt"
    save_backbone_weights(saved, path, "stand-in of 3 identities")
    assert not torch.equal(features(saved), features(loaded))
    statement = load_backbone_weights(loaded, "resnet10", str(path))
    assert torch.equal(features(saved), features(loaded))
    assert str(path) in statement and "stand-in of 3 identities" in statement and "\n" not in statement
    assert hashlib.sha256(path.read_bytes()).hexdigest()[:12] in statement
    assert [p.name for p in tmp_path.iterdir()] == ["weights.pt"]


@pytest.mark.parametrize("two_stream", ["conv", "stem"])
def test_both_streams_get_the_same(tmp_path, two_stream):
    saved = build_backbone("resnet10")
    save_backbone_weights(saved, tmp_path / "w.pt", "")
    loaded = build_backbone("resnet10", two_stream=two_stream, attention="nonlocal")
    load_backbone_weights(loaded, "resnet10", str(tmp_path / "w.pt"))
    own = loaded.stem.own
    assert torch.equal(own.visible.conv1.weight, saved.stem.shared.conv1.weight)
    assert torch.equal(own.infrared.conv1.weight, saved.stem.shared.conv1.weight)
    assert torch.equal(features(loaded), features(saved))
    save_backbone_weights(loaded, tmp_path / "again.pt", "")
    again = build_backbone("resnet10")
    load_backbone_weights(again, "resnet10", str(tmp_path / "again.pt"))
    assert torch.equal(features(again), features(saved))


def test_file_of_torchvision_classifies_the_same(tmp_path):
    net = torchvision.models.resnet18().eval()
    torch.save(net.state_dict(), tmp_path / "resnet18.pth")
    backbone = build_backbone("resnet18", last_stride=2)
    statement = load_backbone_weights(backbone, "resnet18", str(tmp_path / "resnet18.pth"))
    assert "100 tensors" in statement  # 20 convolutions and 20 normalisations of four tensors; no classifier
    with torch.no_grad():
        assert torch.allclose(net.fc(features(backbone).mean((2, 3))), net(IMAGES), atol=1e-5)


@pytest.mark.parametrize("other", ["resnet34", "resnet50"])  # resnet34 has all of resnet18's tensors, and more
def test_file_of_another_network_changes_nothing(tmp_path, other):
    given = getattr(torchvision.models, other)().state_dict()
    wanted = torchvision.models.resnet18().state_dict()
    same_shape = [key for key, t in wanted.items() if t.dim() and key in given and given[key].shape == t.shape]
    matching = sum(not key.startswith("fc.") for key in same_shape)
    torch.save(given, tmp_path / "other.pth")
    backbone = build_backbone("resnet18")
    before = features(backbone)
    with pytest.raises(InputError, match=f"does not hold a resnet18: {matching} of its 100 tensors match"):
        load_backbone_weights(backbone, "resnet18", str(tmp_path / "other.pth"))
    assert torch.equal(features(backbone), before)


def test_unusable_files(tmp_path):
    backbone = build_backbone("resnet10")

    def refusal(content) -> str:
        path = tmp_path / "bad.pt"
        path.write_bytes(content) if isinstance(content, bytes) else torch.save(content, path)
        with pytest.raises(InputError) as error:
            load_backbone_weights(backbone, "resnet10", str(path))
        assert str(path) in str(error.value) and "\n" not in str(error.value)
        return str(error.value)

    assert "cannot be read" in refusal(b"")
    assert "cannot be read" in refusal(b"not a file of tensors")
    assert "cannot be read" in refusal(b"hello world")  # in which torch's reader stumbles with a KeyError
    assert "save the model's state_dict() alone" in refusal(torch.nn.Linear(1, 1))  # a pickled object, not only tensors
    assert "not a dictionary of tensors" in refusal([1, 2])
    assert "not a dictionary of tensors" in refusal({1: torch.ones(2)})
    assert "not a dictionary of tensors" in refusal({"epoch": 3})
    assert "0 of its 60 tensors match" in refusal({})


def test_names_that_are_not_there(cache):
    backbone = build_backbone("resnet10")
    with pytest.raises(InputError, match=r"vireid weights make visible --backbone resnet10"):
        load_backbone_weights(backbone, "resnet10", "visible")
    with pytest.raises(InputError, match="did you mean 'imagenet'"):
        load_backbone_weights(backbone, "resnet10", "imagnet")
    with pytest.raises(InputError, match="the file no/such.pt is not there"):
        load_backbone_weights(backbone, "resnet10", "no/such.pt")
    with pytest.raises(InputError, match="there are none of resnet10"):
        load_backbone_weights(backbone, "resnet10", "imagenet")


def test_visible_reads_the_cache(cache):
    saved, loaded = build_backbone("resnet10"), build_backbone("resnet10")
    save_backbone_weights(saved, visible_weights_path("resnet10"), "stand-in")
    assert "stand-in" in load_backbone_weights(loaded, "resnet10", "visible")
    assert torch.equal(features(saved), features(loaded))


def test_none_leaves_the_weights():
    backbone = build_backbone("resnet10")
    before = features(backbone)
    assert load_backbone_weights(backbone, "resnet10", "none") == "resnet10: random weights"
    assert torch.equal(features(backbone), before)


def test_download(tmp_path, cache, monkeypatch, capsys):
    net = torchvision.models.resnet18()
    torch.save(net.state_dict(), tmp_path / "net.pth")
    digest = hashlib.sha256((tmp_path / "net.pth").read_bytes()).hexdigest()[:8]
    path = (tmp_path / "net.pth").rename(tmp_path / f"resnet18-{digest}.pth")
    monkeypatch.setattr(module, "_imagenet_url", lambda name: path.as_uri())
    backbone = build_backbone("resnet18")
    statement = load_backbone_weights(backbone, "resnet18", "imagenet")
    assert path.name in statement
    assert path.as_uri() in capsys.readouterr().err
    assert torch.equal(backbone.layer4[1].bn2.weight, net.layer4[1].bn2.weight)
    assert torch.equal(backbone.stem.shared.conv1.weight, net.conv1.weight)


def test_failed_download_names_the_ways_out(cache, monkeypatch):
    assert module._imagenet_url("resnet50").startswith("https://download.pytorch.org/models/resnet50-")
    monkeypatch.setattr(module, "_imagenet_url", lambda name: "http://127.0.0.1:9/resnet18-00000000.pth")
    with pytest.raises(InputError, match=r"cannot be downloaded .*path to a copy.*weights=visible or weights=none"):
        load_backbone_weights(build_backbone("resnet18"), "resnet18", "imagenet")
