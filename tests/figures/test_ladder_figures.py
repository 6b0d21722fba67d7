"""The bars of the ladder are its differences in points, and its words name them all."""

from __future__ import annotations

import pytest

from vireid_lab.evaluate.ladder import Ladder, Rung
from vireid_lab.evaluate.metrics import METRICS
from vireid_lab.evaluate.result import Conditions, Result
from vireid_lab.figures.ladder import describe_ladders, ladder_bars

CONDITIONS = Conditions("sysu-all", "seeded", 1, 10, None, "none", "identity", True, False, False, "after", "test", 0,
                        "last", "made", True)  # fmt: skip


def result(rank1, ap, std=0.02):
    metrics = dict.fromkeys(METRICS, rank1) | {"mAP": ap}
    return Result(metrics, dict.fromkeys(METRICS, std) if std else None, 9, 0, 5, CONDITIONS)


@pytest.fixture
def ladders():
    first = Ladder(
        (Rung("default", result(0.5, 0.4)), Rung("flip", result(0.53, 0.41)), Rung("neck", result(0.45, 0.38)))
    )
    return {"A": first, "B": Ladder((Rung("default", result(0.2, 0.1, None)), Rung("flip", result(0.2, 0.12))))}


def test_bars_are_points_above_the_default(ladders):
    first, second = ladder_bars(ladders).axes
    widths = [[round(bar.get_width(), 6) for bar in container] for container in first.containers]
    assert widths == [[3.0, -5.0], [1.0, -2.0]]
    assert [text.get_text() for text in first.texts] == ["+3.0", "-5.0", "+1.0", "-2.0"]
    assert [label.get_text() for label in first.get_yticklabels()] == ["flip", "neck"]
    assert first.get_title(loc="left") == "A: default rank-1 50.0 %, mAP 40.0 %"
    bands = [patch for patch in first.patches if round(patch.get_width(), 6) == 4.0]  # ± 2 points
    assert len(bands) == 1 and len(second.patches) == 2  # two bars, nothing was drawn
    low, high = first.get_xlim()
    assert low < -5 and high > 3


def test_the_words_hold_every_number(ladders):
    words = describe_ladders(ladders)
    assert "A, default rank-1 50.0 %, mAP 40.0 %: flip +3.0 and +1.0; neck -5.0 and -2.0." in words
    assert "B, default rank-1 20.0 %, mAP 10.0 %: flip +0.0 and +2.0." in words
