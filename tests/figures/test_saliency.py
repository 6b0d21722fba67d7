from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from vireid_lab.figures.heat_maps import overlay
from vireid_lab.figures.saliency import pair_maps, saliency_sheet, similarity_map
from vireid_lab.models.agw import AGW
from vireid_lab.models.backbone import build_backbone


class Eye(nn.Module):
    """Sees red in its first channel and green in its second; the embedding is the mean of each over the image."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 1, bias=False)
        with torch.no_grad():
            self.conv.weight.copy_(torch.tensor([[1.0, 0, 0], [0, 1.0, 0]])[..., None, None])
        self.seen = []

    def embed(self, images, modality):
        self.seen.append(modality.tolist())
        return self.conv(images).mean((2, 3))


def image_with(red: tuple[int, int], green: tuple[int, int]) -> torch.Tensor:
    """(3, 16, 8), black but for a red and a green pixel."""
    image = torch.zeros(3, 16, 8)
    image[0][red], image[1][green] = 1, 1
    return image


@pytest.mark.parametrize("wanted, place", [([1.0, 0.0], (3, 5)), ([0.0, 1.0], (12, 2))])
def test_the_map_is_largest_where_the_image_shows_what_the_other_has(wanted, place):
    image = image_with(red=(3, 5), green=(12, 2))
    heat = similarity_map(eye := Eye(), eye.conv, image, 1, torch.tensor(wanted))
    assert heat.shape == (16, 8) and heat.min() == 0 and heat.max() == pytest.approx(1)
    assert np.unravel_index(heat.argmax(), heat.shape) == place
    assert eye.seen == [[1]]


def test_it_is_grad_cam_as_its_equations_say():
    torch.manual_seed(0)
    model = AGW(build_backbone("resnet10", two_stream="stem"), 4).eval()
    image, other = torch.randn(3, 64, 32), torch.randn(256)
    maps = model.backbone(image[None], torch.tensor([1])).detach().requires_grad_()
    embedding, _ = model.neck(model.pool(maps))
    F.cosine_similarity(embedding[0], other, dim=0).backward()
    weights = maps.grad.mean((2, 3), keepdim=True)  # Eq. 1
    expected = F.relu((weights * maps.detach()).sum(1))[0]  # Eq. 2, (4, 2)
    expected = (expected - expected.min()) / (expected.max() - expected.min())
    heat = similarity_map(model, model.backbone.layer4, image, 1, other)
    assert heat.shape == (64, 32)
    up = F.interpolate(expected[None, None], (64, 32), mode="bilinear", align_corners=False)[0, 0].numpy()
    np.testing.assert_allclose(heat, up / up.max(), atol=1e-4)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("frozen", [True, False])  # frozen models have maps too
def test_the_model_is_left_as_it_was_found(training, frozen):
    model = AGW(build_backbone("resnet10"), 4).train(training)
    layer = model.backbone.layer4
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    for parameter in model.parameters():
        parameter.requires_grad_(not frozen)
    maps = pair_maps(model, layer, torch.randn(2, 3, 32, 16), (1, 0))
    assert all(heat.shape == (32, 16) and np.isfinite(heat).all() for heat in maps)
    assert not layer._forward_hooks and not layer._backward_hooks
    assert all(module.training == training for module in model.modules())
    assert all(parameter.grad is None for parameter in model.parameters())
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_an_index_error_is_not_swallowed_and_the_hooks_go_all_the_same():
    model = Eye()

    def fail(images, modality):
        return model.conv(images).mean((2, 3))[[5]]

    model.embed = fail
    with pytest.raises(IndexError) as caught:
        similarity_map(model, model.conv, torch.ones(3, 4, 4), 0, torch.ones(2))
    assert caught.tb is not None  # its frames keep the GradCAM object alive, whose end would remove the hooks
    assert not model.conv._forward_hooks


def test_each_image_of_a_pair_is_explained_by_the_other():
    eye = Eye()
    images = torch.stack([image_with((3, 5), (12, 2)), image_with((9, 1), (0, 0))])
    images[1, 1] *= 0  # the second image shows red alone
    first, second = pair_maps(eye, eye.conv, images, (1, 0))
    assert np.unravel_index(first.argmax(), first.shape) == (3, 5)
    assert eye.seen == [[1, 0], [1], [0]]
    # The second image can only come nearer by more green, and it shows none: nothing in it speaks for the similarity.
    assert second.shape == (16, 8) and second.max() < 0.01


def test_the_sheet_shows_each_image_beside_its_map(people):
    heat = np.zeros((24, 12), np.float32)
    heat[5, 5] = 1
    figure = saliency_sheet([(people[0], people[1])], [(heat, heat[::-1])], ["id 1"])
    canvas = figure.axes[0].images[0].get_array()
    np.testing.assert_array_equal(canvas[:, :12], people[0])
    np.testing.assert_array_equal(canvas[:, 15:27], overlay(people[0], heat))
    bright = overlay(people[0], heat).astype(int).sum(axis=2)
    assert np.unravel_index(bright.argmax(), bright.shape) == (5, 5)
