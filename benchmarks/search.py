"""Exact search beside FAISS: `python benchmarks/search.py [--images 1000000]`; one run, time over that of exact search.

Vectors are random centres of people with noise; a quarter of the queries' direction is an offset of their own, as
that of the other modality. Times are CPU times of one core, those of a search the least of three; the gallery is held
in memory.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import torch

from vireid_lab.evaluate.features import Features
from vireid_lab.evaluate.nearest import FACTORY
from vireid_lab.evaluate.search import build_index
from vireid_lab.runtime import require

WIDTH, IMAGES_PER_ID = 512, 20


def made_gallery(images: int, queries: int, seed: int = 0) -> tuple[Features, Features]:
    """Gallery and queries of the same people."""
    rng = np.random.default_rng(seed)
    people = max(1, images // IMAGES_PER_ID)
    centres = rng.standard_normal((people, WIDTH), dtype=np.float32)
    offset = 0.5 * rng.standard_normal(WIDTH, dtype=np.float32)

    def side(count: int, shift: np.ndarray | float) -> Features:
        ids = rng.integers(people, size=count)
        values = rng.standard_normal((count, WIDTH), dtype=np.float32)
        values += centres[ids]
        values += shift
        return Features(values, ids, ids * 0, ids * 0, [str(row) for row in range(count)], "made")

    return side(images, 0.0), side(queries, offset)


def least_time(function: Callable[[], object], repeats: int = 3) -> float:
    """CPU time in seconds."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return min(times)


def main() -> None:
    """Prints one line for each kind of index."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=20_000, help="vectors in the gallery (up to 1 million)")
    parser.add_argument("--queries", type=int, default=100)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    require("faiss", "search").omp_set_num_threads(1)
    gallery, queries = made_gallery(arguments.images, arguments.queries)
    print(f"{arguments.images} x {WIDTH}, {arguments.queries} queries, top 10")
    print(
        f"{'kind':<7}{'build':>9}{'queries/s':>11}{'over exact':>12}{'memory':>11}{'recall@10':>11}{'of queries':>12}"
    )
    exact, true = None, None
    for kind in ("exact", *FACTORY):
        start = time.process_time()
        index = build_index(gallery, kind)
        built = time.process_time() - start
        searched = least_time(lambda: index.search(queries, 10))  # noqa: B023
        found = index.search(queries, 10).indices
        exact, true = (searched, found) if exact is None else (exact, true)
        recall = np.mean([len(set(t) & set(f)) / len(t) for t, f in zip(true.tolist(), found.tolist(), strict=True)])
        own = "" if index.recall is None else f"{index.recall:.3f}"
        memory = f"{index.facts['memory_mib']:.0f} MiB"
        speed, ratio = arguments.queries / searched, searched / exact
        print(f"{kind:<7}{built:>8.1f}s{speed:>11.0f}{ratio:>12.2f}{memory:>11}{own:>11}{recall:>12.3f}", flush=True)


if __name__ == "__main__":
    main()
