"""Sewn patterns: seen by the thermal camera where the mask says, and of no concern to the near infrared."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import binary_erosion

from vireid_lab.spectra import tailoring, world
from vireid_lab.spectra.identity_draw import sample_identity
from vireid_lab.spectra.labels import CODES, FIRST_PERSON
from vireid_lab.spectra.world import World

PEOPLE = [sample_identity(np.random.default_rng([5, pid])) for pid in range(200)]
TAILORED = [tailoring.tailor(person, np.random.default_rng([6, pid])) for pid, person in enumerate(PEOPLE)]


def printed(person):
    return replace(person, upper=replace(person.upper, piece=None), lower=replace(person.lower, piece=None))


def warmth(person, name, air=12.0):
    return person.temperatures(air)[CODES[name] - FIRST_PERSON]


def test_a_tailor_changes_neither_shapes_nor_colours():
    for before, after in zip(PEOPLE, TAILORED, strict=True):
        assert printed(after) == before
        assert np.array_equal(before.reflectances, after.reflectances)


def test_the_stated_share_of_patterns_is_sewn():
    sewn = [garment.piece is not None for person in TAILORED for garment in (person.upper, person.lower)]
    assert np.mean(sewn) == pytest.approx(tailoring.PIECED, abs=0.06)


def test_padding_is_colder_stretch_knit_is_warmer_and_prints_are_as_warm_as_their_cloth():
    kinds = set()
    for person in TAILORED:
        for name in ("upper", "lower"):
            garment, step = getattr(person, name), warmth(person, f"{name}_pattern") - warmth(person, name)
            if garment.piece is None:
                assert step == 0
            elif garment.piece.gap < garment.cut.gap:
                kinds.add("knit")
                assert 1 < step < 12
            else:
                kinds.add("padding")
                assert -12 < step < -0.2 and garment.piece.thickness > garment.cut.thickness
    assert kinds == {"knit", "padding"}


def test_the_temperature_of_a_piece_solves_the_heat_balance():
    """Skin at 33 C, its air gap and cloth, and 0.11 m^2 K/W to the air, as resistances in series."""
    person = next(p for p in TAILORED if p.upper.piece and p.upper.piece.gap < p.upper.cut.gap)
    piece = person.upper.piece
    inside = piece.thickness * 1e-3 / 0.045 + 1.75 * 0.2 * piece.gap / 0.026
    np.testing.assert_allclose(warmth(person, "upper_pattern", 12.0), 33 - 21 * inside / (inside + 0.11))


def contrast(shot):
    """Colour of the upper garment's pattern over that of its cloth, a pixel inside of where the mask says."""
    pattern, cloth = (binary_erosion(shot.mask == CODES[name]) for name in ("upper_pattern", "upper"))
    return shot.image[pattern].mean(axis=0) - shot.image[cloth].mean(axis=0)


def test_both_modalities_show_sewn_patterns_on_the_true_mask_and_prints_are_visible_alone():
    thermal = World(0, (192, 96), infrared="thermal")
    air = thermal.camera(2, 1).ambient
    steps, levels, colours = [], [], []
    for pid in range(60):
        person = thermal.identity(pid)
        if person.upper.print not in ("hoops", "check", "pinstripes"):  # all over: in the same light as the cloth
            continue
        visible, infrared = thermal.render(pid, 1, 0, 0, moment=0), thermal.render(pid, 2, 1, 0, moment=0)
        assert np.array_equal(visible.mask, infrared.mask)
        if min(binary_erosion(visible.mask == CODES[name]).sum() for name in ("upper", "upper_pattern")) > 60:
            steps.append(warmth(person, "upper_pattern", air) - warmth(person, "upper", air))
            levels.append(contrast(infrared)[0])
            colours.append(np.abs(contrast(visible)).max())
    steps, levels = np.array(steps), np.array(levels)
    assert (steps != 0).sum() > 8 and (steps == 0).sum() > 1
    assert np.median(colours) > 20
    assert np.abs(levels[steps == 0]).max() < 7
    sewn = steps != 0
    assert (np.sign(levels[sewn]) == np.sign(steps[sewn])).all()
    per_degree = 255 / (36 - (air - 8))  # of the camera's span
    assert np.median(levels[sewn] / steps[sewn]) == pytest.approx(per_degree, rel=0.25)


def test_the_near_infrared_world_has_no_tailor(monkeypatch):
    thermal = World(3, (64, 32), infrared="thermal")
    visible = [thermal.render(pid, 1, 0, 0).image for pid in range(4)]
    monkeypatch.setattr(world, "tailor", lambda *_: pytest.fail("people of the near infrared were changed"))
    nir = World(3, (64, 32))
    for pid, image in enumerate(visible):
        assert nir.identity(pid) == printed(thermal.identity(pid))
        assert np.array_equal(nir.render(pid, 1, 0, 0).image, image)
        nir.render(pid, 3, 1, 0)
