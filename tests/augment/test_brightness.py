"""The brightness control changes the mean of every channel as LTG does, and nothing else."""

import numpy as np
import torch

from vireid_lab.augment.brightness import LTGBrightness
from vireid_lab.augment.ltg_batch import BatchLTG

IMAGES = 0.1 + 0.5 * torch.rand(6, 3, 32, 16, generator=torch.Generator().manual_seed(0))


def test_means_are_those_of_ltg_and_ratios_inside_an_image_stay():
    control, ltg = LTGBrightness(p=1), BatchLTG(p=1)
    parameters = control.draw(tuple(IMAGES.shape), np.random.default_rng(3))
    changed, transformed = control.apply(IMAGES, parameters), ltg.apply(IMAGES, parameters)
    assert torch.allclose(changed.mean((2, 3)), transformed.mean((2, 3)), atol=1e-5)
    ratio = changed / IMAGES
    assert torch.allclose(ratio, ratio[..., :1, :1].expand_as(ratio), atol=1e-5)
    assert (ratio - 1).abs().amax() > 0.1 and not torch.allclose(changed, transformed, atol=1e-2)


def test_images_that_are_not_chosen_stay():
    control = LTGBrightness(p=0.5)
    parameters = control.draw(tuple(IMAGES.shape), np.random.default_rng(0))
    changed = control.apply(IMAGES, parameters)
    for i in range(6):
        assert torch.allclose(changed[i], IMAGES[i], atol=1e-6) == (i not in parameters.chosen)
