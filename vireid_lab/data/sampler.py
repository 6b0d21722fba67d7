"""P x K cross-modal batches, as the field's papers draw them, as a pure function of seed and step."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from vireid_lab.runtime import InputError

from .records import INFRARED, MODALITY_NAMES, VISIBLE, Record


class CrossModalSampler:
    """Draws P identities without replacement and, of each, K visible and K infrared images with replacement.

    Batch `step` depends on (seed, step) alone, so that a resumed training sees the batches it would have seen. With
    `world_size` processes each rank draws P identities of its own: no identity is in two ranks of one step.

    Args:
        records: training records; the positions that `batch` returns are positions in this list.
        ids_per_batch: P, identities of one rank.
        images_per_id: K, images of one identity and modality. A batch has 2 P K images.
        seed: of all draws.
        rank, world_size: place among the processes of a distributed training.

    Raises:
        InputError: P x world_size exceeds the number of identities, or an identity has images of one modality only.
    """

    def __init__(
        self,
        records: Sequence[Record],
        ids_per_batch: int,
        images_per_id: int,
        seed: int,
        rank: int = 0,
        world_size: int = 1,
    ):
        self.records = records
        self.ids_per_batch, self.images_per_id = ids_per_batch, images_per_id
        self.seed, self.rank, self.world_size = seed, rank, world_size
        positions: dict[int, tuple[list[int], list[int]]] = {}
        for position, record in enumerate(records):
            positions.setdefault(record.pid, ([], []))[record.modality].append(position)
        self._positions = [tuple(map(np.array, positions[pid])) for pid in sorted(positions)]
        self._check(positions)

    def _check(self, positions: dict[int, tuple[list[int], list[int]]]) -> None:
        for name, value in (("ids_per_batch", self.ids_per_batch), ("images_per_id", self.images_per_id)):
            if value < 1:
                raise InputError(f"{name} = {value}: at least 1 is needed")
        for modality, name in enumerate(MODALITY_NAMES):
            lacking = sorted(pid for pid, halves in positions.items() if not halves[modality])
            if lacking:
                others = f" and {len(lacking) - 1} more training identities have" if len(lacking) > 1 else " has"
                raise InputError(
                    f"identity {lacking[0]}{others} no {name} image: add some or take the identity out of the "
                    "training list; 'vireid data check' names all of them"
                )
        wanted = self.ids_per_batch * self.world_size
        if wanted > len(positions):
            each = f" in each of {self.world_size} processes" if self.world_size > 1 else ""
            raise InputError(
                f"ids_per_batch = {self.ids_per_batch}{each} needs {wanted} training identities and there are "
                f"{len(positions)}: lower ids_per_batch"
            )

    def batch(self, step: int) -> list[int]:
        """Positions of the 2 P K images of one step.

        The visible half comes first; row i of both halves is the same identity, the K images of one side by side.
        """
        rng = np.random.default_rng([self.seed, step])
        wanted = self.ids_per_batch * self.world_size
        chosen = rng.choice(len(self._positions), wanted, replace=False)
        draws = rng.random((2, wanted, self.images_per_id))
        mine = slice(self.rank * self.ids_per_batch, (self.rank + 1) * self.ids_per_batch)
        rows = []
        for modality in (VISIBLE, INFRARED):
            for identity, draw in zip(chosen[mine], draws[modality, mine], strict=True):
                images = self._positions[identity][modality]
                rows += images[(draw * len(images)).astype(int)].tolist()
        return rows

    @property
    def steps_per_epoch(self) -> int:
        """max(#V, #I) // (P K) + 1, with the P of all ranks together."""
        visible = sum(record.modality == VISIBLE for record in self.records)
        most = max(visible, len(self.records) - visible)
        return most // (self.ids_per_batch * self.images_per_id * self.world_size) + 1

    def state_dict(self) -> dict[str, int | str]:
        """What a checkpoint keeps, the same for all ranks: the batches follow from it and the step."""
        names = "\n".join(f"{record.path} {record.pid} {record.modality}" for record in self.records)
        return {
            "ids_per_batch": self.ids_per_batch,
            "images_per_id": self.images_per_id,
            "seed": self.seed,
            "world_size": self.world_size,
            "records": hashlib.sha256(names.encode()).hexdigest()[:12],
        }

    def load_state_dict(self, state: dict[str, int | str]) -> None:
        """Checks that a checkpoint's batches were drawn as this sampler draws them.

        Raises:
            InputError: they were not; the message names the setting and both values.
        """
        for name, value in self.state_dict().items():
            if state.get(name) != value:
                what = "training images differ" if name == "records" else f"{name} = {value} differs"
                raise InputError(
                    f"{what} from the checkpoint's ({state.get(name)}): resume with what the run began with, "
                    "or start a new run"
                )
