"""Feature spaces side by side: distances against loops, and what is drawn against what was given."""

from __future__ import annotations

import math

import numpy as np
import pytest

from vireid_lab.evaluate.features import Features
from vireid_lab.figures import embedding_sheet
from vireid_lab.figures.save import save_figure


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


def shifted(gap: float) -> Features:
    """Three people with four visible and four infrared images each; infrared ones are moved by `gap`."""
    rng = np.random.default_rng(1)
    ids, modality = np.repeat([5, 6, 7], 8), np.tile([0, 0, 0, 0, 1, 1, 1, 1], 3)
    features = np.eye(8)[ids - 5] + 0.05 * rng.normal(size=(24, 8))
    features[:, 7] += gap * modality
    return Features(features, ids, modality, modality, [f"{row}.png" for row in range(24)])


def test_every_network_has_its_map_and_its_distances():
    arms = {"B": shifted(2.0), "B+PedMix": shifted(0.0)}
    figure = embedding_sheet.map_sheet(arms, seed=0)
    assert [axes.get_title() for axes in figure.axes] == ["B", "B+PedMix"]
    for axes in figure.axes:
        points = np.concatenate([cloud.get_offsets() for cloud in axes.collections])
        assert len(axes.collections) == 6 and points.shape == (24, 2)  # three people, two shapes
    for name, line in zip(arms, embedding_sheet.describe_distances(arms).splitlines(), strict=True):
        unit = arms[name].features / np.linalg.norm(arms[name].features, axis=1, keepdims=True)
        groups = {True: [], False: []}
        for i in range(24):
            for j in range(24):
                if arms[name].modality[i] == 1 and arms[name].modality[j] == 0:
                    groups[bool(arms[name].ids[i] == arms[name].ids[j])].append(math.dist(unit[i], unit[j]))
        assert line.startswith(f"{name}: same person {np.mean(groups[True]):.2f}, others {np.mean(groups[False]):.2f}")
