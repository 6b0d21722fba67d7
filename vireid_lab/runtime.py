"""What every layer leans on: clear errors, optional packages, safe writing, seeds, devices, the environment card.

torch is imported inside the functions that need it, so that `vireid --help` answers at once.
"""

from __future__ import annotations

import contextlib
import difflib
import importlib
import json
import os
import platform
import shutil
import sys
import tempfile
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any


class InputError(Exception):
    """Something the user gave cannot be used.

    The message is one line: it names the file or argument, the value, and the way out. The command line prints it
    without a traceback and ends with exit code 2.
    """


def unknown(kind: str, value: object, options: Iterable[object]) -> InputError:
    """Returns the error for a name that is not among `options`, with the nearest known one."""
    names = [str(option) for option in options]
    near = difflib.get_close_matches(str(value), names, n=1, cutoff=0.5)
    hint = f"did you mean '{near[0]}'? " if near else ""
    return InputError(f"unknown {kind} '{value}': {hint}known: {', '.join(names)}")


def require(module: str, extra: str) -> Any:
    """Imports a package of an optional extra.

    Raises:
        InputError: the package is missing; the message names the pip command that installs it.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module.split(".")[0]:
            raise
        raise InputError(
            f"this needs the package '{error.name}': install it with pip install \"vireid-lab[{extra}]\""
        ) from error


def cache_dir() -> Path:
    """The folder for what can be made again: `VIREID_CACHE`, or `vireid_lab` under the user's cache directory."""
    if os.environ.get("VIREID_CACHE"):
        return Path(os.environ["VIREID_CACHE"]).expanduser()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "vireid_lab"


@contextlib.contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Yields a temporary path beside `path`; it takes the name `path` only when the block ends without an error.

    The temporary name keeps the suffix, because Pillow, numpy and matplotlib read the format from it.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        share(temporary, 0o666)  # mkstemp made it private
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def share(path: Path, mode: int) -> None:
    """Gives a temporary file or folder the permissions it would have had without being temporary."""
    umask = os.umask(0)
    os.umask(umask)
    path.chmod(mode & ~umask)


@contextlib.contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """Yields a folder beside `out` that becomes `out` at the end, or goes when there is an error or an interrupt.

    Raises:
        InputError: `out` is there and not an empty folder, or cannot be written.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"'{out}' is there already: give a new folder, or remove it first")
    try:
        out.absolute().parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=out.absolute().parent, prefix=f".{out.name}-"))
    except OSError as error:
        raise InputError(f"'{out}' cannot be written: {error.strerror}") from error
    try:
        yield folder
        share(folder, 0o777)  # mkdtemp made it private
        os.replace(folder, out)
    except OSError as error:
        raise InputError(f"'{out}' cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_json(path: str | Path, value: Any) -> None:
    """Writes `value` as indented JSON, whole or not at all."""
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def read_json(path: str | Path) -> Any:
    """Reads a JSON file.

    Raises:
        InputError: the file is missing or is not JSON.
    """
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{path} is not there") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as JSON: {error}") from error


def progress(items: Iterable, description: str, total: int | None = None, unit: str = "it") -> Iterable:
    """Wraps `items` in a progress bar; silent where there is no terminal (papermill, log files)."""
    from tqdm import tqdm

    return tqdm(items, desc=description, total=total, unit=unit, disable=not sys.stderr.isatty(), leave=False)


def wrapped(text: str) -> str:
    """Lines of at most 110 characters, broken between words; JupyterLab breaks longer ones inside of words."""

    def fill(line: str) -> str:
        indent = " " * (len(line) - len(line.lstrip()) + 4)
        return textwrap.fill(line, 110, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)

    return "\n".join(fill(line) for line in text.split("\n"))


def seed_torch(seed: int) -> None:
    """Seeds torch's own generators (initial weights, dropout). All other draws take explicit generators."""
    import torch

    torch.manual_seed(seed)


def select_device(name: str = "auto"):
    """Returns a torch.device: `auto` is the GPU when there is one, the CPU otherwise.

    Raises:
        InputError: CUDA was asked for and is not available.
    """
    import torch

    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise InputError(f"device '{name}': no CUDA device is available here; use --device cpu or auto")
    try:
        return torch.device(name)
    except RuntimeError as error:
        raise unknown("device", name, ["auto", "cpu", "cuda", "cuda:0"]) from error


def environment_card() -> dict[str, Any]:
    """Versions and hardware that a result depends on, as plain JSON values."""
    from importlib.metadata import PackageNotFoundError, version

    import torch

    versions = {}
    for package in ("vireid-lab", "torch", "torchvision", "numpy", "scikit-learn", "pillow"):
        with contextlib.suppress(PackageNotFoundError):
            versions[package] = version(package)
    gpus = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cpus": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "gpus": gpus,
        "versions": versions,
    }
