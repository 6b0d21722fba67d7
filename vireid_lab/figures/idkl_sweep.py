"""Sweeps of IDKL's weights λ1, λ2 and λ3 in finished runs (Ren and Zhang 2024, Fig. 5), for `weight_curves`."""

from __future__ import annotations

from collections.abc import Sequence

from vireid_lab.analysis.run_results import RunResult

from .rfm_sweep import Sweep, loss_sweeps

LOSSES = {"λ1": "ip", "λ2": "tgsa", "λ3": "csa"}  # names in the slot `losses`
LABELS = {"λ1": "λ1, weight of L_ip", "λ2": "λ2, weight of L_tgsa", "λ3": "λ3, weight of L_csa"}
BEST = {"λ1": 0.1, "λ2": 0.6, "λ3": 0.8}  # in the paper


def lambda_sweeps(runs: Sequence[RunResult]) -> dict[str, Sweep]:
    """The longest sweep of each λ; its name says what else the runs were trained with, which the paper does not.

    Without the purifier (λ1 = 0) the specific features are distilled as they are.

    Args:
        runs: of IDKL.

    Returns:
        Symbol -> a sweep with at least two values; missing where there is none.
    """
    sweeps = {symbol: loss_sweeps(runs, loss) for symbol, loss in LOSSES.items()}
    return {symbol: found[0] for symbol, found in sweeps.items() if found}
