"""The pictures that runs have saved, each once, ready to be put into a page."""

from __future__ import annotations

import base64
import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

from vireid_lab.figures.gallery import page_width
from vireid_lab.runtime import InputError

WIDTH = 1100  # pixels of a picture on the page; the files beside the runs keep their 300 dpi
EMBEDDED = 60  # pictures that travel in the page, so that a phone can open it; the others are named


@dataclass(frozen=True)
class Shown:
    """A picture in a report.

    Attributes:
        path: of the PNG, relative to the folder of the report.
        kind: "<notebook>/<file>", the same for the same picture of other runs.
        title: what it is.
        alt: what a reader who cannot see it should know.
        caption: of the paper's figure that it repeats; "" for a picture of our own.
        label: what must stand on it, such as "synthetic benchmark"; "" where nothing must.
        image: data URI of a copy at page width; None when it is only named.
        width: of the picture on the page, pixels.
        copies: how many runs saved the very same picture.
    """

    path: str
    kind: str
    title: str
    alt: str
    caption: str
    label: str
    image: str | None
    width: int
    copies: int


def find_pictures(folder: Path, captions: dict[str, str]) -> list[Shown]:
    """Every picture of `save_figure` below a folder; the same bytes count once.

    Args:
        folder: of the report.
        captions: "<notebook>/<file>" -> caption of the paper's figure.
    """
    from vireid_lab.figures.gallery import read_picture

    files: dict[str, list[Path]] = {}
    for png in sorted(folder.rglob("*.png")):
        if png.with_suffix(".json").is_file():
            files.setdefault(hashlib.sha256(png.read_bytes()).hexdigest(), []).append(png)
    firsts = {_kind(first): first for first, *_ in reversed(files.values())}
    in_order = sorted(files.values(), key=lambda same: same[0] not in firsts.values())  # one of each kind comes first
    shown = []
    for first, *others in in_order:
        try:
            picture = read_picture(first.with_suffix(".json"))
        except (InputError, KeyError, TypeError):
            continue  # a PNG beside a JSON of another kind
        image, width = _page_copy(first) if len(shown) < EMBEDDED else (None, 0)
        kind = _kind(first)
        path = first.relative_to(folder).as_posix()
        texts = (picture.title, picture.alt, captions.get(kind, ""), picture.label)
        shown.append(Shown(path, kind, *texts, image, width, 1 + len(others)))
    return shown


def _kind(png: Path) -> str:
    return f"{png.parent.name}/{png.stem}"


def _page_copy(png: Path) -> tuple[str, int]:
    """A copy no wider than WIDTH, and its width on the page."""
    from PIL import Image

    with Image.open(png) as image:
        natural = page_width(image.width)
        image = image.convert("RGB")
    if image.width > WIDTH:
        image = image.resize((WIDTH, round(image.height * WIDTH / image.width)), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=88, method=4)
    return data_uri("image/webp", buffer.getvalue()), natural


def data_uri(kind: str, content: bytes) -> str:
    """A file as an address that holds it."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
