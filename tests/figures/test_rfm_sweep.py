"""RFM's sweep of a loss weight (Fig. 8): which runs are joined, and the curves through their means."""

from __future__ import annotations

import numpy as np

from vireid_lab.analysis.run_results import RunResult
from vireid_lab.figures import rfm_sweep

LABEL = "sysu-all gallery=official shots=1"


def run(losses: str, rank1: float, seed: int = 0, finished: bool = True, label: str = LABEL, **settings) -> RunResult:
    slots = {"recipe": "rfm", "augment": "flip+ltg", "backbone": "resnet10", "head": "parts:6", "attention": "mam"}
    slots |= {"losses": losses, **{name: value for name, value in settings.items() if name in slots}}
    config = {**slots, "preset": "tiny", "layout": "sysu", "steps": 600, "size": [96, 48], "n_ids": 64, **settings}
    entry = {"rank1": rank1, "mAP": rank1 / 2, "protocol": label.split()[0]}
    metrics = {(label, "last"): entry, (label, "best"): {**entry, "rank1": 0.99}}
    made = {"layout": "sysu", "ids": 80, "images": 4, "seed": seed, "difficulty": "medium", "infrared": "nir"}
    return RunResult(None, "rfm", slots, {**config, "seed": seed}, seed, seed, f"d{seed}", made, "", finished, metrics)


def test_a_sweep_joins_runs_that_differ_in_the_weight_alone():
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
    long, short = rfm_sweep.loss_sweeps(runs)
    assert list(long.scores) == [0, 1, 3, 5] and long.best == 3
    np.testing.assert_allclose(long.scores[3]["rank1"], [50, 40])
    np.testing.assert_allclose(long.scores[5]["mAP"], [10, 10])
    assert (long.name, short.name) == ("flip+ltg, attention mam, ce+triplet", "flip+ltg, attention none, ce+triplet")
    assert long.conditions == short.conditions and "synthetic sysu" in long.conditions
    words = rfm_sweep.describe_sweeps([long, short])
    assert "λ 3: rank-1 45.0 %, mAP 22.5 % (n = 2)" in words and "highest mean rank-1 at λ 3\n" in words
    assert list(short.scores) == [0, 3] and short.best == 0
    assert rfm_sweep.loss_sweeps(runs[:4]) == []
    assert rfm_sweep.loss_sweeps([runs[0], run("ce+triplet", 0.3)]) == []  # no pair has both


def test_the_curve_goes_through_the_means_and_every_pair_has_a_line():
    runs = [
        run("ce", 0.2),
        run("ce", 0.3, seed=1),
        run("ce+cross_center:3", 0.5),
        run("ce+cross_center:3", 0.4, seed=1),
    ]
    sweeps = rfm_sweep.loss_sweeps(runs)
    rank1, average = rfm_sweep.sweep_curves(sweeps, best=3).axes
    for axes, half in ((rank1, 1), (average, 2)):
        means, first, second, best = axes.lines
        np.testing.assert_allclose(means.get_xydata(), [[0, 25 / half], [3, 45 / half]])
        np.testing.assert_allclose(first.get_xydata(), [[0, 20 / half], [3, 50 / half]])
        np.testing.assert_allclose(second.get_xydata(), [[0, 30 / half], [3, 40 / half]])
        assert best.get_xdata() == [3, 3] and axes.texts[0].get_text() == "best in the paper"
    assert (rank1.get_ylabel(), average.get_ylabel()) == ("rank-1 (%)", "mAP (%)")
