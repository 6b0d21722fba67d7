"""Which finished runs are joined to a sweep, and how the slots of a run tell each paper's numbers."""

from __future__ import annotations

import numpy as np
import pytest

from vireid_lab.analysis import knobs
from vireid_lab.analysis.sweeps import find_sweeps, longest_sweeps

FULL = "ce:{0}+wrt:{0}+msi:{1}+mss:{2:g}+mft:{1}"
BASE = "ce:0.8+wrt:0.8"
IDKL = "ce+triplet+confuse+modality+ip:0.1+tgsa:0.6+csa:0.8+mdr"


def balanced(alpha: float, beta: float) -> str:
    return FULL.format(alpha, beta, 0.2 * beta)


def means(sweeps) -> dict[str, dict[float, float]]:
    return {each.knob.symbol: {x: v["rank1"].mean() for x, v in each.scores.items()} for each in sweeps}


def test_a_sweep_joins_runs_that_differ_in_the_weight_alone(swept_run):
    def run(losses: str, rank1: float, seed: int = 0, **settings):
        return swept_run(rank1, seed, losses=losses, **{"augment": "flip+ltg", "attention": "mam", **settings})

    runs = [
        run("ce+triplet+cross_center:3", 0.4, seed=1),
        run("ce+triplet+cross_center:3", 0.5),
        run("cross_center:3.0+triplet+ce", 0.9),  # repeats the one before
        run("ce+triplet+cross_center:3", 0.99, seed=2),  # no partners
        *(run("ce+triplet", 0.3, seed=seed) for seed in (0, 1)),
        *(run("ce+triplet+cross_center", 0.35, seed=seed) for seed in (0, 1)),
        *(run("ce+triplet+cross_center:5", 0.2, seed=seed) for seed in (0, 1)),
        run("ce+triplet+cross_center:2", 0.9, finished=False),
        run("ce+triplet+cross_center:2", 0.9, lr=0.1),  # another setting
        run("ce+cross_center:0.5", 0.9),  # another loss
        run("ce+triplet+cross_center:0.5", 0.9, label="sysu-indoor gallery=official shots=1"),
        run("ce+triplet+cross_center:3", 0.1, attention="none"),
        run("ce+triplet", 0.2, attention="none"),
        *(run(losses, 0.2, images=8) for losses in ("ce+triplet", "ce+triplet+cross_center:3")),  # another world
    ]
    long, short = find_sweeps(runs, knobs.RFM_WEIGHT)
    assert list(long.scores) == [0, 1, 3, 5] and (long.best, long.pairs) == (3, 2)
    np.testing.assert_allclose(long.scores[3]["rank1"], [50, 40])
    np.testing.assert_allclose(long.scores[5]["mAP"], [10, 10])
    assert (long.name, short.name) == ("flip+ltg, attention mam, ce+triplet", "flip+ltg, attention none, ce+triplet")
    assert long.conditions == short.conditions and "synthetic sysu" in long.conditions
    assert list(short.scores) == [0, 3] and short.best == 0
    assert [each.name for each in longest_sweeps(runs, [knobs.RFM_WEIGHT])] == [long.name]
    assert find_sweeps(runs[:4], knobs.RFM_WEIGHT) == []
    assert find_sweeps([runs[0], run("ce+triplet", 0.3)], knobs.RFM_WEIGHT) == []  # no pair has both


def test_a_sweep_of_the_mix_ratio_is_of_the_same_pairs(swept_run):
    def run(augment="flip+channel+pedmix", rank1=0.5, seed=0, **settings):
        return swept_run(rank1, seed, augment=augment, losses=BASE, layout="regdb", infrared="thermal", **settings)

    runs = [
        run(rank1=0.5),
        run(rank1=0.4, seed=1),
        run("flip+channel+pedmix_ratio:0.65", rank1=0.9),  # repeats the first
        run("flip+channel+pedmix_ratio:0.35", rank1=0.3),
        run("flip+channel+pedmix_ratio:0.35", rank1=0.2, seed=1),
        run("flip+channel+pedmix_ratio:0.35", rank1=0.9, seed=2),  # without a partner
        run("flip+channel+pedmix_ratio:0.5", rank1=0.9, finished=False),
        run("flip+channel+pedmix_ratio:0.8", rank1=0.9, lr=0.1),
        run("flip+pedmix_ratio:0.8", rank1=0.9),
        run("flip+channel+pedmix_ratio:0.9", rank1=0.9, label="regdb-t2v shots=all"),
    ]
    (sweep,) = longest_sweeps(runs, [knobs.TMPA_RATIO])
    assert list(sweep.scores) == [0.35, 0.65] and sweep.name == f"flip+channel, attention none, {BASE}"
    np.testing.assert_allclose(sweep.scores[0.65]["rank1"], [50, 40])
    np.testing.assert_allclose(sweep.scores[0.35]["mAP"], [15, 10])
    assert "thermal" in sweep.conditions
    assert longest_sweeps(runs[:3], [knobs.TMPA_RATIO]) == []


@pytest.mark.parametrize(
    ("augment", "expected"),
    [
        ("flip+channel+pedmix", (0.65, "flip+channel")),
        ("flip+pedmix_ratio:0.35", (0.35, "flip")),
        ("pedmix_ratio", (0.65, "")),
        ("flip+pedmix:8", None),  # another patch
        ("flip+pedmix_center", None),
        ("flip+pedmix+replace", None),
        ("flip", None),
    ],
)
def test_the_ratio_of_a_run(augment, expected):
    assert knobs.read_ratio({"augment": augment}) == expected


@pytest.mark.parametrize(
    ("losses", "expected"),
    [
        (balanced(0.8, 0.4), (0.8, 0.4)),
        ("mft:0.4+ce+msi:0.4+wrt+mss:0.08", (1.0, 0.4)),
        (BASE, None),
        ("ce:0.8+wrt:0.6+msi:0.4+mss:0.08+mft:0.4", None),
        ("ce:0.8+wrt:0.8+msi:0.4+mss:0.4+mft:0.4", None),
        ("ce:0.8+wrt:0.8+msi:0.4+mss:0.08+mft:0.2", None),
    ],
)
def test_the_balance_of_a_run(losses, expected):
    assert knobs.read_balance({"losses": losses}) == expected


def test_alpha_and_beta_are_told_apart(swept_run):
    values = [(0.8, 0.4, 0.5), (0.6, 0.4, 0.4), (1.0, 0.4, 0.3), (0.8, 0.2, 0.2), (0.8, 0.8, 0.9), (0.6, 0.8, 0.7)]
    runs = [swept_run(rank1, losses=balanced(alpha, beta), attention="mft") for alpha, beta, rank1 in values]
    sweeps = longest_sweeps(runs, knobs.TMPA_BALANCE)
    assert means(sweeps) == {"α": {0.6: 40, 0.8: 50, 1.0: 30}, "β": {0.2: 20, 0.4: 50, 0.8: 90}}
    assert [each.name for each in sweeps] == ["flip, attention mft, β = 0.4", "flip, attention mft, α = 0.8"]


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
def test_the_weights_of_a_slot_that_is_sa_softmax(losses, weights):
    assert knobs.read_softmax({"losses": losses}) == (weights and pytest.approx(weights))


def test_the_weights_of_sa_softmax_are_swept_as_in_the_paper(swept_run):
    runs = [
        swept_run(0.30, losses="ce"), swept_run(0.20, 1, losses="ce"),
        swept_run(0.50, losses="ce:0.3+sas_fm:0.7"), swept_run(0.40, 1, losses="sas_fm:0.7+ce:0.3"),
        swept_run(0.60, losses="ce:0.3+sas_fm:0.7+ast:1"), swept_run(0.44, 1, losses="ce:0.3+sas_fm:0.7+ast"),
        swept_run(0.99, losses="ce:0.3+sas_fm_wm:0.7"), swept_run(0.98, losses="circle_32"),
        swept_run(0.97, losses="ce:0.5+sas_fm:0.5+ast:1"), swept_run(0.96, losses="sas_fm", lr=0.1),
    ]  # fmt: skip
    found = means(longest_sweeps(runs, knobs.SOFTMAX_WEIGHTS))
    assert found == {"α": pytest.approx({0.0: 25, 0.7: 45}), "β": pytest.approx({0.0: 45, 1.0: 52})}
    assert means(longest_sweeps(runs[:4], knobs.SOFTMAX_WEIGHTS)).keys() == {"α"}
    assert longest_sweeps(runs[6:], knobs.SOFTMAX_WEIGHTS) == []


def test_each_weight_of_idkl_is_swept_by_the_runs_that_differ_in_it_alone(swept_run):
    runs = [
        swept_run(0.4, losses=IDKL), swept_run(0.5, 1, losses=IDKL),
        swept_run(0.45, losses=IDKL.replace("0.6", "1.2")), swept_run(0.3, losses=IDKL.replace("+tgsa:0.6", "")),
        swept_run(0.35, losses=IDKL.replace("0.1", "0.5")),
        swept_run(0.9, losses=IDKL.replace("tgsa", "tgsa_nearest").replace("csa:0.8", "csa:0.4")),
    ]  # fmt: skip
    purifier, affinity = longest_sweeps(runs, knobs.IDKL_WEIGHTS)
    assert means([purifier, affinity]) == {
        "λ1": pytest.approx({0.1: 40, 0.5: 35}),
        "λ2": pytest.approx({0.0: 30, 0.6: 40, 1.2: 45}),
    }
    assert "csa:0.8" in affinity.name and "ip:0.1" in affinity.name
    assert longest_sweeps(runs[:2], knobs.IDKL_WEIGHTS) == []


def test_only_runs_that_differ_in_one_number_of_the_head_make_a_sweep(swept_run):
    heads = [("drm:4+alpha:0.6+match", 0.5), ("drm:2+alpha:0.6+match", 0.3), ("drm:6+alpha:0.6+match", 0.4),
             ("drm:4+alpha:0.2+match", 0.2), ("drm:4+alpha:0.6", 0.9), ("stripes:4+match", 0.9),
             ("drm_shared:2+alpha:0.6+match", 0.9)]  # fmt: skip
    runs = [swept_run(rank1, head=head) for head, rank1 in heads]
    runs.append(swept_run(0.9, head="drm:8+alpha:0.6+match", lr=0.1))
    sweeps = longest_sweeps(runs, knobs.CAL_PARTS)
    assert means(sweeps) == {
        "N_p": pytest.approx({2.0: 30, 4.0: 50, 6.0: 40}),
        "α": pytest.approx({0.2: 20, 0.6: 50}),
    }
    assert [each.name for each in sweeps] == ["flip, attention none, ce, α = 0.6", "flip, attention none, ce, N_p = 4"]
    assert longest_sweeps(runs[4:], knobs.CAL_PARTS) == []
