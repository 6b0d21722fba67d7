from __future__ import annotations

import matplotlib
import numpy as np

from vireid_lab.figures.curves import cmc_curves, describe_training, score_bars, training_curves
from vireid_lab.figures.style import COLOURS, style


def test_training_curves_hold_the_logged_numbers():
    rows = [
        {"step": s, "lr": 0.003 / s, "total": 9 / s, "ce": 6 / s, "wrt": 3 / s, "accuracy": s / 5} for s in (1, 2, 4)
    ]
    losses, accuracy, rate = training_curves(rows).axes
    drawn = {line.get_label(): line.get_ydata() for line in losses.lines}
    assert set(drawn) == {"total", "ce", "wrt"}
    np.testing.assert_allclose(drawn["ce"], [6, 3, 1.5])
    np.testing.assert_allclose(accuracy.lines[0].get_ydata(), [20, 40, 80])
    np.testing.assert_allclose(rate.lines[0].get_ydata(), [3, 1.5, 0.75])
    np.testing.assert_array_equal(rate.lines[0].get_xdata(), [1, 2, 4])


def test_a_training_in_words_has_its_first_and_last_numbers():
    log = [{"step": 1, "total": 7.26, "accuracy": 0.1}, {"step": 40, "total": 0.512, "accuracy": 0.876}]
    words = describe_training(log)
    assert "over 40 steps" in words and "from 7.3 to 0.51" in words and words.endswith("ends at 88 %.")


def test_cmc_curves_are_percentages_over_ranks_from_one_and_told_apart_without_colour():
    curves = {"a": np.array([0.25, 0.5, 1.0]), "b": np.array([0.0, 0.1, 0.2])}
    (axes,) = cmc_curves(curves).axes
    for line, (name, curve) in zip(axes.lines, curves.items(), strict=True):
        assert line.get_label() == name
        np.testing.assert_array_equal(line.get_xdata(), [1, 2, 3])
        np.testing.assert_allclose(line.get_ydata(), 100 * curve)
    assert len({(line.get_linestyle(), line.get_marker()) for line in axes.lines}) == 2


def test_score_bars_are_as_long_as_the_scores():
    (axes,) = score_bars({"model": (0.4, 0.05), "chance": (0.0156, None)}).axes
    assert [round(bar.get_width(), 2) for bar in axes.patches] == [40, 1.56]
    assert [text.get_text() for text in axes.texts] == ["40.0", "1.6"]
    assert axes.yaxis_inverted()  # the first on top


def test_the_style_ends_with_its_block():
    before = matplotlib.rcParams["font.size"]
    with style():
        assert matplotlib.rcParams["pdf.fonttype"] == 42
        assert matplotlib.rcParams["font.size"] != before
    assert matplotlib.rcParams["font.size"] == before
    assert len(set(COLOURS)) == 10
