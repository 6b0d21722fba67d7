from pathlib import Path

import numpy as np
import pytest
from made_runs import write_run
from scipy import stats

from vireid_lab.analysis.calibration import by_world, calibrate
from vireid_lab.analysis.result_table import read_results
from vireid_lab.runtime import InputError


@pytest.fixture(scope="module")
def worlds(tmp_path_factory):
    """Runs of 10 worlds with 5 seeds each, whose rank-1 is noise about the world's own."""
    folder, rng, runs = tmp_path_factory.mktemp("aa"), np.random.default_rng(3), []
    for world in range(10):
        for seed in range(5):
            value = rng.normal(0.3 + world / 100, 0.02)
            values = {"last": value, "best": value + rng.normal(0, 0.005)}
            runs.append(write_run(folder / f"{world}-{seed}", world=world, seed=seed, **values))
    return by_world(runs)


def test_noise_gets_few_verdicts(worlds):
    found = calibrate(worlds, np.random.default_rng(0))
    assert (found.runs, found.pairs) == (50, 5)
    assert (found.drawn.comparisons, found.resampled.comparisons) == (40, 2000)
    assert found.resampled.share < 0.07
    for rate in (found.drawn, found.resampled):
        false = rate.verdicts.get("holds", 0) + rate.verdicts.get("opposite", 0)
        assert rate.share == false / rate.comparisons and sum(rate.verdicts.values()) == rate.comparisons
        z = stats.norm.isf(0.025)  # Wilson's interval: where |share - p| = z sqrt(p (1 - p) / n)
        for p in (rate.low, rate.high):
            if 0 < p < 1:
                assert abs(rate.share - p) == pytest.approx(z * (p * (1 - p) / rate.comparisons) ** 0.5, abs=1e-9)


def test_a_difference_between_first_and_second_would_be_seen(tmp_path):
    """Five worlds of two runs far apart: all five pairs fall on the same side in 2 of 32 draws."""
    runs = []
    for world in range(5):
        for seed in range(2):
            value = 0.3 + 0.2 * seed + world / 1000
            runs.append(write_run(tmp_path / f"{world}-{seed}", world=world, seed=seed, last=value, best=value))
    found = calibrate(by_world(runs), np.random.default_rng(0)).resampled
    assert abs(found.share - 2 / 32) < 3 * (2 / 32 * 30 / 32 / 2000) ** 0.5
    assert found.verdicts["holds"] > 0 and found.verdicts["opposite"] > 0


def test_the_seed_decides(worlds):
    first, again, other = (calibrate(worlds, np.random.default_rng(seed), resamples=100) for seed in (1, 1, 2))
    assert first == again and first != other


def test_what_cannot_be_calibrated(worlds, tmp_path):
    with pytest.raises(InputError, match="pairs=11: there are 10 worlds"):
        calibrate(worlds, np.random.default_rng(0), pairs=11)
    odd = write_run(tmp_path / "odd", steps=300)
    with pytest.raises(InputError, match="differ in more than their seeds"):
        by_world([odd, *worlds[0]])
    some = {**worlds, 0: [write_run(tmp_path / str(seed), seed=seed, best=None) for seed in range(2)]}
    with pytest.raises(InputError, match="no common evaluation at both checkpoints"):
        calibrate(some, np.random.default_rng(0))


def test_the_runs_on_record_give_at_most_one_false_verdict_in_twenty():
    """30 real A/A runs: the baseline on ten worlds with three training seeds each."""
    kept = Path(__file__).parents[2] / "figures" / "results" / "aa.runs.csv"
    worlds = by_world(read_results(kept))
    assert len(worlds) == 10 and all(len(runs) == 3 for runs in worlds.values())
    found = calibrate(worlds, np.random.default_rng(0), comparisons=40, resamples=400)
    assert found.drawn.share <= 0.05 and found.resampled.share <= 0.05
    assert "under-trained" not in found.resampled.verdicts
