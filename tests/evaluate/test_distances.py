import evaluation_reference as reference
import numpy as np
import pytest

from vireid_lab.evaluate.distances import euclidean_distances, l2_normalise, squared_distances


def test_distances_equal_explicit_loops():
    rng = np.random.default_rng(0)
    query, gallery = rng.normal(size=(5, 7)), rng.normal(size=(4, 7)).astype(np.float32)
    expected = [[reference.euclidean(q, g) for g in gallery] for q in query]
    np.testing.assert_allclose(euclidean_distances(query, gallery), expected, atol=1e-12)
    np.testing.assert_allclose(l2_normalise(query), [reference.unit(q) for q in query], atol=1e-15)


def test_euclidean_order_of_unit_vectors_is_the_cosine_order():
    rng = np.random.default_rng(1)
    query, gallery = l2_normalise(rng.normal(size=(6, 9))), l2_normalise(rng.normal(size=(30, 9)))
    order = euclidean_distances(query, gallery).argsort(1)
    np.testing.assert_array_equal(order, (-query @ gallery.T).argsort(1))


@pytest.mark.parametrize("queries", [1, 3, 64])
@pytest.mark.parametrize("gallery", [7, 50, 301])
def test_equal_gallery_features_are_equally_far_wherever_they_stand(queries, gallery):
    rng = np.random.default_rng(2)
    one = l2_normalise(np.tile(rng.normal(size=333), (gallery, 1)))  # a product rounds these differently by their place
    distances = squared_distances(l2_normalise(one[0] + 0.01 * rng.normal(size=(queries, 333))), one)
    np.testing.assert_array_equal(distances, np.tile(distances[:, :1], gallery))


def test_a_zero_vector_stays_zero():
    assert l2_normalise(np.zeros((1, 3))).tolist() == [[0, 0, 0]]
    assert euclidean_distances(np.array([[-0.0, 1.0]]), np.array([[0.0, 1.0], [-0.0, 1.0]])).tolist() == [[0, 0]]


def test_no_distance_is_nan_by_rounding():
    features = np.random.default_rng(3).normal(size=(50, 64)) * 1e4
    assert euclidean_distances(features, features).diagonal() == pytest.approx(0, abs=1e-2)
