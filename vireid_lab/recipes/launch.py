"""Training in a process of its own, for notebooks: it goes on without the notebook, and the notebook can come back.

The process is `vireid train --resume`; what it prints is RUN/train.log.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from vireid_lab.data.layouts import open_dataset
from vireid_lab.runtime import InputError, read_json, require, select_device
from vireid_lab.train.rundir import claim, is_finished, require_same

from .catalogue import choose_settings
from .config import config_hash, describe
from .own_process import PAUSE, is_running, log_path, process_file, start_process, tail
from .settings import as_text

STEP_LINE = re.compile(r"^step (\d+)/(\d+): (.*)$", re.MULTILINE)  # as train.loop.show prints it
ERROR_PREFIX = "vireid: error: "  # of the command line's one-line errors


def launch(
    recipe: str,
    data_root: str | Path,
    preset: str = "tiny",
    out: str | Path | None = None,
    overrides: Mapping[str, Any] | Iterable[str] = (),
    *,
    resume: bool = True,
    device: str = "auto",
    trial: int = 1,
) -> Path:
    """Trains a recipe in a process of its own, on all GPUs that `device` stands for, and follows it to its end.

    The training outlives the notebook. Called again with the same arguments it follows the training that runs, goes on
    with one that was ended before its last step, and returns at once where the run is finished. Inside a batch run the
    training ends with its notebook.

    Args:
        recipe, data_root, preset, out, overrides, device, trial: as for `vireid_lab.recipes.training.train`.
        resume: follow, go on with or leave as it is what `out` holds; without it, that is an error.

    Returns:
        The run folder, whose run is finished; train.log in it holds what the training printed since its last start.

    Raises:
        InputError: something given cannot be used.
        RuntimeError: the training ended before its last step; with the end of its log.
        KeyboardInterrupt: the cell was interrupted; the training goes on.
    """
    overrides = overrides if isinstance(overrides, Mapping) else tuple(overrides)
    settings = choose_settings(recipe, preset, overrides)
    if settings.tensorboard:
        require("tensorboard", extra="tensorboard")
    select_device(device)
    dataset = open_dataset(data_root, trial=trial)
    config = describe(recipe, preset, settings, dataset)
    out = Path(out or Path("runs") / recipe / config_hash(config))
    command = train_command(recipe, data_root, preset, out, overrides, resume=True, device=device, trial=trial)
    if resume and is_finished(out):
        require_same(read_json(out / "config.json"), config, out / "config.json")
        print(f"{out} is finished")
        return out
    if not (resume and is_running(out)) and start(out, config, resume, command):
        print(f"training in a process of its own: {out}, log in {log_path(out).name}", flush=True)
    else:
        require_same(read_json(out / "config.json"), config, out / "config.json")
        print(f"following the training that runs in {out}", flush=True)
    try:
        follow(out)
    except KeyboardInterrupt:
        way = f"from vireid_lab.recipes.own_process import stop_training; stop_training({str(out)!r})"
        print(f"the training goes on: run this cell again to follow it; what ends it: {way}")
        raise
    if not is_finished(out):
        raise why_it_ended(out)
    return out


def train_command(
    recipe: str,
    data_root: str | Path,
    preset: str,
    out: str | Path | None,
    overrides: Mapping[str, Any] | Iterable[str],
    *,
    resume: bool,
    device: str,
    trial: int,
) -> list[str]:
    """`vireid train` with these arguments, as what follows `python` on a command line."""
    if isinstance(overrides, Mapping):
        overrides = [f"{key}={as_text(key, value)}" for key, value in overrides.items()]
    command = ["-m", "vireid_lab", "train", recipe, f"--data={data_root}", f"--preset={preset}", f"--trial={trial}"]
    command += [f"--device={device}", *(f"--set={pair}" for pair in overrides)]
    return command + [f"--out={out}"] * (out is not None) + ["--resume"] * resume


def start(out: Path, config: dict[str, Any], resume: bool, command: list[str]) -> bool:
    """Starts a training; False where another notebook was faster by a moment, and has started it.

    Raises:
        InputError: the folder cannot be claimed.
    """
    try:
        with claim(out, config, resume):
            return start_process(out, command)
    except InputError:
        time.sleep(1)  # what is in use may be a training that is being started
        if resume and is_running(out):
            return False
        raise


def follow(out: Path) -> None:
    """Shows the progress of a training until it ends; silent where nobody looks (papermill in a batch, log files)."""
    from tqdm.auto import tqdm

    watched = sys.stderr.isatty() or ("ipykernel" in sys.modules and "VIREID_JOB" not in os.environ)
    with tqdm(desc="training", unit="step", disable=not watched, leave=False) as bar:
        while is_running(out):
            if watched and (lines := STEP_LINE.findall(tail(log_path(out)))):
                step, total, text = lines[-1]
                values = dict(pair.split(" ") for pair in text.split(", "))
                if bar.total is None:
                    bar.reset(int(total))
                    bar.initial = bar.n = int(step)  # what was done before takes no part in the estimate
                bar.set_postfix_str(f"loss {values['total']}, {values['images_per_s']} images/s", refresh=False)
                bar.update(int(step) - bar.n)
            time.sleep(PAUSE)


def why_it_ended(out: Path) -> Exception:
    """The error for a training that ended before its last step; a folder that holds no run yet is cleared away."""
    log = log_path(out)
    lines = tail(log).splitlines()[-15:]
    if not (out / "run.json").exists():
        for name in ("config.json", log.name, ".lock", process_file(out).name):
            (out / name).unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            out.rmdir()
    if lines and lines[-1].startswith(ERROR_PREFIX):
        return InputError(lines[-1].removeprefix(ERROR_PREFIX))
    end = "\n".join(["; the end of its log:", *lines]) if lines else ""
    return RuntimeError(
        f"the training in {out} ended before its last step: call launch again to go on from its last checkpoint{end}"
    )
