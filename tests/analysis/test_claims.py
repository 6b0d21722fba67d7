import dataclasses

import numpy as np
import pytest
from made_runs import write_run
from scipy import stats

from vireid_lab.analysis.claims import VERDICTS, judge_claims, to_show
from vireid_lab.papers.reader import Claim, claims

NONE = "recipe=rfm augment=flip"
CLAIM = Claim("ltg", "rfm", "LTG helps", "II", "recipe=rfm augment=flip+ltg", NONE, NONE, "rank1", 1, 1, "nir")
CLEAR = [0.05, 0.06, 0.04, 0.05, 0.055]
NOISE = [0.05, -0.06, 0.04, -0.05, 0.01]


@pytest.fixture
def runs(tmp_path):
    """Runs of both arms whose rank-1 differ by the given values at the last and at the best step."""

    def write(last, best=None, better="flip+ltg", selected=True, **values):
        made = []
        for seed, (of_last, of_best) in enumerate(zip(last, best or last, strict=True)):
            arms = (("flip", 0.0, 0.0), (better, of_last, of_best))
            for augment, plus_last, plus_best in arms:
                folder = tmp_path / f"{augment}-{seed}"
                if not folder.exists():
                    value = {"last": 0.3 + plus_last, "best": 0.32 + plus_best if selected else None, **values}
                    made.append(write_run(folder, augment=augment, seed=seed, world=seed % 2, **value))
        return made

    return write


def judge(runs, claim=CLAIM, controlled=()):
    (verdict,) = judge_claims([claim], runs, controlled)
    assert verdict.verdict in VERDICTS and "refuted" not in verdict.text
    return verdict


def test_holds_with_its_numbers(runs):
    verdict = judge(runs(CLEAR))
    assert verdict.verdict == "holds"
    effect, known = verdict.effects["last"], stats.ttest_1samp(CLEAR, 0)
    assert effect.p == pytest.approx(known.pvalue) and verdict.adjusted_p == pytest.approx(known.pvalue)
    assert (effect.low, effect.high) == pytest.approx(tuple(known.confidence_interval()))
    for part in ("+5.1 points", "near-infrared, medium", "tiny: resnet10", "n = 5 pairs", "Holm over 1 claims", "99 %"):
        assert part in verdict.text, part


@pytest.mark.parametrize("swapped", [False, True])
def test_the_larger_p_of_both_readings_counts(runs, swapped):
    readings = [CLEAR, [value * (1 + 0.5 * (-1) ** i) for i, value in enumerate(CLEAR)]]
    known = [stats.ttest_1samp(values, 0).pvalue for values in readings]
    verdict = judge(runs(*(readings[::-1] if swapped else readings)))
    assert verdict.adjusted_p == pytest.approx(max(known)) and max(known) > 2 * min(known)


def test_opposite_needs_a_positive_control(runs):
    made = runs([-value for value in CLEAR])
    without, controlled = judge(made), judge(made, controlled={"ltg"})
    assert (without.verdict, without.reason) == ("unresolved", "opposite side, no positive control")
    assert controlled.verdict == "opposite"


def test_a_claim_that_something_is_worse(runs):
    made = runs([-value for value in CLEAR])
    assert judge(made, dataclasses.replace(CLAIM, sign=-1)).verdict == "holds"


@pytest.mark.parametrize(
    "last, best, reason",
    [
        (NOISE, NOISE, "both intervals include 0"),
        (
            CLEAR,
            NOISE,
            "at equal steps the interval is on the claimed side, at each arm's own best step the interval inc",
        ),
        (
            NOISE,
            CLEAR,
            "at equal steps the interval includes 0, at each arm's own best step the interval is on the claim",
        ),
        (CLEAR, [-value for value in CLEAR], "own best step the interval is on the opposite side"),
    ],
)
def test_both_readings_must_agree(runs, last, best, reason):
    verdict = judge(runs(last, best), controlled={"ltg"})
    assert verdict.verdict == "unresolved" and reason in verdict.reason


def test_without_the_best_step_there_is_no_verdict(runs):
    verdict = judge(runs(CLEAR, selected=False))
    assert verdict.verdict == "unresolved" and "only equal steps" in verdict.reason and verdict.adjusted_p is None


@pytest.mark.parametrize(
    "n, verdict", [(0, "not run"), (2, "not run"), (3, "first look"), (4, "first look"), (5, "holds")]
)
def test_pairs_decide_how_much_is_said(runs, n, verdict):
    found = judge(runs(CLEAR[:n]))
    assert found.verdict == verdict and (n == 0 or f"n = {n} pairs" in found.text)
    assert bool(found.effects) == (n >= 3) and (found.adjusted_p is None) == (n < 5)


@pytest.mark.parametrize("train_rank1, verdict", [(0.949, "under-trained"), (None, "under-trained"), (0.95, "holds")])
def test_an_under_trained_baseline_gets_no_verdict(runs, train_rank1, verdict):
    found = judge(runs(CLEAR, train_rank1=train_rank1))
    assert found.verdict == verdict and (found.adjusted_p is None) == (verdict != "holds")


def test_only_the_baseline_must_have_converged(runs, tmp_path):
    made = [run for run in runs(CLEAR) if run.slots["augment"] == "flip"]
    for seed, value in enumerate(CLEAR):
        arm = {"augment": "flip+ltg", "seed": seed, "world": seed % 2, "last": 0.3 + value, "best": 0.32 + value}
        made.append(write_run(tmp_path / "slow" / str(seed), train_rank1=0.5, **arm))
    assert judge(made).verdict == "holds"


def test_an_arm_that_cannot_be_trained_here(runs):
    verdict = judge(runs(CLEAR), dataclasses.replace(CLAIM, better_slots="", worse_slots=""))
    assert verdict.verdict == "not testable here"


def test_a_verdict_rests_on_the_infrared_that_the_claim_comes_from_and_the_other_one_is_labelled(runs, tmp_path):
    made = runs(CLEAR)
    assert "the claim comes from" not in judge(made).text
    thermal = dataclasses.replace(CLAIM, modality="thermal")
    assert (judge(made, thermal).verdict, judge(made, thermal).comparison) == ("not run", None)
    assert "on thermal data" in judge(made, thermal).reason
    (there,) = judge_claims([thermal], made, other_infrared=True)
    assert there.verdict == "holds" and "the claim comes from thermal data" in there.text
    for seed in range(3):
        for augment, value in (("flip", 0.3), ("flip+ltg", 0.2 + seed / 100)):
            arm = {"augment": augment, "seed": seed, "last": value, "best": value, "infrared": "thermal"}
            made.append(write_run(tmp_path / "thermal" / f"{augment}-{seed}", **arm))
    assert (judge(made, thermal).verdict, judge(made, thermal).others) == ("first look", 0)
    assert judge(made, thermal).effects["last"].mean == pytest.approx(-0.09)
    assert judge_claims([thermal], made, other_infrared=True)[0].effects == there.effects
    (nowhere,) = judge_claims([CLAIM], made[:10], other_infrared=True)
    assert (nowhere.verdict, nowhere.comparison) == ("not run", None) and "other than nir data" in nowhere.reason


def test_what_is_shown_has_priority_or_an_interval_in_one_of_the_worlds(runs):
    made = [*runs(CLEAR), *runs(CLEAR, better="flip+erasing")]
    second = {"priority": 2, "worse_slots": "augment=flip"}
    claims_ = [
        dataclasses.replace(CLAIM, id="first", better_slots="augment=crop", worse_slots="augment=flip"),
        dataclasses.replace(CLAIM, id="run", better_slots="augment=flip+erasing", **second),
        dataclasses.replace(CLAIM, id="not run", better_slots="augment=grey", **second),
    ]
    own, other = (judge_claims(claims_, made, other_infrared=there) for there in (False, True))
    (alone,) = to_show(own, other)
    assert [verdict.claim.id for verdict in alone] == ["first", "run"]
    for verdicts in to_show(other, own):
        assert [verdict.claim.id for verdict in verdicts] == ["first", "run"]
    assert to_show(other, own)[1] == alone and len(to_show(other, own)) == 2


def test_holm_takes_a_verdict_away_within_a_paper_alone(runs):
    """p = 0.03 holds alone; beside five other claims of the paper, not run, it is 6 x 0.03."""
    differences = np.array(CLEAR) - np.mean(CLEAR)
    differences += differences.std(ddof=1) / 5**0.5 * stats.t.isf(0.015, 4)  # two-sided p = 0.03
    made = runs(differences.tolist())
    names = ["crop", "erasing", "grey", "cutmix", "mixup"]
    others = [
        dataclasses.replace(CLAIM, id=name, better_slots=f"augment={name}", worse_slots="augment=flip")
        for name in names
    ]
    alone, beside = judge(made), judge_claims([*others, CLAIM], made)[-1]
    assert alone.verdict == "holds" and alone.adjusted_p == pytest.approx(0.03)
    assert beside.verdict == "unresolved" and beside.adjusted_p == pytest.approx(0.18)
    assert "not after Holm" in beside.reason and "Holm over 6 claims" in beside.text
    elsewhere = [dataclasses.replace(other, paper="tmpa") for other in others]
    lower = [dataclasses.replace(other, priority=2) for other in others]
    assert [v.verdict for v in judge_claims([*elsewhere, *lower, CLAIM], made)][-1] == "holds"


def test_claims_without_priority_are_not_corrected_and_weaken_nothing(runs):
    made = [*runs(CLEAR), *runs(CLEAR, better="flip+erasing")]
    second = dataclasses.replace(
        CLAIM, id="erasing", better_slots="augment=flip+erasing", worse_slots="augment=flip", priority=2
    )
    first, second = judge_claims([CLAIM, second], made)
    assert (first.tests, second.tests) == (1, 1) and second.verdict == "holds"
    assert "no priority claim, p not adjusted" in second.text and "Holm" in first.text


def test_all_claims_of_the_papers_without_runs():
    assert {verdict.verdict for verdict in judge_claims(claims(), [])} == {"not run"}
