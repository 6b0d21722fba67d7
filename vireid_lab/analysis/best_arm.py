"""The best of many compositions, chosen on some seeds and tested on others: how much of its lead is the choosing's."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from vireid_lab.analysis.claims import FIRST_LOOK
from vireid_lab.analysis.composition import Arm, shared_pairs
from vireid_lab.analysis.paired_test import Effect, paired_effect
from vireid_lab.runtime import InputError


@dataclass(frozen=True)
class Chosen:
    """An arm that was chosen, and its lead over a plain one before and after.

    Attributes:
        arm: the best on the seeds that it was chosen on.
        plain: the arm that it is compared with.
        candidates: among how many it was chosen.
        chosen_on: training seeds.
        lead: over the plain arm on these seeds; the largest of many noisy numbers, and so too high on average.
        tested_on: training seeds that were not looked at for the choice.
        fresh: its lead on those; None where both arms have fewer than FIRST_LOOK fresh pairs.
    """

    arm: Arm
    plain: Arm
    candidates: int
    chosen_on: tuple[int, ...]
    lead: Effect
    tested_on: tuple[int, ...]
    fresh: Effect | None

    @property
    def optimism(self) -> float | None:
        """How much of the lead was the choosing's: lead less fresh lead, a fraction; None without fresh runs."""
        return None if self.fresh is None else self.lead.mean - self.fresh.mean


def choose_best(arms: Sequence[Arm], plain: Arm | None, seeds: Collection[int], metric: str = "rank1") -> Chosen | None:
    """Chooses the arm with the highest mean on some seeds, and tests it on all others that it was run on.

    Args:
        arms: the candidates; those that were not run on all of the seeds do not stand for election.
        plain: the arm that leads are over.
        seeds: training seeds to choose on, at least FIRST_LOOK.
        metric: what is best when it is highest.

    Returns:
        The choice; None where there is no plain arm, or no other arm with runs on all of the seeds beside it.

    Raises:
        InputError: fewer seeds.
    """
    wanted = set(seeds)
    if len(wanted) < FIRST_LOOK:
        raise InputError(f"seeds {sorted(wanted)}: choosing takes {FIRST_LOOK} at least")
    others = [arm for arm in arms if plain and arm is not plain]
    candidates = [arm for arm in others if len(shared_pairs([plain, arm], wanted)) == len(wanted)]
    if not candidates:
        return None
    pairs = shared_pairs([plain, candidates[0]], wanted)
    best = max(candidates, key=lambda arm: arm.scores(pairs, metric).mean())
    fresh = [pair for pair in shared_pairs([plain, best]) if pair[1] not in wanted]
    gains = [best.scores(of, metric) - plain.scores(of, metric) for of in (pairs, fresh)]
    return Chosen(
        arm=best,
        plain=plain,
        candidates=len(candidates),
        chosen_on=tuple(seed for _, seed in pairs),
        lead=paired_effect(gains[0]),
        tested_on=tuple(seed for _, seed in fresh),
        fresh=paired_effect(gains[1]) if len(fresh) >= FIRST_LOOK else None,
    )
