"""Saving a picture for people and for machines: PNG, PDF, and a JSON that says what it shows and what made it."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import html
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from vireid_lab.analysis.run_results import RunResult
from vireid_lab.data.records import Dataset
from vireid_lab.runtime import InputError, atomic_path, write_json

from .style import style

PACKAGES = ("vireid-lab", "matplotlib", "numpy", "torch", "scikit-learn")
CAUSES = ("parameters", "seed", "scale", "data", "versions")  # of a record, what its hash covers
STAMP = 0.16  # height of the line that says what a picture is not, inches


@dataclass(frozen=True)
class Provenance:
    """What a picture was made from.

    Attributes:
        parameters: what changes the numbers in it, as JSON values and without paths.
        seed: of the training or drawing behind it.
        data: from `describe_data` or `describe_runs`.
        scale: "smoke", "tiny" or "small"; a smoke picture is stamped "smoke: no findings".
        versions: integer VERSIONs of the generator and recipe modules behind it; the figure module's own is added.
    """

    parameters: dict[str, Any]
    seed: int
    data: dict[str, Any]
    scale: str = "small"
    versions: dict[str, int] = field(default_factory=dict)

    @property
    def synthetic(self) -> bool:
        """Whether the data set is a made one."""
        return bool(self.data.get("synthetic", False))

    @property
    def label(self) -> str:
        """What must stand on the picture itself; empty where nothing must."""
        parts = ["synthetic benchmark"] * self.synthetic + ["smoke: no findings"] * (self.scale == "smoke")
        return " · ".join(parts)


@dataclass(frozen=True)
class SavedFigure:
    """A saved picture; as the last value of a notebook cell it shows itself, with its alternative text.

    Attributes:
        png: the PNG file; .pdf and .json lie beside it.
        title: what it is.
        alt: what a reader who cannot see it should know.
        width: inches.
    """

    png: Path
    title: str
    alt: str
    width: float

    def _repr_html_(self) -> str:
        data = base64.b64encode(self.png.read_bytes()).decode()
        alt, width = html.escape(self.alt), round(self.width * 130)
        return f'<img src="data:image/png;base64,{data}" alt="{alt}" style="width:{width}px;max-width:100%">'


def describe_data(dataset: Dataset) -> dict[str, Any]:
    """The data specification of a data set: its fingerprint and, for a made one, all that it was made with."""
    return {"fingerprint": dataset.fingerprint, **(dataset.benchmark or {"synthetic": False})}


def describe_runs(runs: Sequence[RunResult]) -> dict[str, Any]:
    """The data specification of a picture of several runs: the fingerprints of their data sets."""
    synthetic = any(run.benchmark is not None for run in runs)
    return {"fingerprint": sorted({run.data for run in runs}), "synthetic": synthetic}


def save_figure(figure: Figure, path: str | Path, *, title: str, alt: str, provenance: Provenance) -> SavedFigure:
    """Writes path.png (300 dpi), path.pdf (TrueType fonts) and path.json, each whole or not at all.

    The PNG carries title and alternative text as metadata. Nothing holds a time: the same picture gives the same
    bytes. `hash` in the JSON covers the parameters, the seed, the scale, the data specification and the VERSIONs.

    Args:
        figure: from one of the functions of this package.
        path: without a suffix.
        title: a few words.
        alt: one or two sentences for readers who cannot see the picture.
        provenance: what it was made from.

    Raises:
        InputError: title or alternative text is empty.
    """
    if not title.strip() or not alt.strip():
        raise InputError(f"figure {path}: give it a title and an alternative text, for readers who cannot see it")
    path = Path(path)
    path = path.with_name(f"{path.name}.png")
    width = figure.get_figwidth()
    with style(), _stamped(figure, provenance.label) as area:
        with atomic_path(path) as temporary:
            metadata = {"Title": title, "Description": alt, "Software": None}
            figure.savefig(temporary, metadata=metadata, bbox_inches=area, pil_kwargs={"optimize": True})
        with atomic_path(path.with_suffix(".pdf")) as temporary:
            metadata = {"Title": title, "Subject": alt, "CreationDate": None}
            figure.savefig(temporary, metadata=metadata, bbox_inches=area)
    write_json(path.with_suffix(".json"), _record(figure, title, alt, provenance))
    return SavedFigure(path, title, alt, width)


def _record(figure: Figure, title: str, alt: str, provenance: Provenance) -> dict[str, Any]:
    causes = {
        "parameters": provenance.parameters,
        "seed": provenance.seed,
        "scale": provenance.scale,
        "data": provenance.data,
        "versions": {**provenance.versions, **figure.versions},
    }
    packages = {name: version(name) for name in PACKAGES}
    synthetic = {"synthetic": provenance.synthetic, "label": provenance.label}
    return {"title": title, "alt": alt, **synthetic, **causes, "hash": cause_hash(causes), "packages": packages}


def cause_hash(record: Mapping[str, Any]) -> str:
    """Sixteen hexadecimal digits of what a picture was made from (`CAUSES`)."""
    causes = {key: record[key] for key in CAUSES}
    return hashlib.sha256(json.dumps(causes, sort_keys=True).encode()).hexdigest()[:16]


@contextlib.contextmanager
def _stamped(figure: Figure, label: str) -> Iterator[Bbox]:
    """Writes the label below the picture for the time of saving; yields the area to save, in inches."""
    width, height = figure.get_size_inches()
    if not label:
        yield Bbox.from_bounds(0, 0, width, height)
        return
    place = {"ha": "right", "va": "center", "fontsize": 6.5, "color": "0.35", "style": "italic"}
    figure.draw_without_rendering()  # lays out, with room for the legends of the whole figure
    engine = figure.get_layout_engine()
    figure.set_layout_engine("none")
    text = figure.text(0.99, -STAMP / 2 / height, label, **place)
    whole = [legend for legend in figure.legends if legend.get_bbox_to_anchor() is figure.bbox]
    for legend in whole:  # saving would move them down with the area, onto the label
        legend.set_bbox_to_anchor((0, 0, 1, 1), figure.transFigure)
    try:
        yield Bbox.from_bounds(0, -STAMP, width, height + STAMP)
    finally:
        text.remove()
        for legend in whole:
            legend.set_bbox_to_anchor(None)
        figure.set_layout_engine(engine)
