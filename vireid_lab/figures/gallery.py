"""The pictures of a folder as a list for the terminal and as a page for the browser."""

from __future__ import annotations

import html
from dataclasses import dataclass
from pathlib import Path

from vireid_lab.runtime import InputError, atomic_path, read_json

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
{figures}
</html>
"""
FIGURE = """<figure id="{name}">
<h2>{title}</h2>
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
    """The pictures that `save_figure` wrote into a folder, by name.

    Raises:
        InputError: the folder is not there, or holds no picture.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder: give the one that a notebook wrote its figures into")
    files = [file for file in sorted(folder.glob("*.json")) if file.with_suffix(".png").is_file()]
    if not files:
        raise InputError(f"{folder} holds no picture (a .png with its .json): run a notebook with this folder first")
    pictures = []
    for file in files:
        record = read_json(file)
        pictures.append(Picture(file.with_suffix(".png"), *(record[key] for key in ("title", "alt", "label"))))
    return pictures


def list_pictures(pictures: list[Picture]) -> str:
    """Each picture with its title and what it shows, for the terminal."""
    return "\n\n".join(f"{p.png}\n  {p.title}\n  {p.alt}{p.label and f' [{p.label}]'}" for p in pictures)


def write_gallery(folder: str | Path) -> Path:
    """Writes folder/index.html, which shows all pictures of the folder and needs nothing from elsewhere.

    Raises:
        InputError: the folder holds no picture.
    """
    from PIL import Image

    figures = []
    for picture in read_pictures(folder):
        with Image.open(picture.png) as image:
            width = round(image.width / 300 * 130)  # pixels on the page for a picture of 300 dpi
        texts = {name: html.escape(getattr(picture, name)) for name in ("title", "alt", "label")}
        figures.append(FIGURE.format(name=html.escape(picture.png.stem), width=width, **texts))
    path = Path(folder) / "index.html"
    with atomic_path(path) as temporary:
        temporary.write_text(PAGE.format(title="vireid_lab: figures", figures="\n".join(figures)), encoding="utf-8")
    return path
