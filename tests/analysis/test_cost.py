"""Costs against closed forms and against explicit counts over the layers; times and memory are only bounded."""

from __future__ import annotations

from math import prod

import numpy as np
import pytest
import torch
from torch import nn

from vireid_lab.analysis.cost import Cost, describe_costs, made_batch, measure, measure_costs
from vireid_lab.analysis.operations import count_flops, embedding_flops, used_parameters
from vireid_lab.recipes.catalogue import RECIPES, choose_settings
from vireid_lab.runtime import InputError


class Small(nn.Module):
    """A 3 x 3 convolution with stride 2 to 5 channels, a product with 7 outputs, a classifier, and one frozen layer."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 5, 3, stride=2, padding=1, bias=False)
        self.visible, self.infrared = nn.Linear(5, 7), nn.Linear(5, 7)
        self.classifier = nn.Linear(7, 4)
        self.frozen = nn.Linear(5, 7).requires_grad_(False)

    def embed(self, images, modality, neck="after"):
        pooled = self.conv(images).mean((2, 3))
        own = torch.where(modality[:, None] == 0, self.visible(pooled), self.infrared(pooled))
        return own + self.frozen(pooled)


def test_operations_of_a_small_model_are_its_formula():
    convolution = 2 * 3 * 3 * 3 * 5 * (16 // 2) * (8 // 2)
    assert embedding_flops(Small(), (16, 8)) == convolution + 3 * (2 * 5 * 7)


def test_a_training_step_counts_both_gradients_of_each_product():
    layer = nn.Linear(6, 3)
    images = torch.zeros(10, 6, requires_grad=True)
    assert count_flops(lambda: layer(images).sum().backward()) == 3 * (2 * 10 * 6 * 3)


def test_parameters_of_the_search_are_those_that_an_embedding_depends_on():
    model = Small().train()
    assert used_parameters(model, (16, 8)) == 3 * 5 * 9 + 2 * (5 * 7 + 7)
    assert model.training and all(p.grad is None for p in model.parameters())


@pytest.mark.parametrize("recipe", ["baseline", "pcb", "rfm"])
def test_operations_of_a_recipe_are_those_of_its_layers(recipe):
    """Each layer's own formula, with the shapes that pass through it."""
    settings = choose_settings(recipe, "tiny", {"size": "48x24", "weights": "none"} | HEADS.get(recipe, {}))
    model = RECIPES[recipe].build(settings, 5).model
    counted = []

    def count(layer, inputs, output):
        if isinstance(layer, nn.Conv2d):
            per_output = 2 * prod(layer.kernel_size) * layer.in_channels // layer.groups
        else:
            per_output = 2 * layer.in_features
        counted.append(per_output * output.numel())

    hooks = [m.register_forward_hook(count) for m in model.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
    found = embedding_flops(model, settings.size)
    for hook in hooks:
        hook.remove()
    assert len(counted) > 8 and found == sum(counted) // 2  # of one visible and one infrared image


HEADS = {"pcb": {"head": "parts:3+reduce:32"}, "rfm": {"head": "parts:3+reduce:32"}}


def test_the_made_batch_is_in_the_order_of_the_samplers():
    settings = choose_settings("baseline", "tiny", {"ids_per_batch": 3, "images_per_id": 2, "size": "32x16"})
    batch = made_batch(settings, masks=True)
    assert batch.images.shape == (12, 3, 32, 16) and batch.images.dtype == torch.uint8
    assert batch.ids.tolist() == [0, 0, 1, 1, 2, 2] * 2 and batch.modality.tolist() == [0] * 6 + [1] * 6
    assert batch.masks.shape == (12, 32, 16)


@pytest.mark.slow
def test_a_recipe_is_measured_in_a_process_of_its_own():
    small = {"size": (48, 24), "ids_per_batch": 2}
    found = measure_costs(["agw"], repeats=1, n_ids=5, **small)["agw"]
    settings = choose_settings("agw", "tiny", {**small, "weights": "none"})
    model = RECIPES["agw"].build(settings, 5).model
    assert found.parameters == sum(p.numel() for p in model.parameters() if p.requires_grad)
    assert found.searched == found.parameters - 5 * model.backbone.dim  # all but the classifier
    assert found.search_flops == embedding_flops(model, (48, 24))
    assert 2 * found.search_flops < found.training_flops < 4 * found.search_flops
    assert found.training_speed > 0 and found.search_speed > 0
    assert found.memory is None or found.memory > 4 * 4 * found.parameters  # weights, gradients, AdamW's two moments
    assert found.where.startswith("CPU, ")


def test_speed_is_images_over_time_and_memory_what_the_process_grew_by(monkeypatch):
    peaks = iter([1000, 1500])
    monkeypatch.setattr("vireid_lab.analysis.cost.peak_memory", lambda kind: next(peaks))
    monkeypatch.setattr("vireid_lab.analysis.cost._seconds", lambda call, repeats, kind: 0.5)
    small = {"size": (48, 24), "ids_per_batch": 3, "images_per_id": 2, "weights": "none"}
    found = measure("baseline", choose_settings("baseline", "tiny", small), 4, 1, "cpu")
    assert found.training_speed == found.search_speed == 3 * 2 * 2 / 0.5
    assert found.memory == 500


def test_a_wrong_recipe_or_setting_is_named_before_anything_starts():
    with pytest.raises(InputError, match="unknown recipe 'agv': did you mean 'agw'"):
        measure_costs(["baseline", "agv"])
    with pytest.raises(InputError, match="unknown setting 'sise'"):
        measure_costs(["baseline"], sise=(96, 48))


def test_the_table_has_a_line_for_each():
    cost = Cost(2_500_000, 2_000_000, 150_000_000, 450_000_000, 800.4, 90.2, 3 * 2**20, "CPU")
    costs = {"agw": cost, "pcb": Cost(*[*vars(cost).values()][:6], None, "CPU"), "rfm": cost}
    text = describe_costs(costs, {"agw": np.array([0.5, 0.6]), "pcb": None})
    first, second, third = text.splitlines()[2:]
    assert first.split() == "agw | 55.0 % | 2.50 2.00 | 450 150 | 90 800 | 3 MiB".split()
    assert second.endswith("| not known") and "| not run |" in second and "| not run |" in third
