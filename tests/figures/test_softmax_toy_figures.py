"""SA-Softmax's geometry as drawn: the points of the step, the rays of the prototypes, the numbers below."""

from __future__ import annotations

import math

import numpy as np
import pytest
from matplotlib.patches import Arc

from vireid_lab.analysis.softmax_toy import PEOPLE, descend, mask_step
from vireid_lab.figures.save import save_figure
from vireid_lab.figures.softmax_toy import describe_step, describe_toy, mask_sheet, toy_sheet


@pytest.fixture(scope="module")
def traces():
    return {losses: descend(losses, steps=8) for losses in ("ce", "sas_fm")}


def test_the_planes_show_points_ways_and_prototypes_of_the_step(traces):
    step = 5
    planes = toy_sheet(traces, step).axes[:2]
    for plane, (title, trace) in zip(planes, traces.items(), strict=True):
        assert plane.get_title() == title
        ways, *clouds = plane.collections
        shown = np.concatenate([cloud.get_offsets() for cloud in clouds[: 2 * PEOPLE]])
        rows = [((trace.ids == n) & (trace.modality == m)).numpy() for n in range(PEOPLE) for m in (0, 1)]
        np.testing.assert_allclose(shown, np.concatenate([trace.points[step, each].numpy() for each in rows]))
        np.testing.assert_allclose(np.stack(ways.get_segments()), trace.points[: step + 1].transpose(0, 1).numpy())
        tips = np.concatenate([cloud.get_offsets() for cloud in clouds[2 * PEOPLE :]])
        ends = trace.identity if trace.spectral is None else trace.spectral
        np.testing.assert_allclose(tips, ends[step].numpy())
        assert plane.get_xlim()[1] > max(np.abs(ends.numpy()).max(), trace.points.abs().max())


def test_the_arcs_are_the_angles_of_the_query_with_the_largest_excess_of_theta_1(traces):
    step = 5
    for plane, trace in zip(toy_sheet(traces, step).axes[:2], traces.values(), strict=True):
        own, other = (angles[step] for angles in trace.angles)
        worst = max(range(len(own)), key=lambda i: own[i] - other[i])
        expected = [float(own[worst]), float(other[worst])]
        arcs = [patch for patch in plane.patches if isinstance(patch, Arc)]
        assert [arc.theta2 - arc.theta1 for arc in arcs] == pytest.approx(expected)
        assert [text.get_text() for text in plane.texts] == [f"arcs: θ1 {expected[0]:.0f}° > θ2 {expected[1]:.0f}°"]
        x, y = trace.points[step][trace.modality == 1][worst].tolist()
        for arc in arcs:
            assert (
                min(abs((math.degrees(math.atan2(y, x)) - end + 180) % 360 - 180) for end in (arc.theta1, arc.theta2))
                < 1e-6
            )


def test_the_curves_are_the_mean_angles_and_mark_the_step(traces):
    curves = toy_sheet(traces, 5).axes[2:]
    for curve, trace in zip(curves, traces.values(), strict=True):
        own, other, mark = curve.lines
        np.testing.assert_allclose(own.get_ydata(), trace.angles[0].mean(1))
        np.testing.assert_allclose(other.get_ydata(), trace.angles[1].mean(1))
        assert list(mark.get_xdata()) == [5, 5]


def test_the_words_hold_the_numbers_of_the_step(traces):
    line = describe_toy(traces, 5).splitlines()[1]
    own, other = (float(angles[5].mean()) for angles in traces["sas_fm"].angles)
    assert line.startswith("sas_fm: ") and line.endswith(f"θ1 {own:.1f}°, θ2 {other:.1f}°")
    assert f"rank-1 {traces['sas_fm'].rank1(5):.0%}" in line


def test_the_mask_sheet_draws_both_steps(tmp_path, provenance):
    steps = {"without": mask_step(False), "with": mask_step(True)}
    figure = mask_sheet(steps)
    for axes, (title, step) in zip(figure.axes, steps.items(), strict=True):
        places = np.concatenate([cloud.get_offsets() for cloud in axes.collections]).reshape(2, 3, 2)
        for m, (prototype, before, after) in enumerate(places):
            np.testing.assert_allclose(prototype, step.prototypes[m])
            np.testing.assert_allclose((before, after), (step.before[m], step.after[m]))
        np.testing.assert_allclose(axes.lines[1].get_xydata(), step.after)
        assert axes.get_title() == title and f"$d_2$ {step.pair[1]:.2f}" in describe_step(step) == axes.get_xlabel()
    saved = save_figure(figure, tmp_path / "mask", title="t", alt="a", provenance=provenance)
    assert saved.png.exists()
