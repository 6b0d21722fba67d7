"""The curves of a sweep go through the means and through each pair's runs, and the words say the same."""

from __future__ import annotations

import numpy as np
import pytest

from vireid_lab.analysis import knobs
from vireid_lab.analysis.sweeps import longest_sweeps
from vireid_lab.figures.save import save_figure
from vireid_lab.figures.sweeps import describe_sweeps, sweep_panels


@pytest.fixture
def sweeps(swept_run):
    values = {"ce": (0.3, 0.2), "ce:0.3+sas_fm:0.7": (0.5, 0.4), "ce:0.3+sas_fm:0.7+ast": (0.6, 0.44)}
    runs = [swept_run(rank1, seed, losses=losses) for losses, of in values.items() for seed, rank1 in enumerate(of)]
    return longest_sweeps(runs, knobs.SOFTMAX_WEIGHTS)


def test_the_curves_go_through_the_means_and_the_runs_of_each_pair(sweeps, tmp_path, provenance):
    figure = sweep_panels(sweeps)
    expected = [([0, 0.7], [25, 45], [[30, 50], [20, 40]], 0.7), ([0, 1], [45, 52], [[50, 60], [40, 44]], 1)]
    for axes, (values, means, pairs, best) in zip(figure.axes, expected, strict=True):
        for lines, half in ((axes.lines[:3], 1), (axes.lines[3:6], 2)):
            for line, scores in zip(lines, [means, *pairs], strict=True):
                np.testing.assert_allclose(line.get_xydata(), np.transpose([values, np.array(scores) / half]))
        assert axes.lines[6].get_xdata() == [best, best] and axes.texts[0].get_text() == "best in the paper"
    assert [axes.get_xlabel() for axes in figure.axes] == [each.knob.label for each in sweeps]
    assert figure.axes[0].get_ylabel() == "percent"
    legend = [text.get_text() for text in figure.legends[0].texts]
    assert legend == ["rank-1", "mAP", "one pair: the same people, the same seed"]
    assert [axes.texts[1].get_text() for axes in figure.axes] == ["2 pairs", "2 pairs"]
    assert save_figure(figure, tmp_path / "sweep", title="t", alt="a", provenance=provenance).png.exists()


def test_a_sweep_can_stand_alone_and_under_its_name(sweeps):
    (axes,) = sweep_panels(sweeps[:1], names=True).axes
    assert axes.get_title() == "flip, attention none, β = 0"


def test_one_run_for_each_value_has_no_line_of_its_own(swept_run):
    runs = [swept_run(0.3, losses="ce"), swept_run(0.5, losses="ce:0.3+sas_fm:0.7")]
    figure = sweep_panels(longest_sweeps(runs, knobs.SOFTMAX_WEIGHTS))
    (axes,) = figure.axes
    assert len(axes.lines) == 3 and axes.texts[1].get_text() == "one pair"  # two means and the best in the paper
    assert [text.get_text() for text in figure.legends[0].texts] == ["rank-1", "mAP"]


def test_the_words_are_the_means(sweeps):
    of_alpha, of_beta, conditions = describe_sweeps(sweeps).splitlines()
    assert "(n = 2 each)" in of_alpha and "α 0.7: rank-1 45.0 %, mAP 22.5 %" in of_alpha
    assert "β 1: rank-1 52.0 %, mAP 26.0 %" in of_beta
    assert of_beta.endswith("highest mean rank-1 at β 1, in the paper at 1")
    assert "synthetic sysu" in conditions
