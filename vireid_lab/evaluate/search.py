"""An index of a gallery: kept on disk, asked for the nearest images, and bound to the model that made it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import BadZipFile

import numpy as np

from vireid_lab.runtime import InputError, new_folder, read_json, require, unknown, write_json

from .distances import l2_normalise
from .features import Features
from .nearest import APPROXIMATE, KINDS, build_faiss, by_distance, exact_nearest, faiss_bytes

FORMAT = "vireid_lab index 1"
FACTS, IMAGES, VECTORS, FAISS = "index.json", "images.npz", "vectors.npy", "index.faiss"
WIDER = 4  # candidates for each image that is wanted; put in order by their true distances
RECALL_AT, SAMPLE = 10, 200
ROWS = 2**16  # that are scaled at once, in float64
NO_MAKER = "features of unknown weights"


class Found(NamedTuple):
    """The nearest gallery images of each query.

    Attributes:
        indices: (Q, k) positions in the gallery, nearest first; -1 where fewer were found.
        distances: (Q, k) Euclidean distances of the features at unit length, 0 to 2; NaN where fewer were found.
    """

    indices: np.ndarray
    distances: np.ndarray


@dataclass(frozen=True)
class Index:
    """A gallery that can be searched.

    Attributes:
        gallery: its images; `features` at unit length, memory-mapped when the index was opened from disk.
        kind: "exact", or FAISS's "flat", "ivf", "pq".
        root: folder of the images; None where it is not known.
        data: what the gallery is, as a picture's provenance has it.
        recall: recall@10 against exact search; None for the exact kinds.
        faiss: FAISS's index; None for the kind "exact".
    """

    gallery: Features
    kind: str
    root: str | None
    data: dict[str, Any]
    recall: float | None = None
    faiss: Any = None

    @property
    def facts(self) -> dict[str, Any]:
        """What index.json says: kind, images, width, memory while searching, recall, what made the features."""
        memory = self.gallery.features.nbytes if self.faiss is None else faiss_bytes(self.faiss)
        count, width = self.gallery.features.shape
        facts = {"format": FORMAT, "kind": self.kind, "images": count, "width": width}
        facts |= {"probes": getattr(self.faiss, "nprobe", None), "memory_mib": round(memory / 2**20, 3)}
        facts |= {"recall@10": self.recall, "recall_sample": min(SAMPLE, count) if self.recall is not None else None}
        return facts | {"made_by": self.gallery.made_by, "root": self.root, "data": self.data}

    def search(self, queries: Features, k: int = 10) -> Found:
        """The k nearest images of each query.

        Approximate kinds name four times as many candidates, which are put in order by their true distances.

        Raises:
            InputError: the queries' features were made by other weights or options, or are of another width; features
                of the index are no numbers.
        """
        if k < 1:
            raise InputError(f"k={k}: give at least 1")
        ours, theirs = self.gallery.made_by, queries.made_by
        if ours != theirs:
            raise InputError(
                f"the index is of another model: it was made by {ours or NO_MAKER}, the queries by "
                f"{theirs or NO_MAKER}; use the same run and options for both, or index anew"
            )
        wide, other = self.gallery.features.shape[1], queries.features.shape[1]
        if wide != other:
            raise InputError(f"the index is of another model: its features are {wide} wide, the queries' {other}")
        return self._nearest(unit_features(queries.features, "queries"), k)

    def _nearest(self, queries: np.ndarray, k: int) -> Found:
        vectors = self.gallery.features
        wanted = min(WIDER * k, len(vectors))
        if self.faiss is None:
            candidates = exact_nearest(queries, vectors, wanted)
        else:
            candidates = self.faiss.search(queries, wanted)[1]
        return Found(*by_distance(queries, vectors, candidates, k))

    def save(self, folder: str | Path) -> None:
        """Keeps the index in a new folder, whole or not at all.

        Raises:
            InputError: the folder is there already, or cannot be written.
        """
        with new_folder(Path(folder)) as out:
            np.save(out / VECTORS, self.gallery.features)
            nothing = np.zeros((len(self.gallery), 0), np.float32)
            replace(self.gallery, features=nothing).save(out / IMAGES)
            if self.faiss is not None:
                require("faiss", "search").write_index(self.faiss, str(out / FAISS))
            write_json(out / FACTS, self.facts)


def build_index(
    gallery: Features,
    kind: str = "exact",
    *,
    probes: int | None = None,
    root: str | Path | None = None,
    data: dict[str, Any] | None = None,
) -> Index:
    """Indexes the features of a gallery.

    The recall of an approximate kind is measured on up to 200 images of the gallery, each without itself. Queries of
    the other modality lie farther from a gallery than its own images, and may find less.

    Args:
        gallery: features of its images, of any length.
        kind: "exact", "flat", "ivf" or "pq", see `nearest`.
        probes: lists that "ivf" and "pq" search; by default an eighth.
        root: folder of the images, for pictures.
        data: what the gallery is, for the provenance of pictures.

    Raises:
        InputError: the kind is unknown, FAISS is missing, or features are all zero or not finite.
    """
    if kind not in KINDS:
        raise unknown("kind of index", kind, KINDS)
    if probes is not None and (probes < 1 or kind not in APPROXIMATE):
        raise InputError(f"probes={probes}: give 1 or more, with a kind among {', '.join(APPROXIMATE)}")
    gallery = replace(gallery, features=unit_features(gallery.features, "gallery"))
    faiss = None if kind == "exact" else build_faiss(gallery.features, kind, probes)
    index = Index(gallery, kind, None if root is None else str(Path(root).resolve()), data or {}, faiss=faiss)
    return replace(index, recall=_recall(index)) if kind in APPROXIMATE else index


def open_index(folder: str | Path) -> Index:
    """Opens an index that `Index.save` kept; the vectors stay on disk until they are read.

    Raises:
        InputError: the folder is no index, or damaged; FAISS is missing.
    """
    folder = Path(folder)
    facts = read_json(folder / FACTS)
    if not isinstance(facts, dict) or facts.get("format") != FORMAT:
        raise InputError(f"{folder} is not an index of this version: make it again with vireid search --keep")
    try:
        vectors = np.load(folder / VECTORS, mmap_mode="c")  # torch wants arrays that could be written to
        gallery = replace(Features.load(folder / IMAGES), features=vectors)
        faiss = None
        if facts["kind"] != "exact":
            faiss = require("faiss", "search").read_index(str(folder / FAISS))  # keeps its probes
        index = Index(gallery, facts["kind"], facts["root"], facts["data"], facts["recall@10"], faiss)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, EOFError, BadZipFile) as error:
        raise InputError(f"the index {folder} is damaged ({error}): make it again with vireid search --keep") from error
    if vectors.shape != (facts["images"], facts["width"]) or len(gallery.paths) != len(vectors):
        raise InputError(f"the index {folder} is damaged: its files do not belong together; make it again")
    return index


def is_index(folder: str | Path) -> bool:
    """Whether a folder holds an index."""
    return (Path(folder) / FACTS).is_file()


def unit_features(features: np.ndarray, name: str) -> np.ndarray:
    """Features at unit length, float32.

    Raises:
        InputError: a row has no direction: all zero, NaN or infinite.
    """
    unit, wrong = np.empty(features.shape, np.float32), 0
    for start in range(0, len(unit), ROWS):
        rows = slice(start, start + ROWS)
        unit[rows] = l2_normalise(features[rows])
        wrong += np.count_nonzero(~(np.linalg.norm(unit[rows], axis=1) > 0.5))
    if wrong or not len(unit):
        raise InputError(f"{name}: {wrong} of {len(unit)} feature rows are all zero or not finite, or there is none")
    return unit


def _recall(index: Index) -> float:
    """Share of the true 10 nearest others that an approximate index finds, for images of the gallery itself."""
    vectors = index.gallery.features
    rows = np.sort(np.random.default_rng(0).permutation(len(vectors))[:SAMPLE])
    k = min(RECALL_AT + 1, len(vectors))
    true = by_distance(vectors[rows], vectors, exact_nearest(vectors[rows], vectors, k), k)[0].tolist()
    found = index._nearest(vectors[rows], k).indices.tolist()
    pairs = [(set(t) - {row}, set(f) - {row, -1}) for row, t, f in zip(rows, true, found, strict=True)]
    return sum(len(t & f) for t, f in pairs) / max(1, sum(len(t) for t, _ in pairs))
