"""A model is asked without gradients, and left in the mode in which it was found."""

import pytest
import torch
from torch import nn

from vireid_lab.models.inference import inference


@pytest.mark.parametrize("training", [True, False])
def test_the_mode_comes_back_even_after_an_error(training):
    model = nn.Sequential(nn.Linear(2, 2), nn.Dropout()).train(training)
    with pytest.raises(ValueError, match="within"), inference(model) as device:
        assert device == model[0].weight.device
        assert not any(module.training for module in model.modules())
        assert not model(torch.ones(1, 2)).requires_grad
        raise ValueError("within")
    assert all(module.training == training for module in model.modules())
    assert model(torch.ones(1, 2)).requires_grad
