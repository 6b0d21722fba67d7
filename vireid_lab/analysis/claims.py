"""Verdicts on the papers' claims: paired differences, their intervals, and the rules for saying something."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from vireid_lab.analysis.comparisons import Comparison, comparisons
from vireid_lab.analysis.paired_test import LEVEL, Effect, holm, paired_effect
from vireid_lab.analysis.run_results import RunResult
from vireid_lab.papers.reader import Claim

VERDICTS = ("holds", "opposite", "unresolved", "first look", "under-trained", "not run", "not testable here")
FIRST_LOOK, ENOUGH = 3, 5  # pairs
CONVERGED = 0.95  # rank-1 of the baseline on its training identities
READINGS = {"last": "at equal steps", "best": "at each arm's own best step"}


@dataclass(frozen=True)
class Verdict:
    """What the runs say about a claim.

    Attributes:
        claim: the claim.
        verdict: one of VERDICTS.
        reason: why, in words.
        effects: "last" and "best" -> the paired difference, where there are enough pairs for one.
        comparison: what was compared; None where there was nothing.
        adjusted_p: the larger p of both readings, for a priority claim after Holm's correction within its paper; None
            where something is missing that a verdict needs.
        tests: number of claims corrected for; 1 for a claim that is not a priority.
        others: comparisons of this claim in other worlds, settings or protocols of the same infrared, not used.
    """

    claim: Claim
    verdict: str
    reason: str
    effects: dict[str, Effect]
    comparison: Comparison | None
    adjusted_p: float | None
    tests: int
    others: int = 0

    @property
    def text(self) -> str:
        """Verdict, reason, world, scale and n as one sentence for people."""
        if self.comparison is None:
            return f"{self.verdict}: {self.reason}"
        made, read = self.comparison, "; ".join(f"{READINGS[c]} {effect}" for c, effect in self.effects.items())
        origin = f" (the claim comes from {self.claim.modality} data)" * (made.infrared != self.claim.modality)
        trained, compared = (
            "not known" if value is None else f"{100 * value:.0f} %"
            for value in (made.train_rank1, made.worse_train_rank1)
        )
        family = f"Holm over {self.tests} claims" if self.claim.priority == 1 else "no priority claim, p not adjusted"
        p = "" if self.adjusted_p is None else f"; p = {self.adjusted_p:.3g}, {family}"
        number = f"{self.others} comparison{'s' * (self.others > 1)}"
        others = f"; {number} in other worlds, settings or protocols not used" * (self.others > 0)
        return (
            f"{self.verdict}: {self.reason}. {made.metric}, better minus worse: {read or 'no interval'}{p}. "
            f"World: {made.world}{origin}; scale: {made.scale}; n = {len(made.pairs)} pairs; {made.label}; "
            f"rank-1 on training identities: baseline {trained}, the arm compared with {compared}{others}"
        )


def decide(
    made: Comparison, effects: dict[str, Effect], adjusted_p: float | None, sign: int = 1, controlled: bool = False
) -> tuple[str, str]:
    """The verdict on a comparison and its reason.

    Args:
        made: the comparison, with at least FIRST_LOOK pairs.
        effects: of its readings.
        adjusted_p: see `Verdict`; None only where `may_be_tested` says no.
        sign: which sign of the difference is claimed.
        controlled: whether a positive control of the mechanism is on record.
    """
    n = len(made.pairs)
    if made.train_rank1 is None:
        return "under-trained", "no verdict: the baseline was not run and evaluated on its training identities"
    if made.train_rank1 < CONVERGED:
        return "under-trained", f"no verdict: the baseline's rank-1 on its training identities is below {CONVERGED:.0%}"
    if n < ENOUGH:
        return "first look", f"{n} pairs of the {ENOUGH} that a verdict needs"
    if "best" not in effects:
        return "unresolved", "only equal steps were read: train with select=N and evaluate both checkpoints"
    sides = {c: int(np.sign(e.mean)) * sign if e.low > 0 or e.high < 0 else 0 for c, e in effects.items()}
    if sides["last"] != sides["best"]:
        words = {1: "is on the claimed side", -1: "is on the opposite side", 0: "includes 0"}
        each = ", ".join(f"{READINGS[c]} the interval {words[side]}" for c, side in sides.items())
        return "unresolved", f"the two readings do not agree: {each}"
    side = sides["last"]
    if side == 0:
        return "unresolved", "both intervals include 0"
    if adjusted_p >= LEVEL:
        return "unresolved", "both intervals exclude 0, but not after Holm's correction"
    if side > 0:
        return "holds", "both intervals exclude 0 on the claimed side"
    if controlled:
        return "opposite", "both intervals exclude 0 on the other side, and a positive control is on record"
    return "unresolved", "opposite side, no positive control"


def judge_claims(
    claims: Sequence[Claim],
    runs: Sequence[RunResult],
    controlled: Collection[str] = (),
    control: str = "none",
    other_infrared: bool = False,
) -> list[Verdict]:
    """A verdict on each claim, in the order given, from runs in the kind of infrared that the claim comes from.

    Holm's correction is over all priority claims of a paper that can be tested here, also those not run yet (p = 1), so
    that the order in which they are run changes nothing.

    Args:
        claims: of any papers; give all of a paper's priority claims, or the correction is too weak.
        runs: finished or not, of any recipe.
        controlled: ids of the claims for which a positive control is on record.
        control: which control world to look at; the claims themselves are about "none".
        other_infrared: judge from runs in the other kind of infrared, near or thermal; the text of a verdict says so.
    """
    testable = [claim for claim in claims if claim.better_slots]
    found = {
        claim.id: [c for c in comparisons(claim, runs, control) if (c.infrared != claim.modality) == other_infrared]
        for claim in testable
    }
    first = {name: made[0] for name, made in found.items() if made}
    effects = {name: effects_of(made) for name, made in first.items()}
    p_values = {name: larger_p(effects[name]) for name, made in first.items() if may_be_tested(made)}
    families = {c.paper: [o.id for o in testable if (o.paper, o.priority) == (c.paper, 1)] for c in testable}
    adjusted = dict(p_values)
    for names in families.values():
        corrected = holm([p_values.get(name, 1.0) for name in names])
        adjusted |= {name: p for name, p in zip(names, corrected, strict=True) if name in p_values}
    verdicts = []
    for claim in claims:
        made, of = first.get(claim.id), effects.get(claim.id, {})
        p, others = adjusted.get(claim.id), max(len(found.get(claim.id, [])) - 1, 0)
        if claim.id not in found:
            verdict, reason = "not testable here", "an arm of it is not trained here"
        elif made is None:
            where = f"{'other than ' * other_infrared}{claim.modality} data"
            reason = f"no evaluated runs of both arms on {where} with the same seed and settings"
            verdict = "not run"
        elif len(made.pairs) < FIRST_LOOK:
            verdict, reason = "not run", f"{len(made.pairs)} of the {FIRST_LOOK} pairs that a first look needs"
        else:
            verdict, reason = decide(made, of, p, claim.sign, claim.id in controlled)
        tests = len(families[claim.paper]) if claim.priority == 1 and claim.id in found else 1
        verdicts.append(Verdict(claim, verdict, reason, of, made, p, tests, others))
    return verdicts


def to_show(*worlds: Sequence[Verdict]) -> list[list[Verdict]]:
    """What a picture of the claims shows: those with priority, and those with an interval in one of the worlds.

    Args:
        worlds: verdicts on the same claims in the same order, those in the claims' own kind of infrared first.

    Returns:
        The same for the first world, and for the others that have an interval.
    """
    first, *others = worlds
    drawn = [first, *(world for world in others if any(verdict.effects for verdict in world))]
    rows = [row for row in zip(*drawn, strict=True) if row[0].claim.priority == 1 or any(v.effects for v in row)]
    return [list(world) for world in zip(*rows, strict=True)]


def effects_of(made: Comparison) -> dict[str, Effect]:
    """The paired difference of each reading; none where there are too few pairs for a first look."""
    if len(made.pairs) < FIRST_LOOK:
        return {}
    return {checkpoint: paired_effect(values) for checkpoint, values in made.differences.items()}


def larger_p(effects: dict[str, Effect]) -> float:
    """The p value for both readings excluding 0: the larger of the two."""
    return max(effect.p for effect in effects.values())


def may_be_tested(made: Comparison) -> bool:
    """Whether a comparison has all that a verdict needs: pairs, both readings, a converged baseline."""
    converged = made.train_rank1 is not None and made.train_rank1 >= CONVERGED
    return len(made.pairs) >= ENOUGH and converged and READINGS.keys() <= made.better.keys()
