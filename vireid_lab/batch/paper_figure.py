"""One figure of a paper: the notebook that draws it, run as far as the cell that saves it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from vireid_lab.papers.reader import PaperFigure
from vireid_lab.runtime import InputError, atomic_path, read_json, unknown, write_json

from .engines import find_engine
from .fingerprint import code_sha, data_sha, notebook_sha
from .parameters import find_notebook, is_code, read_cells
from .record import Job, Record, read_record, write_job

SCALES = ("smoke", "tiny", "small")


def find_figure(figures: Sequence[PaperFigure], paper: str, number: str) -> PaperFigure:
    """The figure with this number in a paper.

    Raises:
        InputError: there is no such paper or number (the nearest is named), or it is a diagram.
    """
    numbered = {figure.figure: figure for figure in figures if figure.paper == paper.lower()}
    if not numbered:
        raise unknown("paper", paper, dict.fromkeys(figure.paper for figure in figures))
    if number not in numbered:
        raise unknown(f"figure of {paper}", number, numbered)
    figure = numbered[number]
    if figure.kind == "diagram":
        raise InputError(
            f"Fig. {number} of {figure.paper} is a diagram, which shows no data and is not drawn here: {figure.caption}"
        )
    return figure


def make_figure(figure: PaperFigure, out: Path, runs: Path | None = None, scale: str = "tiny") -> Record:
    """Runs the notebook of a computed figure up to the cell that saves it, and puts png, pdf and json into a folder.

    Args:
        figure: from `find_figure`.
        out: the folder; made when it is not there.
        runs: folder that the notebook works in, so that data and trainings that are there are used again; None: one
            that is removed at the end.
        scale: "smoke", "tiny" or "small".

    Returns:
        How the run ended; there are no files unless it finished.

    Raises:
        InputError: `runs` is not there, `out` cannot be written, the scale is unknown, or no cell of the notebook saves
            the figure.
    """
    if scale not in SCALES:
        raise unknown("scale", scale, SCALES)
    if runs is not None and not runs.is_dir():
        raise InputError(f"--runs {runs}: there is no such folder; leave it out to start from nothing")
    if out.exists() and not out.is_dir():
        raise InputError(f"--out {out} is a file: give a folder")
    notebook = find_notebook(figure.notebook)
    with tempfile.TemporaryDirectory(prefix="vireid-figure-") as temporary:
        work = Path(temporary)
        cut = cut_notebook(notebook, figure.file, work / notebook.name)
        place = (runs or work / "out").resolve()
        record = run_alone(cut, {"scale": scale, "out": str(place)}, work / notebook.stem)
        if record.state == "finished":
            _copy(place / "figures" / figure.notebook, figure.file, out)
    return record


def cut_notebook(notebook: Path, file: str, out: Path) -> Path:
    """Writes a notebook without what stands behind the cell that saves the figure `file`.

    Raises:
        InputError: no code cell names the file.
    """
    cells = read_cells(notebook)
    saving = [i for i, cell in enumerate(cells) if is_code(cell) and f'"{file}"' in cell["source"]]
    if not saving:
        raise InputError(f'{notebook} has no code cell with "{file}", the name that figures.csv gives for the figure')
    content = read_json(notebook)
    write_json(out, {**content, "cells": content["cells"][: saving[0] + 1]})
    return out


def run_alone(notebook: Path, parameters: dict, folder: Path) -> Record:
    """Runs a notebook in a new folder as the runs of a batch are run, and returns how it ended."""
    folder.mkdir()
    shas = notebook_sha(notebook), code_sha(), data_sha(parameters)
    write_job(folder, Job(str(notebook), parameters, folder.name, *shas, cwd=str(Path.cwd())))
    find_engine("local").run_jobs([folder], 1, lambda changed: None)
    return read_record(folder)


def _copy(source: Path, name: str, out: Path) -> None:
    try:
        for suffix in (".png", ".pdf", ".json"):
            with atomic_path(out / f"{name}{suffix}") as temporary:
                shutil.copyfile(source / f"{name}{suffix}", temporary)
    except OSError as error:
        raise InputError(f"the figure cannot be written to {out}: {error}") from error
