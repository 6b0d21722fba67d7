"""The mean of a loss's terms where there are some, and where there are none."""

from __future__ import annotations

import torch

from vireid_lab.losses.mean import mean_or_zero


def test_the_mean_of_some_and_a_zero_that_back_propagates_of_none():
    values = torch.tensor([[1.0, 2.0], [3.0, 6.0]], requires_grad=True)
    assert mean_or_zero(values).item() == 3.0
    nothing = mean_or_zero(values[:, :0])
    nothing.backward()
    assert nothing.item() == 0.0 and (values.grad == 0).all()
