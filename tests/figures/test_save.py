from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.patches import Patch
from PIL import Image

from vireid_lab.data.records import Dataset, Record
from vireid_lab.figures.curves import VERSION, cmc_curves
from vireid_lab.figures.save import STAMP, Provenance, describe_data, describe_runs, save_figure
from vireid_lab.runtime import InputError

TEXTS = {"title": "A curve", "alt": 'It rises \u2192 and "stays" <there>.'}


def curve():
    return cmc_curves({"model": np.linspace(0.2, 1, 20)})


def save(folder, provenance, name="curve", **texts):
    return save_figure(curve(), folder / name, provenance=provenance, **{**TEXTS, **texts})


def test_three_files_that_say_what_they_show(tmp_path, provenance):
    saved = save(tmp_path, provenance, "fig.2")  # a point in the name is no suffix
    assert sorted(p.name for p in tmp_path.iterdir()) == ["fig.2.json", "fig.2.pdf", "fig.2.png"]
    with Image.open(saved.png) as image:
        image.load()
        assert image.width == round(3.5 * 300)
        assert image.text["Description"] == TEXTS["alt"] and image.text["Title"] == TEXTS["title"]
    pdf = (tmp_path / "fig.2.pdf").read_bytes()
    assert pdf.startswith(b"%PDF") and b"/Type3" not in pdf.replace(b" ", b"")
    record = json.loads((tmp_path / "fig.2.json").read_text())
    assert record["versions"] == {"world": 2, "figures.curves": VERSION}
    assert record["parameters"] == {"steps": 3} and record["seed"] == 7 and record["data"]["fingerprint"] == "toy"
    assert record["synthetic"] is True and record["label"] == "synthetic benchmark"
    assert {"title", "alt", "hash", "packages", "scale"} <= record.keys()


def test_the_same_picture_gives_the_same_bytes(tmp_path, provenance):
    for folder in ("a", "b"):
        save(tmp_path / folder, provenance)
    for suffix in (".png", ".pdf", ".json"):
        name = f"curve{suffix}"
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


def test_the_hash_covers_what_changes_the_picture_and_nothing_else(tmp_path, provenance):
    def digest(changed: Provenance, **texts) -> str:
        save(tmp_path, changed, **texts)
        return json.loads((tmp_path / "curve.json").read_text())["hash"]

    first = digest(provenance)
    assert digest(provenance, alt="Other words.") == first
    others = [
        {"parameters": {"steps": 4}}, {"seed": 8}, {"data": {"fingerprint": "other"}}, {"versions": {"world": 3}},
    ]  # fmt: skip
    assert len({first, *(digest(replace(provenance, **other)) for other in others)}) == 1 + len(others)


def test_labels_stand_on_the_picture_in_a_line_of_their_own(tmp_path, provenance):
    figure = curve()
    heights, label_rows = {}, {}
    for name, data, scale in (("real", {}, "tiny"), ("made", {"synthetic": True}, "tiny"), ("smoke", {}, "smoke")):
        changed = replace(provenance, data=data, scale=scale)
        with Image.open(save_figure(figure, tmp_path / name, provenance=changed, **TEXTS).png) as image:
            pixels = np.asarray(image.convert("L"))
        heights[name] = len(pixels)
        label_rows[name] = pixels[heights["real"] :]
    assert heights["made"] == heights["smoke"] > heights["real"]
    assert label_rows["made"].min() < 128 and label_rows["smoke"].min() < 128  # dark ink
    assert not np.array_equal(label_rows["made"], label_rows["smoke"])
    assert replace(provenance, scale="smoke").label == "synthetic benchmark · smoke: no findings"
    assert figure.texts == []  # the figure is as it was


@pytest.mark.parametrize("where", ["outside lower center", "outside upper center"])
def test_label_legend_and_axes_do_not_stand_on_one_another(tmp_path, provenance, where):
    """The label's rows are those without a legend, and the axes are as small as in a picture without a label."""
    label_rows, places = [], []
    for legend, synthetic in ((False, True), (True, True), (True, False)):
        figure = curve()
        if legend:
            figure.legend(handles=[Patch(label="a long name of a line" * 3)] * 3, loc=where)
        changed = replace(provenance, data={"synthetic": synthetic})
        with Image.open(
            save_figure(figure, tmp_path / f"{legend}{synthetic}", provenance=changed, **TEXTS).png
        ) as image:
            pixels = np.asarray(image.convert("L"))
        label_rows.append(pixels[-int(STAMP * pixels.shape[1] / figure.get_figwidth()) :])
        places.append(figure.axes[0].get_position().bounds)
    assert np.array_equal(label_rows[0], label_rows[1])
    assert places[1] == pytest.approx(places[2], abs=0.02)
    assert places[0][3] > places[1][3] + 0.1


@pytest.mark.parametrize("missing", ["alt", "title"])
def test_a_picture_without_words_is_refused(tmp_path, provenance, missing):
    with pytest.raises(InputError, match="alternative text"):
        save(tmp_path, provenance, **{missing: " "})
    assert list(tmp_path.iterdir()) == []


def test_a_failed_save_leaves_the_old_picture(tmp_path, provenance, monkeypatch):
    save(tmp_path, provenance)
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    figure = curve()
    real = figure.savefig

    def half(path, **options):
        real(path, **options)
        raise OSError("disk full")

    monkeypatch.setattr(figure, "savefig", half)
    with pytest.raises(OSError, match="disk full"):
        save_figure(figure, tmp_path / "curve", provenance=provenance, title="new", alt="new")
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_a_saved_figure_shows_itself_with_its_alternative_text(tmp_path, provenance):
    text = save(tmp_path, provenance)._repr_html_()
    assert 'alt="It rises \u2192 and &quot;stays&quot; &lt;there&gt;."' in text and "data:image/png;base64," in text


def test_data_are_described_by_fingerprint_and_by_how_they_were_made(tmp_path):
    records = (Record("cam1/0001/0001.jpg", 1, 1, 0, "train"),)
    photographs = Dataset(tmp_path, "sysu", records)
    assert describe_data(photographs) == {"fingerprint": photographs.fingerprint, "synthetic": False}
    (tmp_path / "benchmark.json").write_text('{"synthetic": true, "seed": 5}')
    made = Dataset(tmp_path, "sysu", records)
    assert describe_data(made) == {"fingerprint": made.fingerprint, "synthetic": True, "seed": 5}


def test_runs_are_described_by_the_fingerprints_of_their_data():
    runs = [SimpleNamespace(data=data, benchmark=made) for data, made in (("b", None), ("a", {"ids": 4}), ("b", None))]
    assert describe_runs(runs) == {"fingerprint": ["a", "b"], "synthetic": True}
    assert describe_runs(runs[:1]) == {"fingerprint": ["b"], "synthetic": False}
