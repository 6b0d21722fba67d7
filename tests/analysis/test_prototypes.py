"""Cosines of the prototypes against explicit loops, on a model whose prototypes are set by hand."""

from __future__ import annotations

import pytest
import torch

from vireid_lab.analysis.prototypes import COSINES, PrototypeTrace, prototype_cosines
from vireid_lab.figures.prototypes import cosine_curves, describe_cosines
from vireid_lab.recipes.catalogue import RECIPES, choose_settings
from vireid_lab.runtime import InputError, read_json

N = 3


def model(losses="ce:0.3+sas_fm:0.7", recipe="sa_softmax"):
    torch.manual_seed(0)
    return RECIPES[recipe].build(choose_settings(recipe, "tiny", {"losses": losses}), N).model


@pytest.mark.parametrize("recipe", ["sa_softmax", "baseline", "rfm"])
def test_cosines_are_means_over_identities_and_parts(recipe):
    built = model(recipe=recipe)
    spectral = built.criterion.prototype_loss.prototypes
    necks = [built.neck] if recipe == "baseline" else list(built.necks)
    sums = dict.fromkeys(COSINES, 0.0)
    for k, neck in enumerate(necks):
        for n in range(N):
            visible, infrared, identity = spectral[k, n], spectral[k, n + N], neck.classifier.weight[n]
            for name, (a, b) in zip(
                COSINES, ((visible, identity), (infrared, identity), (visible, infrared)), strict=True
            ):
                sums[name] += float((a @ b / a.norm() / b.norm()).detach()) / N / len(necks)
    assert prototype_cosines(built) == pytest.approx(sums, abs=1e-6)


def test_prototypes_on_those_of_the_classifier_have_cosine_1():
    built = model()
    weights = torch.stack([neck.classifier.weight.detach() for neck in built.necks])
    built.criterion.prototype_loss.prototypes.data = torch.cat([2 * weights, -weights], 1)
    assert list(prototype_cosines(built).values()) == pytest.approx([1, -1, -1])


def test_a_model_without_modality_prototypes_is_named():
    for losses in ("ce", "circle_32"):
        with pytest.raises(InputError, match="one of sas, sas_fm, sas_fm_wm"):
            prototype_cosines(model(losses))


def test_the_trace_notes_every_few_steps_and_goes_on_where_a_file_ends(tmp_path):
    built, path = model(), tmp_path / "prototypes.json"
    trace = PrototypeTrace(path, every=5)
    for done in range(1, 13):
        trace(done, built)
    assert [row["step"] for row in trace.rows] == [5, 10] and read_json(path) == trace.rows
    built.criterion.prototype_loss.prototypes.data.neg_()
    resumed = PrototypeTrace(path, every=5)
    assert resumed.rows == trace.rows
    for done in range(8, 16):  # from a checkpoint before the last note
        resumed(done, built)
    assert [row["step"] for row in read_json(path)] == [5, 10, 15]
    assert resumed.rows[0] == trace.rows[0] and resumed.rows[1]["P_v, P_s"] == -trace.rows[1]["P_v, P_s"]


def test_the_curves_show_the_notes():
    rows = [{"step": step, "P_v, P_s": step / 40, "P_n, P_s": -step / 80, "P_v, P_n": 0.25} for step in (10, 20)]
    traces = {"without": rows, "with": [{**row, "P_v, P_s": 0.5} for row in rows]}
    for axes, shown in zip(cosine_curves(traces).axes, traces.values(), strict=True):
        for line, name in zip(axes.lines, COSINES, strict=True):
            assert line.get_xydata().tolist() == [[row["step"], row[name]] for row in shown]
    assert "with: P_v, P_s 0.50, P_n, P_s -0.25, P_v, P_n 0.25" in describe_cosines(traces)
