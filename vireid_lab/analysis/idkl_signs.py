"""IDKL with the other sign of Eq. 15: what it does to let the near ones weigh in the graphs, not the far ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from vireid_lab.analysis.claims import Verdict, judge_claims
from vireid_lab.analysis.run_results import RunResult
from vireid_lab.papers.reader import Claim


def sign_claims(whole: Claim) -> list[Claim]:
    """What is asked of the sign, which the paper does not speak of: near over far ones, and near ones over L_b.

    Args:
        whole: the claim that all terms together, as printed, are better than L_b.
    """
    near = whole.better_slots.replace("tgsa", "tgsa_nearest").replace("mdr", "mdr_nearest")
    return [
        replace(
            whole,
            id="idkl-sign",
            text="The near ones weigh (-D) over the far ones weigh (+D, as printed)",
            better_slots=near,
            worse_slots=whole.better_slots,
            priority=2,
        ),
        replace(whole, id="idkl-near", text="All terms, the near ones weigh, over L_b", better_slots=near, priority=2),
    ]


def sign_verdicts(whole: Claim, runs: Sequence[RunResult]) -> list[Verdict]:
    """`sign_claims` judged by the rules of the papers' claims, each for itself."""
    return judge_claims(sign_claims(whole), runs)
