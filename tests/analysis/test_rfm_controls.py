import pytest
from made_runs import write_run

from vireid_lab.analysis.claims import judge_claims
from vireid_lab.analysis.rfm_controls import WORLDS, control_claims, control_verdicts
from vireid_lab.augment.pipeline import build_augment
from vireid_lab.papers.reader import claims
from vireid_lab.papers.slots import parse_slots
from vireid_lab.spectra.control import CONTROLS

(LTG,) = [claim for claim in claims() if claim.id == "rfm-ltg"]
RANK1 = {  # world -> augmentation -> rank-1
    "none": {"flip": 0.5, "flip+ltg": 0.6, "flip+ltg_brightness": 0.52},
    "equal_k": {"flip": 0.9, "flip+ltg": 0.88, "flip+ltg_brightness": 0.89},
    "random_k": {"flip": 0.3, "flip+ltg": 0.5},
}


@pytest.fixture
def runs(tmp_path):
    """Three pairs in each world, each a little better than the last."""
    made = []
    for control, arms in RANK1.items():
        for augment, rank1 in arms.items():
            for seed in range(3):
                value, folder = rank1 + seed / 100, tmp_path / str(len(made))
                arm = {"augment": augment, "seed": seed, "world": seed, "control": control}
                made.append(write_run(folder, last=value, best=value, **arm))
    return made


def test_every_world_is_compared_with_itself_alone(runs):
    found = {verdict.claim.text: 100 * verdict.effects["last"].mean for verdict in control_verdicts(LTG, runs)}
    assert found == pytest.approx({
        "as it is: LTG over none": 10,
        "as it is: one factor a channel over none": 2,
        "as it is: LTG over one factor a channel": 8,
        "k drawn anew for each image: LTG over none": 20,
        "k the same everywhere: LTG over none": -2,
        "k the same everywhere: one factor a channel over none": -1,
        "k the same everywhere: LTG over one factor a channel": -1,
    })  # fmt: skip


def test_a_claim_of_the_paper_never_counts_control_worlds(runs):
    (verdict,) = judge_claims([LTG], runs)
    assert len(verdict.comparison.pairs) == 3 and verdict.effects["last"].mean == pytest.approx(0.1)
    (verdict,) = judge_claims([LTG], [run for run in runs if run.control != "none"])
    assert verdict.verdict == "not run" and verdict.others == 0


def test_all_control_worlds_and_the_single_factor_exist():
    assert set(WORLDS) == set(CONTROLS)
    augments = [parse_slots(claim.better_slots)["augment"] for claim in control_claims(LTG)]
    assert augments == ["flip+ltg", "flip+ltg_brightness", "flip+ltg"] and all(map(build_augment, augments))
