"""The comparison of both signs of Eq. 15 in finished runs."""

import pytest
from made_runs import write_run

from vireid_lab.analysis.idkl_signs import sign_claims, sign_verdicts
from vireid_lab.papers.reader import claims
from vireid_lab.papers.slots import parse_slots
from vireid_lab.recipes import idkl
from vireid_lab.recipes.catalogue import choose_settings

(WHOLE,) = [claim for claim in claims() if claim.id == "idkl-all"]
BASE = "ce+triplet+confuser+discriminator"
NEAR = f"{BASE}+ip:0.1+tgsa_nearest:0.6+csa:0.8+mdr_nearest"
RANK1 = {BASE: 0.3, idkl.LOSSES: 0.35, NEAR: 0.42}


def test_both_arms_can_be_built_and_differ_in_the_sign_alone():
    near, over_base = sign_claims(WHOLE)
    losses = [parse_slots(claim.better_slots)["losses"] for claim in (near, over_base)]
    assert losses == [NEAR, NEAR] and parse_slots(near.worse_slots)["losses"] == idkl.LOSSES
    criteria = [
        idkl.build(choose_settings("idkl", "tiny", {"losses": slot}), n_ids=3).criterion for slot in (NEAR, idkl.LOSSES)
    ]
    assert [c.tgsa.options["sign"] for c in criteria] == [c.mdr_graph.options["sign"] for c in criteria] == [-1, 1]
    assert list(criteria[0].own_weights.values()) == list(criteria[1].own_weights.values())


def test_the_differences_are_those_of_the_pairs(tmp_path):
    runs = [
        write_run(tmp_path / f"{number}-{seed}", last=rank1 + seed / 50, best=rank1 + seed / 50, seed=seed, world=seed,
                  losses=losses, recipe="idkl")
        for number, (losses, rank1) in enumerate(RANK1.items())
        for seed in range(3)
    ]  # fmt: skip
    near, over_base = sign_verdicts(WHOLE, runs)
    assert 100 * near.effects["last"].mean == pytest.approx(7) and 100 * over_base.effects[
        "last"
    ].mean == pytest.approx(12)
    assert near.tests == over_base.tests == 1  # nobody claims it, and no claim's p is corrected for it
    assert sign_verdicts(WHOLE, runs[:6])[0].verdict == "not run"
