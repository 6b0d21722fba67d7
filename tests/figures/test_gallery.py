from __future__ import annotations

import html.parser
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest

from vireid_lab.figures.curves import cmc_curves
from vireid_lab.figures.gallery import read_pictures, write_gallery
from vireid_lab.figures.save import save_figure
from vireid_lab.runtime import InputError


@pytest.fixture
def folder(tmp_path, provenance):
    for name in ("b", "a"):
        figure = cmc_curves({"model": np.linspace(0.2, 1, 20)})
        save_figure(figure, tmp_path / name, title=f"Title {name}", alt=f"Alt <{name}>", provenance=provenance)
    (tmp_path / "other.json").write_text("{}")  # no picture beside it
    return tmp_path


def command(folder) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "vireid_lab.figures", str(folder)], capture_output=True, text=True, check=False
    )


def test_the_command_prints_every_picture_and_writes_the_page(folder):
    done = command(folder)
    assert done.returncode == 0, done.stderr
    for words in (str(folder / "a.png"), "Title b", "Alt <a>", "[synthetic benchmark]", str(folder / "index.html")):
        assert words in done.stdout
    assert (folder / "index.html").is_file()


def test_the_page_has_an_alternative_text_for_each_picture_and_needs_nothing_else(folder):
    found = []

    class Reader(html.parser.HTMLParser):
        def handle_starttag(self, tag, attributes):
            found.append((tag, dict(attributes)))

    Reader().feed(write_gallery(folder).read_text())
    images = [attributes for tag, attributes in found if tag == "img"]
    assert [(image["src"], image["alt"]) for image in images] == [("a.png", "Alt <a>"), ("b.png", "Alt <b>")]
    targets = [value for _, attributes in found for key, value in attributes.items() if key in ("src", "href")]
    assert all((folder / target).is_file() for target in targets)


def test_one_page_shows_the_folders_of_several_notebooks(tmp_path, folder):
    room = tmp_path / "all"
    for name in ("02_b", "01_a"):
        shutil.copytree(folder, room / name, ignore=shutil.ignore_patterns("all"))
    page = write_gallery(room).read_text()
    order = re.findall(r'<h2>(.*)</h2>|src="(.*?)"', page)
    assert order == [
        ("Notebook 01_a", ""), ("", "01_a/a.png"), ("", "01_a/b.png"),
        ("Notebook 02_b", ""), ("", "02_b/a.png"), ("", "02_b/b.png"),
    ]  # fmt: skip
    assert all((room / link).is_file() for link in re.findall(r'(?:src|href)="(.*?)"', page))


def test_a_folder_without_pictures_is_an_error_in_one_line(tmp_path):
    done = command(tmp_path)
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and str(tmp_path) in done.stderr
    with pytest.raises(InputError, match="not a folder"):
        read_pictures(tmp_path / "nowhere")
