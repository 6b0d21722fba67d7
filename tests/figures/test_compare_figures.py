"""The pictures of the comparison hold the numbers that they are given, and say what was not run."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from vireid_lab.analysis.best_arm import Chosen
from vireid_lab.analysis.complementarity import Complementarity, combine
from vireid_lab.analysis.composition import Arm
from vireid_lab.analysis.cost import Cost
from vireid_lab.analysis.paired_test import paired_effect
from vireid_lab.figures.combinations import (
    combination_matrix,
    component_panels,
    describe_combinations,
    describe_components,
    describe_lead,
    lead_before_and_after,
)
from vireid_lab.figures.compare import (
    cost_panels,
    describe_levels,
    describe_methods,
    describe_operations,
    method_panels,
    robustness_panels,
)


def arm(model="rfm"):
    slots = {"recipe": model, "augment": "flip+ltg", "attention": "none", "losses": "ce"}
    return Arm(model, {("data", 0): SimpleNamespace(slots=slots)})


def texts(axes):
    return [text.get_text() for text in axes.texts]


FOUND = {"sysu": {"rfm": np.array([0.5, 0.6, 0.7]), "cal": None}, "regdb": {"rfm": None, "cal": np.array([0.2])}}


def test_each_method_has_its_mean_and_its_runs_on_each_layout():
    first, second = method_panels(FOUND).axes
    assert [axes.get_title() for axes in (first, second)] == ["sysu", "regdb"]
    runs, mean = first.lines[0], first.containers[0].lines[0]
    np.testing.assert_allclose(runs.get_xdata(), [50, 60, 70])
    np.testing.assert_allclose((mean.get_xdata()[0], mean.get_ydata()[0]), (60, 0))
    (low, _), (high, _) = first.containers[0].lines[2][0].get_segments()[0]
    assert (low, high) == pytest.approx((50, 70))  # a standard deviation of 10
    assert texts(first) == ["60.0  n = 3", "not run"] and texts(second) == ["not run", "20.0  n = 1"]
    assert [label.get_text() for label in first.get_yticklabels()] == ["rfm", "cal"] and first.yaxis_inverted()
    assert describe_methods(FOUND) == ("sysu: rfm 60.0 % (n = 3), cal not run. regdb: rfm not run, cal 20.0 % (n = 1).")


def test_accuracy_stands_over_the_operations_of_both_kinds():
    costs = {
        name: Cost(2_000_000, 1_000_000, search, 3 * search, 1.0, 1.0, None, "CPU")
        for name, search in (("a", 50_000_000), ("b", 80_000_000), ("c", 10_000_000))
    }
    figure = cost_panels(costs, {"a": np.array([0.3, 0.5]), "b": np.array([0.5]), "c": None})
    for axes, factor in zip(figure.axes, (1, 3), strict=True):
        places = [(line.get_xdata()[0], line.get_ydata()[0]) for line in axes.lines]
        np.testing.assert_allclose(places, [(50 * factor, 40), (80 * factor, 50)])
        assert axes.get_xlim()[0] == 0
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["a (2.0 M parameters)", "b (2.0 M parameters)"]
    words = describe_operations(costs, {"a": np.array([0.3, 0.5])})
    assert words.startswith("a: 50 MFLOP in search and 150 in a training step, rank-1 40.0 %. b: 80 MFLOP")
    assert words.endswith("not run.")
    assert "no method was run" in texts(cost_panels(costs, {}).axes[0])


def test_changes_have_a_panel_and_models_a_line():
    changes = {
        "hidden": {"a": {0.0: 0.5, 0.2: 0.25}, "b": {0.0: 0.6, 0.2: 0.3}},
        "light": {"a": {"own light": 0.5, "sodium lamp": 0.4}, "b": {"own light": 0.9, "sodium lamp": 0.1}},
    }
    figure = robustness_panels(changes)
    hidden, light, empty = figure.axes
    for axes in (hidden, light):
        assert axes.get_ylim()[0] == 0 and axes.get_ylim()[1] >= 100 * 0.9
    assert not empty.get_visible()
    for axes, of_model in ((hidden, changes["hidden"]), (light, changes["light"])):
        for line, (model, levels) in zip(axes.lines, of_model.items(), strict=True):
            assert line.get_label() == model
            np.testing.assert_allclose(line.get_ydata(), [100 * score for score in levels.values()])
        assert len({(line.get_linestyle(), line.get_marker()) for line in axes.lines}) == 2
    np.testing.assert_allclose(hidden.lines[0].get_xdata(), [0, 0.2])
    assert [label.get_text().replace("\n", " ") for label in light.get_xticklabels()] == ["own light", "sodium lamp"]
    assert "hidden, b: 0.0 60.0 %, 0.2 30.0 %." in describe_levels(changes)


PLAIN = np.array([0.40, 0.45, 0.50])
MADE = combine(PLAIN, PLAIN + 0.06, PLAIN + [0.01, 0.02, 0.02], PLAIN + [0.08, 0.09, 0.07])
TOGETHER = Complementarity(("A", "B", "C"), {"A": paired_effect(np.full(5, 0.06))}, {("A", "B"): MADE})


def test_the_matrix_has_what_it_says_in_each_cell():
    (axes,) = combination_matrix(TOGETHER).axes
    cells = {text.get_position(): text.get_text().split("\n") for text in axes.texts}  # (column, row)
    assert len(cells) == 9 and sum(words == ["no runs"] for words in cells.values()) == 6
    assert cells[0, 0] == ["+6.0", "[+6.0, +6.0]", "n = 5"]
    assert (cells[0, 1][0], cells[1, 0][0]) == ("+2.0", "+0.3")  # over the better one; interaction
    assert cells[0, 1][2] == cells[1, 0][2] == "n = 3"
    bold = {text.get_position() for text in axes.texts if text.get_weight() == "bold"}
    assert bold == {(0, 0)}  # the others' intervals have 0 in them
    words = describe_combinations(TOGETHER)
    assert "A and B: +8.0 points" in words and words.endswith("2 pairs have no runs.")
    assert "Nothing was run. 3 pairs" in describe_combinations(Complementarity(("A", "B", "C"), {}, {}))


def test_components_of_a_layout_stand_at_their_gain_or_are_not_run():
    found = {"one": TOGETHER, "two": Complementarity(("A", "B", "C"), {"B": MADE.second}, {})}
    panels = component_panels(found).axes
    for axes, (row, gain, n) in zip(panels, [(0, 6, 5), (1, 5 / 3, 3)], strict=True):
        (bar,) = axes.containers
        np.testing.assert_allclose((bar.lines[0].get_xdata()[0], bar.lines[0].get_ydata()[0]), (gain, row))
        words = {round(text.get_position()[1] + 0.17): text.get_text() for text in axes.texts}
        assert words == {**dict.fromkeys(range(3), "not run"), row: f"{gain:+.1f}  n = {n}"}
    words = describe_components(found)
    assert words.startswith("one: A +6.0 points [+6.0, +6.0] (n = 5), B not run, C not run. two: A not run, B +1.7")


def chosen(fresh):
    lead, later = (paired_effect(np.array(gains)) for gains in ([0.10, 0.12, 0.08], [0.01, 0.04, 0.01]))
    tested = {"tested_on": (3, 4, 5), "fresh": later} if fresh else {"tested_on": (3,), "fresh": None}
    return Chosen(arm(), arm(), 7, (0, 1, 2), lead, **tested)


def test_the_lead_before_and_after_the_choice():
    (axes,) = lead_before_and_after(chosen(True)).axes
    means = [container.lines[0].get_xdata()[0] for container in axes.containers]
    np.testing.assert_allclose(means, [10, 2])
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "chosen on\nseeds 0, 1, 2",
        "fresh\nseeds 3, 4, 5",
    ]
    words = describe_lead(chosen(True))
    assert "rfm: flip+ltg · ce is the best of 7: +10.0 points" in words and "was worth +8.0 points" in words


def test_what_was_not_run_is_said():
    assert texts(lead_before_and_after(chosen(False)).axes[0]) == ["+10.0", "not run"]
    assert "too few runs for an interval" in describe_lead(chosen(False))
    assert texts(lead_before_and_after(None).axes[0]) == ["not run", "not run"]
    assert describe_lead(None).endswith("nothing is chosen.")
