"""k-reciprocal re-ranking (Zhong et al. 2017, "Re-ranking Person Re-identification with k-reciprocal Encoding")."""

from __future__ import annotations

import numpy as np

from .distances import squared_distances
from .metrics import CHUNK, stable_ranking


def rerank_distances(
    query: np.ndarray, gallery: np.ndarray, k1: int = 20, k2: int = 6, weight: float = 0.3
) -> np.ndarray:
    """Re-ranked distances (Q, G) = (1 - lambda) Jaccard + lambda original (Eq. 12), float32.

    Query and gallery together form the neighbourhoods. Where the paper leaves room we follow its authors' code, which
    published numbers come from: squared Euclidean distances, divided by the largest of each row; a neighbourhood of k
    holds the image itself and k others; the overlap of Eq. 5 must exceed 2/3; the weights of Eq. 7 sum to 1.

    Args:
        query: (Q, d) features.
        gallery: (G, d) features.
        k1: size of the k-reciprocal neighbourhoods.
        k2: number of images, itself included, of the local query expansion.
        weight: lambda, the share of the original distance.
    """
    from scipy import sparse

    original = _scaled_distances(np.concatenate([query, gallery]))
    n = len(original)
    neighbours = _nearest(original, max(k1 + 1, k2))
    reciprocal = _reciprocal(neighbours[:, : k1 + 1])
    half = _reciprocal(neighbours[:, : round(k1 / 2) + 1])

    # Eq. 5: R(q, k1/2) joins R(p, k1) if more than 2/3 of it lies there already, for each q in R(p, k1)
    overlap = reciprocal.multiply(reciprocal @ half.T).tocoo()
    size = np.asarray(half.sum(axis=1)).ravel()
    joins = 3 * overlap.data > 2 * size[overlap.col]
    joining = sparse.csr_array((overlap.data[joins], (overlap.row[joins], overlap.col[joins])), shape=(n, n))
    expanded = (reciprocal + joining @ half).tocoo()

    encoding = np.exp(-original[expanded.row, expanded.col])  # Eq. 7
    encoding /= np.bincount(expanded.row, encoding, minlength=n)[expanded.row]
    encoding = sparse.csr_array((encoding, (expanded.row, expanded.col)), shape=(n, n))
    encoding = _one_hot(neighbours[:, :k2]) @ encoding / min(k2, n)  # Eq. 11
    jaccard = _jaccard(encoding.tocsc(), len(query))
    return (1 - weight) * jaccard + weight * original[: len(query), len(query) :]


def _scaled_distances(features: np.ndarray) -> np.ndarray:
    """(n, n) float32 squared distances, each row divided by its largest."""
    n = len(features)
    scaled = np.empty((n, n), dtype=np.float32)
    rows = max(1, CHUNK // n)
    for start in range(0, n, rows):
        block = squared_distances(features[start : start + rows], features)
        largest = block.max(axis=1, keepdims=True)
        scaled[start : start + rows] = block / np.where(largest > 0, largest, 1)
    return scaled


def _nearest(distances: np.ndarray, k: int) -> np.ndarray:
    """(n, k) the k nearest columns of each row, nearest first, ties by column."""
    rows = max(1, CHUNK // len(distances))
    blocks = range(0, len(distances), rows)
    return np.concatenate([stable_ranking(distances[start : start + rows])[:, :k] for start in blocks])


def _one_hot(columns: np.ndarray):
    """Sparse (n, n) matrix with a one in row i at each of columns[i]."""
    from scipy import sparse

    n, k = columns.shape
    return sparse.csr_array((np.ones(n * k), columns.ravel(), np.arange(0, n * k + 1, k)), shape=(n, n))


def _reciprocal(neighbours: np.ndarray):
    """Eq. 3 as a sparse 0/1 matrix: i and j are in each other's neighbourhood."""
    forward = _one_hot(neighbours)
    return forward.multiply(forward.T).tocsr()


def _jaccard(encoding, n_query: int) -> np.ndarray:
    """Eq. 10 between the first `n_query` rows and the others of a sparse (n, n) matrix in columns, as float32."""
    shared = np.zeros((n_query, encoding.shape[0] - n_query), dtype=np.float32)  # sum of the minima
    for start, stop in zip(encoding.indptr[:-1], encoding.indptr[1:], strict=True):
        rows, values = encoding.indices[start:stop], encoding.data[start:stop].astype(np.float32)
        is_query = rows < n_query
        if is_query.any() and not is_query.all():
            cells = np.ix_(rows[is_query], rows[~is_query] - n_query)
            shared[cells] += np.minimum.outer(values[is_query], values[~is_query])
    total = np.asarray(encoding.sum(axis=1)).ravel().astype(np.float32)
    return 1 - shared / (total[:n_query, None] + total[n_query:] - shared)
