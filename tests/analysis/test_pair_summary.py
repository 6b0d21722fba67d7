import numpy as np
import pytest

from vireid_lab.analysis.one_material import one_material
from vireid_lab.analysis.pair_summary import MEASURES, summarise
from vireid_lab.analysis.reflection import fit_region
from vireid_lab.analysis.regions import compare_fits
from vireid_lab.runtime import InputError


def pair(name, category, seed, ratios=(0.4, 1.0, 1.6), noise=0.01, masks=True):
    """Three stripes with N = ratio * X and noise."""
    rng = np.random.default_rng(seed)
    material = np.repeat([0, 1, 2], 12)[None].repeat(30, axis=0)
    shading = rng.uniform(0.2, 0.5, material.shape)
    visible = (shading[..., None] * [1.0, 0.9, 0.8]).astype(np.float32)
    infrared = (np.array(ratios)[material] * shading + rng.normal(0, noise, material.shape)).astype(np.float32)
    return name, category, visible, infrared, np.ones(material.shape, bool), material + 1 if masks else None


def test_rows_hold_the_numbers_of_the_fits():
    name, category, visible, infrared, valid, regions = pair("a", "street", 0)
    valid[:, :6] = False  # half of the first stripe
    (row,) = summarise([(name, category, visible, infrared, valid, regions)], channel="blue").rows
    comparison = compare_fits(visible, infrared, regions, valid)
    fits = [fit_region(visible, infrared, (regions == i) & valid) for i in (1, 2, 3)]
    logs = np.log(np.repeat([fit.k[2] for fit in fits], [1, 2, 2]))  # by their pixels
    assert row == {
        "name": "a",
        "category": "street",
        "pixels": 30 * 30,
        "masked": pytest.approx(1 / 6),
        "regions": 3,
        "whole_r2": pytest.approx(comparison.whole_r2[2]),
        "regions_r2": pytest.approx(comparison.regions_r2[2]),
        "variation": pytest.approx(np.median([fit.variation[2] for fit in fits])),
        "k_spread": pytest.approx(logs.std()),
        "one_material": pytest.approx(np.mean([one_material(fit).one for fit in fits])),
    }


def test_equal_k_shows_as_no_spread_and_no_gain():
    differs, same = summarise([pair("a", "x", 0), pair("b", "x", 1, ratios=(1, 1, 1))]).rows
    assert differs["k_spread"] > 0.5 and same["k_spread"] < 0.01
    assert differs["regions_r2"] - differs["whole_r2"] > 0.4
    assert abs(same["regions_r2"] - same["whole_r2"]) < 0.01


def test_the_table_has_mean_and_deviation_by_category():
    summary = summarise(pair(f"{c}{s}", c, s) for c, number in (("wall", 3), ("garden", 1)) for s in range(number))
    counts = [(entry["category"], entry["n"]) for entry in summary.by_category]
    assert counts == [("garden", 1), ("wall", 3), ("all", 4)]
    wall = [row for row in summary.rows if row["category"] == "wall"]
    for measure in MEASURES:
        values = [row[measure] for row in wall]
        mean = sum(values) / 3
        deviation = (sum((v - mean) ** 2 for v in values) / 2) ** 0.5
        assert summary.by_category[1][measure] == pytest.approx((mean, deviation))
        assert np.isnan(summary.by_category[0][measure][1])
    lines = summary.table().splitlines()
    assert len(lines) == 5 and len({line.count("|") for line in lines}) == 1
    assert lines[3].startswith("| wall | 3 | 0.000 ± 0.000 | 3.000 ± 0.000 | ")


def test_superpixels_take_the_place_of_missing_regions():
    name, category, visible, infrared, valid, _ = pair("a", "x", 0)
    visible[:, :12], visible[:, 12:] = [0.5, 0.1, 0.1], [0.1, 0.3, 0.5]
    (row,) = summarise([(name, category, visible, infrared, valid, None)], number=9).rows
    assert row["regions"] >= 2


def test_a_pair_that_cannot_be_measured_is_named():
    black = pair("night", "x", 0)
    black[2][:] = 0
    summary = summarise([black, pair("day", "x", 1)])
    assert [row["name"] for row in summary.rows] == ["day"]
    assert list(summary.skipped) == ["night"] and "no usable pixel" in summary.skipped["night"]
    with pytest.raises(InputError, match="none of the 1 pairs.*no usable pixel"):
        summarise([black])
    with pytest.raises(InputError, match="the list is empty"):
        summarise([])


def test_wrong_input_is_an_error():
    name, category, visible, infrared, valid, regions = pair("a", "x", 0)
    with pytest.raises(InputError, match=r"pair 'a': visible \(30, 36, 3\) and infrared \(30, 35\)"):
        summarise([(name, category, visible, infrared[:, 1:], valid, regions)])
    with pytest.raises(InputError, match="unknown channel 'grün'"):
        summarise([pair("a", "x", 0)], channel="grün")
