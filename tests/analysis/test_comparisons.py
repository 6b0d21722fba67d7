import dataclasses

import numpy as np
import pytest
from made_runs import LABEL, write_run

from vireid_lab.analysis.comparisons import comparisons
from vireid_lab.papers.reader import Claim

LTG = "recipe=rfm augment=flip+ltg losses=ce+triplet"
NONE = "recipe=rfm augment=flip losses=ce+triplet"
CLAIM = Claim("ltg", "rfm", "LTG helps", "II", LTG, NONE, NONE, "rank1", 1, 1, "nir")


@pytest.fixture
def arms(tmp_path):
    """Writes both arms of pairs (world, seed) with the given settings; the difference is (world + seed) percent."""
    count = iter(range(1000))

    def write(*pairs, of=("flip", "flip+ltg"), **values):
        runs = []
        for world, seed in pairs:
            for augment in of:
                value = 0.3 + (world + seed) / 100 * (augment != "flip")
                values = {"last": value, "best": value, **values}
                runs.append(write_run(tmp_path / str(next(count)), augment=augment, world=world, seed=seed, **values))
                values.pop("last"), values.pop("best")
        return runs

    return write


def test_pairs_are_joined_on_data_and_seed(arms):
    runs = [*arms((0, 1), (2, 0), (1, 1)), *arms((0, 2), of=["flip"]), *arms((3, 3), of=["flip+ltg"])]
    (made,) = comparisons(CLAIM, runs[::-1])
    assert made.pairs == ((0, 1), (1, 1), (2, 0))
    np.testing.assert_allclose(made.differences["last"], [0.01, 0.02, 0.02])
    np.testing.assert_allclose(made.differences["best"], made.differences["last"])
    assert made.train_rank1 == pytest.approx(0.99) and made.label == LABEL


@pytest.mark.parametrize(
    "other",
    [
        {"backbone": "resnet50"},
        {"steps": 300},
        {"size": [192, 96]},
        {"select": 8},
        {"start": "sha256=2"},
        {"lr": 1.0},
        {"checkpoint_every": 50},
    ],
)
def test_what_else_differs_is_never_mixed_and_the_larger_group_comes_first(arms, other):
    runs = [*arms((0, 0), (1, 1), **other), *arms((0, 1), (2, 0), (1, 2)), *arms((5, 5), of=["flip"], **other)]
    runs += arms((5, 5), of=["flip+ltg"])
    assert [len(made.pairs) for made in comparisons(CLAIM, runs)] == [3, 2]


def test_what_does_not_change_the_result_may_differ(arms):
    runs = [*arms((0, 0), preset="small", log_every=1, data_root="/elsewhere"), *arms((0, 1))]
    assert [len(made.pairs) for made in comparisons(CLAIM, runs)] == [2]


def test_worlds_are_not_mixed_and_that_of_the_claim_comes_first(arms):
    runs = [*arms((0, 0), (0, 1), (0, 2), infrared="thermal"), *arms((0, 0), (0, 1))]
    assert [made.infrared for made in comparisons(CLAIM, runs)] == ["nir", "thermal"]


def test_only_finished_runs_evaluated_by_the_default_protocol_count(arms):
    assert comparisons(CLAIM, arms((0, 0), finished=False)) == []
    assert comparisons(CLAIM, arms((0, 1), last=None)) == []
    assert comparisons(CLAIM, arms((0, 2), labels=("diagnostic-v2v gallery=all", "sysu-indoor gallery=seeded"))) == []
    (flip, plain) = (f"{LABEL} flip", LABEL)
    assert [made.label for made in comparisons(CLAIM, arms((0, 3), labels=(flip, plain)))] == [plain, flip]


@pytest.mark.parametrize(
    ("table", "protocols"),
    [
        (("tmpa", "II"), ["regdb-t2v", "regdb-v2t"]),  # measured infrared to visible alone
        (("rfm", "II"), ["regdb-v2t"]),  # not on RegDB
        (("cal", "2"), ["regdb-v2t"]),  # in both directions
    ],
)
def test_the_direction_of_the_claims_table_comes_before_the_default_of_the_layout(arms, table, protocols):
    claim = dataclasses.replace(CLAIM, paper=table[0], table=table[1])
    v2t, t2v = (f"regdb-{direction} gallery=all" for direction in ("v2t", "t2v"))
    runs = arms((0, 0), (1, 1), layout="regdb", labels=(v2t, t2v))
    assert [made.label.split()[0] for made in comparisons(claim, runs)] == protocols
    runs += arms((2, 2), layout="regdb", labels=(v2t,))
    assert [made.label.split()[0] for made in comparisons(claim, runs)] == protocols[::-1]  # but more pairs win


def test_a_run_without_its_best_step_leaves_the_equal_steps(arms):
    (made,) = comparisons(CLAIM, [*arms((0, 0)), *arms((0, 1), best=None)])
    assert set(made.differences) == {"last"} and len(made.pairs) == 2


def test_a_repeated_run_counts_once(arms):
    (made,) = comparisons(CLAIM, [*arms((1, 1)), *arms((1, 1), last=0.9)])
    assert made.pairs == ((1, 1),) and made.differences["last"][0] == pytest.approx(0.02)


def test_the_baseline_is_the_plain_arm_of_the_same_pairs_and_not_the_arm_compared_with(tmp_path):
    claim = dataclasses.replace(CLAIM, better_slots=f"{LTG}+cross_center:3", worse_slots=LTG)
    count = iter(range(100))

    def arm(seed, train_rank1, **slots):
        return write_run(tmp_path / str(next(count)), seed=seed, train_rank1=train_rank1, **slots)

    runs = [
        arm(seed, 0.7, augment="flip+ltg", losses=f"ce+triplet{cc}")
        for seed in (0, 1)
        for cc in ("", "+cross_center:3")
    ]
    assert [found.train_rank1 for found in comparisons(claim, runs)] == [None]
    runs += [arm(0, 0.98), arm(1, 0.5, lr=1.0), arm(2, 0.5)]
    assert [found.train_rank1 for found in comparisons(claim, runs)] == [None]  # of one pair only, at these settings
    (made,) = comparisons(claim, [*runs, arm(1, 1.0)])
    assert made.train_rank1 == pytest.approx(0.99) and made.worse_train_rank1 == pytest.approx(0.7)
