"""The reflection prior over many scene pairs: one row for each pair and a table by category."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from vireid_lab.analysis.one_material import one_material
from vireid_lab.analysis.reflection import CHANNELS
from vireid_lab.analysis.regions import automatic_regions, compare_fits
from vireid_lab.analysis.usable_pixels import check_pair, usable
from vireid_lab.runtime import InputError, unknown

Pair = tuple[str, str, np.ndarray, np.ndarray, np.ndarray | None, np.ndarray | None]
MEASURES = ("masked", "regions", "whole_r2", "regions_r2", "variation", "k_spread", "one_material")


@dataclass(frozen=True)
class Summary:
    """What `summarise` measured.

    Attributes:
        rows: for each pair its name, category, `pixels` (used) and the MEASURES.
        by_category: for each category and for `all`: category, n, and (mean, standard deviation with n - 1) of each
            measure over its pairs; the deviation of one pair is NaN.
        skipped: name -> why the pair could not be measured.
    """

    rows: list[dict]
    by_category: list[dict]
    skipped: dict[str, str]

    def table(self) -> str:
        """The table by category as Markdown, mean ± standard deviation."""
        lines = [f"| category | n | {' | '.join(MEASURES)} |", "|---" * (len(MEASURES) + 2) + "|"]
        for entry in self.by_category:
            cells = [f"{mean:.3f} ± {std:.3f}" for mean, std in (entry[measure] for measure in MEASURES)]
            lines.append(f"| {entry['category']} | {entry['n']} | {' | '.join(cells)} |")
        return "\n".join(lines)


def summarise(pairs: Iterable[Pair], channel: str = "green", number: int = 100) -> Summary:
    """Fits every pair as a whole and region by region (lines through the origin, Eq. 4) and gathers the results.

    The measures of a pair, for N against one visible channel:
        masked: share of the pixels that are left out.
        regions: number of regions with a line.
        whole_r2, regions_r2: share of the infrared variance explained by one line, and by a line for each region.
        variation: median over the regions of rms(N - k X) / rms(N); small where Eq. 4 holds.
        k_spread: standard deviation of ln k over the regions, weighted by their pixels; how much k differs.
        one_material: share of the regions that pass `one_material` (which looks at all three channels).

    Args:
        pairs: of (name, category, visible (H, W, 3), infrared (H, W), valid (H, W) bool or None, regions (H, W) int or
            None); read one at a time. Without regions superpixels take their place.
        channel: `red`, `green` (Fig. 1) or `blue`.
        number: superpixels aimed at.

    Raises:
        InputError: an unknown channel, arrays that are no pair, or not one pair that can be measured.
    """
    if channel not in CHANNELS:
        raise unknown("channel", channel, CHANNELS)
    rows, skipped = [], {}
    for name, category, visible, infrared, valid, regions in pairs:
        try:
            check_pair(visible, infrared, valid)
        except InputError as error:
            raise InputError(f"pair '{name}': {error}") from error
        try:
            if regions is None:
                regions = automatic_regions(visible, infrared, valid, number=number)
            row = _measure(visible, infrared, valid, regions, CHANNELS.index(channel))
            rows.append({"name": name, "category": category, **row})
        except InputError as error:
            skipped[name] = str(error)
    if not rows:
        reason = next(iter(skipped.values()), "the list is empty")
        raise InputError(f"none of the {len(skipped)} pairs can be measured ({reason}): give other pairs")
    categories = sorted({row["category"] for row in rows})
    groups = [(category, [row for row in rows if row["category"] == category]) for category in categories]
    return Summary(rows, [_average(*group) for group in [*groups, ("all", rows)]], skipped)


def _measure(
    visible: np.ndarray, infrared: np.ndarray, valid: np.ndarray | None, regions: np.ndarray, channel: int
) -> dict:
    comparison = compare_fits(visible, infrared, regions, valid)
    fits = list(comparison.fits.values())
    log_k, pixels = np.log([fit.k[channel] for fit in fits]), [fit.pixels for fit in fits]
    mean = np.average(log_k, weights=pixels)
    return {
        "pixels": comparison.whole.pixels,
        "masked": float(1 - usable(visible, infrared, valid).mean()),
        "regions": len(fits),
        "whole_r2": float(comparison.whole_r2[channel]),
        "regions_r2": float(comparison.regions_r2[channel]),
        "variation": float(np.median([fit.variation[channel] for fit in fits])),
        "k_spread": float(np.sqrt(np.average((log_k - mean) ** 2, weights=pixels))),
        "one_material": float(np.mean([one_material(fit).one for fit in fits])),
    }


def _average(category: str, rows: list[dict]) -> dict:
    values = {measure: np.array([row[measure] for row in rows], np.float64) for measure in MEASURES}
    spread = {m: float(v.std(ddof=1)) if len(rows) > 1 else float("nan") for m, v in values.items()}
    return {"category": category, "n": len(rows), **{m: (float(v.mean()), spread[m]) for m, v in values.items()}}
