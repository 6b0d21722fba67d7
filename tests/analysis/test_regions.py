import numpy as np
import pytest

from vireid_lab.analysis.reflection import fit_region
from vireid_lab.analysis.regions import automatic_regions, compare_fits
from vireid_lab.runtime import InputError

VISIBLE = np.array([[0.6, 0.3, 0.2], [0.2, 0.5, 0.3], [0.3, 0.3, 0.6], [0.5, 0.5, 0.4]])
INFRARED = np.array([0.2, 0.8, 0.5, 0.3])


def quarters(side=60, seed=0):
    """Four materials in four quarters with smooth shading; labels 1..4, no noise."""
    rng = np.random.default_rng(seed)
    material = np.kron([[0, 1], [2, 3]], np.ones((side // 2, side // 2), int))
    shading = 0.7 + 0.2 * np.sin(np.arange(side) / 9)[:, None] + rng.uniform(-0.05, 0.05, (side, side))
    visible, infrared = VISIBLE[material] * shading[..., None], INFRARED[material] * shading
    return visible.astype(np.float32), infrared.astype(np.float32), material + 1


def agreement(regions, truth):
    """Share of the pixels whose region holds mostly their material."""
    return sum(np.bincount(truth[regions == label]).max() for label in np.unique(regions)) / truth.size


def test_a_line_for_each_material_explains_all_and_one_line_does_not():
    visible, infrared, truth = quarters()
    comparison = compare_fits(visible, infrared, truth)
    assert comparison.regions_r2 == pytest.approx(np.ones(3), abs=1e-6)
    assert (comparison.whole_r2 < 0.6).all() and comparison.skipped == {}
    assert {label: fit.k.tolist() for label, fit in comparison.fits.items()} == {
        i + 1: pytest.approx(INFRARED[i] / VISIBLE[i], rel=1e-5) for i in range(4)
    }


@pytest.mark.parametrize("offset", [False, True])
def test_shares_equal_their_definition_and_fits_those_of_fit_region(offset):
    visible, infrared, truth = quarters()
    infrared = np.clip(infrared + np.random.default_rng(0).normal(0, 0.05, infrared.shape), 0, 1)
    valid = np.random.default_rng(1).random(infrared.shape) < 0.8
    truth[:5] = 0
    comparison = compare_fits(visible, infrared, truth, valid, offset=offset)
    left = np.zeros(3)
    for label, fit in comparison.fits.items():
        alone = fit_region(visible, infrared, (truth == label) & valid, offset=offset)
        for name in ("k", "intercept", "r2", "r2_uncentred", "residual", "variation"):
            assert getattr(fit, name) == pytest.approx(getattr(alone, name))
        assert fit.pixels == alone.pixels and fit.pixels + fit.masked == (truth == label).sum()
        used = (truth == label) & valid & (infrared > 0)
        for c in range(3):
            left[c] += ((infrared[used] - fit.k[c] * visible[used][:, c] - fit.intercept[c]) ** 2).sum()
    used = (truth > 0) & valid & (infrared > 0)
    whole = fit_region(visible, infrared, used, offset=offset)
    assert comparison.whole_r2 == pytest.approx(whole.r2) and comparison.whole.pixels == used.sum()
    total = ((infrared[used] - infrared[used].mean()) ** 2).sum()
    assert comparison.regions_r2 == pytest.approx(1 - left / total)


def test_regions_without_a_line_are_named_and_left_out_of_both_shares():
    visible, infrared, truth = quarters()
    truth[0, 0] = 9
    expected = compare_fits(visible, infrared, np.where((truth == 3) | (truth == 9), 0, truth))
    infrared[truth == 3] = np.nan
    comparison = compare_fits(visible, infrared, truth)
    assert set(comparison.skipped) == {3, 9}
    assert comparison.skipped[3] == "no usable pixel" and "1 usable pixels" in comparison.skipped[9]
    assert comparison.whole_r2 == pytest.approx(expected.whole_r2, rel=1e-9)
    with pytest.raises(InputError, match="2 regions.*no usable pixel"):
        compare_fits(visible, np.full_like(infrared, np.nan), np.minimum(truth, 2))
    with pytest.raises(InputError, match="all labels are 0"):
        compare_fits(visible, infrared, np.zeros_like(truth))


def test_kmeans_on_ratios_finds_the_materials():
    visible, infrared, truth = quarters()
    valid = np.ones(truth.shape, bool)
    valid[10:14] = False
    infrared[40, 40] = np.nan
    regions = automatic_regions(visible, infrared, valid, "kmeans", number=4)
    masked = ~valid | np.isnan(infrared)
    assert np.array_equal(regions == 0, masked) and regions.dtype == np.int32
    assert agreement(regions[~masked], truth[~masked]) == 1 and set(regions[~masked]) == {1, 2, 3, 4}
    assert np.array_equal(regions, automatic_regions(visible, infrared, valid, "kmeans", number=4))


def test_a_large_image_is_clustered_on_a_sample():
    visible, infrared, truth = quarters(200)
    assert agreement(automatic_regions(visible, infrared, None, "kmeans", number=4), truth) == 1


def test_superpixels_follow_the_visible_image_and_ignore_the_infrared():
    visible, infrared, truth = quarters()
    regions = automatic_regions(visible, infrared, None, "superpixels", number=16)
    assert 10 <= len(np.unique(regions)) <= 25 and regions.min() == 1
    assert agreement(regions, truth) > 0.97
    other = np.random.default_rng(0).uniform(0.1, 0.9, infrared.shape)
    assert np.array_equal(regions, automatic_regions(visible, other, None, "superpixels", number=16))
    infrared[:3] = 1
    assert (automatic_regions(visible, infrared, None, "superpixels", number=16)[:3] == 0).all()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"method": "slick"}, "unknown region method 'slick'"),
        ({"number": 1}, "1 regions of 3600 usable pixels"),
        ({"number": 5000}, "5000 regions of 3600 usable pixels"),
    ],
)
def test_impossible_regions_are_errors(options, words):
    with pytest.raises(InputError, match=words):
        automatic_regions(*quarters()[:2], **options)
