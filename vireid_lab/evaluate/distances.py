"""Distances between features, such that equal features are equally far."""

from __future__ import annotations

import numpy as np


def l2_normalise(features: np.ndarray) -> np.ndarray:
    """Features (N, d) scaled to unit length, as float64; a zero vector stays zero."""
    features = np.asarray(features, dtype=np.float64)
    lengths = np.sqrt(np.sum(features**2, axis=1, keepdims=True))
    return features / np.where(lengths > 0, lengths, 1)


def squared_distances(query: np.ndarray, gallery: np.ndarray) -> np.ndarray:
    """Squared Euclidean distances (Q, G) between the rows of (Q, d) and (G, d), computed in float64.

    Gallery rows that are equal get equal distances. A matrix product alone rounds them differently by their place in
    the matrix, and ties, which keep the gallery's order by definition, would be broken at random.
    """
    query, gallery = np.asarray(query, dtype=np.float64), np.asarray(gallery, dtype=np.float64)
    first: dict[bytes, int] = {}
    source = np.array([first.setdefault(row.tobytes(), i) for i, row in enumerate(gallery + 0.0)])  # -0.0 becomes 0.0
    squares = (query @ gallery.T) * -2
    squares += np.sum(query**2, axis=1)[:, None]
    squares += np.sum(gallery**2, axis=1)
    np.maximum(squares, 0, out=squares)
    return squares if len(first) == len(source) else squares[:, source]


def euclidean_distances(query: np.ndarray, gallery: np.ndarray) -> np.ndarray:
    """Euclidean distances (Q, G), float64; for features of unit length they order as the cosine does."""
    return np.sqrt(squared_distances(query, gallery))
