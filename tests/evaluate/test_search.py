"""Search against explicit loops; indices on disk; the command."""

import json
from dataclasses import replace

import numpy as np
import pytest

from vireid_lab.cli import main
from vireid_lab.evaluate import search as module
from vireid_lab.evaluate.features import Features
from vireid_lab.evaluate.nearest import exact_nearest
from vireid_lab.evaluate.search import build_index, open_index
from vireid_lab.recipes.training import train
from vireid_lab.runtime import InputError

TOY = ("weights=none", "size=32x16", "ids_per_batch=2", "steps=2", "checkpoint_every=2")
FAISS_KINDS = ("flat", "ivf")


def made_features(count, seed, dim=16, made_by="weights=a"):
    rng = np.random.default_rng(seed)
    ids = np.arange(count) % 30
    centres = np.random.default_rng(99).normal(size=(30, dim))
    values = (centres[ids] + 0.7 * rng.normal(size=(count, dim))).astype(np.float32) * rng.uniform(1, 9, (count, 1))
    return Features(values.astype(np.float32), ids, ids % 4, ids * 0, [f"{i}.png" for i in range(count)], made_by)


def loops(queries, gallery, k):
    """(distance, position) of the k nearest of each query, by the definition."""
    found = []
    for query in queries.tolist():
        row = []
        for place, image in enumerate(gallery.tolist()):
            q, g = sum(a * a for a in query) ** 0.5, sum(b * b for b in image) ** 0.5
            row.append((sum((a / q - b / g) ** 2 for a, b in zip(query, image, strict=True)) ** 0.5, place))
        found.append(sorted(row)[:k])
    return found


@pytest.mark.parametrize("kind", ["exact", *FAISS_KINDS])
def test_search_finds_what_the_loops_find(kind, tmp_path):
    if kind != "exact":
        pytest.importorskip("faiss")
    gallery, queries = made_features(400, 0), made_features(12, 1)
    expected = loops(queries.features, gallery.features, 5)
    probes = 10 if kind == "ivf" else None  # all lists
    index = build_index(gallery, kind, probes=probes)
    index.save(tmp_path / "index")
    for each in (index, open_index(tmp_path / "index")):
        found = each.search(queries, 5)
        assert found.indices.tolist() == [[place for _, place in row] for row in expected]
        np.testing.assert_allclose(found.distances, [[d for d, _ in row] for row in expected], atol=1e-6)
        assert each.facts == index.facts
    assert index.recall == (1.0 if kind == "ivf" else None)


class Rough:
    """Names the 20 nearest, the farthest of them first, as an index of coarse codes might."""

    def __init__(self, vectors):
        self.vectors = vectors

    def search(self, queries, count):
        return None, np.argsort(-queries @ self.vectors.T)[:, 19::-1][:, :count]


def test_candidates_of_a_coarse_index_are_put_in_order_by_their_true_distances():
    gallery, queries = made_features(400, 0), made_features(12, 1)
    exact = build_index(gallery)
    rough = replace(exact, kind="pq", faiss=Rough(exact.gallery.features))
    assert rough.search(queries, 5).indices.tolist() == exact.search(queries, 5).indices.tolist()


def test_blocks_change_nothing(monkeypatch):
    vectors = module.unit_features(made_features(333, 2).features, "g")
    whole = exact_nearest(vectors[:7], vectors, 20)
    monkeypatch.setattr("vireid_lab.evaluate.nearest.BLOCK", 7 * 50)  # blocks of 50, fewer at the end
    np.testing.assert_array_equal(exact_nearest(vectors[:7], vectors, 20), whole)


def test_equal_images_keep_the_gallerys_order_and_a_small_gallery_is_given_whole():
    gallery = made_features(6, 0)
    gallery.features[[1, 4]] = gallery.features[5] * 2  # another length, the same direction
    found = build_index(gallery).search(gallery.take(np.array([5])), 10)
    assert found.indices.shape == (1, 6) and found.indices[0, :3].tolist() == [1, 4, 5]
    np.testing.assert_allclose(found.distances[0, :3], 0, atol=1e-6)


@pytest.mark.parametrize("kind", ["ivf", "pq"])
def test_recall_is_the_share_of_true_neighbours_without_the_image_itself(kind):
    pytest.importorskip("faiss")
    gallery = made_features(10_000, 0, dim=8)
    index = build_index(gallery, kind, probes=2)
    rows = np.sort(np.random.default_rng(0).permutation(10_000)[:200])
    vectors = index.gallery.features.astype(np.float64)
    hits = 0
    found = index.search(gallery.take(rows), 11).indices
    for row, places in zip(rows, found, strict=True):
        apart = ((vectors - vectors[row]) ** 2).sum(1)
        apart[row] = np.inf
        hits += len(set(np.argsort(apart)[:10].tolist()) & set(places.tolist()))
    assert index.recall == pytest.approx(hits / 2000) and 0.1 < index.recall < 1


@pytest.mark.slow
def test_memory_is_that_of_faiss_own_file(tmp_path):
    pytest.importorskip("faiss")
    for kind in ("flat", "ivf", "pq"):
        index = build_index(made_features(10_000, 0, dim=64), kind)
        index.save(tmp_path / kind)
        size = (tmp_path / kind / "index.faiss").stat().st_size
        assert index.facts["memory_mib"] == pytest.approx(size / 2**20, rel=0.3 if kind == "pq" else 0.02)


def test_what_does_not_belong_together_is_refused(tmp_path):
    gallery = made_features(50, 0)
    index = build_index(gallery)
    with pytest.raises(InputError, match="of another model: it was made by weights=a, the queries by weights=b"):
        index.search(made_features(2, 1, made_by="weights=b"))
    with pytest.raises(InputError, match="the queries by features of unknown weights"):
        index.search(made_features(2, 1, made_by=""))
    with pytest.raises(InputError, match="its features are 16 wide, the queries' 8"):
        index.search(made_features(2, 1, dim=8))
    with pytest.raises(InputError, match="did you mean 'exact'"):
        build_index(gallery, "exakt")
    with pytest.raises(InputError, match="1 of 50 feature rows are all zero"):
        gallery.features[3] = 0
        build_index(gallery)
    index.save(tmp_path / "index")
    with pytest.raises(InputError, match="is there already"):
        index.save(tmp_path / "index")
    for name in ("vectors.npy", "images.npz"):
        build_index(made_features(50, 0)).save(tmp_path / name)
        (tmp_path / name / name).write_bytes(b"PK half")
        with pytest.raises(InputError, match="damaged .* make it again"):
            open_index(tmp_path / name)


@pytest.mark.parametrize("kind", ["exact", "flat"])
def test_features_that_are_no_numbers_are_found_when_they_are_searched(tmp_path, kind):
    if kind == "flat":
        pytest.importorskip("faiss")
    build_index(made_features(50, 0), kind).save(tmp_path / "index")
    vectors = np.load(tmp_path / "index" / "vectors.npy")
    vectors[7] = np.nan
    np.save(tmp_path / "index" / "vectors.npy", vectors)
    with pytest.raises(InputError, match="the index is damaged: some of its features are no numbers; make it again"):
        open_index(tmp_path / "index").search(made_features(50, 0))


@pytest.fixture(scope="module")
def runs(sysu_root, tmp_path_factory):
    out = tmp_path_factory.mktemp("search")
    return [train("baseline", sysu_root, "tiny", out / f"{s}", (*TOY, f"seed={s}"), device="cpu") for s in (0, 1)]


def search(capsys, *arguments):
    """Exit code and the JSON of the last line, or the errors."""
    code = main(["search", *map(str, arguments), "--json"])
    out, err = capsys.readouterr()
    return code, json.loads(out.splitlines()[-1]) if code == 0 else err


def test_the_command_keeps_an_index_and_finds_the_same_with_it(runs, sysu_root, tmp_path, capsys):
    query = sysu_root / "cam3" / "0005" / "0001.jpg"
    arguments = ("--query", query, "-k", 4)
    picture = tmp_path / "found.png"
    code, new = search(
        capsys, runs[0], *arguments, "--gallery", sysu_root, "--keep", tmp_path / "i", "--picture", picture
    )
    assert code == 0 and new["index"]["images"] == 48 and new["index"]["kind"] == "exact"  # 4 cameras, 4 ids, 3 images
    (asked,) = new["queries"]
    assert (asked["path"], asked["id"], asked["camera"]) == ("cam3/0005/0001.jpg", 5, 3)
    assert len(asked["found"]) == 4 and all(image["camera"] in (1, 2, 4, 5) for image in asked["found"])
    assert picture.is_file() and (tmp_path / "found.json").is_file()
    code, kept = search(capsys, runs[0], *arguments, "--gallery", tmp_path / "i", "--picture", tmp_path / "again")
    assert code == 0 and kept["queries"][0]["found"] == asked["found"] and kept["index"] == new["index"]
    assert (tmp_path / "again.png").is_file()
    code, error = search(capsys, runs[1], *arguments, "--gallery", tmp_path / "i")
    assert code == 2 and "the index is of another model" in error and len(error.splitlines()) == 1
    code, error = search(capsys, runs[0], *arguments, "--gallery", tmp_path / "i", "--flip")
    assert code == 2 and "the index is of another model" in error
    code, error = search(capsys, runs[0], *arguments, "--gallery", tmp_path / "i", "--query-modality", "visible")
    assert code == 2 and "holds other than infrared images; see --query-modality" in error


def test_a_folder_of_images_and_feature_files(runs, sysu_root, tmp_path, capsys):
    query = sysu_root / "cam6" / "0007" / "0002.jpg"
    code, values = search(capsys, runs[0], "--query", query, "--gallery", sysu_root / "cam1", "-k", 3)
    assert code == 0 and values["index"]["images"] == 24
    assert [image["id"] for image in values["queries"][0]["found"]] == [None] * 3
    gallery, queries = made_features(40, 0, made_by=""), made_features(3, 1, made_by="")
    arrays = {f"{side}_{key}": value for side, f in (("query", queries), ("gallery", gallery))
              for key, value in (("features", f.features), ("ids", f.ids), ("cams", f.cams))}  # fmt: skip
    np.savez(tmp_path / "f.npz", **arrays)
    code, values = search(capsys, "--query", tmp_path / "f.npz", "--gallery", tmp_path / "f.npz", "-k", 2)
    expected = loops(queries.features, gallery.features, 2)
    found = [[(image["distance"], image["path"]) for image in query["found"]] for query in values["queries"]]
    assert [[path for _, path in row] for row in found] == [[f"gallery {p}" for _, p in row] for row in expected]


def test_bad_input_of_the_command(runs, sysu_root, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.npz").write_text("no arrays")
    np.savez(tmp_path / "half.npz", features=np.ones((2, 3)))
    np.save(tmp_path / "array.npy", np.ones((2, 3)))
    (tmp_path / "array.npy").rename(tmp_path / "array.npz")
    query = sysu_root / "cam3" / "0005" / "0001.jpg"
    for arguments, message in (
        ([runs[0], "--query", query, "--gallery", tmp_path / "empty"], "holds no people"),
        ([runs[0], "--query", query, "--gallery", tmp_path / "none"], "is not there"),
        (["--query", query, "--gallery", sysu_root], "give the run whose model reads them"),
        ([runs[0], "--gallery", sysu_root], "give --query IMAGE to search"),
        ([runs[0], "--query", tmp_path / "none.jpg", "--gallery", sysu_root / "cam1"], "none.jpg is not there"),
        ([runs[0], "--query", tmp_path / "text.npz", "--gallery", sysu_root], "cannot be read as .npz"),
        ([runs[0], "--query", tmp_path / "half.npz", "--gallery", sysu_root], "give a feature file (query_features"),
        ([runs[0], "--query", tmp_path / "array.npz", "--gallery", sysu_root], "cannot be read as .npz"),
        ([runs[0], "--query", query, "--gallery", sysu_root, "-k", 0], "k=0: give at least 1"),
        ([runs[0], "--query", query, "--gallery", sysu_root, "--kind", "ifv"], "did you mean 'ivf'"),
    ):
        code, error = search(capsys, *arguments)
        assert code == 2 and message in error and len(error.splitlines()) == 1, error
