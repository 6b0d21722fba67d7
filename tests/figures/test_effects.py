from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from vireid_lab.analysis.claims import Effect, Verdict
from vireid_lab.analysis.comparisons import Comparison
from vireid_lab.figures.effects import claim_effects, describe_effects, world_of
from vireid_lab.papers.reader import Claim


@pytest.fixture
def verdicts():
    """One claim that holds, one opposite to its sign and one that was not run."""
    arms = {"last": np.zeros(5), "best": np.zeros(5)}
    pairs = tuple((seed, seed) for seed in range(5))
    made = Comparison(pairs, arms, arms, 0.99, 0.9, "rank1", "sysu-all", "a world", "tiny", "nir")
    rows = []
    for name, verdict, mean in (("up", "holds", 0.1), ("down", "opposite", -0.05), ("none", "not run", None)):
        claim = Claim(
            name, "rfm", f"Claim {name}", "II", "recipe=rfm", "recipe=agw", "recipe=agw", "rank1", 1, 1, "nir"
        )
        effects = {} if mean is None else {c: Effect(mean, mean - 0.02, mean + 0.03, 0.01, 5) for c in ("last", "best")}
        rows.append(Verdict(claim, verdict, "", effects, made if effects else None, None, 3))
    return rows


def test_intervals_lie_where_the_effects_are(verdicts):
    (axes,) = claim_effects(verdicts).axes
    ends = [bars.lines[2][0].get_segments()[0][:, 0] for bars in axes.containers]
    np.testing.assert_allclose(ends, [[8, 13], [8, 13], [-7, -2], [-7, -2]])
    means = [bars.lines[0].get_xdata()[0] for bars in axes.containers]
    np.testing.assert_allclose(means, [10, 10, -5, -5])
    assert axes.get_xlim()[0] < -13 and axes.get_xlim()[1] > 13
    assert axes.yaxis_inverted()  # the first on top


def test_verdicts_are_told_apart_without_colour(verdicts):
    (axes,) = claim_effects(verdicts).axes
    markers = [bars.lines[0].get_marker() for bars in axes.containers]
    assert markers[0] == markers[1] != markers[2]
    assert [text.get_text() for text in axes.texts] == ["holds\nn = 5", "opposite\nn = 5", "not run\nn = 0"]


def test_the_description_holds_every_claim_and_number(verdicts):
    words = describe_effects(verdicts)
    assert "Claim up: holds (at equal steps +10.0 points [+8.0, +13.0]" in words
    assert "Claim none: not run (no interval)." in words


def test_worlds_stand_side_by_side_and_each_is_named(verdicts):
    made = dataclasses.replace(verdicts[0].comparison, infrared="thermal", world="a warm world")
    other = {"verdict": "unresolved", "comparison": made, "effects": verdicts[1].effects}
    there = [dataclasses.replace(verdict, **other) for verdict in verdicts]
    left, right = claim_effects(verdicts, there).axes
    title = " ".join(left.get_title().split())
    assert title == "near infrared, where the claims come from (a world)"
    assert " ".join(right.get_title().split()) == "thermal infrared, not where the claims come from (a warm world)"
    assert [len(axes.containers) for axes in (left, right)] == [4, 6]
    assert [bars.lines[0].get_xdata()[0] for bars in right.containers] == pytest.approx([-5] * 6)
    assert [text.get_text() for text in right.texts] == ["unresolved\nn = 5"] * 3
    assert left.yaxis_inverted() and right.get_ylim() == left.get_ylim() and right.get_xlim() == left.get_xlim()
    assert [label.get_text() for label in left.get_yticklabels()] == ["Claim up", "Claim down", "Claim none"]
    words = describe_effects(verdicts, there)
    parts = ("In near infrared, where", "Claim up: holds", "In thermal infrared, not where", "Claim up: unresolved")
    assert sorted(parts, key=words.index) == list(parts)
    assert world_of([dataclasses.replace(v, comparison=None) for v in verdicts]) == "the claims' own infrared: not run"


def test_comparisons_that_nobody_claims_get_no_verdict(verdicts):
    (axes,) = claim_effects(verdicts, judged=False).axes
    assert [text.get_text() for text in axes.texts] == ["n = 5", "n = 5", "n = 0"]
    assert len({bars.lines[0].get_color() for bars in axes.containers}) == 1
    assert "holds" not in describe_effects(verdicts, judged=False)
