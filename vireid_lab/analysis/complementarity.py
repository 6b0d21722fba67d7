"""Which two components add up: what both together gain, beside what each gains by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from vireid_lab.analysis.claims import FIRST_LOOK
from vireid_lab.analysis.composition import Arm, arm_of, shared_pairs
from vireid_lab.analysis.paired_test import Effect, paired_effect


@dataclass(frozen=True)
class Component:
    """A part that can be added to a plain arm.

    Attributes:
        name: for people.
        slot: where it stands.
        part: its text in the slot.
        replaces: part of the plain arm that it stands in place of; empty: beside what is there.
    """

    name: str
    slot: str
    part: str
    replaces: str = ""


COMPONENTS = (  # on RFM's plain arm; parts of `augment` in the order in which they are applied
    Component("LTG (RFM)", "augment", "ltg"),
    Component("channel exchange", "augment", "channel"),
    Component("CutMix", "augment", "cutmix+replace"),
    Component("cross-center (RFM)", "losses", "cross_center:3"),
    Component("SA-Softmax", "losses", "ce:0.3+sas_fm:0.7", "ce"),
)
PLAIN = {"model": "rfm", "augment": "flip", "attention": "none", "losses": "ce+triplet"}


@dataclass(frozen=True)
class Combination:
    """Two components on the same pairs, in fractions of a metric.

    Attributes:
        first, second: over the plain arm, each by itself.
        both: over the plain arm.
        extra: of both over the better one, which is that with the higher mean (chosen on the same pairs, so that extra
            is a little too low where both are alike).
        interaction: both less first less second: 0 where gains add up, below where they overlap.
    """

    first: Effect
    second: Effect
    both: Effect
    extra: Effect
    interaction: Effect


def combine(plain: np.ndarray, first: np.ndarray, second: np.ndarray, both: np.ndarray) -> Combination:
    """The combination of paired scores, each (n,) with n >= 2 and in the same order of pairs."""
    gains = [np.asarray(arm, np.float64) - plain for arm in (first, second, both)]
    better = max(gains[:2], key=np.mean)
    return Combination(
        *(paired_effect(gain) for gain in gains),
        extra=paired_effect(gains[2] - better),
        interaction=paired_effect(gains[2] - gains[0] - gains[1]),
    )


def with_components(plain: Mapping[str, str], components: Sequence[Component]) -> dict[str, str]:
    """The slots of the plain arm with components added."""
    slots = dict(plain)
    for component in components:
        parts = [part for part in slots[component.slot].split("+") if part not in (component.replaces, "none")]
        slots[component.slot] = "+".join([*parts, component.part])
    return slots


@dataclass(frozen=True)
class Complementarity:
    """Components and what was found of them.

    Attributes:
        components: their names, in order.
        single: name -> gain over the plain arm on all pairs that there are.
        pairs: (name, name) in their order -> what both give.
    """

    components: tuple[str, ...]
    single: dict[str, Effect]
    pairs: dict[tuple[str, str], Combination]


def complementarity(
    arms: Sequence[Arm],
    plain: Mapping[str, str] = PLAIN,
    components: Sequence[Component] = COMPONENTS,
    metric: str = "rank1",
    checkpoint: str = "last",
) -> Complementarity:
    """What components give alone and two by two; what has fewer than FIRST_LOOK pairs of runs is left out.

    Args:
        arms: from `find_arms`.
        plain: slots of the arm that components are added to, the model first.
        components: in the order in which they are added.
        metric: which metric.
        checkpoint: "last" or "best".
    """
    base = arm_of(arms, plain)
    single, pairs = {}, {}
    alone = {each.name: arm_of(arms, with_components(plain, [each])) for each in components}
    for name, arm in alone.items():
        if base and arm and len(on := shared_pairs([base, arm])) >= FIRST_LOOK:
            single[name] = paired_effect(arm.scores(on, metric, checkpoint) - base.scores(on, metric, checkpoint))
    for first, second in combinations(components, 2):
        four = [base, alone[first.name], alone[second.name], arm_of(arms, with_components(plain, [first, second]))]
        if None not in four and len(on := shared_pairs(four)) >= FIRST_LOOK:
            pairs[first.name, second.name] = combine(*(arm.scores(on, metric, checkpoint) for arm in four))
    return Complementarity(tuple(each.name for each in components), single, pairs)
