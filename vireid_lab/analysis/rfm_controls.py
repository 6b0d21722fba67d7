"""LTG in the control worlds: does it help for the reason that the paper gives?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from vireid_lab.analysis.claims import Verdict, judge_claims
from vireid_lab.analysis.run_results import RunResult
from vireid_lab.papers.reader import Claim

WORLDS = {
    "none": "as it is",
    "glossy": "highlights, curved tone",
    "random_k": "k drawn anew for each image",
    "equal_k": "k the same everywhere",
}  # names of `spectra.control.CONTROLS` in words


def control_claims(ltg: Claim) -> list[Claim]:
    """What is asked in each world: LTG over none, one factor over none, and LTG over one factor.

    One factor is `ltg_brightness`: each channel of the whole image is multiplied by a factor of its own, which gives it
    the mean that LTG would have given it.

    Args:
        ltg: the claim that LTG is better than none.
    """
    single = ltg.better_slots.replace("flip+ltg", "flip+ltg_brightness")
    return [
        replace(ltg, text="LTG over none", priority=2),
        replace(ltg, id="rfm-single", text="one factor a channel over none", better_slots=single, priority=2),
        replace(ltg, id="rfm-ltg-single", text="LTG over one factor a channel", worse_slots=single, priority=2),
    ]


def control_verdicts(ltg: Claim, runs: Sequence[RunResult]) -> list[Verdict]:
    """`control_claims` in every world in which both arms have three pairs or more; the texts begin with the world."""
    verdicts = []
    for control, words in WORLDS.items():
        asked = [replace(claim, text=f"{words}: {claim.text}") for claim in control_claims(ltg)]
        verdicts += [v for v in judge_claims(asked, runs, control=control) if v.effects]
    return verdicts
