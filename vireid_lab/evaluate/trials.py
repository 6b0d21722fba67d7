"""Which images each trial of a protocol draws: the official and the seeded galleries."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np

from vireid_lab.data.sysu import PERMUTATIONS
from vireid_lab.runtime import InputError, unknown

from .protocols import Protocol

GALLERIES = ("official", "seeded")
TRIALS = 10


@dataclass(frozen=True)
class Pool:
    """N images that a trial may draw from.

    Attributes:
        ids: (N,) identities.
        cams: (N,) cameras.
        paths: N paths in the layout's form; empty where they are unknown and nothing is drawn.
    """

    ids: np.ndarray
    cams: np.ndarray
    paths: list[str]

    def take(self, positions: np.ndarray) -> Pool:
        """Some of the images, in the order of `positions`."""
        return Pool(self.ids[positions], self.cams[positions], [self.paths[i] for i in positions if self.paths])


class Trial(NamedTuple):
    """Positions in the two pools, in the order of the ranking's ties."""

    query: np.ndarray
    gallery: np.ndarray


@dataclass(frozen=True)
class Sampling:
    """How trials are drawn.

    Attributes:
        gallery: "official" or "seeded" where the gallery is drawn, "all" where it is not, "given" for the one gallery
            of a feature file.
        shots: images for each identity and camera; None where nothing is drawn.
        trials: number of trials; None where nothing is drawn.
        permutations: rand_perm_cam.mat for "official".
    """

    gallery: str
    shots: int | None = None
    trials: int | None = None
    permutations: Path | None = None


def choose_sampling(
    protocol: Protocol,
    root: Path | None,
    gallery: str | None = None,
    shots: int | None = None,
    trials: int | None = None,
    split: str = "test",
) -> Sampling:
    """Fills in the defaults: 10 trials of 1 shot, the official galleries where rand_perm_cam.mat is there.

    Args:
        protocol: decides what is drawn.
        root: folder of the data set, where rand_perm_cam.mat may lie; None: unknown.
        gallery: "official", "seeded" or None.
        shots: 1 or 10, or None.
        trials: number of trials, or None.
        split: training identities have no official gallery.

    Raises:
        InputError: an option that says nothing about this protocol, a value it does not have, or no rand_perm_cam.mat.
    """
    if gallery not in (None, *GALLERIES):
        raise unknown("gallery", gallery, GALLERIES)
    if trials is not None and trials < 1:
        raise InputError(f"--trials {trials}: give at least 1")
    if protocol.sampled is None:
        _refuse(f"protocol {protocol.name} draws nothing", gallery=gallery, shots=shots, trials=trials)
        return Sampling("all")
    if shots not in (None, *protocol.shots):
        raise InputError(f"--shots {shots}: protocol {protocol.name} has {' or '.join(map(str, protocol.shots))}")
    shots, trials = shots or protocol.shots[0], trials or TRIALS
    if protocol.sampled == "query":
        _refuse(f"protocol {protocol.name} draws queries, not the gallery", gallery=gallery)
        return Sampling("all", shots, trials)
    file = root / PERMUTATIONS if root and protocol.layout == "sysu" and split == "test" else None
    if gallery is None:
        gallery = "official" if file and file.is_file() else "seeded"
    if gallery == "seeded":
        return Sampling("seeded", shots, trials)
    if protocol.layout != "sysu":
        raise InputError(f"--gallery official: only the SYSU-MM01 protocols have one; use seeded for {protocol.name}")
    if file is None or not file.is_file():
        place = file or f"ROOT/{PERMUTATIONS} (and give --data ROOT)"
        raise InputError(
            f"--gallery official needs rand_perm_cam.mat, which comes with the official SYSU-MM01 evaluation code: "
            f"put it at {place}, or use --gallery seeded"
        )
    return Sampling("official", shots, trials, file)


def given_gallery(**options: object) -> Sampling:
    """The sampling of a feature file without paths: its one gallery, and no option about drawing."""
    _refuse("a feature file without query_paths and gallery_paths is one given gallery", **options)
    return Sampling("given")


def _refuse(reason: str, **options: object) -> None:
    for name, value in options.items():
        if value is not None:
            raise InputError(f"--{name} {value}: {reason}; leave it out")


def build_trials(protocol: Protocol, sampling: Sampling, query: Pool, gallery: Pool) -> list[Trial]:
    """The trials of a protocol; one of all images where nothing is drawn.

    Trial t of the seeded convention is drawn after `random.seed(t)`: for each identity, then camera, in ascending
    order, `random.choice` of the sorted files. For several shots we draw `random.sample(files, min(shots, number))`;
    the public code has no such convention.

    Raises:
        InputError: rand_perm_cam.mat does not fit the images.
    """
    every = Trial(np.arange(len(query.ids)), np.arange(len(gallery.ids)))
    if sampling.trials is None:
        return [every]
    if sampling.gallery == "official":
        permutations = _read_permutations(sampling.permutations, sampling.trials)
        galleries = [_official(gallery, permutations, sampling, trial) for trial in range(sampling.trials)]
        return [Trial(every.query, chosen) for chosen in galleries]
    drawn = query if protocol.sampled == "query" else gallery
    samples = [seeded_sample(drawn, sampling.shots, trial) for trial in range(sampling.trials)]
    if protocol.sampled == "query":
        return [Trial(sample, every.gallery) for sample in samples]
    return [Trial(every.query, sample) for sample in samples]


def seeded_sample(pool: Pool, shots: int, trial: int) -> np.ndarray:
    """Positions of the images that one seeded trial draws, by identity, then camera."""
    rng = random.Random(trial)  # the same stream as random.seed(trial) and the module's functions
    chosen: list[int] = []
    for _, folder in sorted(_folders(pool).items()):
        files = sorted(folder, key=lambda position: pool.paths[position])
        chosen += [rng.choice(files)] if shots == 1 else rng.sample(files, min(shots, len(files)))
    return np.array(chosen)


def _official(pool: Pool, permutations: np.ndarray, sampling: Sampling, trial: int) -> np.ndarray:
    """Positions of the first `shots` frames of row `trial`, by identity, then camera (our choice of the order)."""
    chosen: list[int] = []
    for (pid, cam), folder in sorted(_folders(pool).items()):
        try:
            frames = {int(PurePosixPath(pool.paths[position]).stem): position for position in folder}
            rows = permutations[cam - 1][0].ravel()[pid - 1]
            chosen += [frames[int(frame)] for frame in rows[trial, : sampling.shots]]
        except (IndexError, KeyError, ValueError):
            raise InputError(
                f"{sampling.permutations} does not fit cam{cam}/{pid:04d} ({len(folder)} images): it belongs to "
                "another version of the data set; use --gallery seeded"
            ) from None
    return np.array(chosen)


def _folders(pool: Pool) -> dict[tuple[int, int], list[int]]:
    """Positions of the images of each (identity, camera)."""
    folders = defaultdict(list)
    for position, key in enumerate(zip(pool.ids.tolist(), pool.cams.tolist(), strict=True)):
        folders[key].append(position)
    return folders


def _read_permutations(path: Path, trials: int) -> np.ndarray:
    """The cell array of rand_perm_cam.mat: cell[cam-1][0][pid-1] is (10, n) frame numbers from 1, row t for trial t."""
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    try:
        cells = loadmat(path)["rand_perm_cam"]
    except (OSError, ValueError, KeyError, NotImplementedError, MatReadError) as error:
        raise InputError(f"{path} cannot be read as rand_perm_cam.mat: {error}") from error
    if trials > TRIALS:
        raise InputError(f"--trials {trials}: the official galleries are {TRIALS}; use --gallery seeded for more")
    return cells
