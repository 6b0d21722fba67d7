"""RFM's pictures of LTG: lengths, strips and treatments against explicit calculations, and what is drawn."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from vireid_lab.augment.ltg import LTG
from vireid_lab.augment.ltg_draw import Constant
from vireid_lab.figures import rfm_ltg
from vireid_lab.spectra.labels import CODES


def test_the_length_is_what_ltg_did():
    images = torch.ones(3, 3, 40, 20)
    options = {"p": 1, "once": True, "factor": Constant(0)}
    length = rfm_ltg.measure_length(images, LTG(np.random.default_rng(3), **options))
    rng = np.random.default_rng(3)
    areas = []
    for _ in range(3):
        top, left, bottom, right = LTG(rng, **options).draw((3, 40, 20), rng).rectangles[0, 0]
        areas.append((bottom - top) * (right - left) / 800)
    assert length.rectangles.tolist() == [1, 1, 1]
    np.testing.assert_allclose(length.brightness, 1 - np.array(areas), rtol=1e-6)


@pytest.fixture
def photographs():
    """Four images (48, 24, 3) uint8 of noise, and masks of two materials."""
    images = np.random.default_rng(1).integers(20, 220, (4, 48, 24, 3)).astype(np.uint8)
    masks = np.full((4, 48, 24), CODES["brick"], np.uint8)
    masks[:, 10:40, 6:18] = CODES["upper"]
    return images, masks


def test_a_strip_goes_from_the_input_to_the_end(photographs):
    image = photographs[0][0]
    strip = rfm_ltg.ltg_strip(image, LTG(np.random.default_rng(5), p=1), columns=4)
    ltg, pixels = LTG(np.random.default_rng(5), p=1), torch.from_numpy(image.transpose(2, 0, 1)) / 255
    parameters = ltg.draw((3, 48, 24), ltg.rng)
    number = len(ltg.trace(pixels, parameters))
    names = list(strip)
    assert names[:2] == ["input", "1 rectangle"] and names[-1] == f"{number} rectangles" and 3 <= len(names) <= 5
    np.testing.assert_array_equal(strip["input"], image)
    end = (255 * ltg.apply(pixels, parameters).permute(1, 2, 0)).round().byte().numpy()
    np.testing.assert_array_equal(strip[names[-1]], end)


def test_each_treatment_does_what_its_name_says(photographs):
    images, masks = photographs
    treated = rfm_ltg.treat(images, masks, np.random.default_rng(0))
    assert list(treated) == ["input", "LTG", "LTG,\nuniform\nfactor", "random\nerasing", "per true\nmaterial"]
    np.testing.assert_array_equal(treated["input"], images)
    for before, after in zip(images, treated["random\nerasing"], strict=True):
        gone = (after == 0).all(2)
        rows, columns = np.flatnonzero(gone.any(1)), np.flatnonzero(gone.any(0))
        assert gone.sum() == len(rows) * len(columns) == (rows.max() - rows.min() + 1) * len(columns) > 0
        np.testing.assert_array_equal(after[~gone], before[~gone])
    for before, after, mask in zip(images, treated["per true\nmaterial"], masks, strict=True):
        for label, channel in itertools.product((CODES["brick"], CODES["upper"]), range(3)):
            inside, made = before[mask == label][:, channel] / 255, after[mask == label][:, channel] / 255
            factor = made.sum() / inside.sum()
            np.testing.assert_allclose(made, factor * inside, atol=1.5 / 255)
    shares = {name: [np.mean(np.asarray(image) == 0) for image in shown] for name, shown in treated.items()}
    assert min(shares["LTG"]) > 0 and min(shares["LTG,\nuniform\nfactor"]) > 0
    assert "per true\nmaterial" not in rfm_ltg.treat(images, None, np.random.default_rng(0))


def test_the_options_take_longer_or_shorter_as_their_factors_say(photographs):
    images = np.repeat(photographs[0], 3, axis=0)
    lengths = rfm_ltg.compare_lengths(images, seed=0)
    means = {name: length.rectangles.mean() for name, length in lengths.items()}
    assert means["t_min 0.01"] < means["Beta(0.3, 0.3)"] < means["Beta(0.5, 0.5)"] < means["uniform"]
    assert all(len(length.rectangles) == 12 for length in lengths.values())
    expected = f"uniform: {means['uniform']:.1f} rectangles, {100 * lengths['uniform'].brightness.mean():.0f} % of"
    assert expected in rfm_ltg.describe_lengths(lengths).splitlines()[2]


def test_the_histograms_hold_all_images_and_the_strips_their_states():
    lengths = {
        "a": rfm_ltg.Length(np.array([1, 2, 2, 100]), np.array([0.5, 0.52, 0.9, 3.0])),
        "b": rfm_ltg.Length(np.array([5, 5]), np.array([0.1, 0.1])),
    }
    image = np.zeros((8, 4, 3), np.uint8)
    strips = [{"input": image, "1 rectangle": image + 9, "2 rectangles": image + 20}, {"input": image}]
    figure = rfm_ltg.ltg_length(strips, lengths)
    *pictures, taken, left = figure.axes
    assert [axes.get_xlabel() for axes in pictures] == ["input", "1 rectangle", "2 rectangles", "input"]
    assert [int(axes.images[0].get_array().max()) for axes in pictures] == [0, 9, 20, 0]
    for axes in (taken, left):
        assert [stairs.get_data().values.sum() for stairs in axes.patches] == pytest.approx([100, 100])
    values = taken.patches[0].get_data().values
    assert values[0] == 75 and values[-1] == 25  # 1 to 3 rectangles; 100 lies in the last bin
    looks = {(stairs.get_edgecolor(), str(stairs.get_linestyle())) for stairs in taken.patches}
    assert len(looks) == 2
