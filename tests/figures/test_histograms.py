from __future__ import annotations

import numpy as np
import pytest

from vireid_lab.figures.distances import cross_modality_distances, distance_histogram, overlap


def test_overlap_of_known_arrays():
    zeros_and_ones = np.array([0.0, 0.0, 1.0, 1.0])
    assert overlap(zeros_and_ones, zeros_and_ones) == 1
    assert overlap(np.array([0.0, 0.1]), np.array([0.9, 1.0])) == 0
    assert overlap(np.array([0.0, 0.0, 0.0, 1.0]), np.array([0.0, 1.0, 1.0, 1.0])) == pytest.approx(0.5)
    assert overlap(np.zeros(1), np.tile(zeros_and_ones, 9)) == pytest.approx(0.5)  # areas, not counts


def test_overlap_of_two_normal_distributions_is_the_closed_form():
    # Two unit normals with means 2 apart share 2 * Phi(-1) of their area.
    rng = np.random.default_rng(0)
    a, b = rng.normal(0, 1, 200_000), rng.normal(2, 1, 200_000)
    assert overlap(a, b) == pytest.approx(0.3173, abs=0.01)


def test_distances_are_those_of_an_explicit_loop_over_pairs():
    rng = np.random.default_rng(1)
    features, ids, modality = rng.normal(size=(9, 4)), rng.integers(0, 3, 9), np.array([0, 1, 0, 1, 1, 0, 0, 1, 0])
    same, different = [], []
    for i in range(9):
        for j in range(9):
            if modality[i] == 1 and modality[j] == 0:
                a, b = features[i] / np.linalg.norm(features[i]), features[j] / np.linalg.norm(features[j])
                (same if ids[i] == ids[j] else different).append(np.linalg.norm(a - b))
    found = cross_modality_distances(features, ids, modality)
    np.testing.assert_allclose(np.sort(found[0]), np.sort(same))
    np.testing.assert_allclose(np.sort(found[1]), np.sort(different))


def test_the_histogram_states_its_overlap_and_each_kind_adds_up_to_all_pairs():
    same, different = np.array([0.0, 0.0, 0.0, 1.0]), np.array([0.0, 1.0, 1.0, 1.0])
    figure = distance_histogram(same, different)
    assert figure.legends[0].get_title().get_text() == "overlap 0.50"
    filled = [patch for patch in figure.axes[0].patches if hasattr(patch, "get_height")]
    heights = np.array([bar.get_height() for bar in filled]).reshape(2, -1)
    np.testing.assert_allclose(heights.sum(axis=1), [100, 100])
