from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from vireid_lab.data.scene_files import find_pairs
from vireid_lab.data.scene_truth import read_truth
from vireid_lab.runtime import InputError
from vireid_lab.spectra.scenes.pairs import write_scene_pairs
from vireid_lab.spectra.scenes.render import render_scene


@pytest.fixture
def root(tmp_path):
    return write_scene_pairs(tmp_path / "scenes", 2, 5, (64, 96), categories=("garden", "road"))


def test_the_truth_is_that_of_the_rendered_scene(root):
    garden, road = find_pairs(root)
    for index, pair in enumerate((garden, road)):
        scene = render_scene(np.random.default_rng([5, index]), (64, 96), category=pair.category)
        truth = read_truth(root, pair)
        np.testing.assert_array_equal(truth.regions, scene.regions)
        assert truth.names == scene.names and set(truth.k) == set(scene.k)
        for label, k in scene.k.items():
            np.testing.assert_allclose(truth.k[label], k)


def test_pairs_without_masks_have_no_truth(root):
    garden, road = find_pairs(root)
    (root / "masks" / "garden" / "0001.png").unlink()
    assert read_truth(root, garden) is None and read_truth(root, road) is not None


def test_a_region_without_a_name_is_named(root):
    garden, _ = find_pairs(root)
    mask = root / "masks" / "garden" / "0001.png"
    regions = np.array(Image.open(mask))
    regions[0, 0] = 200
    Image.fromarray(regions).save(mask)
    with pytest.raises(InputError, match="0001.png holds region 200, which 0001.json does not name"):
        read_truth(root, garden)
