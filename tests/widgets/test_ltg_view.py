"""LTG on one image of each modality, as it is shown: picture and numbers against Alg. 1 as an explicit loop."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from matplotlib import colormaps
from PIL import Image

from vireid_lab.augment.ltg_draw import Beta, Constant, LTGDraw, Uniform
from vireid_lab.runtime import InputError
from vireid_lab.widgets import ltg_view
from vireid_lab.widgets.ltg_played import expected_shares, play
from vireid_lab.widgets.ltg_view import render_ltg

HEIGHT, WIDTH, SEED, T_MIN = 24, 12, 3, 1e-4
OPTIONS = LTGDraw(p=1.0, t_min=T_MIN)


@pytest.fixture
def pair():
    """(visible (H, W, 3), infrared (H, W)), noise from dark to bright."""
    rng = np.random.default_rng(0)
    visible, infrared = rng.uniform(0.1, 0.9, (HEIGHT, WIDTH, 3)), rng.uniform(0.2, 1, (HEIGHT, WIDTH))
    return visible.astype(np.float32), infrared.astype(np.float32)


def loop(image: np.ndarray, rectangles: np.ndarray, factors: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Alg. 1 on (H, W, 3), pixel by pixel of M: [(image, M)] before the first rectangle and after each."""
    image, memory = image.astype(float), np.ones(image.shape)
    states = [(image.copy(), memory.copy())]
    for (top, left, bottom, right), factor in zip(rectangles, factors, strict=True):
        for c in range(3):
            alpha = factor[c] / image[top:bottom, left:right, c].max()
            for row in range(top, bottom):
                for column in range(left, right):
                    image[row, column, c] *= alpha
                    memory[row, column, c] *= alpha
        states.append((image.copy(), memory.copy()))
        if memory.min() <= T_MIN:
            break
    return states


@pytest.fixture
def states(pair):
    """What `loop` makes of both images, with the draws of SEED, the visible image's first."""
    rng, both = np.random.default_rng(SEED), []
    for image in pair:
        draw = OPTIONS.draw((1, 3, HEIGHT, WIDTH), rng)
        image = image if image.ndim == 3 else np.stack([image] * 3, axis=2)
        both.append(loop(image, draw.rectangles[0], draw.factors[0]))
    return both


def cell(picture: bytes, row: int, column: int) -> np.ndarray:
    """(H, W, 3) in [0, 1]: the colours at the middles of the pixels of an image on the page."""
    page = np.asarray(Image.open(io.BytesIO(picture))) / 255
    inch = min(ltg_view.BOX[0] / WIDTH, ltg_view.BOX[1] / HEIGHT)
    left = ltg_view.LEFT + column * ltg_view.STEP + (ltg_view.BOX[0] - WIDTH * inch) / 2
    above = ltg_view.INCHES[1] - ltg_view.TOPS[row]
    rows, columns = above + (np.arange(HEIGHT) + 0.5) * inch, left + (np.arange(WIDTH) + 0.5) * inch
    return page[np.ix_((rows * ltg_view.DPI).astype(int), (columns * ltg_view.DPI).astype(int))]


def lines_of(readout: str) -> list[dict[str, str]]:
    """The table's rows, visible and infrared."""
    names = ("rectangles", "min(M)", "before", "after", "distance", "end")
    rows = [line.split(maxsplit=8) for line in readout.splitlines() if line.startswith(("visible  ", "infrared  "))]
    return [dict(zip(names, (" ".join(row[1:4]), *row[4:]), strict=True)) for row in rows if row[1] != "newest:"]


@pytest.mark.parametrize("k", [0, 1, 4, None])
def test_the_picture_holds_the_images_and_the_memory_after_k_rectangles(pair, states, k):
    view = render_ltg(*pair, OPTIONS, SEED, k)
    highest = max(memory.min(axis=2).max() for both in states for _, memory in both)  # 1, or above
    for row, both in enumerate(states):
        image, memory = both[-1] if k is None else both[min(k, len(both) - 1)]
        np.testing.assert_allclose(cell(view.picture, row, 0), both[0][0], atol=0.005)
        np.testing.assert_allclose(cell(view.picture, row, 1), image, atol=0.005)
        decades = np.log10(np.maximum(memory.min(axis=2), T_MIN) / T_MIN) / np.log10(highest / T_MIN)
        np.testing.assert_allclose(cell(view.picture, row, 2), colormaps["viridis"](decades)[..., :3], atol=0.015)
    assert view.rectangles == max(len(both) - 1 for both in states)


def test_the_memory_is_the_product_of_the_factors(pair, states):
    for k in (0, 2, None):
        for played, both in zip(play(*pair, OPTIONS, SEED, k), states, strict=True):
            assert len(played.steps) == len(both) - 1
            image, memory = both[len(both) - 1 if k is None else k]
            np.testing.assert_allclose(played.memory.permute(1, 2, 0), memory, rtol=1e-5)
            np.testing.assert_allclose(played.after.permute(1, 2, 0), image, rtol=1e-5)


def test_the_numbers_are_those_of_the_loop(pair, states):
    rows = lines_of(render_ltg(*pair, OPTIONS, SEED, 3).readout)
    for row, both in zip(rows, states, strict=True):
        image, memory = both[3]
        assert row["rectangles"] == f"3 of {len(both) - 1}" and row["end"] == "min(M) <= t_min"
        assert float(row["min(M)"]) == pytest.approx(memory.min(), rel=0.05)
        assert float(row["before"]) == pytest.approx(both[0][0].mean(), abs=6e-4)
        assert float(row["after"]) == pytest.approx(image.mean(), abs=6e-4)
        a, b = (x.ravel() / np.linalg.norm(x) for x in (both[0][0], image))
        assert float(row["distance"]) == pytest.approx(np.sqrt(((a - b) ** 2).sum()), abs=6e-4)


def test_the_feature_distance_is_that_of_the_given_model(pair, states):
    def embed(images, modality):
        """Mean of each channel, then the modality."""
        return torch.cat([images.mean((2, 3)), modality[:, None].float()], dim=1)

    view = render_ltg(*pair, OPTIONS, SEED, 5, embed)
    distances = []
    for modality, both in enumerate(states):
        before, after = (np.array([*state[0].mean(axis=(0, 1)), modality]) for state in (both[0], both[5]))
        distances.append(np.linalg.norm(before / np.linalg.norm(before) - after / np.linalg.norm(after)))
    head = "feature distance, before to after: visible {:.3f}, infrared {:.3f}\n"
    assert view.readout.startswith(head.format(*distances))
    assert render_ltg(*pair, OPTIONS, SEED, 0, embed).readout.startswith(head.format(0, 0))


def test_the_newest_rectangle_is_named_and_framed(pair):
    rng = np.random.default_rng(SEED)
    readout = render_ltg(*pair, OPTIONS, SEED, 2).readout
    for name in ("visible ", "infrared"):
        draw = OPTIONS.draw((1, 3, HEIGHT, WIDTH), rng)
        top, left, bottom, right = draw.rectangles[0, 1]
        factors = " ".join(f"{factor:.3g}" for factor in draw.factors[0, 1])
        assert f"{name} newest: rows {top}-{bottom}, columns {left}-{right}, f_g {factors}, α " in readout
    assert "visible  newest: none" in render_ltg(*pair, OPTIONS, SEED, 0).readout


@pytest.mark.parametrize(
    ("options", "end"),
    [
        (LTGDraw(p=0.0), "left alone (p)"),
        (LTGDraw(p=1.0, once=True, factor=Constant(0.5)), "once"),
        (LTGDraw(p=1.0, factor=Constant(0.5)), "limit"),
        (LTGDraw(p=1.0, factor=Constant(0.0)), "min(M) <= t_min"),
    ],
)
def test_why_it_ends_is_said(pair, options, end):
    view = render_ltg(*pair, options)
    assert [row["end"] for row in lines_of(view.readout)] == [end, end]
    if options.p == 0:
        assert view.rectangles == 0 and lines_of(view.readout)[0]["distance"] == "0.000"


def test_the_seed_decides_everything(pair):
    assert render_ltg(*pair, OPTIONS, 1) == render_ltg(*pair, OPTIONS, 1)
    assert render_ltg(*pair, OPTIONS, 1).readout != render_ltg(*pair, OPTIONS, 2).readout


def test_grey_stays_grey_with_one_factor_for_all_channels(pair):
    visible = np.repeat(pair[1][..., None], 3, axis=2)  # grey too
    for per_channel in (True, False):
        options = LTGDraw(p=1.0, per_channel=per_channel)
        after = cell(render_ltg(visible, pair[1], options, SEED, 3).picture, 1, 1)
        assert (np.ptp(after, axis=2).max() < 0.005) == (not per_channel)


def test_expected_shares_are_those_of_the_distribution():
    edges = np.linspace(0, 1, 5)
    arcsine = np.diff(2 / np.pi * np.arcsin(np.sqrt(edges)))  # closed form of Beta(1/2, 1/2)
    np.testing.assert_allclose(expected_shares(Beta(0.5, 0.5), edges), arcsine)
    np.testing.assert_allclose(expected_shares(Beta(2, 1), edges), np.diff(edges**2))
    np.testing.assert_allclose(expected_shares(Uniform(), edges), 0.25)
    np.testing.assert_array_equal(expected_shares(Constant(0.3), edges), [0, 1, 0, 0])


def test_a_wide_image_and_a_black_one_are_shown():
    visible, infrared = np.zeros((20, 50, 3), np.float32), np.zeros((20, 50))
    assert render_ltg(visible, infrared, OPTIONS).rectangles > 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"visible": np.zeros((4, 4, 2))}, r"visible image of shape \(4, 4, 2\): give \(H, W, 3\)"),
        ({"infrared": np.zeros((0, 4))}, "infrared image of shape"),
        ({"infrared": np.zeros((8, 8), np.uint8)}, "make them float"),
        ({"visible": np.full((8, 8, 3), 2.0)}, "before Normalize"),
        ({"rectangles": -1}, "rectangles = -1: give 0"),
        ({"options": LTGDraw(p=1.0, s=(1, 1), r=(6, 6))}, "no rectangle"),
        ({"embed": lambda images, modality: images.mean()}, r"features of shape \(\) for 2 images; return \(2, d\)"),
    ],
)
def test_what_cannot_be_shown_is_named(pair, change, message):
    with pytest.raises(InputError, match=message):
        render_ltg(**{"visible": pair[0], "infrared": pair[1], **change})
