"""Counts that are the same on every machine: operations of a call, parameters behind an embedding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from vireid_lab.models.inference import inference


def one_of_each(model: nn.Module, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """A visible and an infrared image (2, 3, H, W) and their modality, on the model's device."""
    device = next(model.parameters()).device
    return torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(0)).to(device), torch.arange(2).to(device)


def embedding_flops(model: nn.Module, size: tuple[int, int]) -> int:
    """Operations of the embedding of one image, mean of both modalities."""
    with inference(model):
        return count_flops(lambda: model.embed(*one_of_each(model, size))) // 2


def used_parameters(model: nn.Module, size: tuple[int, int]) -> int:
    """Number of the trained parameters that the embedding of an image of either modality depends on."""
    training = model.training
    model.eval().zero_grad(set_to_none=True)
    model.embed(*one_of_each(model, size)).sum().backward()
    used = sum(p.numel() for p in model.parameters() if p.grad is not None)
    model.zero_grad(set_to_none=True)
    model.train(training)
    return used


def count_flops(call: Callable[[], Any]) -> int:
    """Operations of a call: torch's count over convolutions and matrix products, backward passes included."""
    with FlopCounterMode(display=False) as counter:
        call()
    return counter.get_total_flops()
