import evaluation_reference as reference
import numpy as np
import pytest

from vireid_lab.evaluate import rerank
from vireid_lab.evaluate.distances import euclidean_distances
from vireid_lab.evaluate.metrics import score_queries
from vireid_lab.evaluate.rerank import rerank_distances


@pytest.mark.parametrize("k1, k2, weight", [(20, 6, 0.3), (5, 1, 0.3), (4, 3, 0.0), (7, 2, 1.0)])
def test_equals_the_paper_as_loops(k1, k2, weight):
    for seed in range(3):
        rng = np.random.default_rng(seed)
        centres = rng.normal(size=(6, 8))
        query = centres[rng.integers(0, 6, 13)] + 0.7 * rng.normal(size=(13, 8))
        gallery = centres[rng.integers(0, 6, 27)] + 0.7 * rng.normal(size=(27, 8))
        gallery[4] = gallery[9]  # ties
        expected = reference.reranked(query.tolist(), gallery.tolist(), k1, k2, weight)
        np.testing.assert_allclose(rerank_distances(query, gallery, k1, k2, weight), expected, atol=2e-6)


def test_fewer_images_than_neighbours():
    rng = np.random.default_rng(0)
    query, gallery = rng.normal(size=(2, 3)), rng.normal(size=(3, 3))
    expected = reference.reranked(query.tolist(), gallery.tolist(), 20, 6, 0.3)
    np.testing.assert_allclose(rerank_distances(query, gallery), expected, atol=2e-6)


def test_blocks_do_not_change_the_distances(monkeypatch):
    rng = np.random.default_rng(1)
    query, gallery = rng.normal(size=(11, 5)), rng.normal(size=(30, 5))
    whole = rerank_distances(query, gallery)
    monkeypatch.setattr(rerank, "CHUNK", 100)
    np.testing.assert_allclose(rerank_distances(query, gallery), whole, atol=1e-7)


def test_it_helps_where_neighbourhoods_tell_more_than_distances():
    rng = np.random.default_rng(2)
    ids = np.repeat(np.arange(12), 20)
    features = rng.normal(size=(12, 16))[ids] + 1.1 * rng.normal(size=(240, 16))
    query, gallery = slice(0, None, 5), np.setdiff1d(np.arange(240), np.arange(0, 240, 5))
    before = score_queries(euclidean_distances(features[query], features[gallery]), ids[query], ids[gallery])
    after = score_queries(rerank_distances(features[query], features[gallery]), ids[query], ids[gallery])
    assert after.metrics()["mAP"] > before.metrics()["mAP"] + 0.05
