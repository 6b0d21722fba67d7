"""RFM's pictures: what is computed for them against explicit calculations, and what is drawn against what was given."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgba

from vireid_lab.analysis.run_results import RunResult
from vireid_lab.augment.ltg import LTG
from vireid_lab.augment.ltg_draw import Constant
from vireid_lab.figures import rfm, rfm_attention, rfm_losses, rfm_ltg, rfm_sweep
from vireid_lab.losses.center import CrossCenter
from vireid_lab.models.backbone import build_backbone
from vireid_lab.models.rfm import RFM
from vireid_lab.runtime import InputError
from vireid_lab.spectra.labels import CODES, FIRST_PERSON, LABELS
from vireid_lab.spectra.world import World


@pytest.fixture
def scene():
    """Visible image, mask of three materials and an infrared image that is k · G exactly."""
    rng = np.random.default_rng(0)
    visible = rng.integers(40, 120, (48, 24, 3)).astype(np.uint8)
    mask = np.full((48, 24), CODES["brick"], np.uint8)
    mask[10:30, 4:20], mask[30:44, 6:18] = CODES["upper"], CODES["lower"]
    k = {CODES["brick"]: 0.5, CODES["upper"]: 2.0, CODES["lower"]: 1.25}
    factors = np.vectorize(k.get)(mask)
    return visible / 255, factors * visible[..., 1] / 255, mask, factors


def test_the_factor_of_each_material_is_found_and_one_factor_is_not_enough(scene):
    visible, infrared, mask, factors = scene
    found = rfm.material_factors(visible, infrared, mask)
    np.testing.assert_allclose(found.factors, factors)
    np.testing.assert_allclose(found.predicted, infrared)
    assert found.r2 == pytest.approx(1)
    (slope,), residual, *_ = np.linalg.lstsq(visible[..., 1].reshape(-1, 1), infrared.ravel(), rcond=None)
    assert found.r2_one == pytest.approx(1 - residual[0] / np.square(infrared - infrared.mean()).sum())
    assert found.r2_one < 0.9


@pytest.fixture(scope="module")
def row():
    world = World(0, (96, 48))
    visible, infrared = (world.render(1, 0, modality, 0, moment=0) for modality in (0, 1))
    return rfm.motivation(visible.image, infrared.image, visible.mask, np.random.default_rng(0))


def test_the_factors_of_the_motivation_are_those_that_made_its_images(row):
    green = row.visible[..., 1]
    for factors, image in (row.random, row.ltg):
        np.testing.assert_allclose(image[..., 1], np.minimum(factors * green, 1), atol=2e-6)
    for label in np.unique(row.mask):  # one factor on all pixels of a material
        of_label = row.random[0][(row.mask == label) & (green > 0)]
        np.testing.assert_allclose(of_label, of_label[0], rtol=1e-4)
    assert len(np.unique(row.ltg[0])) > 3 and row.ltg[0].min() <= 1  # rectangles: no material is left whole
    assert row.true.r2 > 0.5 > row.true.r2_one
    fits = rfm.describe_fits([row, row])
    assert fits.endswith(
        f"{row.true.r2:.2f}, {row.true.r2:.2f}; one factor {row.true.r2_one:.2f}, {row.true.r2_one:.2f}"
    )


def test_the_motivation_shows_each_image_in_its_block(row):
    figure = rfm.motivation_sheet([row, row], LABELS)
    axes = figure.axes[0]
    canvas = np.asarray(axes.images[0].get_array())
    np.testing.assert_array_equal(canvas[:96, :48], rfm.to_uint8(row.visible))
    names = [text.get_text().replace("\n", " ") for text in axes.texts]
    assert names[:3] == ["visible", "true materials", "the scene"]
    for name, image in (("infrared camera", row.infrared), ("k · G", row.true.predicted)):
        middle = axes.texts[names.index(name)].get_position()[0]
        left = round(middle - 24)
        np.testing.assert_array_equal(canvas[-99:-3, left : left + 48], rfm.to_uint8(image))
    places = [text.get_position()[0] for text in axes.texts if text.get_text() in ("factor", "image")]
    for place, shown in zip(places, (*row.random, *row.ltg), strict=True):
        left, expected = round(place - 24), rfm.as_colours(shown) if shown.ndim == 2 else rfm.to_uint8(shown)
        np.testing.assert_array_equal(canvas[:96, left : left + 48], expected)


def test_colours_of_factors_go_from_purple_over_white_to_orange_and_zero_is_the_end():
    colours = rfm.as_colours(np.array([[0.0, 1e-6, 0.1, 1.0, 10.0, 50.0]]))[0].astype(int)
    assert (colours[0] == colours[1]).all() and (colours[1] == colours[2]).all() and (colours[4] == colours[5]).all()
    assert colours[3].min() > 235 and colours[2][2] > colours[2][1] and colours[4][0] > colours[4][2] + 50


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


@pytest.fixture
def toy():
    return rfm_losses.toy_features(np.random.default_rng(0))


def test_the_gradients_are_those_of_the_formulas(toy):
    means = torch.stack([toy.points[toy.ids == i].mean(0) for i in (0, 1)])
    number = len(toy.points)
    torch.testing.assert_close(rfm_losses.gradient("center", toy), (toy.points - means[toy.ids]) / number)
    of = {(i, m): toy.points[(toy.ids == i) & (toy.modality == m)] for i in (0, 1) for m in (0, 1)}
    hetero = rfm_losses.gradient("hetero_center", toy)
    cross = rfm_losses.gradient("cross_center", toy)
    for row, (i, m) in enumerate(zip(toy.ids.tolist(), toy.modality.tolist(), strict=True)):
        away = of[i, m].mean(0) - of[i, 1 - m].mean(0)
        torch.testing.assert_close(hetero[row], 2 * away / len(of[i, m]))
        for axis in (0, 1):
            moved = [toy.points.clone() for _ in range(2)]
            moved[0][row, axis] += 1e-6
            moved[1][row, axis] -= 1e-6
            high, low = (CrossCenter()(points, toy.ids, toy.modality) for points in moved)
            assert float(cross[row, axis]) == pytest.approx(float(high - low) / 2e-6, abs=1e-7)


def test_a_loss_that_is_not_there_is_named(toy):
    with pytest.raises(InputError, match="cross_centre.*did you mean 'cross_center'"):
        rfm_losses.gradient("cross_centre", toy)


def test_the_center_loss_keeps_the_shape_the_hetero_center_the_spread_and_the_cross_center_neither(toy):
    center, hetero, cross = (rfm_losses.descend(loss, toy, 0.4 * toy.gap) for loss in rfm_losses.LOSSES)
    assert center.gap < toy.gap and center.gap / center.spread == pytest.approx(toy.gap / toy.spread)
    assert hetero.gap < toy.gap and hetero.spread == pytest.approx(toy.spread)
    assert cross.gap / cross.spread < toy.gap / toy.spread and cross.spread < toy.spread
    way = (hetero.points - toy.points).square().sum(1).mean().sqrt()
    assert float(way) == pytest.approx(0.4 * toy.gap, rel=1e-6)  # straight
    assert rfm_losses.describe_way(toy, hetero).startswith(f"gap {toy.gap:.2f} → {hetero.gap:.2f}, spread ")
    words = rfm_losses.describe_ways(toy, (center, hetero, cross))
    assert f"hetero-center: gap {toy.gap:.2f} → {hetero.gap:.2f}, spread " in words and words.startswith("center: gap")


def test_gap_and_spread_of_two_pairs_of_points():
    points = torch.tensor([[0.0, 0], [2, 0], [1, 3], [1, 5]], dtype=torch.float64)
    square = rfm_losses.Toy(points, torch.zeros(4, dtype=torch.int64), torch.tensor([0, 0, 1, 1]))
    assert (square.gap, square.spread) == pytest.approx((4, 1))


def test_arrows_are_the_gradients_and_points_wear_person_and_modality(toy):
    ends = [rfm_losses.descend(loss, toy, 0.3) for loss in rfm_losses.LOSSES]
    figure = rfm_losses.loss_sheet(toy, ends)
    for (loss, _), above, below, end in zip(
        rfm_losses.LOSSES.items(), figure.axes[:3], figure.axes[3:], ends, strict=True
    ):
        *clouds, arrows, _ = above.collections
        pull = -rfm_losses.gradient(loss, toy).numpy()
        lengths = np.hypot(arrows.U, arrows.V)
        np.testing.assert_allclose(arrows.get_offsets(), toy.points.numpy())
        np.testing.assert_allclose(np.stack([arrows.U, arrows.V], 1) / lengths.max(), pull / np.hypot(*pull.T).max())
        looks = [(tuple(c.get_edgecolor()[0]), len(c.get_paths()[0].vertices)) for c in clouds]
        assert len(set(looks)) == 4 and {look[0] for look in looks} == {to_rgba(c) for c in rfm_losses.ID_COLOURS}
        shown = np.concatenate([cloud.get_offsets() for cloud in below.collections[:4]])
        np.testing.assert_allclose(shown, end.points.numpy())  # they stand person by person, visible first


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return RFM(build_backbone("resnet10", two_stream="none"), 4, parts=6, reduction=8, attention="mam")


def test_the_maps_are_those_of_the_model_whatever_the_batch_and_its_mode_stays(model):
    images = np.random.default_rng(1).integers(0, 256, (5, 96, 48, 3)).astype(np.uint8)
    modality = [0, 1, 1, 0, 1]
    model.train()
    maps = rfm_attention.attention_maps(model, images, modality, batch=2)
    assert model.training
    with torch.no_grad():
        shift, width = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
        inputs = torch.from_numpy((images / 255 - shift) / width).permute(0, 3, 1, 2).float()
        output = model.eval()(inputs, torch.tensor(modality))
    np.testing.assert_allclose(maps.original, output.maps.mean(1), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(maps.attention, output.attention[:, 0], rtol=1e-4)
    np.testing.assert_allclose(maps.weighted, maps.attention * maps.original, rtol=1e-4, atol=1e-6)


def test_a_model_without_attention_is_refused():
    plain = RFM(build_backbone("resnet10", two_stream="none"), 4, parts=6, reduction=8, attention="none")
    with pytest.raises(InputError, match="attention=mam"):
        rfm_attention.attention_maps(plain, np.zeros((1, 96, 48, 3), np.uint8), [0])


def test_the_share_on_the_person_by_hand():
    masks = np.zeros((2, 8, 4), np.uint8)
    masks[:, :4, :2] = FIRST_PERSON  # upper left quarter: one place of a 2 x 2 map
    masks[1, 4:6, :2] = CODES["hair"]  # and half of the place below it
    masks[0, 7, 3] = CODES["occluder"]  # in front of the person, not a part of it
    original = np.array([[[1.0, 1], [1, 1]]] * 2)
    attention = np.array([[[1.0, 0], [0, 0]], [[0, 0], [1, 0]]])
    maps = rfm_attention.AttentionMaps(original, attention, np.array([[[3.0, 1], [0, 0]], [[1, 0], [1, 2]]]))
    shares = rfm_attention.person_shares(maps, masks)
    np.testing.assert_allclose(shares["area"], [0.25, 0.375])
    np.testing.assert_allclose(shares["original"], [0.25, 0.375])
    np.testing.assert_allclose(shares["attention"], [1, 0.5])
    np.testing.assert_allclose(shares["weighted"], [0.75, 1.5 / 4])
    words = rfm_attention.describe_shares(shares)
    assert "area 31.2 %" in words and "more in 1 of 2 images, +25.00 points" in words


def test_maps_are_stretched_from_their_least_to_their_most():
    heat = rfm_attention.stretch(np.array([[0.5, 0.6], [0.5, 0.7]], np.float32), (8, 4))
    assert heat.shape == (8, 4) and (heat.min(), heat.max()) == (0, 1) and heat[-1, -1] == 1
    assert not rfm_attention.stretch(np.full((2, 2), 0.5, np.float32), (8, 4)).any()


def test_the_range_of_the_attention_is_that_of_its_images():
    attention = np.array([[[0.5, 0.6]], [[0.8, 0.9]]])
    maps = rfm_attention.AttentionMaps(attention, attention, attention)
    assert rfm_attention.describe_range(maps) == "attention from 0.500 to 0.900, inside one image at most 1.20 : 1"


def test_the_sheet_shows_both_images_of_each_person_beside_their_maps(people):
    rng = np.random.default_rng(0)
    maps = rfm_attention.AttentionMaps(*(rng.random((4, 6, 3)).astype(np.float32) for _ in range(3)))
    axes = rfm_attention.attention_sheet(people[:4], maps, ["id 1", "id 2"]).axes[0]
    canvas = np.asarray(axes.images[0].get_array())
    expected = rfm_attention.overlay(people[3], rfm_attention.stretch(maps.attention[3], (24, 12)))
    np.testing.assert_array_equal(canvas[27:51, 0:12], people[2])
    np.testing.assert_array_equal(canvas[27:51, 4 * 15 : 4 * 15 + 12], people[3])
    np.testing.assert_array_equal(canvas[27:51, 6 * 15 : 6 * 15 + 12], expected)


LABEL = "sysu-all gallery=official shots=1"


def run(losses: str, rank1: float, seed: int = 0, finished: bool = True, label: str = LABEL, **settings) -> RunResult:
    slots = {"recipe": "rfm", "augment": "flip+ltg", "backbone": "resnet10", "head": "parts:6", "attention": "mam"}
    slots |= {"losses": losses, **{name: value for name, value in settings.items() if name in slots}}
    config = {**slots, "preset": "tiny", "layout": "sysu", "steps": 600, "size": [96, 48], "n_ids": 64, **settings}
    entry = {"rank1": rank1, "mAP": rank1 / 2, "protocol": label.split()[0]}
    metrics = {(label, "last"): entry, (label, "best"): {**entry, "rank1": 0.99}}
    made = {"layout": "sysu", "ids": 80, "images": 4, "seed": seed, "difficulty": "medium", "infrared": "nir"}
    return RunResult(None, "rfm", slots, {**config, "seed": seed}, seed, seed, f"d{seed}", made, "", finished, metrics)


def test_a_sweep_joins_runs_that_differ_in_the_weight_alone():
    runs = [
        run("ce+triplet+cross_center:3", 0.4, seed=1),
        run("ce+triplet+cross_center:3", 0.5),
        run("cross_center:3.0+triplet+ce", 0.9),  # repeats the one before
        run("ce+triplet+cross_center:3", 0.99, seed=2),  # no partners
        *(run("ce+triplet", 0.3, seed=seed) for seed in (0, 1)),
        *(run("ce+triplet+cross_center", 0.35, seed=seed) for seed in (0, 1)),
        *(run("ce+triplet+cross_center:5", 0.2, seed=seed) for seed in (0, 1)),
        run("ce+triplet+cross_center:2", 0.9, finished=False),
        run("ce+triplet+cross_center:2", 0.9, lr=0.1),  # another setting
        run("ce+cross_center:0.5", 0.9),  # another loss
        run("ce+triplet+cross_center:0.5", 0.9, label="sysu-indoor gallery=official shots=1"),
        run("ce+triplet+cross_center:3", 0.1, attention="none"),
        run("ce+triplet", 0.2, attention="none"),
        *(run(losses, 0.2, images=8) for losses in ("ce+triplet", "ce+triplet+cross_center:3")),  # another world
    ]
    long, short = rfm_sweep.loss_sweeps(runs)
    assert list(long.scores) == [0, 1, 3, 5] and long.best == 3
    np.testing.assert_allclose(long.scores[3]["rank1"], [50, 40])
    np.testing.assert_allclose(long.scores[5]["mAP"], [10, 10])
    assert (long.name, short.name) == ("flip+ltg, attention mam, ce+triplet", "flip+ltg, attention none, ce+triplet")
    assert long.conditions == short.conditions and "synthetic sysu" in long.conditions
    words = rfm_sweep.describe_sweeps([long, short])
    assert "λ 3: rank-1 45.0 %, mAP 22.5 % (n = 2)" in words and "highest mean rank-1 at λ 3\n" in words
    assert list(short.scores) == [0, 3] and short.best == 0
    assert rfm_sweep.loss_sweeps(runs[:4]) == []
    assert rfm_sweep.loss_sweeps([runs[0], run("ce+triplet", 0.3)]) == []  # no pair has both


def test_the_curve_goes_through_the_means_and_every_pair_has_a_line():
    runs = [
        run("ce", 0.2),
        run("ce", 0.3, seed=1),
        run("ce+cross_center:3", 0.5),
        run("ce+cross_center:3", 0.4, seed=1),
    ]
    sweeps = rfm_sweep.loss_sweeps(runs)
    rank1, average = rfm_sweep.sweep_curves(sweeps, best=3).axes
    for axes, half in ((rank1, 1), (average, 2)):
        means, first, second, best = axes.lines
        np.testing.assert_allclose(means.get_xydata(), [[0, 25 / half], [3, 45 / half]])
        np.testing.assert_allclose(first.get_xydata(), [[0, 20 / half], [3, 50 / half]])
        np.testing.assert_allclose(second.get_xydata(), [[0, 30 / half], [3, 40 / half]])
        assert best.get_xdata() == [3, 3] and axes.texts[0].get_text() == "best in the paper"
    assert (rank1.get_ylabel(), average.get_ylabel()) == ("rank-1 (%)", "mAP (%)")
