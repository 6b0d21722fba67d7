"""metrics.jsonl: one JSON object a logged step, and the same numbers for TensorBoard where it is wanted."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vireid_lab.runtime import atomic_path, require


def read_metrics(path: str | Path) -> list[dict[str, Any]]:
    """Reads the rows of a metrics.jsonl; a last line that a killed process left incomplete is passed over."""
    rows = []
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        with contextlib.suppress(ValueError):
            rows.append(json.loads(line))
    return rows


class MetricsLog:
    """Appends rows to RUN/metrics.jsonl, each on disk before the next step begins.

    Args:
        folder: the run folder.
        start: steps already done; rows behind them (of a run that was killed after its checkpoint) are dropped.
        tensorboard: also write event files to RUN/tensorboard (extra `tensorboard`).

    Raises:
        InputError: TensorBoard is wanted and not installed.
    """

    def __init__(self, folder: Path, start: int = 0, tensorboard: bool = False):
        self.path = Path(folder) / "metrics.jsonl"
        self.events = None
        if tensorboard:
            require("tensorboard", extra="tensorboard")
            from torch.utils.tensorboard import SummaryWriter

            self.events = SummaryWriter(str(self.path.parent / "tensorboard"), purge_step=start + 1)
        kept = [row for row in read_metrics(self.path) if row["step"] <= start] if self.path.exists() else []
        with atomic_path(self.path) as temporary:
            temporary.write_text("".join(json.dumps(row) + "\n" for row in kept), encoding="utf-8")

    def write(self, row: dict[str, Any]) -> None:
        """Appends one row; it holds `step` (steps done) and numbers."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        if self.events:
            for name, value in row.items():
                self.events.add_scalar(name, value, row["step"])


@contextlib.contextmanager
def metrics_log(folder: Path | None, start: int, tensorboard: bool = False) -> Iterator[MetricsLog | None]:
    """Opens the log of a run folder, or nothing where there is no folder, and closes the event file at the end."""
    log = MetricsLog(folder, start, tensorboard) if folder else None
    try:
        yield log
    finally:
        if log and log.events:
            log.events.close()
