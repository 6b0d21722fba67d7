import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from vireid_lab.analysis.lines import MAX_GROUPS, robust_lines
from vireid_lab.analysis.one_material import one_material
from vireid_lab.analysis.reflection import band_ratios, fit_region
from vireid_lab.runtime import InputError

REFLECTANCE = np.array([0.5, 0.4, 0.3])
K = 0.6 / REFLECTANCE  # of the wall below


def wall(shape=(24, 30), seed=0, noise=0.0, contrast=0.35):
    """One material in the infrared 0.6, with shading: visible (H, W, 3), infrared (H, W)."""
    rng = np.random.default_rng(seed)
    shading = rng.uniform(0.6 - contrast, 0.6 + contrast, shape)
    visible = shading[..., None] * REFLECTANCE + rng.normal(0, noise, (*shape, 3))
    return visible.astype(np.float32), (shading * 0.6 + rng.normal(0, noise, shape)).astype(np.float32)


@pytest.mark.parametrize("offset", [False, True])
@pytest.mark.parametrize("robust", ["none", "huber", "ransac"])
def test_k_is_exact_without_noise(offset, robust):
    fit = fit_region(*wall(), offset=offset, robust=robust, rng=np.random.default_rng(0))
    assert fit.k == pytest.approx(K, rel=1e-4)
    assert fit.intercept == pytest.approx(np.zeros(3), abs=1e-4)
    assert fit.r2 == pytest.approx(np.ones(3), abs=1e-6)
    assert fit.interval is None and (fit.pixels, fit.masked) == (24 * 30, 0)


@pytest.mark.parametrize("offset", [False, True])
def test_numbers_equal_a_library_and_the_definitions(offset):
    visible, infrared = wall(noise=0.05)
    mask = np.random.default_rng(1).random(infrared.shape) < 0.5
    fit = fit_region(visible, infrared, mask, offset=offset)
    inside = mask & (visible > 0).all(axis=2) & (infrared > 0)
    y = infrared[inside].astype(float)
    assert fit.pixels == len(y) and fit.masked == mask.sum() - len(y)
    for c in range(3):
        x = visible[inside][:, [c]].astype(float)
        line = LinearRegression(fit_intercept=offset).fit(x, y)
        error = y - line.predict(x)
        assert fit.k[c] == pytest.approx(line.coef_[0])
        assert fit.intercept[c] == pytest.approx(line.intercept_)
        assert fit.r2[c] == pytest.approx(line.score(x, y))
        assert fit.r2_uncentred[c] == pytest.approx(1 - (error**2).sum() / (y**2).sum())
        assert fit.residual[c] == pytest.approx(np.sqrt((error**2).mean()))
        straight = y - LinearRegression(fit_intercept=False).fit(x, y).predict(x)
        assert fit.variation[c] == pytest.approx(np.linalg.norm(straight) / np.linalg.norm(y))


def test_centred_r2_can_be_negative_where_the_uncentred_one_is_high():
    rng = np.random.default_rng(0)
    visible = rng.uniform(0.3, 0.5, (20, 20, 3))
    infrared = 0.5 + rng.normal(0, 0.01, (20, 20))  # no relation
    fit = fit_region(visible, infrared)
    assert (fit.r2 < -10).all() and (fit.r2_uncentred > 0.95).all()
    assert (fit_region(visible, infrared, offset=True).r2 >= 0).all()


def test_a_flat_region_has_k_but_no_centred_r2():
    fit = fit_region(np.full((5, 5, 3), 0.4), np.full((5, 5), 0.6))
    assert fit.k == pytest.approx([1.5] * 3) and np.isnan(fit.r2).all()
    with pytest.raises(InputError, match="red varies too little"):
        fit_region(np.full((5, 5, 3), 0.4), np.full((5, 5), 0.6), offset=True)


@pytest.mark.parametrize("robust", ["huber", "ransac"])
@pytest.mark.parametrize("offset", [False, True])
def test_robust_lines_stand_outliers(robust, offset):
    visible, infrared = wall(noise=0.005)
    infrared[:, :6] = 0.9  # a fifth of the region is something else
    plain = fit_region(visible, infrared, offset=offset)
    fit = fit_region(visible, infrared, offset=offset, robust=robust, rng=np.random.default_rng(0))
    truth = {"huber": 0.1, "ransac": 0.03}[robust]
    assert np.abs(fit.k / K - 1).max() < truth < np.abs(plain.k / K - 1).min()
    assert (fit.residual > plain.residual).all()  # outliers count


def test_robust_fits_do_not_depend_on_the_scale():
    x, y = (a.reshape(-1, *a.shape[2:]).astype(float) for a in wall(noise=0.02))
    one, small = (robust_lines(s * x, s * y, True, "huber", None) for s in (1, 1e-3))
    assert small[0] == pytest.approx(one[0]) and small[1] == pytest.approx(1e-3 * one[1])


def test_a_large_region_is_thinned_for_a_robust_fit():
    fit = fit_region(*wall((150, 200), noise=0.01), robust="huber")
    assert fit.pixels == 20_000 and fit.masked == 0
    assert fit.k == pytest.approx(K, rel=0.005)


@pytest.mark.parametrize(("offset", "blur"), [(False, 0.99), (True, 0.85)])
def test_noise_in_the_visible_flattens_the_line_and_is_taken_off(offset, blur):
    """The factors of the docstring: 1 / (1 + noise^2 / mean square), or over the variance with an offset."""
    visible, infrared = wall((300, 300), noise=0.04, contrast=0.3)
    square = REFLECTANCE**2 * (0.3**2 / 3 + (0 if offset else 0.6**2))
    plain = fit_region(visible, infrared, offset=offset)
    assert plain.k / K == pytest.approx(1 / (1 + 0.04**2 / square), rel=0.005)
    assert plain.k[0] / K[0] < blur
    corrected = fit_region(visible, infrared, offset=offset, noise=0.04)
    assert corrected.k / K == pytest.approx(np.ones(3), abs=0.01)
    assert fit_region(visible, infrared, offset=offset, noise=[0.04, 0, 0.04]).k == pytest.approx(
        [corrected.k[0], plain.k[1], corrected.k[2]]
    )


@pytest.mark.parametrize("offset", [False, True])
@pytest.mark.parametrize("side", [15, 60])  # below and above MAX_GROUPS pixels
def test_the_interval_covers_the_truth_as_often_as_it_says(offset, side):
    assert (side**2 > MAX_GROUPS) == (side == 60)
    rng = np.random.default_rng(3)
    options = {"bootstrap": 300, "noise": 0.02, "offset": offset, "rng": rng}
    repeats = 200 if side == 15 else 100
    intervals = [fit_region(*wall((side, side), seed, 0.02, 0.3), **options).interval for seed in range(repeats)]
    inside = [(low <= K) & (high >= K) for low, high in (interval.T for interval in intervals)]
    assert 0.90 <= np.mean(inside) <= 0.99  # channels share the infrared noise: about `repeats` draws count


def test_the_interval_has_the_width_of_the_sampling_error():
    for robust, repeats in (("none", 20), ("huber", 4)):
        rng, options = np.random.default_rng(0), {"robust": robust, "bootstrap": 60}
        spread = np.std([fit_region(*wall((20, 20), seed, 0.02), robust=robust).k for seed in range(200)], axis=0)
        fits = [fit_region(*wall((20, 20), seed, 0.02), rng=rng, **options) for seed in range(repeats)]
        widths = np.mean([np.diff(fit.interval)[:, 0] for fit in fits], axis=0)
        assert widths / (2 * 1.96 * spread) == pytest.approx(np.ones(3), rel=0.2)


def test_blocks_give_a_wider_interval_where_neighbours_share_their_error():
    visible, infrared = wall((96, 96))
    infrared += 0.05 * np.kron(np.random.default_rng(0).standard_normal((12, 12)), np.ones((8, 8)))
    single, blocks = (
        fit_region(visible, infrared, bootstrap=400, block=block, rng=np.random.default_rng(0)).interval
        for block in (0, 8)
    )
    ratio = np.diff(blocks) / np.diff(single)
    assert ((ratio > 5) & (ratio < 11)).all()  # 64 pixels with one error: 8 times


def test_the_bootstrap_repeats_with_its_seed_and_follows_the_level():
    pair = wall(noise=0.02)
    fits = [fit_region(*pair, bootstrap=200, rng=np.random.default_rng(s)).interval for s in (0, 0, 1)]
    assert np.array_equal(fits[0], fits[1]) and not np.array_equal(fits[0], fits[2])
    narrow = fit_region(*pair, bootstrap=200, level=0.5, rng=np.random.default_rng(0)).interval
    assert (narrow[:, 0] > fits[0][:, 0]).all() and (narrow[:, 1] < fits[0][:, 1]).all()


def test_band_ratios_never_divide_by_a_masked_pixel():
    visible, infrared = wall()
    valid = np.ones(infrared.shape, bool)
    valid[3, 4] = False
    visible[0, 0, 1], visible[0, 1, 2], infrared[0, 2], infrared[1, 0] = 0, 1, 1, np.nan
    with np.errstate(all="raise"):
        ratios = band_ratios(visible, infrared, valid)
    masked = np.zeros_like(valid)
    masked[[0, 0, 0, 1, 3], [0, 1, 2, 0, 4]] = True
    assert np.array_equal(np.isnan(ratios), np.repeat(masked[..., None], 3, axis=2))
    assert ratios[~masked] == pytest.approx(np.broadcast_to(K, (ratios[~masked].shape)), rel=1e-5)
    assert ratios.dtype == np.float32


def test_one_material_by_its_stated_rule():
    visible, infrared = wall(noise=0.01)
    verdict = one_material(fit_region(visible, infrared))
    assert verdict.one and verdict.text.startswith("one material") and "limit 10 %" in verdict.text
    infrared[:, 15:] *= 0.6  # another material
    verdict = one_material(fit_region(visible, infrared))
    assert not verdict.one and verdict.text.startswith("not one material")
    fit = fit_region(visible, infrared)
    limit = float(fit.variation.max())
    assert one_material(fit, limit).one and not one_material(fit, limit * 0.999).one


def test_one_material_needs_all_three_ratios():
    visible, infrared = wall()
    visible[:, 15:, 2] *= 0.4  # two colours of the same N/R and N/G
    fit = fit_region(visible, infrared)
    assert fit.variation[:2] == pytest.approx([0, 0], abs=1e-3) and not one_material(fit).one


def spoiled(how):
    visible, infrared = wall((8, 8))
    if how == "saturated":
        visible[:], infrared[:] = 1, 1
    elif how == "black":
        visible[:] = 0
    elif how == "one channel saturated":
        visible[..., 1] = 1
    elif how == "NaN band":
        visible[..., 2] = np.nan
    return visible, infrared


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("saturated", "64 of its 64 pixels are saturated in red"),
        ("black", "64 of its 64 pixels are black in red"),
        ("one channel saturated", "64 of its 64 pixels are saturated in green"),
        ("NaN band", "64 of its 64 pixels are NaN in blue"),
    ],
)
def test_a_region_without_usable_pixels_is_an_error(how, words):
    with pytest.raises(InputError, match=words):
        fit_region(*spoiled(how))
    assert np.isnan(band_ratios(*spoiled(how))).all()


@pytest.mark.parametrize(("count", "offset"), [(0, False), (1, False), (2, True)])
def test_too_few_pixels_are_an_error(count, offset):
    visible, infrared = wall()
    mask = np.zeros(infrared.shape, bool)
    mask[0, :count] = True
    with pytest.raises(InputError, match=f"{count} usable pixels in the region .* its mask holds {count} pixels"):
        fit_region(visible, infrared, mask, offset=offset)
    mask[0, : 2 + offset] = True
    assert fit_region(visible, infrared, mask, offset=offset).pixels == 2 + offset


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"robust": "hubber"}, "unknown robust option 'hubber': did you mean 'huber'"),
        ({"bootstrap": 10}, "give rng="),
        ({"robust": "ransac"}, "give rng="),
        ({"bootstrap": -1}, "bootstrap -1"),
        ({"block": -1}, "block -1"),
        ({"level": 1.0}, "level 1"),
        ({"noise": -0.1}, "noise -0.1"),
        ({"noise": float("nan")}, "noise nan"),
        ({"noise": [0.1, 0.1]}, "give one number or three"),
        ({"noise": 0.1, "robust": "huber"}, "robust='huber'"),
        ({"noise": 0.9}, "too little here for a line at noise 0.9"),
        ({"bootstrap": 10, "block": 10, "rng": np.random.default_rng(0)}, "9 pixels or blocks are too few"),
    ],
)
def test_impossible_options_are_errors(options, words):
    with pytest.raises(InputError, match=words):
        fit_region(*wall(), **options)


@pytest.mark.parametrize(
    ("visible", "infrared", "mask", "words"),
    [
        (np.ones((4, 5, 3)), np.ones((4, 6)), None, r"visible \(4, 5, 3\) and infrared \(4, 6\)"),
        (np.ones((4, 5, 3)), np.ones((4, 5, 3)), None, "no pair"),
        (np.ones((4, 5)), np.ones((4, 5)), None, "no pair"),
        (np.ones((4, 5, 3)), np.ones((4, 5)), np.ones((5, 4), bool), r"mask \(5, 4\)"),
        (np.ones((4, 5, 3), np.uint8), np.ones((4, 5)), None, "visible image has type uint8"),
        (np.ones((4, 5, 3)), np.ones((4, 5), np.uint16), None, "infrared image has type uint16"),
    ],
)
def test_arrays_that_are_no_pair_are_errors(visible, infrared, mask, words):
    for function in (fit_region, band_ratios):
        with pytest.raises(InputError, match=words):
            function(visible, infrared, mask)
