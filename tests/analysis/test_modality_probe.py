"""The new modality classifier on features whose modality is known to be there, or not to be."""

from __future__ import annotations

import numpy as np
import pytest

from vireid_lab.analysis.modality_probe import modality_accuracy
from vireid_lab.runtime import InputError

IDS, MODALITY = np.repeat(np.arange(20), 8), np.tile([0, 0, 0, 0, 0, 0, 1, 1], 20)
PEOPLE = np.random.default_rng(0).normal(size=(20, 6))


def features(gap: float, noise: float = 0.3) -> np.ndarray:
    values = PEOPLE[IDS] + noise * np.random.default_rng(1).normal(size=(len(IDS), 6))
    values[:, 2] += gap * MODALITY
    return values


def test_a_gap_is_found_and_no_gap_is_guessed_for_both_modalities_alike():
    assert modality_accuracy(features(gap=20), IDS, MODALITY) == 1
    none = modality_accuracy(features(gap=0), IDS, MODALITY)
    assert 0.4 < none < 0.6  # though three quarters of the images are visible
    assert none < modality_accuracy(features(gap=0.7, noise=1), IDS, MODALITY) < 1


def test_the_scale_of_a_channel_does_not_hide_a_gap():
    assert modality_accuracy(features(gap=20) * [1e4, 1, 1e-4, 1, 1, 1], IDS, MODALITY) == 1


def test_it_is_asked_about_people_that_it_was_not_fitted_to():
    values = np.zeros((len(IDS), 40))  # a code for each person and modality: nothing to learn from others
    values[np.arange(len(IDS)), 2 * IDS + MODALITY] = 1
    order = np.random.default_rng(2).permutation(len(IDS))  # so that folds of rows would part the images of a person
    assert modality_accuracy(values[order], IDS[order], MODALITY[order]) == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize(("ids", "modality"), [(0 * IDS, MODALITY), (IDS, 0 * MODALITY)])
def test_one_person_or_one_modality_is_refused(ids, modality):
    with pytest.raises(InputError, match="give two people and both modalities"):
        modality_accuracy(features(1), ids, modality)
