"""Times the metrics beside one stable argsort of the same matrix and beside the definition as explicit loops.

Run with `python benchmarks/evaluation.py`. The loops are timed on a few queries and scaled to all of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from vireid_lab.evaluate.distances import euclidean_distances, l2_normalise
from vireid_lab.evaluate.metrics import score_queries

CASES = (  # name, queries, gallery, identities, kind of CMC, gallery cameras
    ("SYSU all, single-shot", 3803, 301, 96, "identity", 4),
    ("SYSU all, multi-shot", 3803, 3010, 96, "identity", 4),
    ("RegDB", 2060, 2060, 206, "image", 1),
)
LOOPED_QUERIES = 40


def score_by_loops(distances, query_ids, gallery_ids, removed, cmc) -> list[tuple[int, float, float]]:
    """Rank of the first match, AP and INP of each query with a match, as the definition reads."""
    scores = []
    for row, query_id, ignored in zip(distances, query_ids, removed, strict=True):
        ranking = sorted((j for j in range(len(row)) if not ignored[j]), key=lambda j: (row[j], j))  # noqa: B023
        hits = [rank for rank, j in enumerate(ranking, start=1) if gallery_ids[j] == query_id]
        if not hits:
            continue
        precision = [number / rank for number, rank in enumerate(hits, start=1)]
        ahead = {gallery_ids[j] for j in ranking[: hits[0] - 1]}
        first = len(ahead) + 1 if cmc == "identity" else hits[0]
        scores.append((first, sum(precision) / len(hits), len(hits) / hits[-1]))
    return scores


def fastest(function: Callable[[], object], repeats: int = 5) -> float:
    """Least wall time in seconds."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def random_case(queries: int, gallery: int, identities: int, cameras: int):
    """float32 distances of random unit features; where there are cameras, half of the queries ignore one of them."""
    rng = np.random.default_rng(0)
    query_ids, gallery_ids = rng.integers(identities, size=queries), np.sort(np.arange(gallery) % identities)
    centres = rng.normal(size=(identities, 64))
    features = (l2_normalise(centres[ids] + 1.5 * rng.normal(size=(len(ids), 64))) for ids in (query_ids, gallery_ids))
    distances = euclidean_distances(*features).astype(np.float32)
    removed = (rng.random(queries) < 0.5)[:, None] & (np.arange(gallery) % cameras == 1)
    return distances, query_ids, gallery_ids, removed


def main() -> None:
    """Prints one line for each case."""
    print(f"{'case':<24}{'size':<12}{'argsort':>10}{'metrics':>10}{'ratio':>8}{'loops*':>10}{'ratio':>9}")
    for name, queries, gallery, identities, cmc, cameras in CASES:
        arguments = random_case(queries, gallery, identities, cameras)
        some = tuple(a[:LOOPED_QUERIES] if i != 2 else a for i, a in enumerate(arguments))
        argsort = fastest(lambda: np.argsort(arguments[0], axis=1, kind="stable"))  # noqa: B023
        ours = fastest(lambda: score_queries(*arguments, cmc))  # noqa: B023
        loops = fastest(lambda: score_by_loops(*some, cmc), repeats=1) * queries / LOOPED_QUERIES  # noqa: B023
        scores = score_queries(*some, cmc)
        columns = (scores.rank[scores.valid], scores.ap[scores.valid], scores.inp[scores.valid])
        np.testing.assert_allclose(np.stack(columns, 1), score_by_loops(*some, cmc), atol=1e-12)
        times = f"{argsort:>9.3f}s{ours:>9.3f}s{ours / argsort:>8.2f}{loops:>9.1f}s{loops / argsort:>9.0f}"
        print(f"{name:<24}{f'{queries}x{gallery}':<12}{times}")
    print(
        f"Ratios are to the argsort. *loops: {LOOPED_QUERIES} queries, scaled to all; their scores equal the metrics'."
    )


if __name__ == "__main__":
    main()
