import evaluation_reference as reference
import numpy as np
import pytest

from vireid_lab.evaluate import metrics
from vireid_lab.evaluate.metrics import score_queries, stable_ranking
from vireid_lab.runtime import InputError


def compare(distances, query_ids, gallery_ids, removed, cmc):
    """Every query and the means against the loops."""
    scores = score_queries(distances, np.array(query_ids), np.array(gallery_ids), removed, cmc)
    marks = np.zeros(distances.shape, bool) if removed is None else removed
    for i, query_id in enumerate(query_ids):
        expected = reference.query_scores(distances[i], query_id, list(gallery_ids), marks[i], cmc)
        if expected is None:
            assert scores.rank[i] == 0 and np.isnan(scores.ap[i]) and np.isnan(scores.inp[i])
        else:
            assert scores.rank[i] == expected[0]
            assert (scores.ap[i], scores.inp[i]) == pytest.approx(expected[1:], abs=1e-12)
    if scores.valid.any():
        expected, invalid = reference.metrics(distances, query_ids, list(gallery_ids), marks, cmc)
        assert scores.metrics() == pytest.approx(expected, abs=1e-12)
        assert np.count_nonzero(~scores.valid) == invalid


@pytest.mark.parametrize("cmc", ["identity", "image"])
@pytest.mark.parametrize("decimals", [None, 1, 0])  # 0: only two distances, nearly all tied
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scores_equal_explicit_loops(cmc, decimals, dtype):
    for seed in range(12):
        rng = np.random.default_rng(seed)
        queries, gallery, ids = rng.integers(1, 25), rng.integers(1, 60), rng.integers(1, 15)
        distances = rng.random((queries, gallery)).astype(dtype)
        if decimals is not None:
            distances = distances.round(decimals)
        removed = None if seed % 3 == 0 else rng.random((queries, gallery)) < 0.3
        compare(
            distances, rng.integers(0, ids + 3, queries).tolist(), rng.integers(0, ids, gallery).tolist(), removed, cmc
        )


def test_a_worked_example():
    # ranking of the gallery: b a b c a, so a is first at image 2 and identity 2; c at image 4 and identity 3
    distances = np.array([[0.2, 0.1, 0.3, 0.4, 0.5]] * 2)
    gallery_ids = np.array([1, 2, 2, 3, 1])
    by_identity = score_queries(distances, np.array([1, 3]), gallery_ids, cmc="identity")
    by_image = score_queries(distances, np.array([1, 3]), gallery_ids, cmc="image")
    assert by_identity.rank.tolist() == [2, 3]
    assert by_image.rank.tolist() == [2, 4]
    assert by_image.ap.tolist() == pytest.approx([(1 / 2 + 2 / 5) / 2, 1 / 4])
    assert by_image.inp.tolist() == pytest.approx([2 / 5, 1 / 4])


def test_ties_keep_the_gallery_order():
    distances = np.zeros((2, 4))
    scores = score_queries(distances, np.array([7, 9]), np.array([9, 8, 7, 7]), cmc="image")
    assert scores.rank.tolist() == [3, 1]


@pytest.mark.parametrize("shape", [(1, 1), (3, 1), (1, 40), (50, 30)])
@pytest.mark.parametrize("levels", [1, 2, 10, 10**9])
def test_stable_ranking_is_the_stable_argsort(shape, levels):
    values = np.random.default_rng(levels).integers(0, levels, shape).astype(np.float32)
    values[0, -1] = np.inf
    np.testing.assert_array_equal(stable_ranking(values), np.argsort(values, axis=1, kind="stable"))


def test_in_a_gallery_of_three_identities_the_curve_ends_at_one():
    rng = np.random.default_rng(0)
    scores = score_queries(rng.random((30, 6)), np.arange(30) % 3, np.array([0, 0, 1, 1, 2, 2]))
    assert scores.cmc(20)[2:].tolist() == [1.0] * 18
    values = scores.metrics()
    assert values["rank1"] < values["rank5"] == values["rank10"] == values["rank20"] == 1.0


def test_an_identity_that_only_the_removed_camera_saw_is_invalid():
    removed = np.array([[True, False], [True, False]])
    scores = score_queries(np.array([[0.1, 0.2], [0.1, 0.2]]), np.array([5, 6]), np.array([5, 6]), removed)
    assert scores.valid.tolist() == [False, True]
    assert scores.metrics()["rank1"] == 1.0  # the invalid query is in no denominator


def test_no_valid_query_is_an_error():
    scores = score_queries(np.array([[0.1, 0.2]]), np.array([1]), np.array([2, 3]))
    with pytest.raises(InputError, match="none of the 1 queries has a match"):
        scores.metrics()


def test_nan_is_counted():
    distances = np.zeros((4, 5))
    distances[1, 2:4] = np.nan
    distances[3, 0] = np.inf
    with pytest.raises(InputError, match="2 NaN and 1 infinite values in 2 of 4 rows"):
        score_queries(distances, np.zeros(4), np.zeros(5))


def test_wrong_arguments_are_errors():
    with pytest.raises(InputError, match="shape"):
        score_queries(np.zeros((2, 3)), np.zeros(2), np.zeros(2))
    with pytest.raises(InputError, match="did you mean 'identity'"):
        score_queries(np.zeros((2, 3)), np.zeros(2), np.zeros(3), cmc="identit")


def test_blocks_of_queries_do_not_change_the_scores(monkeypatch):
    rng = np.random.default_rng(3)
    distances, removed = rng.random((23, 17)).round(1), rng.random((23, 17)) < 0.2
    arguments = distances, rng.integers(0, 5, 23), rng.integers(0, 5, 17), removed
    whole = score_queries(*arguments)
    monkeypatch.setattr(metrics, "CHUNK", 40)
    for name in ("rank", "ap", "inp"):
        np.testing.assert_array_equal(getattr(score_queries(*arguments), name), getattr(whole, name))


def test_a_full_size_multi_shot_gallery_equals_the_loops_on_some_queries():
    rng = np.random.default_rng(0)
    distances = rng.random((3803, 3010), dtype=np.float32).round(4)
    query_ids, gallery_ids = rng.integers(0, 96, 3803), np.sort(rng.integers(0, 96, 3010))
    scores = score_queries(distances, query_ids, gallery_ids)
    nothing = np.zeros(3010, bool)
    for i in range(0, 3803, 100):
        expected = reference.query_scores(distances[i], query_ids[i], gallery_ids.tolist(), nothing, "identity")
        assert (scores.rank[i], scores.ap[i], scores.inp[i]) == pytest.approx(expected, abs=1e-12)
