"""The nearest of many vectors of unit length: exactly in blocks, or by FAISS (extra `search`)."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from vireid_lab.runtime import InputError, require, unknown

FACTORY = {"flat": "Flat", "ivf": "IVF{lists},Flat", "pq": "IVF{lists},PQ{codes}"}  # FAISS's own notation
KINDS = ("exact", *FACTORY)
APPROXIMATE = ("ivf", "pq")
BLOCK = 2**24  # products that are held at once (64 MiB)
TRAINING_ROWS = 39  # that FAISS asks for each centroid
PQ_CENTROIDS = 256
QUERIES = 64  # that are put in order at once


def exact_nearest(queries: np.ndarray, vectors: np.ndarray, k: int, device: torch.device | str = "cpu") -> np.ndarray:
    """(Q, k) positions of the k largest products, in float32; for unit vectors these are the nearest.

    Args:
        queries: (Q, d) float32 of unit length.
        vectors: (N, d) float32 of unit length, also memory-mapped; N >= k.
        k: how many.
        device: where to compute.
    """
    query = torch.from_numpy(queries).to(device)
    best, places = query.new_empty(len(query), 0), torch.empty(len(query), 0, dtype=torch.int64, device=device)
    rows = min(2**16, max(1, BLOCK // len(query)))
    for start in range(0, len(vectors), rows):
        products = query @ torch.from_numpy(vectors[start : start + rows]).to(device).T
        top, place = products.topk(min(k, products.shape[1]))
        best, places = torch.cat([best, top], 1), torch.cat([places, place + start], 1)
        best, order = best.topk(min(k, best.shape[1]))
        places = places.gather(1, order)
    return places.cpu().numpy()


def by_distance(
    queries: np.ndarray, vectors: np.ndarray, candidates: np.ndarray, k: int
) -> tuple[np.ndarray, np.ndarray]:
    """The k nearest of each query's candidates (Q, m), nearest first, and their distances, both (Q, k).

    Distances are those of the vectors themselves in float64, equal ones in the order of the gallery. A candidate of
    -1 stands for none; where fewer than k are left, the position is -1 and the distance NaN.

    Raises:
        InputError: a vector is no number.
    """
    indices, distances = [], []
    for start in range(0, len(queries), QUERIES):
        some, query = candidates[start : start + QUERIES], queries[start : start + QUERIES, None]
        apart = np.linalg.norm(np.asarray(vectors[some], dtype=np.float64) - query, axis=2)
        if np.isnan(apart).any():
            raise InputError("the index is damaged: some of its features are no numbers; make it again")
        apart[some < 0] = np.inf
        order = np.lexsort((some, apart))[:, :k]
        apart = np.take_along_axis(apart, order, axis=1)
        indices.append(np.take_along_axis(some, order, axis=1))
        distances.append(np.where(np.isinf(apart), np.nan, apart))
    return np.concatenate(indices), np.concatenate(distances)


def build_faiss(vectors: np.ndarray, kind: str, probes: int | None = None) -> Any:
    """An index of FAISS, trained and filled; the same vectors give the same.

    Args:
        vectors: (N, d) float32 of unit length.
        kind: "flat" (exact), "ivf" (sqrt(N) lists, of which `probes` are searched), or "pq" (the same, with the
            vectors in d / 8 bytes).
        probes: lists to search; by default an eighth.

    Raises:
        InputError: the kind is unknown, FAISS is not installed, or there are too few vectors to train on.
    """
    if kind not in FACTORY:
        raise unknown("kind of index", kind, KINDS)
    faiss = require("faiss", "search")
    count, width = vectors.shape
    if kind == "pq" and count < TRAINING_ROWS * PQ_CENTROIDS:
        needed = TRAINING_ROWS * PQ_CENTROIDS
        raise InputError(f"kind pq: it is trained on at least {needed} images, the gallery has {count}: use ivf")
    lists = max(1, min(int(count**0.5), count // TRAINING_ROWS))
    codes = next(n for n in range(max(1, width // 8), 0, -1) if width % n == 0)
    index = faiss.index_factory(width, FACTORY[kind].format(lists=lists, codes=codes))
    if kind != "flat":
        index.nprobe = probes or max(1, lists // 8)
    index.train(vectors)
    index.add(vectors)
    return index


def faiss_bytes(index: Any) -> int:
    """Memory of the vectors or codes of an index, the numbers of its images and its centroids, bytes."""
    lists = getattr(index, "nlist", 0)
    return index.ntotal * (index.code_size + (8 if lists else 0)) + lists * index.d * 4
