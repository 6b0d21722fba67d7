"""The world: deterministic images with true masks."""

import hashlib
import subprocess
import sys
from dataclasses import astuple, fields

import numpy as np
import pytest

from vireid_lab.runtime import InputError
from vireid_lab.spectra.difficulty import DIFFICULTIES
from vireid_lab.spectra.labels import CODES, FIRST_PERSON, LABELS
from vireid_lab.spectra.stage import sample_stage
from vireid_lab.spectra.world import World

SHOTS = [(pid, camid, modality, index) for pid in (1, 2) for camid, modality in ((1, 0), (3, 1)) for index in (0, 1)]


def digest(world, shots):
    total = hashlib.sha256()
    parts = {shot: world.render(*shot) for shot in shots}
    for shot in sorted(parts):
        total.update(parts[shot].image.tobytes() + parts[shot].mask.tobytes() + bytes([parts[shot].quality]))
    return total.hexdigest()


@pytest.mark.parametrize("infrared", ["nir", "thermal"])
def test_same_bytes_in_any_order_and_in_another_process(infrared):
    first = digest(World(4, (64, 32), infrared=infrared), SHOTS)
    assert digest(World(4, (64, 32), infrared=infrared), SHOTS[::-1]) == first
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from test_world import SHOTS, World, digest;"
        f"print(digest(World(4, (64, 32), infrared='{infrared}'), SHOTS[3:] + SHOTS[:3]))"
    )
    here = __file__.rsplit("/", 1)[0]
    done = subprocess.run([sys.executable, "-c", code, here], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == first
    assert digest(World(5, (64, 32), infrared=infrared), SHOTS) != first


def test_one_identity_is_kept_between_worlds_of_other_sizes():
    small, large = World(4, (64, 32)), World(4, (128, 64))
    assert np.array_equal(small.identity(9).reflectances, large.identity(9).reflectances)
    masks = small.render(9, 1, 0, 0).mask >= FIRST_PERSON, large.render(9, 1, 0, 0).mask[::2, ::2] >= FIRST_PERSON
    assert (masks[0] == masks[1]).mean() > 0.97


@pytest.mark.parametrize("infrared", ["nir", "thermal"])
def test_images_and_masks(infrared):
    world = World(0, (96, 48), infrared=infrared)
    for pid in range(6):
        for camid, modality in ((1, 0), (6, 1)):
            shot = world.render(pid, camid, modality, 0)
            assert shot.image.shape == (96, 48, 3) and shot.image.dtype == np.uint8
            assert shot.mask.shape == (96, 48) and shot.mask.dtype == np.uint8
            assert set(np.unique(shot.mask)) <= set(LABELS) and 1 <= shot.quality <= 95
            person = shot.mask >= FIRST_PERSON
            assert 0.1 < person.mean() < 0.6 and (shot.mask == CODES["skin"]).any()
            equal = (shot.image == shot.image[..., :1]).all()
            assert equal if modality else not equal


def test_infrared_people_do_not_saturate_and_their_background_is_not_flat():
    world = World(1, (96, 48))
    saturated, spread = [], []
    for pid in range(12):
        for camid in (3, 6):
            shot = world.render(pid, camid, 1, 0)
            person = shot.mask >= FIRST_PERSON
            saturated.append((shot.image[person] == 255).mean())
            spread.append(shot.image[~person].std())
    assert np.mean(saturated) < 0.005 and max(saturated) < 0.05
    assert min(spread) > 12


@pytest.mark.parametrize("infrared", ["nir", "thermal"])
def test_shots_of_one_moment_share_geometry_in_both_modalities(infrared):
    world = World(2, (96, 48), infrared=infrared)
    visible, other = world.render(3, 1, 0, 5, moment=7), world.render(3, 2, 1, 5, moment=7)
    assert np.array_equal(visible.mask, other.mask) and not np.array_equal(visible.image, other.image)
    assert not np.array_equal(visible.mask, world.render(3, 1, 0, 5, moment=8).mask)
    assert not np.array_equal(world.render(3, 1, 0, 5).mask, world.render(3, 2, 1, 5).mask)


def test_thermal_images_do_not_show_prints():
    world = World(0, (96, 48), infrared="thermal")
    for pid in range(40):
        person = world.identity(pid)
        shot = world.render(pid, 2, 1, 0)
        inside = {name: shot.image[..., 0][shot.mask == CODES[name]] for name in ("upper", "upper_pattern", "skin")}
        if person.upper.print == "hoops" and person.upper.piece is None and min(map(len, inside.values())) > 40:
            means = {name: values.mean() for name, values in inside.items()}
            assert abs(means["upper"] - means["upper_pattern"]) < 0.15 * (means["skin"] - means["upper"])
            return
    pytest.fail("no person with printed hoops among the first 40")


def test_wardrobes_are_other_people_in_other_places():
    first, second = (World(0, (64, 32), wardrobe=name) for name in ("benchmark", "pretraining"))
    assert first.identity(1).upper.name != second.identity(1).upper.name
    assert not np.array_equal(first.backdrop(1).labels, second.backdrop(1).labels)
    assert not np.array_equal(first.camera(1, 0).illuminant, second.camera(1, 0).illuminant)


def test_harder_means_more_of_everything_and_fewer_survivors():
    easy, medium, hard = (DIFFICULTIES[name] for name in ("easy", "medium", "hard"))
    names = [field.name for field in fields(easy)]
    for name, *values in zip(names, astuple(easy), astuple(medium), astuple(hard), strict=True):
        falls = name in ("patterned", "survive", "carbon")
        assert values == sorted(values, reverse=falls) and values[0] != values[2], name


def test_occlusion_is_the_share_of_hidden_people():
    backdrop = World(0, (64, 32)).backdrop(1)
    for name, knobs in DIFFICULTIES.items():
        rng = np.random.default_rng(0)
        share = np.mean([bool(sample_stage(rng, backdrop, knobs).occluders) for _ in range(2000)])
        assert share == pytest.approx(knobs.occlusion, abs=0.02), name


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"difficulty": "medum"}, "difficulty 'medum'.*'medium'"),
        ({"infrared": "far"}, "infrared 'far'"),
        ({"wardrobe": "mine"}, "wardrobe 'mine'"),
        ({"size": (96,)}, "size"),
        ({"size": (16, 8)}, "size.*32"),
        ({"seed": -1}, "seed -1"),
        ({"seed": 1.5}, "seed 1.5"),
    ],
)
def test_bad_settings_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        World(**({"seed": 0} | arguments))


@pytest.mark.parametrize(
    "shot, message",
    [((-1, 1, 0, 0), "pid -1"), ((1, -2, 0, 0), "camid -2"), ((1, 1, 2, 0), "modality 2"), ((1, 1, 0, -1), "index -1")],
)
def test_bad_shots_are_named(shot, message):
    with pytest.raises(InputError, match=message):
        World(0, (64, 32)).render(*shot)
    with pytest.raises(InputError, match="moment"):
        World(0, (64, 32)).render(1, 1, 0, 0, moment=-3)
