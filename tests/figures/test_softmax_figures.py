"""Fig. 4 and 6 of SA-Softmax: which runs make a sweep, and what is drawn against what was given."""

from __future__ import annotations

import numpy as np
import pytest

from vireid_lab.analysis.run_results import RunResult
from vireid_lab.evaluate.features import Features
from vireid_lab.figures import embedding_sheet, softmax_sweep
from vireid_lab.figures.save import save_figure


def run(losses: str, rank1: float, seed: int = 0, **config) -> RunResult:
    slots = {"recipe": "sa_softmax", "augment": "flip", "head": "gem", "attention": "none", "losses": losses}
    made = {"layout": "sysu", "ids": 80, "images": 4, "difficulty": "medium", "infrared": "nir"}
    config = {"layout": "sysu", "preset": "tiny", "backbone": "resnet10", "size": [96, 48], "steps": 600, "epochs": 0,
              "n_ids": 64, "lr": 0.003, "losses": losses, "seed": seed, **config}  # fmt: skip
    metrics = {("sysu-all gallery=seeded shots=1", "last"): {"rank1": rank1, "mAP": rank1 / 2, "protocol": "sysu-all"}}
    return RunResult(None, "sa_softmax", slots, config, seed, seed, f"d{seed}", made, "", True, metrics)


@pytest.mark.parametrize(
    ("losses", "weights"),
    [
        ("ce", (0, 0)),
        ("sas_fm", (1, 0)),
        ("ce:0.3+sas_fm:0.7", (0.7, 0)),
        ("ast+sas_fm:0.7+ce:0.3", (0.7, 1)),
        ("ce:0.6+sas_fm:0.4+ast:0.5", (0.4, 0.5)),
        ("ce:0.5+sas_fm:0.7", None),
        ("ce:0.3+sas:0.7", None),
        ("ce:0.3+sas_fm_wm:0.7", None),
        ("ce+triplet", None),
        ("circle_32", None),
    ],
)
def test_alpha_and_beta_are_read_where_a_slot_is_eq_11(losses, weights):
    found = softmax_sweep.read_weights(losses)
    assert found == (weights and pytest.approx(dict(zip("αβ", weights, strict=True))))


RUNS = [
    run("ce", 0.30), run("ce", 0.20, seed=1),
    run("ce:0.3+sas_fm:0.7", 0.50), run("sas_fm:0.7+ce:0.3", 0.40, seed=1),
    run("ce:0.3+sas_fm:0.7+ast:1", 0.60), run("ce:0.3+sas_fm:0.7+ast", 0.44, seed=1),
    run("ce:0.3+sas_fm_wm:0.7", 0.99), run("circle_32", 0.98),
    run("ce:0.5+sas_fm:0.5+ast:1", 0.97), run("sas_fm", 0.96, lr=0.1),
]  # fmt: skip


def test_only_runs_that_differ_in_one_weight_alone_make_a_sweep():
    sweeps = softmax_sweep.weight_sweeps(RUNS)
    means = {s: {w: v["rank1"].mean() for w, v in sweep.scores.items()} for s, sweep in sweeps.items()}
    assert means == {"α": pytest.approx({0.0: 25, 0.7: 45}), "β": pytest.approx({0.0: 45, 1.0: 52})}
    assert softmax_sweep.weight_sweeps(RUNS[:4]).keys() == {"α"}
    assert softmax_sweep.weight_sweeps(RUNS[6:]) == {}


def test_the_curves_go_through_the_means_and_every_run_has_a_sign(tmp_path, provenance):
    sweeps = softmax_sweep.weight_sweeps(RUNS)
    figure = softmax_sweep.weight_curves(sweeps)
    expected = {"α": ([0, 0.7], [25, 45], [30, 20, 50, 40]), "β": ([0, 1], [45, 52], [50, 40, 60, 44])}
    for axes, (symbol, (weights, means, values)) in zip(figure.axes, expected.items(), strict=True):
        for line, cloud, half in zip(axes.lines, axes.collections, (1, 2), strict=False):
            np.testing.assert_allclose(line.get_xydata(), np.transpose([weights, np.array(means) / half]))
            np.testing.assert_allclose(np.sort(cloud.get_offsets()[:, 1]), np.sort(values) / half)
        assert axes.lines[2].get_xdata() == [softmax_sweep.BEST[symbol]] * 2 and symbol in axes.get_xlabel()
    assert "β 1: rank-1 52.0 %, mAP 26.0 % (n = 2)" in softmax_sweep.describe_weights(sweeps)
    saved = save_figure(figure, tmp_path / "sweep", title="t", alt="a", provenance=provenance)
    assert saved.png.exists()


@pytest.fixture(scope="module")
def features():
    """Two images in each modality of each of 9 people: 36 x 5."""
    rng = np.random.default_rng(0)
    ids, modality = np.repeat(np.arange(9), 4), np.tile([0, 0, 1, 1], 9)
    values = rng.normal(size=(9, 5))[ids] + 0.3 * rng.normal(size=(36, 5))
    return Features(values.astype(np.float32), ids, modality, modality, [str(i) for i in range(36)])


def test_a_space_has_cosine_distances_of_cross_modality_pairs_and_a_map_of_a_few_people(features):
    space = embedding_sheet.feature_space(features)
    unit = features.features / np.linalg.norm(features.features, axis=1, keepdims=True)
    expected = {True: [], False: []}
    for a, i, m in zip(unit, features.ids, features.modality, strict=True):
        for b, j, n in zip(unit, features.ids, features.modality, strict=True):
            if (m, n) == (1, 0):
                expected[bool(i == j)].append(1 - a @ b)
    np.testing.assert_allclose(np.sort(space.same), np.sort(expected[True]), atol=1e-6)
    np.testing.assert_allclose(np.sort(space.different), np.sort(expected[False]), atol=1e-6)
    assert space.points.shape == (32, 2) and set(space.ids) == set(range(8))


def test_the_sheet_shows_each_training_in_its_column_and_each_part_in_two_rows(features, tmp_path, provenance):
    space = embedding_sheet.feature_space(features)
    shifted = embedding_sheet.FeatureSpace(space.points + 1, space.ids, space.modality, space.same, space.different + 2)
    spaces = {"training people": {"a": space, "b": shifted}, "test people": {"a": shifted, "b": space}}
    figure = embedding_sheet.embedding_sheet(spaces)
    maps, histograms = [*figure.axes[:2], *figure.axes[4:6]], [*figure.axes[2:4], *figure.axes[6:]]
    in_order = [space, shifted, shifted, space]
    for axes, shown in zip(maps, in_order, strict=True):
        drawn = np.concatenate([cloud.get_offsets().data for cloud in axes.collections])
        np.testing.assert_allclose(np.sort(drawn, 0), np.sort(shown.points, 0))
    for axes, shown in zip(histograms, in_order, strict=True):
        assert axes.get_title() == f"overlap {shown.overlap:.2f}"
        bars = np.array([bar.get_height() for bar in axes.patches if hasattr(bar, "get_height")]).reshape(2, -1)
        _, edges = np.histogram(np.concatenate([shown.same, shown.different]), bars.shape[1])
        for heights, values in zip(bars, (shown.same, shown.different), strict=True):
            np.testing.assert_allclose(heights, 100 * np.histogram(values, edges)[0] / len(values))
        assert axes.get_xlim() == histograms[0].get_xlim() and axes.get_ylim() == histograms[0].get_ylim()
        assert bars.max() < axes.get_ylim()[1] and axes.get_xlim()[0] <= edges[0] and edges[-1] <= axes.get_xlim()[1]
    assert [axes.get_title() for axes in maps] == [f"{p} people, {n}" for p in ("training", "test") for n in "ab"]
    words = embedding_sheet.describe_spaces(spaces).splitlines()
    assert words[1].startswith("training people, b: ") and words[1].endswith("overlap 0.00")
    saved = save_figure(figure, tmp_path / "sheet", title="t", alt="a", provenance=provenance)
    assert saved.png.exists()
