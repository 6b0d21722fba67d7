"""People in another light: what stays and what follows Eq. 1, with files and an explicit sum as references."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from vireid_lab.data.layouts import open_dataset
from vireid_lab.data.relit import UNSEEN, RelitWorld, relit_images
from vireid_lab.runtime import InputError
from vireid_lab.spectra import illuminants
from vireid_lab.spectra.world import World

SETTINGS = {"seed": 0, "size": (40, 32)}


def visible(dataset):
    return dataset.select("test", 0)


@pytest.mark.parametrize("layout", ["sysu", "regdb", "llcm"])
def test_in_its_own_light_every_image_is_its_file(made, layout):
    dataset = open_dataset(made(layout))
    world = World(**SETTINGS, infrared=dataset.benchmark["infrared"])
    for camid in {record.camid for record in visible(dataset)}:
        records = [record for record in visible(dataset) if record.camid == camid]
        images = relit_images(dataset, records, world.camera(camid, 0).illuminant, SETTINGS["size"])
        for image, record in zip(images.permute(0, 2, 3, 1).numpy(), records, strict=True):
            assert np.array_equal(image, np.asarray(Image.open(dataset.root / record.path).convert("RGB")))


def test_another_light_gives_other_colours_of_the_same_picture():
    own, relit = World(**SETTINGS), RelitWorld(illuminants.sodium(), **SETTINGS)
    one, other = (world.render(3, 1, 0, 0) for world in (own, relit))
    assert np.array_equal(one.mask, other.mask) and one.quality == other.quality
    assert not np.array_equal(one.image, other.image)
    assert np.array_equal(own.render(3, 3, 1, 0).image, relit.render(3, 3, 1, 0).image)


def test_materials_answer_by_eq_1():
    relit = RelitWorld(illuminants.sodium(), **SETTINGS)
    camera, reflectance = relit.camera(2, 0), relit.identity(5).reflectances[0]
    found = camera.colours(reflectance[None])[0]
    for channel, sensitivity in enumerate(camera.sensor):
        seen = white = 0.0
        for light, answer, share in zip(illuminants.sodium(), sensitivity, reflectance, strict=True):
            seen, white = seen + light * answer * share, white + light * answer
        assert found[channel] == pytest.approx(camera.balance[channel] * seen / white, rel=1e-5)


def test_no_camera_of_the_benchmark_has_an_unseen_light():
    lights = np.stack([World(seed).camera(camid, 0).illuminant for seed in range(8) for camid in range(1, 10)])
    for name, illuminant in UNSEEN.items():
        unlike = np.abs(lights - illuminant).sum(1) / illuminant.sum()
        assert unlike.min() > 0.05, name


def test_what_cannot_be_rendered_again_is_named(made, write_images):
    dataset = open_dataset(made("sysu"))
    light = illuminants.sodium()
    with pytest.raises(InputError, match="is an infrared image: give visible ones"):
        relit_images(dataset, dataset.select("test", 1), light, (40, 32))
    folder = write_images({"a.png": 3, "b.png": 4})
    (folder / "manifest.csv").write_text("path,pid,camid,modality,split\na.png,1,1,0,query\nb.png,1,2,1,gallery\n")
    with pytest.raises(InputError, match="cannot be rendered again: give a synthetic data set of this version"):
        relit_images(open_dataset(folder), [], light, (40, 32))
