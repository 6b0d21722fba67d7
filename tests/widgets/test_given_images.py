"""Images as a notebook gives them: (H, W, 3) or grey, float in [0, 1], or an error that names what asked."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from vireid_lab.runtime import InputError
from vireid_lab.widgets.given_images import image_tensor, pixels_of


def test_a_colour_image_comes_back_and_a_grey_one_has_three_equal_channels():
    colour = np.random.default_rng(0).random((4, 2, 3))
    tensor = image_tensor("visible", colour, "LTG")
    assert tensor.shape == (3, 4, 2) and tensor.dtype == torch.float32
    np.testing.assert_array_equal(pixels_of(tensor), colour.astype(np.float32))
    grey = image_tensor("infrared", colour[..., 0], "LTG")
    assert (grey == tensor[:1]).all() and grey.shape == (3, 4, 2)


@pytest.mark.parametrize(
    ("pixels", "message"),
    [
        (np.zeros((4, 2, 4)), r"visible image of shape \(4, 2, 4\): give \(H, W, 3\)"),
        (np.zeros((0, 2, 3)), "visible image of shape"),
        (np.zeros((4, 2, 3), np.uint8), "pedmix: images of type torch.uint8"),
        (np.full((4, 2, 3), 2.0), "put pedmix before Normalize"),
    ],
)
def test_another_shape_type_or_range_is_named_with_what_asked(pixels, message):
    with pytest.raises(InputError, match=message):
        image_tensor("visible", pixels, "pedmix")


def test_pixels_of_an_image_have_the_colours_last():
    image = torch.arange(24).reshape(3, 2, 4)
    assert pixels_of(image)[1, 2].tolist() == [6, 14, 22]
