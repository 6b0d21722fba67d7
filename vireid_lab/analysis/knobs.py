"""The numbers that the five papers sweep, and how the slots of a run tell them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from vireid_lab.augment.pedmix import RATIOS
from vireid_lab.augment.pipeline import parse_slot

from .sweeps import Knob, Setting

LAMBDA_1 = 0.2  # Guo et al. 2023, Eq. 8
ALPHA = 0.7  # Tan et al. 2023, where β is swept
Read = Callable[[Mapping[str, str]], Setting | None]


def loss_weight(loss: str) -> Read:
    """Reads the weight of a loss, 0 where it is left out, beside the other losses."""

    def read(slots: Mapping[str, str]) -> Setting:
        others = "+".join(part for part in slots["losses"].split("+") if part.partition(":")[0] != loss)
        return read_losses(slots).get(loss, 0.0), others

    return read


def read_losses(slots: Mapping[str, str]) -> dict[str, float]:
    """Name -> weight of the losses of a run."""
    return {name: 1.0 if weight is None else weight for name, weight in parse_slot(slots["losses"]).items()}


def read_ratio(slots: Mapping[str, str]) -> Setting | None:
    """A_C of a run whose mix is PedMix in all three regions, 0.05 apart, and its other augmentations."""
    *others, last = slots["augment"].split("+")
    name, _, value = last.partition(":")
    if name not in ("pedmix", "pedmix_ratio") or (name == "pedmix" and value):
        return None
    return float(value or RATIOS[0]), "+".join(others)


def read_balance(slots: Mapping[str, str]) -> tuple[float, float] | None:
    """α and β of Guo et al. 2023, Eq. 16, of a run that has all of TMPA's losses, in their proportions."""
    weights = read_losses(slots)
    if weights.keys() != {"ce", "wrt", "msi", "mss", "mft"} or weights["ce"] != weights["wrt"]:
        return None
    alpha, beta = weights["ce"], weights["msi"]
    fits = weights["mft"] == beta and math.isclose(weights["mss"], LAMBDA_1 * beta)
    return (alpha, beta) if fits else None


def read_softmax(slots: Mapping[str, str]) -> tuple[float, float] | None:
    """α and β of α L_sas + (1 - α) L_softmax + β L_AST with the feature mask (Tan et al. 2023, Eq. 11)."""
    weights = read_losses(slots)
    beta, alpha = weights.pop("ast", 0.0), weights.get("sas_fm", 0.0)
    if not weights.keys() <= {"ce", "sas_fm"} or not math.isclose(sum(weights.values()), 1):
        return None
    return alpha, beta


def read_head(slots: Mapping[str, str]) -> tuple[float, float] | None:
    """N_p and α of a CAL whose parts are mined and matched (Wu et al. 2023, Sec. 3.2.1)."""
    head = parse_slot(slots["head"])
    if head.keys() != {"drm", "alpha", "match"}:
        return None
    return head["drm"], head["alpha"]


def one_of(
    read: Callable[[Mapping[str, str]], tuple[float, float] | None],
    place: int,
    other: str,
    held: float | None = None,
) -> Read:
    """Reads one of a pair of numbers.

    Args:
        read: gives both.
        place: 0 or 1, the one that is swept.
        other: symbol of the other one.
        held: the value that the other one must have; None: any, and it tells sweeps apart.
    """

    def read_one(slots: Mapping[str, str]) -> Setting | None:
        found = read(slots)
        if found is None or (held is not None and not math.isclose(found[1 - place], held)):
            return None
        return found[place], f"{other} = {found[1 - place]:g}"

    return read_one


RFM_WEIGHT = Knob("λ", "weight λ of the cross-center loss", "losses", loss_weight("cross_center"), best=3)
TMPA_RATIO = Knob("A_C", "ratio $A_C$ of the center", "augment", read_ratio, best=RATIOS[0])
TMPA_BALANCE = (
    Knob("α", "α of Eq. 16", "losses", one_of(read_balance, 0, "β"), best=0.8),
    Knob("β", "β of Eq. 16", "losses", one_of(read_balance, 1, "α"), best=0.4),
)
IDKL_WEIGHTS = (
    Knob("λ1", "λ1, weight of L_ip", "losses", loss_weight("ip"), best=0.1),
    Knob("λ2", "λ2, weight of L_tgsa", "losses", loss_weight("tgsa"), best=0.6),
    Knob("λ3", "λ3, weight of L_csa", "losses", loss_weight("csa"), best=0.8),
)
SOFTMAX_WEIGHTS = (
    Knob("α", "weight α of SA-Softmax, β = 0", "losses", one_of(read_softmax, 0, "β", held=0), best=ALPHA),
    Knob(
        "β", "weight β of the absolute-similarity term, α = 0.7", "losses", one_of(read_softmax, 1, "α", ALPHA), best=1
    ),
)
CAL_PARTS = (
    Knob("N_p", "number of parts N_p", "head", one_of(read_head, 0, "α"), best=4),
    Knob("α", "selection ratio α", "head", one_of(read_head, 1, "N_p"), best=0.6),
)
