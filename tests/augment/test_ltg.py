from __future__ import annotations

import numpy as np
import pytest
import torch
from ltg_reference import play
from PIL import Image as PILImage
from torchvision import tv_tensors
from torchvision.transforms import v2

from vireid_lab.augment.ltg import LTG
from vireid_lab.augment.ltg_batch import BLOCK, BatchLTG
from vireid_lab.augment.ltg_draw import Beta, Constant, LTGDraw, LTGParameters, Uniform
from vireid_lab.runtime import InputError

VARIANTS = [
    {},
    {"factor": Beta(0.3, 0.3), "t_min": 0.01},
    {"factor": Uniform()},
    {"factor": Constant(0.5)},
    {"once": True},
    {"per_channel": False},
    {"s": (0.3, 0.6), "r": (1.0, 1.0)},
]


def noise(batch=12, height=47, width=31, seed=0):
    """Random images with a black corner; the second is black in one channel, the third everywhere."""
    images = torch.rand(batch, 3, height, width, generator=torch.Generator().manual_seed(seed)) * 0.8
    images[:, :, :20, :12] = 0
    images[1, 1] = 0
    images[2] = 0
    return images


def reference(image, options, parameters, row):
    once, t_min = options.get("once", False), options.get("t_min", 1e-6)
    return play(image.numpy(), parameters.rectangles[row], parameters.factors[row], t_min, once)


@pytest.mark.parametrize("options", VARIANTS, ids=str)
def test_the_batched_form_is_the_explicit_loop(options):
    images, ltg = noise(), BatchLTG(p=0.8, **options)
    parameters = ltg.draw(tuple(images.shape), np.random.default_rng(1))
    assert 0 < len(parameters.chosen) < len(images)
    before = images.clone()
    out = ltg.apply(images, parameters)
    assert torch.equal(images, before)
    for row, image in enumerate(parameters.chosen):
        expected, _, _ = reference(images[image], options, parameters, row)
        np.testing.assert_allclose(out[image].numpy(), expected, rtol=2e-5, atol=1e-7)
    untouched = np.setdiff1d(np.arange(len(images)), parameters.chosen)
    assert torch.equal(out[untouched], images[untouched])


def test_images_that_end_in_different_blocks_are_all_exact():
    images, ltg = noise(60), BatchLTG(p=1.0)
    parameters = ltg.draw(tuple(images.shape), np.random.default_rng(2))
    out, played = ltg.apply(images, parameters), []
    for i in range(60):
        expected, _, number = reference(images[i], {}, parameters, i)
        np.testing.assert_allclose(out[i].numpy(), expected, rtol=2e-5, atol=1e-7)
        played.append(number)
    assert min(played) < BLOCK < max(played) and len({number // BLOCK for number in played}) > 1


def test_memory_layout_does_not_matter():
    images, ltg = noise(), BatchLTG()
    last = images.contiguous(memory_format=torch.channels_last)
    assert torch.equal(ltg(images, np.random.default_rng(5)), ltg(last, np.random.default_rng(5)))
    assert not torch.equal(ltg(images, np.random.default_rng(5)), ltg(images, np.random.default_rng(6)))


@pytest.mark.parametrize("options", VARIANTS, ids=str)
def test_the_form_for_one_image_is_the_explicit_loop_step_by_step(options):
    image, ltg = noise()[0], LTG(np.random.default_rng(0), p=1.0, **options)
    parameters = ltg.draw((3, 47, 31), np.random.default_rng(3))
    expected, memory, played = reference(image, options, parameters, 0)
    steps = ltg.trace(image, parameters)
    assert len(steps) == played
    np.testing.assert_allclose(steps[-1].image.numpy(), expected, rtol=2e-5, atol=1e-7)
    np.testing.assert_allclose(steps[-1].memory.numpy(), memory, rtol=2e-5, atol=1e-12)
    assert torch.equal(ltg.apply(image, parameters), steps[-1].image)
    first = steps[0]
    top, left, bottom, right = first.rectangle
    alone = image.clone()
    alone[:, top:bottom, left:right] *= first.alpha.view(-1, 1, 1)
    assert torch.allclose(first.image, alone) and np.array_equal(first.factors, parameters.factors[0, 0])


def test_the_output_stays_in_range_and_grey_images_get_unequal_channels():
    grey = noise()[:, :1].expand(-1, 3, -1, -1)
    out = BatchLTG(p=1.0)(grey, np.random.default_rng(0))
    assert out.min() >= 0 and out.max() <= 1
    assert not torch.equal(out[0, 0], out[0, 1])
    kept = BatchLTG(p=1.0, per_channel=False)(grey, np.random.default_rng(0))
    assert torch.equal(kept[:, 0], kept[:, 1]) and torch.equal(kept[:, 0], kept[:, 2])
    assert not torch.equal(kept, grey)


def test_rounding_does_not_leave_the_range():
    """With f_g() = 1 each rectangle's brightest pixel is brought to 1, a hundred times over."""
    images, options = noise(), {"p": 1.0, "factor": Constant(1)}
    batch_form, image_form = BatchLTG(**options), LTG(np.random.default_rng(0), **options)
    parameters = batch_form.draw(tuple(images.shape), np.random.default_rng(0))
    assert batch_form.apply(images, parameters).max() == 1
    beyond = 0
    for i, image in enumerate(images):
        own = LTGParameters(
            np.zeros(1, dtype=np.int64), parameters.rectangles[i : i + 1], parameters.factors[i : i + 1]
        )
        last = image_form.trace(image, own)[-1]
        beyond = max(beyond, float((image * last.memory).max()))
        assert last.image.max() <= 1
    assert beyond > 1  # what the guard is for


def test_a_black_image_ends_and_stays_black():
    black = torch.zeros(3, 40, 20)
    ltg = LTG(np.random.default_rng(0), p=1.0)
    steps = ltg.trace(black, ltg.draw((3, 40, 20), np.random.default_rng(0)))
    assert 0 < len(steps) < 100 and steps[-1].memory.min() <= 1e-6
    assert not steps[-1].image.any()


def test_as_a_transform_it_changes_the_image_and_passes_the_mask():
    image, mask = tv_tensors.Image(noise()[0]), tv_tensors.Mask(torch.ones(47, 31, dtype=torch.uint8))
    chain = v2.Compose([LTG(np.random.default_rng(0), p=1.0), v2.Normalize([0.5] * 3, [0.5] * 3)])
    out, out_mask, label = chain(image, mask, 7)
    assert isinstance(out, tv_tensors.Image) and not torch.allclose(
        out, v2.functional.normalize(image, [0.5] * 3, [0.5] * 3)
    )
    assert out_mask is mask and label == 7
    ltg = LTG(np.random.default_rng(4), p=1.0)
    assert torch.equal(ltg(noise()[0]), ltg.apply(noise()[0], ltg.draw((3, 47, 31), np.random.default_rng(4))))


@pytest.mark.parametrize("bad", [-0.5, 1.5, float("nan")])
def test_images_out_of_range_are_told_to_stand_before_normalize(bad):
    images = noise()
    images[0, 0, 3, 3] = bad
    with pytest.raises(InputError, match="put LTG before Normalize"):
        BatchLTG(p=1.0)(images, np.random.default_rng(0))
    with pytest.raises(InputError, match="put LTG before Normalize"):
        LTG(np.random.default_rng(0), p=1.0)(images[0])


def test_other_inputs_that_cannot_be_used():
    ltg = LTG(np.random.default_rng(0), p=1.0)
    with pytest.raises(InputError, match="uint8"):
        BatchLTG(p=1.0)(torch.zeros(2, 3, 8, 8, dtype=torch.uint8), np.random.default_rng(0))
    with pytest.raises(InputError, match="BatchLTG"):
        ltg(torch.zeros(2, 3, 8, 8))
    with pytest.raises(InputError, match="ToImage"):
        ltg(PILImage.new("RGB", (8, 8)))


@pytest.mark.parametrize(
    "options, named",
    [
        ({"p": 1.5}, "1.5"),
        ({"p": float("nan")}, "nan"),
        ({"s": (0.4, 0.02)}, "0.4"),
        ({"s": (0, 0.4)}, "areas"),
        ({"r": (3, 0.3)}, "aspects"),
        ({"t_min": 0}, "t_min = 0"),
        ({"t_min": 1}, "t_min = 1"),
    ],
)
def test_options_that_cannot_be_used_are_named(options, named):
    for form in (BatchLTG, lambda **given: LTG(np.random.default_rng(0), **given)):
        with pytest.raises(InputError, match=named):
            form(**options)


@pytest.mark.parametrize(
    "make", [lambda: Beta(0, 0.5), lambda: Beta(0.5, -1), lambda: Constant(-0.1), lambda: Constant(2)]
)
def test_factors_that_cannot_be_used(make):
    with pytest.raises(InputError, match="LTG"):
        make()


def test_rectangles_that_can_never_fit_are_an_error_and_no_endless_loop():
    with pytest.raises(InputError, match="fits into 384x192"):
        LTGDraw(p=1.0, s=(0.9, 1), r=(3, 3.3)).draw((1, 3, 384, 192), np.random.default_rng(0))


@pytest.mark.gpu
def test_on_a_gpu_the_result_is_that_of_the_cpu():
    images, ltg = noise(), BatchLTG(p=0.8)
    parameters = ltg.draw(tuple(images.shape), np.random.default_rng(1))
    out = ltg.apply(images.cuda(), parameters)
    assert out.is_cuda
    torch.testing.assert_close(out.cpu(), ltg.apply(images, parameters), rtol=2e-5, atol=1e-7)
