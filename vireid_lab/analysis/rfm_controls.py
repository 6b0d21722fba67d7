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
    """What is asked in each world: LTG over none, darkening alone over none, and LTG over darkening alone.

    Darkening alone is `ltg_brightness`: the whole image loses as much light as LTG would have taken.

    Args:
        ltg: the claim that LTG is better than none.
    """
    darkened = ltg.better_slots.replace("flip+ltg", "flip+ltg_brightness")
    return [
        replace(ltg, text="LTG over none", priority=2),
        replace(ltg, id="rfm-dark", text="darkening alone over none", better_slots=darkened, priority=2),
        replace(ltg, id="rfm-ltg-dark", text="LTG over darkening alone", worse_slots=darkened, priority=2),
    ]


def control_verdicts(ltg: Claim, runs: Sequence[RunResult]) -> list[Verdict]:
    """`control_claims` in every world in which both arms have three pairs or more; the texts begin with the world."""
    verdicts = []
    for control, words in WORLDS.items():
        asked = [replace(claim, text=f"{words}: {claim.text}") for claim in control_claims(ltg)]
        verdicts += [v for v in judge_claims(asked, runs, control=control) if v.effects]
    return verdicts
