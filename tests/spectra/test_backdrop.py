"""Places behind people."""

import numpy as np
import pytest

from vireid_lab.spectra.backdrop import BACKDROPS, INDOORS, build_backdrop
from vireid_lab.spectra.difficulty import DIFFICULTIES
from vireid_lab.spectra.labels import BACKGROUND, CODES, FIRST_PERSON
from vireid_lab.spectra.stage import Stage, Thing, occlude, sample_stage, set_stage
from vireid_lab.spectra.surface import Light
from vireid_lab.spectra.wardrobe import WARDROBES

LIGHT = Light((0.0, 0.0, 1.0), 0.3)


def test_every_place_belongs_to_one_wardrobe():
    places = [place for wardrobe in WARDROBES.values() for place in wardrobe.backdrops]
    assert sorted(places) == sorted(BACKDROPS) and set(INDOORS) < set(BACKDROPS)


@pytest.mark.parametrize("kind", BACKDROPS)
def test_places_have_materials_and_detail(kind):
    backdrop = build_backdrop(np.random.default_rng(1), kind, 128)
    assert backdrop.labels.max() < FIRST_PERSON and len(np.unique(backdrop.labels)) >= 3
    assert np.isfinite(backdrop.detail).all() and (backdrop.detail > 0).all() and backdrop.detail.std() > 0.1
    assert backdrop.reflectances.shape == (len(BACKGROUND), 61)
    assert (backdrop.reflectances >= 0).all() and (backdrop.reflectances <= 1).all()


def test_a_place_is_the_same_at_any_size():
    small, large = (build_backdrop(np.random.default_rng(1), "garage", height) for height in (96, 192))
    assert np.array_equal(small.reflectances, large.reflectances) and small.pitch == large.pitch
    rows, columns = (np.arange(n) for n in small.labels.shape)
    again = large.labels[np.ix_(2 * rows.clip(max=large.labels.shape[0] // 2 - 1), 2 * columns.clip(max=229))]
    assert (again == small.labels).mean() > 0.9


def test_things_lie_where_their_box_says():
    backdrop = build_backdrop(np.random.default_rng(1), "plaza", 128)
    stage = sample_stage(np.random.default_rng(0), backdrop, DIFFICULTIES["medium"])
    post = Thing((-0.1, 0.25, 0.1, 0.75), CODES["occluder"], True, 3)
    stage = Stage(**{**vars(stage), "things": (), "occluders": (post,)})
    canvas = set_stage(stage, backdrop, LIGHT, (128, 64))
    assert not (canvas.labels == CODES["occluder"]).any()
    occlude(stage, canvas)
    rows, columns = np.nonzero(canvas.labels == CODES["occluder"])
    assert (rows.min(), rows.max() + 1) == (32, 96)
    assert columns.min() == pytest.approx(32 - 12.8, abs=1) and columns.max() + 1 == pytest.approx(32 + 12.8, abs=1)
