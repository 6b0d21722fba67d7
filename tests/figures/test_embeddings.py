from __future__ import annotations

import numpy as np
import pytest

from vireid_lab.figures.embeddings import embedding_map, tsne_map
from vireid_lab.runtime import InputError


def clusters(n: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """Three directions in 64 dimensions with noise, at random lengths: (3 n, 64) and the direction of each row."""
    rng = np.random.default_rng(0)
    ids = np.repeat(np.arange(3), n)
    features = rng.normal(size=(3, 64))[ids] + 0.1 * rng.normal(size=(3 * n, 64))
    return features * rng.uniform(0.01, 100, (3 * n, 1)), ids


def test_it_is_deterministic_and_brings_together_what_points_the_same_way():
    features, ids = clusters()
    points = tsne_map(features, seed=0, max_iter=500)
    np.testing.assert_array_equal(points, tsne_map(features, seed=0, max_iter=500))
    gaps = np.linalg.norm(points[:, None] - points, axis=2) + 1e9 * np.eye(len(points))
    assert (ids[gaps.argmin(axis=1)] == ids).all()


def test_few_points_work_and_too_few_are_refused():
    features, _ = clusters()
    assert np.isfinite(tsne_map(features[:4], max_iter=250)).all()
    with pytest.raises(InputError, match="3 images"):
        tsne_map(features[:3])


def test_identity_is_colour_and_modality_is_shape():
    _, ids = clusters(4)
    modality = np.tile([0, 1], 6)
    points = np.random.default_rng(0).normal(size=(12, 2))
    figure = embedding_map(points, ids, modality)
    groups = {}
    for collection in figure.axes[0].collections:
        shape = len(collection.get_paths()[0].vertices)
        groups[tuple(collection.get_edgecolor()[0]), shape] = collection.get_offsets().data
    assert len({colour for colour, _ in groups}) == 3 and len({shape for _, shape in groups}) == 2
    drawn = np.concatenate(list(groups.values()))
    assert sorted(map(tuple, drawn)) == sorted(map(tuple, points))
    with pytest.raises(InputError, match="11 identities"):
        embedding_map(np.zeros((11, 2)), np.arange(11), np.zeros(11))
