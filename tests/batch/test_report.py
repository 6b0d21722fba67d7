from __future__ import annotations

import html.parser
import json
import re
import shutil

import numpy as np
import pytest
from report_folders import BASELINE, GAINS, WITH_LTG, add_ablation, add_notebook, add_run

from vireid_lab.batch.report import write_report
from vireid_lab.batch.report.content import collect
from vireid_lab.batch.report.tables import letters
from vireid_lab.cli import main
from vireid_lab.figures.curves import cmc_curves
from vireid_lab.figures.save import Provenance, save_figure
from vireid_lab.runtime import InputError

VOID = ("meta", "img", "br")


class Page(html.parser.HTMLParser):
    """All elements with their attributes, the words that are not in a style sheet, and whether every tag is closed."""

    def __init__(self, text: str):
        super().__init__()
        self.tags, self.words, self.open = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, name: str) -> list[dict]:
        return [attributes for tag, attributes in self.tags if tag == name]


def read(folder) -> Page:
    page = Page(write_report(folder).read_text())
    assert page.open == []
    return page


def test_a_row_shows_mean_and_std_over_seeds_beside_the_published_number(tmp_path):
    add_ablation(tmp_path)
    text = read(tmp_path).text
    with_ltg = 30 + np.arange(5) + 100 * np.array(GAINS)
    scores = f"{with_ltg.mean():.1f} ± {with_ltg.std(ddof=1):.1f}"
    table = text[text.index("RFM Table II") :]
    assert re.search(rf"\+LTG \[1\] 65\.5 95\.5 98\.4 62\.0 A last {re.escape(scores)} .*? 5 98\.0", table)
    assert "Measured on the synthetic benchmark not comparable with the published columns" in table
    assert "Measured on photographs" not in text
    assert "A synthetic benchmark: synthetic sysu, near-infrared, medium" in table
    assert scores in (tmp_path / "report.md").read_text()


def test_photographs_and_synthetic_people_have_headings_of_their_own(tmp_path):
    add_run(tmp_path / "made", BASELINE, 0, 0.31)
    add_run(tmp_path / "real", BASELINE, 0, 0.59, synthetic=False)
    content = collect(tmp_path)
    table = next(table for table in content.papers[0].tables if table.number == "II")
    assert {line.synthetic: line.score("rank1") for line in table.rows[0].lines if line.checkpoint == "last"} == {
        True: "31.0",
        False: "59.0",
    }
    text = read(tmp_path).text
    assert text.index("Measured on photographs") < text.index("Measured on the synthetic benchmark")
    assert "59.0" in text and "31.0" in text


@pytest.mark.parametrize(
    ("seeds", "train_rank1", "verdict"), [(5, 0.98, "holds"), (3, 0.98, "first look"), (5, 0.9, "under-trained")]
)
def test_claims_have_their_verdict_effect_and_p_on_the_page(tmp_path, seeds, train_rank1, verdict):
    for seed in range(seeds):
        add_run(tmp_path, BASELINE, seed, 0.3, train_rank1)
        add_run(tmp_path, WITH_LTG, seed, 0.3 + GAINS[seed])
    text = read(tmp_path).text
    block = text[text.index("LTG is better than no such augmentation Table II") :]
    block = block[: block.index("protocol")]
    mean = 100 * np.mean(GAINS[:seeds])
    assert re.search(rf"[✓○] {verdict}", block) and f"R-1 at equal steps {mean:+.1f} points [" in block
    assert f"{seeds} paired runs" in block and f"R-1 {100 * train_rank1:.1f} %" in block
    assert ("Holm over 6 claims" in block) == (verdict == "holds")


def test_a_claim_is_judged_where_it_comes_from_and_shown_in_the_other_infrared_too(tmp_path, capsys):
    add_ablation(tmp_path)
    for seed in range(3):
        add_run(tmp_path / "thermal", BASELINE, seed, 0.3, infrared="thermal")
        add_run(tmp_path / "thermal", WITH_LTG, seed, 0.3 - GAINS[seed], infrared="thermal")
    page = read(tmp_path)
    blocks = {each["id"]: each["class"] for each in page.all("div") if each.get("class", "").startswith("claim")}
    assert blocks == {"rfm-ltg": "claim holds", "rfm-ltg-thermal": "claim first-look"}
    assert "the claim comes from nir data" in page.text and "claims 1 holds " in page.text
    (picture,) = page.all("img")
    assert "In near infrared, where the claims come from" in picture["alt"] and "-10.0 points" in picture["alt"]
    assert (tmp_path / "report.md").read_text().count("**LTG is better than no such augmentation**") == 2
    assert main(["report", str(tmp_path), "--json"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert json.loads(said[-1])["claims"]["rfm-ltg"] == "holds"
    assert sum("the claim comes from nir data" in line for line in said) == 1


def test_runs_without_a_row_or_a_number_are_listed(tmp_path):
    add_run(tmp_path, {**BASELINE, "recipe": "agw"}, 0, 0.4321)
    add_run(tmp_path, {**BASELINE, "recipe": "pcb"}, 0, 0.5, finished=False)
    page = read(tmp_path)
    assert "43.2" in page.text and "pcb-flip-0 pcb not finished" in page.text
    assert "RFM: nothing measured here" in page.text
    assert "Tables" not in [word.strip() for word in page.words]


def test_compositions_that_differ_in_their_model_are_lines_of_their_own(tmp_path):
    for model, rank1 in (("rfm", 0.3), ("tmpa", 0.4)):
        add_run(tmp_path / model, {"recipe": "compose", "model": model, "augment": "flip", "losses": "ce"}, 0, rank1)
    first, second, *_ = [line for line in collect(tmp_path).elsewhere if line.checkpoint == "last"]
    assert [(line.slots["model"], line.scores["rank1"][0]) for line in (first, second)] == [("rfm", 30), ("tmpa", 40)]
    assert second.words == "compose: tmpa · flip · resnet10 · gem+bnneck · ce"
    assert second.short == "compose, tmpa\nflip · ce"
    write_report(tmp_path)
    assert "compose: rfm · flip" in read(tmp_path).text


def test_a_control_world_never_stands_beside_a_published_row(tmp_path):
    add_run(tmp_path / "plain", BASELINE, 0, 0.30)
    add_run(tmp_path / "control", BASELINE, 0, 0.90, control="equal_k")
    content = collect(tmp_path)
    beside = {line.score("rank1") for paper in content.papers for t in paper.tables for r in t.rows for line in r.lines}
    assert beside == {"30.0", "32.0"}
    assert {(line.score("rank1"), line.control) for line in content.elsewhere} == {
        ("90.0", "equal_k"),
        ("92.0", "equal_k"),
    }


def test_failures_are_shown_and_cannot_write_html_or_markdown(tmp_path):
    evil = "<script>alert(1)</script> [a](b) `c`"
    add_notebook(tmp_path, "good")
    add_notebook(tmp_path, "bad", "failed", cell=4, error=f"Traceback\nValueError: {evil}")
    page = read(tmp_path)
    assert page.all("script") == [] and evil in page.text
    assert "bad : failed, code cell 4" in page.text and "2 runs of notebooks: 1 failed, 1 finished" in page.text
    assert f"    ValueError: {evil}" in (tmp_path / "report.md").read_text()


def test_a_batch_without_trainings_is_short(tmp_path):
    add_notebook(tmp_path, "01_reflection_prior")
    page = read(tmp_path)
    outside = (tmp_path / "report.md").read_text()
    assert "| --- |" not in outside and "nothing measured here" in outside
    headings = [tag for tag, _ in page.tags if tag == "h2"]
    assert len(headings) == 2  # summary, environment
    assert page.tags.index(("details", {})) < page.tags.index(next(each for each in page.tags if each[0] == "table"))


def test_every_picture_is_in_the_page_once_with_its_words(tmp_path):
    add_notebook(tmp_path, "one")
    for name, end in (("a", 0.9), ("b", 1.0)):
        picture = tmp_path / "one" / "figures" / "09_one_run" / name
        origin = Provenance({"end": end}, 0, {"synthetic": True}, "smoke")
        figure = cmc_curves({"model": np.linspace(0.2, end, 20)})
        save_figure(figure, picture, title=f"Title {name}", alt=f"Alt <{name}>", provenance=origin)
    shutil.copytree(tmp_path / "one" / "figures", tmp_path / "copy" / "figures")
    page = read(tmp_path)
    images = page.all("img")
    assert [image["alt"] for image in images] == ["Alt <a>", "Alt <b>"]
    assert all(image["src"].startswith("data:image/webp;base64,") for image in images)
    assert page.text.count("synthetic benchmark · smoke: no findings") == 2 and "the same in 2 places" in page.text


def test_the_page_needs_nothing_else_and_can_be_read_aloud(tmp_path):
    add_ablation(tmp_path)
    page = read(tmp_path)
    addresses = [value for _, attributes in page.tags for key, value in attributes.items() if key in ("src", "href")]
    assert addresses and all(address.startswith(("data:", "#")) for address in addresses)
    targets = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    assert {address[1:] for address in addresses if address.startswith("#")} <= targets
    assert all(attributes.get("scope") for attributes in page.all("th"))
    assert all(attributes["alt"] for attributes in page.all("img")) and page.all("img")
    assert any(attributes.get("name") == "viewport" for attributes in page.all("meta"))


def test_the_command_says_what_it_wrote(tmp_path, capsys):
    add_ablation(tmp_path / "runs")
    add_notebook(tmp_path / "runs", "bad", "timed out", error="too long")
    out = tmp_path / "pages" / "all.html"
    assert main(["report", str(tmp_path / "runs"), "--out", str(out), "--json"]) == 0
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert said["report"] == str(out) and out.is_file() and (tmp_path / "pages" / "all.md").is_file()
    assert (said["runs"], said["failed"]) == (10, 1)
    assert said["claims"]["rfm-ltg"] == "holds" and said["claims"]["rfm-mam"] == "not run"


def test_a_folder_without_anything_names_the_way_out(tmp_path):
    with pytest.raises(InputError, match="vireid run 09_one_run"):
        write_report(tmp_path)
    with pytest.raises(InputError, match="not a folder"):
        write_report(tmp_path / "nowhere")
    assert list(tmp_path.iterdir()) == []


def test_letters_go_on_behind_z():
    assert [letters(place) for place in (0, 25, 26, 51, 52)] == ["A", "Z", "AA", "AZ", "BA"]


def test_a_line_stands_beside_the_protocol_that_it_was_measured_with(tmp_path):
    whole = {"recipe": "rfm", "augment": "flip+ltg", "attention": "mam", "losses": "ce+triplet+cross_center:3"}
    add_run(tmp_path, whole, 0, 0.4321)
    text = read(tmp_path).text
    table = text[text.index("RFM Table I ") : text.index("methods of others")]
    regdb, sysu = table.split("Published SYSU-MM01, all search")
    assert "93.5 98.4 99.3 87.5 91.0" in regdb and "Measured" not in regdb and "43.2" not in regdb
    assert "Measured on the synthetic benchmark" in sysu and "72.5 97.7 99.6 70.5" in sysu and "A last 43.2" in sysu
