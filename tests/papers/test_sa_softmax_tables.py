"""SA-Softmax's tables and claims as transcribed, beside what was read from the paper by eye and beside its text."""

from pathlib import Path

import pytest

from vireid_lab.papers.reader import claims, figures, published

TEXT = Path(__file__).parents[3] / "shared" / "papers" / "sa_softmax.txt"
ROWS = [p for p in published() if p.paper == "sa_softmax"]

SAMPLE = [  # read from the paper by eye
    ("I", "BDTR [11]", "regdb", "t2v", "rank20", 68.4),
    ("I", "MGE + FMASP [14]", "sysu", "all", "mAP", 45.0),
    ("I", "VCD + VML [38]", "sysu", "indoor", "rank1", 66.1),
    ("I", "SMCL [39]", "regdb", "t2v", "rank1", 83.1),
    ("I", "SA-Softmax", "regdb", "v2t", "mAP", 88.7),
    ("I", "SA-Softmax", "sysu", "indoor", "rank10", 99.1),
    ("II", "Baseline", "sysu", "all", "mAP", 61.3),
    ("II", "SAS", "sysu", "indoor", "rank1", 77.1),
    ("II", "SAS+FM", "sysu", "all", "rank1", 70.3),
    ("IV", "AM-Softmax [40] m=0.3", "sysu", "indoor", "rank1", 49.5),
    ("IV", "Circle Loss [31] gamma=32", "sysu", "all", "mAP", 64.5),
    ("IV", "Circle Loss [31] gamma=128", "sysu", "indoor", "mAP", 69.2),
]


@pytest.mark.parametrize("table, row, dataset, mode, metric, printed", SAMPLE)
def test_printed_values_of_sa_softmax(table, row, dataset, mode, metric, printed):
    cell = (table, row, dataset, mode, metric)
    assert [p.value for p in ROWS if (p.table, p.row, p.dataset, p.mode, p.metric) == cell] == [printed]


HEADS = {
    "I": ("TABLE I\n", "Zero-Padding", 17),
    "II": ("TABLE II ", "\t\t\t64.5", 4),
    "IV": ("TABLE IV", "baseline", 8),
}


@pytest.mark.parametrize("table", HEADS)
def test_every_number_of_its_text_is_there_in_its_order(table):
    if not TEXT.exists():
        pytest.skip("sa_softmax.txt does not lie beside the checkout")
    title, first, count = HEADS[table]
    text = TEXT.read_text()
    below = text[text.index(title) :]
    lines = below[below.index(first) :].split("\n\n")[0].splitlines()
    start = 2 if table == "I" else 3  # name and venue; switches, or name and hyper-parameters
    cells = [cell for line in lines for cell in line.split("\t")[start:]]
    digits = [cell.replace("<b>", "").replace("</b>", "").replace(" ", "") for cell in cells]
    assert len(lines) == count
    assert [float(cell) for cell in digits if cell not in ("", "-")] == [p.value for p in ROWS if p.table == table]


def test_table_3_is_not_in_the_text_and_no_number_is_made_up_for_it():
    assert {p.table for p in ROWS} == {"I", "II", "IV"}


def rank1(slots):
    return {p.value for p in ROWS if (p.slots, p.protocol, p.metric) == (slots, "sysu-all", "rank1")}


def test_each_claim_of_its_tables_has_the_printed_sign():
    own = [claim for claim in claims() if claim.paper == "sa_softmax"]
    for claim in own:
        if claim.table == "III":  # "the performance decreased": the text says it, its numbers are lost
            assert (claim.id, claim.sign, rank1(claim.better_slots)) == ("sas-wm", -1, set())
            continue
        (better,), (worse,) = rank1(claim.better_slots), rank1(claim.worse_slots)
        assert (better - worse) * claim.sign > 0, claim.id
        assert any((p.table, p.slots) == (claim.table, claim.better_slots) for p in ROWS), claim.id
    first = [claim.id for claim in own if claim.priority == 1]
    assert first == ["sas-sas", "sas-fm", "sas-ast", "sas-wm", "sas-circle", "sas-all"]


def test_its_framework_is_a_diagram():
    assert [f.kind for f in figures() if (f.paper, f.figure) == ("sa_softmax", "2")] == ["diagram"]
