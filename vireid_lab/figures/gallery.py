"""The pictures of a folder, or of all its folders, as a list for the terminal and as a page for the browser."""

from __future__ import annotations

import html
import itertools
from dataclasses import dataclass
from pathlib import Path

from vireid_lab.runtime import InputError, atomic_path, read_json, wrapped

PAGE = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font: 16px/1.45 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #222 }}
figure {{ margin: 0 0 3rem }}
img {{ max-width: 100%; height: auto; border: 1px solid #ddd }}
small {{ color: #555 }}
</style>
<h1>{title}</h1>
{sections}
</html>
"""
FIGURE = """<figure id="{name}">
<h3>{title}</h3>
<img src="{name}.png" width="{width}" alt="{alt}">
<figcaption>{alt} <small>{label}</small><br>
<a href="{name}.pdf">PDF</a> · <a href="{name}.json">what made it</a></figcaption>
</figure>"""


@dataclass(frozen=True)
class Picture:
    """One saved picture: its PNG file, what it is, what it shows, and the label that stands on it."""

    png: Path
    title: str
    alt: str
    label: str


def read_pictures(folder: str | Path) -> list[Picture]:
    """The pictures that `save_figure` wrote into a folder or into the folders in it, by path.

    Raises:
        InputError: the folder is not there, or holds no picture.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder: give the one that a notebook wrote its figures into")
    files = sorted([*folder.glob("*.json"), *folder.glob("*/*.json")], key=lambda file: (file.parent, file.name))
    files = [file for file in files if file.with_suffix(".png").is_file()]
    if not files:
        raise InputError(f"{folder} holds no picture (a .png with its .json): run a notebook with this folder first")
    return [read_picture(file) for file in files]


def read_picture(file: Path) -> Picture:
    """The picture that a JSON of `save_figure` is of."""
    record = read_json(file)
    return Picture(file.with_suffix(".png"), *(record[key] for key in ("title", "alt", "label")))


def list_pictures(pictures: list[Picture]) -> str:
    """Each picture with its title and what it shows, for the terminal and the end of a notebook."""
    shows = (f"{p.png}\n  {p.title}\n  {p.alt}{p.label and f' [{p.label}]'}" for p in pictures)
    return wrapped("\n\n".join(shows))


def write_gallery(folder: str | Path) -> Path:
    """Writes folder/index.html, which shows all its pictures, a section for each folder, and needs nothing else.

    Raises:
        InputError: the folder holds no picture.
    """
    folder = Path(folder)
    sections = []
    for room, pictures in itertools.groupby(read_pictures(folder), lambda picture: picture.png.parent):
        heading = html.escape(f"Notebook {room.name}" if room != folder else "Figures of this notebook")
        figures = "\n".join(_figure(picture, folder) for picture in pictures)
        sections.append(f'<section id="{html.escape(room.name)}">\n<h2>{heading}</h2>\n{figures}\n</section>')
    path = folder / "index.html"
    with atomic_path(path) as temporary:
        page = PAGE.format(title="vireid_lab: figures", sections="\n".join(sections))
        temporary.write_text(page, encoding="utf-8")
    return path


def page_width(width: int) -> int:
    """Pixels on a page of a picture of 300 dpi that is `width` pixels wide."""
    return round(width / 300 * 130)


def _figure(picture: Picture, folder: Path) -> str:
    from PIL import Image

    with Image.open(picture.png) as image:
        width = page_width(image.width)
    name = picture.png.relative_to(folder).with_suffix("").as_posix()
    texts = {key: html.escape(getattr(picture, key)) for key in ("title", "alt", "label")}
    return FIGURE.format(name=html.escape(name), width=width, **texts)
