"""People drawn in poses."""

from dataclasses import replace

import numpy as np
import pytest

from vireid_lab.spectra.body import draw_person, project
from vireid_lab.spectra.difficulty import DIFFICULTIES
from vireid_lab.spectra.figure import build_figure
from vireid_lab.spectra.identity import HAIR_STYLES
from vireid_lab.spectra.identity_draw import sample_identity
from vireid_lab.spectra.labels import CODES, FIRST_PERSON
from vireid_lab.spectra.pose import ANKLE, joints, sample_pose
from vireid_lab.spectra.surface import Canvas, Light
from vireid_lab.spectra.wardrobe import WARDROBES

HEIGHT, WIDTH = 256, 128
MEDIUM = DIFFICULTIES["medium"]
PERSON = sample_identity(np.random.default_rng(3))
POSE = replace(sample_pose(np.random.default_rng(4), MEDIUM), yaw=0.0, head_yaw=0.0)


def labels(person, pose, pitch=0.1):
    canvas = Canvas(np.zeros((HEIGHT, WIDTH), np.uint8), np.ones((HEIGHT, WIDTH), np.float32), Light((0, 0, 1.0), 0.3))
    draw_person(canvas, build_figure(person), pose, (WIDTH / 2, 0.95 * HEIGHT), 0.88 * HEIGHT, pitch)
    assert np.isfinite(canvas.shading).all() and (canvas.shading >= 0).all()
    return canvas.labels


@pytest.mark.parametrize("yaw", [0.0, 0.8, np.pi / 2, np.pi, -np.pi / 2])
def test_a_person_stands_upright_and_fills_its_height(yaw):
    rows, columns = np.nonzero(labels(PERSON, replace(POSE, yaw=yaw)) >= FIRST_PERSON)
    assert rows.max() - rows.min() == pytest.approx(0.89 * HEIGHT, rel=0.06)
    assert abs(np.median(columns) - WIDTH / 2) < 0.06 * HEIGHT
    assert columns.max() - columns.min() < 0.5 * HEIGHT


def test_the_parts_lie_where_a_body_has_them():
    person = replace(PERSON, hat="none", hair="short", tall_shoes=False)
    image = labels(person, POSE)
    height = {name: np.nonzero(image == CODES[name])[0].mean() for name in ("hair", "eye", "upper", "lower", "shoes")}
    assert list(height) == sorted(height, key=height.get)


def test_eyes_are_seen_from_the_front_and_not_from_the_back():
    assert (labels(PERSON, POSE) == CODES["eye"]).any()
    assert not (labels(PERSON, replace(POSE, yaw=np.pi)) == CODES["eye"]).any()


@pytest.mark.parametrize("wardrobe", WARDROBES)
def test_everything_of_the_wardrobes_can_be_drawn(wardrobe):
    options = WARDROBES[wardrobe]
    for bag in set(options.bags):
        for hat in set(options.hats):
            person = replace(PERSON, bag=bag, hat=hat)
            image = np.concatenate([labels(person, replace(POSE, yaw=yaw)) for yaw in (2.2, -2.2)])
            assert (image == CODES["hat"]).any() == (hat != "none")
            assert (image == CODES["bag"]).any() == (bag != "none")
    for hair in set(HAIR_STYLES):
        assert (labels(replace(PERSON, hat="none", hair=hair), replace(POSE, yaw=2.2)) == CODES["hair"]).any()
    for name, cut in options.uppers.items():
        image = labels(replace(PERSON, upper=replace(PERSON.upper, name=name, cut=cut, print="none")), POSE)
        assert (image == CODES["upper"]).sum() > 500, name
    for name, cut in options.lowers.items():
        image = labels(replace(PERSON, lower=replace(PERSON.lower, name=name, cut=cut, print="none")), POSE)
        assert (image == CODES["lower"]).sum() > 200, name


def test_the_lower_foot_is_on_the_ground_in_every_phase():
    for gait in np.linspace(0, 2 * np.pi, 9):
        at = joints(replace(POSE, gait=gait, stride=0.8), PERSON)
        assert min(at["ankle0"][1], at["ankle1"][1]) == pytest.approx(ANKLE)


def test_projection_of_a_turned_and_tilted_point():
    point = project(np.array([0.0, 0.5, 1.0]), np.pi / 2, (10.0, 200.0), 100.0, 0.0)
    assert point == pytest.approx([110, 150, 0], abs=1e-9)  # what was ahead is at the right
    point = project(np.array([0.0, 0.0, 1.0]), 0.0, (10.0, 200.0), 100.0, np.pi / 6)
    assert point[1] == pytest.approx(250)  # nearer is lower when the camera looks down


def test_views_and_pose_knobs():
    rng = np.random.default_rng(0)
    frontal = [abs(sample_pose(rng, replace(MEDIUM, views=0.0)).yaw) for _ in range(200)]
    free = [abs(sample_pose(rng, replace(MEDIUM, views=1.0)).yaw) for _ in range(200)]
    assert max(frontal) <= np.pi / 6 and np.mean(np.array(free) > np.pi / 2) == pytest.approx(0.5, abs=0.12)
    still = [sample_pose(rng, replace(MEDIUM, pose=0.0)) for _ in range(20)]
    assert all(pose.stride == pose.swing == pose.head_yaw == 0 for pose in still)
