"""Textures of garments and heads."""

from dataclasses import replace

import numpy as np
import pytest

from vireid_lab.spectra import garments, head
from vireid_lab.spectra.identity_draw import sample_identity
from vireid_lab.spectra.labels import CODES
from vireid_lab.spectra.surface import AZIMUTH, CLEAR, N
from vireid_lab.spectra.wardrobe import WARDROBES

PERSON = sample_identity(np.random.default_rng(2))


def printed(kind, part="trunk", period=0.06, duty=0.5):
    garment = replace(PERSON.upper, print=kind, period=period, duty=duty)
    y = garments.heights(0.845, 0.445)
    return garments.printed(garment, y, AZIMUTH[None] * garments.RADIUS, part), y[:, 0]


def test_hoops_are_stripes_of_their_period():
    mask, y = printed("hoops")
    for row in range(N):
        expected = (y[row] / 0.06) % 1 < 0.5
        assert (mask[row] == expected).all()


@pytest.mark.parametrize("kind", [k for w in WARDROBES.values() for k in w.prints])
def test_every_print_leaves_cloth_and_shows(kind):
    mask, _ = printed(kind, "arm" if kind == "raglan" else "trunk")
    assert mask.any() and (kind == "raglan" or not mask.all())


@pytest.mark.parametrize("kind", ["logo", "chevron"])
def test_chest_prints_are_on_the_trunk_only(kind):
    assert not printed(kind, "arm")[0].any() and not printed(kind, "leg")[0].any()


def test_stripes_close_around_the_trunk():
    mask, _ = printed("pinstripes", period=0.07)
    changes = (mask[0] != np.roll(mask[0], 1)).sum()
    assert changes == 2 * round(2 * np.pi * garments.RADIUS / 0.07)


def test_a_face_looks_forward():
    face = head.face(replace(PERSON, glasses=False))
    eyes = np.unique(np.nonzero(face == CODES["eye"])[1])
    assert (np.abs(AZIMUTH[eyes]) < 0.7).all() and {*np.sign(AZIMUTH[eyes])} == {-1.0, 1.0}


@pytest.mark.parametrize("style", ["short", "parted", "long", "afro"])
def test_hair_covers_the_back_and_not_the_face(style):
    texture = head.scalp(style)
    front, back = N // 2, 0
    assert texture[N * 6 // 10, front] == CLEAR and texture[N * 6 // 10, back] == CODES["hair"]
    assert texture[N // 10, front] == CODES["hair"]


def test_sleeves_end_where_the_cut_says():
    short = replace(PERSON.upper, print="none", cut=replace(PERSON.upper.cut, sleeve=0.4))
    texture = garments.sleeve(replace(PERSON, upper=short), 0.0, 1.0)
    share = (texture[:, 0] == CODES["skin"]).mean()
    assert share == pytest.approx(0.6, abs=0.02)
