"""Classifiers of an image's modality, with or without a reversed gradient."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class _Reverse(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: Tensor, coefficient: float) -> Tensor:
        ctx.coefficient = coefficient
        return x.view_as(x)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None]:
        return -ctx.coefficient * gradient, None


class GradientReversal(nn.Module):
    """The identity, whose backward pass multiplies the gradient by -λ (GRL; Ganin and Lempitsky 2015).

    λ grows with the passes in training as 2 / (1 + exp(-10 p)) - 1, p = passes / ramp up to 1 (their Sec. 4), so that
    a classifier that knows nothing yet does not steer the features. The count is kept with the weights.

    Args:
        ramp: passes in training after which λ is 1 (up to 1e-4); 0: λ is 1 from the start.
    """

    def __init__(self, ramp: int = 0):
        super().__init__()
        self.ramp = ramp
        self.register_buffer("passes", torch.zeros((), dtype=torch.int64))

    @property
    def coefficient(self) -> float:
        """λ of the next pass."""
        progress = min(int(self.passes) / self.ramp, 1.0) if self.ramp else math.inf
        return 2 / (1 + math.exp(-10 * progress)) - 1

    def forward(self, x: Tensor) -> Tensor:
        """Returns x, of any shape."""
        coefficient = self.coefficient
        if self.training:
            self.passes += 1
        return _Reverse.apply(x, coefficient)


class ModalityClassifiers(nn.Module):
    """J classifiers of two modalities, each with one hidden layer.

    The IDKL paper does not say what they are made of; the hidden width of 100 and the batch normalisation are those of
    its public code, which has two hidden layers and dropout.

    Args:
        dim: width d of the features.
        number: classifiers J.
        hidden: width of the hidden layer.
    """

    def __init__(self, dim: int, number: int = 1, hidden: int = 100):
        super().__init__()
        self.classifiers = nn.ModuleList(
            nn.Sequential(nn.Linear(dim, hidden), nn.BatchNorm1d(hidden), nn.ReLU(), nn.Linear(hidden, 2))
            for _ in range(number)
        )

    def forward(self, features: Tensor) -> Tensor:
        """Maps features (B, d) to logits (B, J, 2)."""
        return torch.stack([classifier(features) for classifier in self.classifiers], 1)
