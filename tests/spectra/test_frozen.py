"""The generator is frozen: all papers are compared on the same people. Other numbers here need a new VERSION."""

import numpy as np
import pytest

from vireid_lab.spectra.world import VERSION, World

# Means of 24 x 24 pixels of a visible and an infrared image, by VERSION 1; rounding may differ by one grey level.
MEANS = {
    ("easy", "nir"): ([96, 121, 116, 122, 113, 124, 83, 88], [106, 115, 136, 135, 113, 111, 96, 99]),
    ("easy", "thermal"): ([96, 121, 116, 122, 113, 124, 83, 88], [73, 74, 77, 83, 90, 88, 74, 79]),
    ("medium", "nir"): ([93, 118, 113, 118, 109, 120, 80, 84], [108, 115, 138, 136, 114, 112, 96, 100]),
    ("medium", "thermal"): ([93, 118, 113, 118, 109, 120, 80, 84], [75, 72, 78, 82, 92, 86, 74, 80]),
    ("hard", "nir"): ([90, 114, 110, 115, 107, 116, 77, 81], [117, 117, 132, 139, 105, 114, 115, 100]),
    ("hard", "thermal"): ([90, 114, 110, 115, 107, 116, 77, 81], [80, 68, 72, 69, 79, 68, 101, 70]),
}


@pytest.mark.parametrize(("difficulty", "infrared"), MEANS)
def test_the_same_seed_gives_the_images_of_version_1(difficulty, infrared):
    assert VERSION == 1
    world = World(7, (96, 48), difficulty, infrared)
    for (pid, camid, modality), means in zip([(3, 0, 0), (4, 2, 1)], MEANS[difficulty, infrared], strict=True):
        image = world.render(pid, camid, modality, 1).image.astype(float)
        np.testing.assert_allclose(image.reshape(4, 24, 2, 24, -1).mean((1, 3, 4)).ravel(), means, atol=1)
