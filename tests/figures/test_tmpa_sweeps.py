"""Sweeps of TMPA's mix ratio and balance parameters from runs with made-up numbers."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from vireid_lab.analysis.run_results import RunResult
from vireid_lab.augment.pedmix import PedMix
from vireid_lab.data.transforms import to_float
from vireid_lab.figures import tmpa_sweep

LABEL = "regdb-v2t shots=all"
FULL = "ce:{0}+wrt:{0}+msi:{1}+mss:{2:g}+mft:{1}"
BASE = "ce:0.8+wrt:0.8"


def run(augment="flip+channel+pedmix", losses=BASE, rank1=0.5, seed=0, finished=True, label=LABEL, **settings):
    slots = {"recipe": "tmpa", "augment": augment, "backbone": "resnet10", "head": "gem+bnneck"}
    slots |= {"attention": "mft" if "msi" in losses else "none", "losses": losses}
    config = {**slots, "preset": "tiny", "layout": "regdb", "steps": 600, "size": [96, 48], "n_ids": 64, **settings}
    entry = {"rank1": rank1, "mAP": rank1 / 2, "protocol": label.split()[0]}
    made = {"layout": "regdb", "ids": 80, "images": 4, "seed": seed, "difficulty": "medium", "infrared": "thermal"}
    metrics = {(label, "last"): entry, (label, "best"): {**entry, "rank1": 0.99}}
    return RunResult(None, "tmpa", slots, {**config, "seed": seed}, seed, seed, f"d{seed}", made, "", finished, metrics)


def balanced(alpha: float, beta: float) -> str:
    return FULL.format(alpha, beta, 0.2 * beta)


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
    assert tmpa_sweep.read_ratio({"augment": augment}) == expected


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
    assert tmpa_sweep.read_balance({"losses": losses}) == expected


def test_a_sweep_joins_runs_that_differ_in_the_ratio_alone_on_the_same_pairs():
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
    sweep = tmpa_sweep.knob_sweep(runs, "A_C")
    assert list(sweep.scores) == [0.35, 0.65] and sweep.name == "flip+channel, attention none"
    np.testing.assert_allclose(sweep.scores[0.65]["rank1"], [50, 40])
    np.testing.assert_allclose(sweep.scores[0.35]["mAP"], [15, 10])
    words = tmpa_sweep.describe_knob(sweep, "A_C")
    assert "2 for each value" in words and "0.35: rank-1 25.0 %, mAP 12.5 %" in words and "thermal" in words
    assert tmpa_sweep.knob_sweep(runs[:3], "A_C") is None
    assert "no two finished runs" in tmpa_sweep.describe_knob(None, "A_C")


def test_alpha_and_beta_are_told_apart():
    values = [(0.8, 0.4, 0.5), (0.6, 0.4, 0.4), (1.0, 0.4, 0.3), (0.8, 0.2, 0.2), (0.8, 0.8, 0.9), (0.6, 0.8, 0.7)]
    runs = [run(losses=balanced(alpha, beta), rank1=rank1) for alpha, beta, rank1 in values]
    alpha, beta = (tmpa_sweep.knob_sweep(runs, knob) for knob in ("α", "β"))
    assert {x: values["rank1"].tolist() for x, values in alpha.scores.items()} == {0.6: [40], 0.8: [50], 1.0: [30]}
    assert {x: values["rank1"].tolist() for x, values in beta.scores.items()} == {0.2: [20], 0.4: [50], 0.8: [90]}
    assert (alpha.name, beta.name) == ("β = 0.4, attention mft", "α = 0.8, attention mft")


def test_curves_go_through_the_means_and_a_missing_one_says_so():
    runs = [run(losses=balanced(alpha, 0.4), rank1=r, seed=s) for alpha, r, s in ((0.8, 0.5, 0), (0.6, 0.4, 0))]
    sweeps = {knob: tmpa_sweep.knob_sweep(runs, knob) for knob in ("α", "β")}
    drawn, missing = tmpa_sweep.balance_curves(sweeps).axes
    np.testing.assert_allclose(drawn.lines[0].get_xydata(), [[0.6, 40], [0.8, 50]])
    np.testing.assert_allclose(drawn.lines[1].get_xydata(), [[0.6, 20], [0.8, 25]])
    assert drawn.lines[2].get_xdata() == [0.8, 0.8] and drawn.get_xlabel() == "α of Eq. 16"
    assert missing.texts[0].get_text() == "no two finished runs\ndiffer in β alone" and not missing.lines


def test_the_images_of_fig_4_are_mixed_at_their_ratios():
    pair = np.random.default_rng(0).integers(0, 256, (2, 48, 24, 3)).astype(np.uint8)
    rows = tmpa_sweep.ratio_pictures(pair, seed=4)
    assert [len(row) for row in rows] == [6, 6]
    halves = to_float(torch.from_numpy(pair).permute(0, 3, 1, 2)).split(1)
    for column, ratio in enumerate(tmpa_sweep.PICTURES):
        mixed = PedMix(ratios=(ratio, ratio + 0.05, ratio + 0.1))(*halves, np.random.default_rng(4))
        for row, image in zip(rows, mixed, strict=True):
            np.testing.assert_allclose(row[column], 255 * image[0].permute(1, 2, 0), atol=0.51)
    for sweep, panels in ((None, 1), (tmpa_sweep.knob_sweep([run(), run("flip+channel+pedmix_ratio:0.5")], "A_C"), 2)):
        figure = tmpa_sweep.ratio_sheet(sweep, rows)
        assert len(figure.axes) == panels
        canvas = np.asarray(figure.axes[-1].images[0].get_array())
        np.testing.assert_array_equal(canvas[51:99, 27:51], rows[1][1])
