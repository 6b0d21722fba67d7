import json
import re
import subprocess
import sys

import evaluation_reference as reference
import numpy as np
import pytest
from sysu_images import sysu_pool

from vireid_lab.evaluate.feature_file import evaluate_npz, npz_evaluation
from vireid_lab.evaluate.scoring import Options
from vireid_lab.runtime import InputError

METRICS = ("rank1", "rank5", "rank10", "rank20", "mAP", "mINP")


def vireid(*arguments):
    """Runs the command line in a process of its own; returns exit code, output, errors."""
    command = [sys.executable, "-m", "vireid_lab", "evaluate", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def arrays_of(query, gallery, dim=24, spread=1.5, paths=True, seed=0):
    """Arrays of a feature file: a random centre for each identity, with noise."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(1 + max(*query.ids, *gallery.ids), dim))
    arrays = {}
    for name, pool in (("query", query), ("gallery", gallery)):
        noise = rng.normal(size=(len(pool.ids), dim))
        arrays[f"{name}_features"] = (centres[pool.ids] + spread * noise).astype(np.float32)
        arrays[f"{name}_ids"], arrays[f"{name}_cams"] = pool.ids, pool.cams
        if paths:
            arrays[f"{name}_paths"] = np.array(pool.paths)
    return arrays


@pytest.fixture
def arrays(small_counts):
    return arrays_of(sysu_pool(small_counts, (3, 6)), sysu_pool(small_counts, (1, 2, 4, 5)), paths=False)


def save(path, arrays):
    np.savez(path, **arrays)
    return path


def expected_metrics(arrays, removed_by, cmc, l2=True):
    """A given gallery scored by loops."""
    prepare = reference.unit if l2 else list
    query = [prepare(row) for row in arrays["query_features"]]
    gallery = [prepare(row) for row in arrays["gallery_features"]]
    distances = [[reference.euclidean(q, g) for g in gallery] for q in query]
    sides = ((arrays[f"{name}_ids"], arrays[f"{name}_cams"]) for name in ("query", "gallery"))
    (qid, qcam), (gid, gcam) = sides
    removed = [[removed_by(qid[i], qcam[i], gid[j], gcam[j]) for j in range(len(gid))] for i in range(len(qid))]
    return reference.metrics(distances, qid.tolist(), gid.tolist(), removed, cmc)


@pytest.mark.parametrize(
    "protocol, cmc, removed_by",
    [
        ("none", "image", lambda qid, qcam, gid, gcam: False),
        ("sysu-all", "identity", lambda qid, qcam, gid, gcam: qcam == 3 and gcam == 2),
        ("regdb-t2v", "image", lambda qid, qcam, gid, gcam: False),
        ("llcm-n2v", "identity", lambda qid, qcam, gid, gcam: qid == gid and qcam == gcam),
    ],
)
@pytest.mark.parametrize("l2", [True, False])
def test_a_given_gallery_equals_the_loops(tmp_path, arrays, protocol, cmc, removed_by, l2):
    arrays["gallery_features"][5] = arrays["gallery_features"][40]  # a tie between two identities
    arrays["query_features"] = arrays["query_features"][:60]
    arrays["query_ids"], arrays["query_cams"] = arrays["query_ids"][:60], arrays["query_cams"][:60].copy()
    arrays["query_cams"][:20] = arrays["gallery_cams"][:20]  # so that llcm has something to remove
    result = evaluate_npz(save(tmp_path / "f.npz", arrays), protocol, Options(l2=l2))
    expected, invalid = expected_metrics(arrays, removed_by, cmc, l2)
    assert result.metrics == pytest.approx(expected, abs=1e-9)
    assert (result.queries, result.invalid_queries, result.conditions.cmc) == (60, invalid, cmc)
    assert result.std is None and result.conditions.gallery == "given"


def test_a_query_on_a_tie_takes_the_gallery_order(tmp_path):
    row = np.random.default_rng(0).normal(size=300)
    arrays = {
        "query_features": np.random.default_rng(1).normal(size=(1, 300)), "query_ids": [2], "query_cams": [3],
        "gallery_features": np.stack([row] * 7), "gallery_ids": [1, 1, 3, 2, 4, 2, 5], "gallery_cams": [1] * 7,
    }  # fmt: skip
    path = save(tmp_path / "f.npz", arrays)
    top = npz_evaluation(path).top_matches(k=7)
    assert top.indices.tolist() == [[0, 1, 2, 3, 4, 5, 6]]
    assert top.correct.tolist() == [[False, False, False, True, False, True, False]]
    assert evaluate_npz(path).metrics["mAP"] == pytest.approx((1 / 4 + 2 / 6) / 2)
    assert evaluate_npz(path, "sysu-all").metrics["rank5"] == 1.0


def test_top_matches_leave_out_what_the_protocol_removes(tmp_path):
    features = np.eye(4)
    arrays = {
        "query_features": features[:2], "query_ids": [1, 2], "query_cams": [3, 6],
        "gallery_features": features, "gallery_ids": [1, 2, 1, 2], "gallery_cams": [2, 2, 1, 4],
    }  # fmt: skip
    top = npz_evaluation(save(tmp_path / "f.npz", arrays), "sysu-all").top_matches(k=3)
    assert top.indices.tolist() == [[2, 3, -1], [1, 0, 2]]
    assert top.correct.tolist() == [[True, False, False], [True, False, False]]
    np.testing.assert_allclose(top.distances, [[2**0.5, 2**0.5, np.nan], [0, 2**0.5, 2**0.5]])


def test_trials_are_drawn_from_the_paths(tmp_path, small_counts):
    query, gallery = sysu_pool(small_counts, (3, 6)), sysu_pool(small_counts, (1, 2, 4, 5))
    path = save(tmp_path / "f.npz", arrays_of(query, gallery))
    evaluation = npz_evaluation(path, "sysu-indoor", Options(trials=3))
    result = evaluate_npz(path, "sysu-indoor", Options(trials=3))
    assert result.conditions.gallery == "seeded"
    seen = {key for key in small_counts if key[0] in (1, 2)}
    assert result.gallery_size == len(seen)
    rows = []
    for trial in range(3):
        queries, drawn = evaluation.sides(trial)
        assert {(int(c), int(p)) for c, p in zip(drawn.pool.cams, drawn.pool.ids, strict=True)} == seen
        one = {"query_features": queries.features, "gallery_features": drawn.features}
        for name, side in (("query", queries), ("gallery", drawn)):
            one |= {f"{name}_ids": side.pool.ids, f"{name}_cams": side.pool.cams}
        rows.append(expected_metrics(one, lambda qid, qcam, gid, gcam: qcam == 3 and gcam == 2, "identity")[0])
    for name in METRICS:
        values = [row[name] for row in rows]
        mean = sum(values) / 3
        assert result.metrics[name] == pytest.approx(mean, abs=1e-9)
        assert result.std[name] == pytest.approx((sum((v - mean) ** 2 for v in values) / 3) ** 0.5, abs=1e-9)


def test_the_official_gallery_needs_the_data_folder(tmp_path, small_counts, save_permutations):
    query, gallery = sysu_pool(small_counts, (3, 6)), sysu_pool(small_counts, (1, 2, 4, 5))
    path = save(tmp_path / "f.npz", arrays_of(query, gallery))
    with pytest.raises(InputError, match="give --data ROOT"):
        evaluate_npz(path, "sysu-all", Options(gallery="official"))
    save_permutations(tmp_path / "exp" / "rand_perm_cam.mat", small_counts)
    assert evaluate_npz(path, "sysu-all", root=tmp_path).conditions.gallery == "official"
    seeded = evaluate_npz(path, "sysu-all", Options(gallery="seeded"), tmp_path)
    assert seeded.metrics != evaluate_npz(path, "sysu-all", root=tmp_path).metrics


def test_reranking_is_labelled_and_changes_the_numbers(tmp_path, arrays):
    path = save(tmp_path / "f.npz", arrays)
    plain, reranked = (evaluate_npz(path, "sysu-all", Options(rerank=rerank)) for rerank in (False, True))
    assert reranked.conditions.rerank and "rerank" in reranked.conditions.label
    assert reranked.metrics["mAP"] > plain.metrics["mAP"]


def test_the_command_line_at_full_size(tmp_path, full_counts):
    query, gallery = sysu_pool(full_counts, (3, 6)), sysu_pool(full_counts, (1, 2, 4, 5))
    path = save(tmp_path / "f.npz", arrays_of(query, gallery, dim=32))
    code, out, _ = vireid(path, "--protocol", "sysu-all", "--shots", 10, "--trials", 2, "--json")
    values = json.loads(out.splitlines()[-1])
    assert code == 0 and values["std"].keys() == set(METRICS)
    assert (values["queries"], values["invalid_queries"], values["gallery_size"]) == (3803, 0, 3010)
    conditions = {"protocol": "sysu-all", "gallery": "seeded", "shots": 10, "trials": 2, "l2": True, "rerank": False}
    assert conditions.items() <= values.items()
    values = json.loads(vireid(path, "--protocol", "sysu-indoor", "--json")[1].splitlines()[-1])
    assert (values["queries"], values["invalid_queries"], values["gallery_size"]) == (3803, 1595, 112)
    assert values["trials"] == 10


def test_the_text_names_every_condition(tmp_path, arrays):
    code, out, _ = vireid(save(tmp_path / "f.npz", arrays), "--no-l2")
    assert code == 0
    *_, paragraph = out.partition("protocol none; ")
    said = "protocol none; " + " ".join(paragraph.split())  # it is broken between words
    named = {part.rsplit(" ", 1)[0] for part in said.split("; ")}
    conditions = "protocol gallery shots trials removal cmc l2 rerank flip neck split seed checkpoint synthetic".split()
    assert {*conditions, "llcm reading"} <= named
    assert "; data " in said


def test_a_file_without_trials_has_no_std(tmp_path, arrays):
    values = json.loads(vireid(save(tmp_path / "f.npz", arrays), "--json")[1].splitlines()[-1])
    assert "std" not in values and values["protocol"] == "none" and values["cmc"] == "image"


def broken(arrays, **changes):
    return {key: value for key, value in {**arrays, **changes}.items() if value is not None}


@pytest.mark.parametrize(
    "change, options, message",
    [
        (lambda a: {"gallery_cams": None}, [], "has no key gallery_cams"),
        (lambda a: {"query_ids": a["query_ids"][:-1]}, [], "query_ids has shape"),
        (lambda a: {"gallery_features": a["gallery_features"][:, :-1]}, [], "query_features are 24 wide"),
        (lambda a: {"query_features": a["query_features"][0]}, [], "expected numbers of shape"),
        (lambda a: {"query_features": a["query_features"] * np.nan}, [], "NaN and 0 infinite values"),
        (lambda a: {"query_ids": a["query_ids"] + 0.5}, [], "expected whole numbers"),
        (lambda a: {"query_ids": a["query_ids"].astype(object)}, [], "cannot be read as .npz"),
        (lambda a: {"query_ids": a["query_ids"] + 1000}, [], "has a match left in the gallery"),
        (lambda a: {"query_paths": np.array(["x"] * len(a["query_ids"]))}, [], "only one of query_paths"),
        (lambda a: {}, ["--shots", "1"], "--shots 1: a feature file without query_paths"),
        (lambda a: {}, ["--trials", "10"], "--trials 10: a feature file without query_paths"),
        (lambda a: {}, ["--gallery", "seeded"], "--gallery seeded: a feature file without"),
        (lambda a: {}, ["--protocol", "sysu_all"], "did you mean 'sysu-all'"),
        (lambda a: {}, ["--flip"], "--flip: .* is no run folder"),
    ],
)
def test_bad_files_and_options_are_one_line_errors(tmp_path, arrays, change, options, message, capsys):
    from vireid_lab.cli import main

    path = save(tmp_path / "f.npz", broken(arrays, **change(arrays)))
    assert main(["evaluate", str(path), *options]) == 2
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 1
    assert re.search(message, errors[0])


def test_nan_is_counted_in_the_process(tmp_path, arrays):
    arrays["gallery_features"][3, :2] = np.nan
    code, out, err = vireid(save(tmp_path / "f.npz", arrays))
    assert (code, out) == (2, "")
    assert "gallery_features: 2 NaN and 0 infinite values in 1 of" in err and "Traceback" not in err


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 half a zip file", b"\x93NUMPY", None])
def test_files_that_are_no_npz(tmp_path, content):
    path = tmp_path / "f.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match="cannot be read as .npz|is not there"):
        evaluate_npz(path)


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda paths: [f"x/{paths[0]}x", *paths[1:]], None),
        (lambda paths: ["elsewhere/0001.jpg", *paths[1:]], "for identity 3 of camera 1, expected"),
        (lambda paths: [paths[1], *paths[1:]], "names an image twice"),
    ],
)
def test_paths_must_be_those_of_the_images(tmp_path, small_counts, change, message):
    arrays = arrays_of(sysu_pool(small_counts, (3, 6)), sysu_pool(small_counts, (1, 2, 4, 5)))
    arrays["gallery_paths"] = np.array(change(arrays["gallery_paths"].tolist()))
    path = save(tmp_path / "f.npz", arrays)
    if message is None:
        assert evaluate_npz(path, "sysu-all").conditions.trials == 10
    else:
        with pytest.raises(InputError, match=message):
            evaluate_npz(path, "sysu-all")


def test_queries_of_a_camera_that_the_protocol_does_not_know(tmp_path, small_counts):
    both = sysu_pool(small_counts, (1, 3))
    path = save(tmp_path / "f.npz", arrays_of(both, sysu_pool(small_counts, (2, 4))))
    with pytest.raises(InputError, match="queries of camera 1, protocol sysu-all takes"):
        evaluate_npz(path, "sysu-all")
