"""People and their clothes."""

from dataclasses import replace

import numpy as np
import pytest

from vireid_lab.runtime import InputError
from vireid_lab.spectra.difficulty import DIFFICULTIES
from vireid_lab.spectra.identity_draw import sample_identity
from vireid_lab.spectra.labels import CODES, FIRST_PERSON, LABELS, PERSON
from vireid_lab.spectra.wardrobe import WARDROBES

MEDIUM = DIFFICULTIES["medium"]


def people(count=40, wardrobe="benchmark", **knobs):
    knobs = replace(MEDIUM, **knobs)
    return [sample_identity(np.random.default_rng([5, pid]), wardrobe, knobs) for pid in range(count)]


def column(table, name):
    return table[CODES[name] - FIRST_PERSON]


def test_labels_are_eight_bit_and_unique():
    assert len(set(LABELS.values())) == len(LABELS) < 255
    assert min(LABELS) == 0 and [LABELS[FIRST_PERSON + k] for k in range(len(PERSON))] == list(PERSON)


def test_the_wardrobes_share_nothing():
    first, second = WARDROBES.values()
    for field in ("uppers", "lowers", "prints", "colours", "backdrops"):
        assert not set(getattr(first, field)) & set(getattr(second, field)), field
    for field in ("bags", "hats"):
        assert set(getattr(first, field)) & set(getattr(second, field)) == {"none"}, field
    assert not set(first.uppers.values()) & set(second.uppers.values())
    assert not set(first.colours.values()) & set(second.colours.values())


@pytest.mark.parametrize("wardrobe", WARDROBES)
def test_people_wear_what_their_wardrobe_has(wardrobe):
    options = WARDROBES[wardrobe]
    for person in people(wardrobe=wardrobe):
        assert person.upper.name in options.uppers and person.lower.name in options.lowers
        assert {person.upper.print, person.lower.print} <= {*options.prints, "none"}
        cloths = (
            person.upper.cloth,
            person.upper.ink,
            person.lower.cloth,
            person.inner,
            person.shoes,
            person.bag_cloth,
        )
        assert {cloth.colour for cloth in cloths} <= set(options.colours)
        assert person.bag in options.bags and person.hat in options.hats


def test_an_unknown_wardrobe_is_named():
    with pytest.raises(InputError, match="wardrobe 'benchmrk'.*'benchmark'"):
        sample_identity(np.random.default_rng(0), "benchmrk")


def test_patterned_is_the_share_of_prints():
    assert all(p.upper.print == p.lower.print == "none" for p in people(patterned=0.0))
    assert all(p.upper.print != "none" for p in people(patterned=1.0))


def test_carbon_is_the_share_of_garments_dark_in_the_infrared():
    assert all(p.upper.cloth.carbon < 0.3 and p.lower.cloth.carbon < 0.3 for p in people(carbon=0.0))
    assert all(p.upper.cloth.carbon > 0.8 and p.lower.cloth.carbon > 0.8 for p in people(carbon=1.0))


@pytest.mark.parametrize("survive, low, high", [(0.0, -1e-6, 0.02), (1.0, 0.12, 1.0)])
def test_survive_is_the_share_of_prints_seen_in_the_infrared(survive, low, high):
    for person in people(survive=survive, patterned=1.0):
        cloth, ink = (column(person.reflectances, name)[45:] for name in ("upper", "upper_pattern"))  # 850 to 1000 nm
        assert low <= np.abs(cloth - ink).max() <= high


def test_dyes_vanish_in_the_infrared():
    table = np.stack([column(p.reflectances, "upper") for p in people(80, carbon=0.0)])
    assert table[:, :30].std(axis=0).mean() > 3 * table[:, 45:].std(axis=0).mean()


def test_reflectances_are_physical():
    for person in people(10):
        assert person.reflectances.shape == (len(PERSON), 61)
        assert (person.reflectances >= 0).all() and (person.reflectances <= 1).all()


def test_prints_are_as_warm_as_their_cloth_and_skin_is_warmest_of_the_outside():
    for person in people(10):
        warmth = person.temperatures(15.0)
        for garment in ("upper", "lower"):
            assert column(warmth, garment) == column(warmth, f"{garment}_pattern")
            assert 15 < column(warmth, garment) < column(warmth, "skin")
    thick = next(p for p in people(80) if p.upper.name == "puffer").temperatures(15.0)
    thin = next(p for p in people(80) if p.upper.name == "tank").temperatures(15.0)
    assert column(thick, "upper") + 3 < column(thin, "upper")
