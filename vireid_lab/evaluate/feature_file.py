"""Scoring a feature file (.npz) of any code base."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path, PurePosixPath

import numpy as np

from vireid_lab.runtime import InputError

from .metrics import check_finite
from .protocols import Protocol, get_protocol
from .result import Result
from .scoring import DEFAULTS, Evaluation, Options, Side
from .trials import Pool, choose_sampling, given_gallery


def evaluate_npz(
    path: str | Path, protocol: str = "none", options: Options = DEFAULTS, root: str | Path | None = None
) -> Result:
    """Scores features that another code base wrote.

    Keys: query_features (Q, d), query_ids (Q,), query_cams (Q,), and the same with gallery_. Such a file is one given
    gallery; the protocol decides what is removed and the kind of CMC. With query_paths and gallery_paths in the
    layout's form (SYSU-MM01: cam1/0001/0001.jpg) and all test images in the file, the protocol's trials are drawn.

    Args:
        path: the file.
        protocol: name of the protocol; "none" removes nothing and counts images.
        options: the user's choices.
        root: folder of the data set, for the official galleries (exp/rand_perm_cam.mat).

    Raises:
        InputError: the file is missing or unreadable, lacks a key, or holds lengths, types or values that do not fit.
    """
    return npz_evaluation(path, protocol, options, root).result(
        flip=None, neck=None, split="test", seed=None, checkpoint=None, data=_fingerprint(Path(path)), synthetic=None
    )


def npz_evaluation(
    path: str | Path, protocol: str = "none", options: Options = DEFAULTS, root: str | Path | None = None
) -> Evaluation:
    """The same with its trials and rankings at hand, for curves and pictures."""
    path = Path(path)
    chosen = get_protocol(protocol, options.llcm_reading)
    query, gallery = read_sides(path)
    wide, other = query.features.shape[1], gallery.features.shape[1]
    if wide != other:
        raise InputError(f"{path}: query_features are {wide} wide and gallery_features {other}: they must be the same")
    if not query.pool.paths:
        sampling = given_gallery(gallery=options.gallery, shots=options.shots, trials=options.trials)
        return Evaluation(chosen, options, sampling, query, gallery)
    sampling = choose_sampling(chosen, root and Path(root), options.gallery, options.shots, options.trials)
    if chosen.layout in ("sysu", "llcm"):
        for name, side in (("query", query), ("gallery", gallery)):
            _check_paths(path, name, side.pool)
    return Evaluation(chosen, options, sampling, query, _of_protocol(path, chosen, query, gallery))


def read_sides(path: Path) -> tuple[Side, Side]:
    """Queries and gallery of a feature file, checked.

    Raises:
        InputError: as `evaluate_npz`.
    """
    if not path.is_file():
        raise InputError(f"{path} is not there: give the folder of a run or a feature file (.npz)")
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, TypeError) as error:
        raise InputError(f"{path} cannot be read as .npz (numpy.savez of plain arrays): {error}") from error
    with_paths = [f"{name}_paths" in arrays for name in ("query", "gallery")]
    if any(with_paths) and not all(with_paths):
        raise InputError(f"{path} has only one of query_paths and gallery_paths: give both, or neither")
    return _side(path, arrays, "query"), _side(path, arrays, "gallery")


def _side(path: Path, arrays: dict[str, np.ndarray], name: str) -> Side:
    """The three or four arrays of the queries or of the gallery, checked."""
    for key in ("features", "ids", "cams"):
        if f"{name}_{key}" not in arrays:
            raise InputError(f"{path} has no key {name}_{key}: it holds {', '.join(sorted(arrays)) or 'nothing'}")
    features = arrays[f"{name}_features"]
    if features.ndim != 2 or not features.size or features.dtype.kind not in "fiu":
        what = f"{features.dtype} of shape {features.shape}"
        raise InputError(f"{path}: {name}_features is {what}, expected numbers of shape (N, d)")
    check_finite(features, f"{path}: {name}_features")
    columns = {key: arrays[f"{name}_{key}"] for key in ("ids", "cams", "paths") if f"{name}_{key}" in arrays}
    for key, column in columns.items():
        if column.shape != (len(features),):
            raise InputError(
                f"{path}: {name}_{key} has shape {column.shape} for {len(features)} rows of {name}_features"
            )
        if key == "paths" and column.dtype.kind != "U":
            raise InputError(f"{path}: {name}_paths is {column.dtype}, expected text")
        if key != "paths" and (column.dtype.kind not in "fiu" or not np.array_equal(column, np.trunc(column))):
            raise InputError(f"{path}: {name}_{key} is {column.dtype}, expected whole numbers")
    ids, cams = (columns[key].astype(np.int64) for key in ("ids", "cams"))
    return Side(features, Pool(ids, cams, np.array(columns.get("paths", ())).tolist()))


def _check_paths(path: Path, name: str, pool: Pool) -> None:
    """Paths must say the same identity and camera as the arrays, and each name one image."""
    for image, pid, cam in zip(pool.paths, pool.ids, pool.cams, strict=True):
        folders = PurePosixPath(image).parts[-3:-1]
        if folders != (f"cam{cam}", f"{pid:04d}"):
            raise InputError(
                f"{path}: {name}_paths has '{image}' for identity {pid} of camera {cam}, expected "
                f".../cam{cam}/{pid:04d}/<file>; leave the paths out to score the gallery as given"
            )
    if len(set(pool.paths)) < len(pool.paths):
        raise InputError(f"{path}: {name}_paths names an image twice: give each test image once")


def _of_protocol(path: Path, protocol: Protocol, query: Side, gallery: Side) -> Side:
    """The gallery images of the protocol's cameras; queries of other cameras are an error."""
    if protocol.query_cams is None:
        return gallery
    foreign = ~np.isin(query.pool.cams, protocol.query_cams)
    if foreign.any():
        cams = ", ".join(map(str, np.unique(query.pool.cams[foreign])))
        raise InputError(f"{path}: queries of camera {cams}, protocol {protocol.name} takes {protocol.query_cams}")
    kept = np.flatnonzero(np.isin(gallery.pool.cams, protocol.gallery_cams))
    if not len(kept):
        raise InputError(f"{path}: no gallery image is of the cameras {protocol.gallery_cams} of {protocol.name}")
    return gallery.take(kept)


def _fingerprint(path: Path) -> str:
    with path.open("rb") as file:
        return f"{path.name} sha256={hashlib.file_digest(file, 'sha256').hexdigest()[:12]}"
