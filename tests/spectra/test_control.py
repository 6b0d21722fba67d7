"""The control worlds: each changes its one thing and nothing else."""

import numpy as np
import pytest

from vireid_lab.runtime import InputError
from vireid_lab.spectra.camera import GAMMA
from vireid_lab.spectra.control import CONTROLS, GLOSS, K_RANGE, curved_tone, highlights, random_k
from vireid_lab.spectra.labels import FIRST_PERSON
from vireid_lab.spectra.world import World

PLAIN = World(3, (96, 48))


def linear_medians(shot) -> dict[int, float]:
    """Median linear light of each surface of the person that covers enough pixels."""
    linear = (shot.image[..., 1] / 255.0) ** GAMMA
    labels = [label for label in np.unique(shot.mask) if label >= FIRST_PERSON and (shot.mask == label).sum() > 60]
    return {label: float(np.median(linear[shot.mask == label])) for label in labels}


@pytest.mark.parametrize("control", CONTROLS[1:])
def test_masks_are_those_of_the_plain_world_and_the_infrared_image_differs(control):
    world = World(3, (96, 48), control=control)
    for modality in (0, 1):
        plain, other = PLAIN.render(1, 3, modality, 0), world.render(1, 3, modality, 0)
        assert np.array_equal(plain.mask, other.mask)
        same_visible = modality == 0 and control.endswith("_k")
        assert np.array_equal(plain.image, other.image) == same_visible


def test_with_equal_k_infrared_brightness_follows_the_green_of_every_material():
    """Over materials, the correlation of log NIR with log G is near 1, and in the plain world it is not."""
    correlations = {}
    for control in ("none", "equal_k"):
        world, pairs = World(5, (96, 48), control=control), []
        for pid in range(1, 9):
            visible, infrared = (linear_medians(world.render(pid, 3, m, 0, moment=0)) for m in (0, 1))
            shared = sorted(visible.keys() & infrared.keys())
            logs = np.log([[visible[s] + 1e-3, infrared[s] + 1e-3] for s in shared])
            pairs.append(logs - logs.mean(0))
        correlations[control] = np.corrcoef(np.concatenate(pairs).T)[0, 1]
    assert correlations["equal_k"] > 0.9 > 0.8 > correlations["none"]


def test_random_k_is_drawn_anew_for_each_image_and_each_material():
    world = World(3, (96, 48), control="random_k")
    a, b = (linear_medians(world.render(1, 3, 1, index, moment=0)) for index in (0, 1))
    ratios = np.array([a[label] / b[label] for label in sorted(a.keys() & b.keys())])
    assert ratios.max() / ratios.min() > 1.5
    factors = random_k(np.random.default_rng(0), 5000)
    assert K_RANGE[0] <= factors.min() and factors.max() <= K_RANGE[1]
    assert abs(factors.mean() - sum(K_RANGE) / 2) < 0.01


def test_the_curved_tone_keeps_ends_and_middle_and_steepens_the_middle():
    camera = PLAIN.camera(1, 0)
    curved = curved_tone(camera).tone.astype(int)
    assert curved[0] == 0 and curved[-1] == 255 and (np.diff(curved) >= 0).all()
    middle = int(4096 * 0.5**GAMMA)
    assert abs(curved[middle] - 127.5) < 2
    assert (curved[: middle - 200] <= camera.tone[: middle - 200]).all()
    assert (curved[middle + 200 :] >= camera.tone[middle + 200 :]).all()


def test_highlights_lie_where_the_surface_faces_the_light():
    gloss = np.full((1, 3), GLOSS, np.float32)
    spots = highlights(gloss, np.array([[0.3, 0.8, 1.0]]))
    assert spots[0, 2] == pytest.approx(GLOSS) and spots[0, 1] < 0.1 * GLOSS and spots[0, 0] < 1e-4


def test_bad_controls_are_named():
    with pytest.raises(InputError, match="unknown control 'gloss': did you mean 'glossy'"):
        World(0, control="gloss")
    with pytest.raises(InputError, match="control 'equal_k': there is no reflection in a thermal world"):
        World(0, infrared="thermal", control="equal_k")
