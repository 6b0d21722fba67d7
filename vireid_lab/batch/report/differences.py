"""Claims as a table: what both arms measured, and by how much they differ."""

from __future__ import annotations

from collections.abc import Sequence

from vireid_lab.analysis.claims import READINGS, Verdict

from .html import Markup, plain_table
from .tables import METRIC_NAMES

COLUMNS = ("claim", "reading", "pairs", "compared with (%)", "the claim's arm (%)", "difference", "verdict")


def difference_table(name: str, verdicts: Sequence[Verdict]) -> Markup:
    """A row for each reading of each claim; where there are too few pairs for one, a row that says so.

    Args:
        name: what a screen reader calls the table.
        verdicts: from `analysis.claims.judge_claims`.
    """
    return plain_table(name, COLUMNS, (row for verdict in verdicts for row in _rows(verdict)))


def _rows(verdict: Verdict) -> list[tuple[object, ...]]:
    words = f"{verdict.verdict}: {verdict.reason}"
    if not verdict.effects:
        return [(verdict.claim.text, *["–"] * (len(COLUMNS) - 2), words)]
    made, metric = verdict.comparison, METRIC_NAMES[verdict.comparison.metric]
    rows = []
    for checkpoint, effect in verdict.effects.items():
        arms = [f"{100 * values[checkpoint].mean():.1f}" for values in (made.worse, made.better)]
        rows.append(
            (verdict.claim.text, f"{metric} {READINGS[checkpoint]}", len(made.pairs), *arms, str(effect), words)
        )
    return rows
