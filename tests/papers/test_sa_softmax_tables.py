"""SA-Softmax's tables and claims as transcribed, beside what was read from the paper by eye and beside its text."""

import pytest
from table_text import lines_from, numbers, paper_text, values

from vireid_lab.augment.pipeline import parse_slot
from vireid_lab.papers.reader import claims, figures, published
from vireid_lab.papers.slots import parse_slots
from vireid_lab.recipes.catalogue import choose_settings

ROWS = [p for p in published() if p.paper == "sa_softmax"]

SAMPLE = [  # read from the paper by eye
    ("I", "BDTR [11]", "regdb-t2v", "rank20", 68.4),
    ("I", "MGE + FMASP [14]", "sysu-all", "mAP", 45.0),
    ("I", "VCD + VML [38]", "sysu-indoor", "rank1", 66.1),
    ("I", "SMCL [39]", "regdb-t2v", "rank1", 83.1),
    ("I", "SA-Softmax", "regdb-v2t", "mAP", 88.7),
    ("I", "SA-Softmax", "sysu-indoor", "rank10", 99.1),
    ("II", "Baseline", "sysu-all", "mAP", 61.3),
    ("II", "SAS", "sysu-indoor", "rank1", 77.1),
    ("II", "SAS+FM", "sysu-all", "rank1", 70.3),
    ("IV", "AM-Softmax [40] m=0.3", "sysu-indoor", "rank1", 49.5),
    ("IV", "Circle Loss [31] gamma=32", "sysu-all", "mAP", 64.5),
    ("IV", "Circle Loss [31] gamma=128", "sysu-indoor", "mAP", 69.2),
]


@pytest.mark.parametrize("table, row, protocol, metric, printed", SAMPLE)
def test_printed_values_of_sa_softmax(table, row, protocol, metric, printed):
    assert values(ROWS, table=table, row=row, protocol=protocol, metric=metric) == [printed]


HEADS = {
    "I": ("TABLE I\n", "Zero-Padding", 17),
    "II": ("TABLE II ", "\t\t\t64.5", 4),
    "IV": ("TABLE IV", "baseline", 8),
}


@pytest.mark.parametrize("table", HEADS)
def test_every_number_of_its_text_is_there_in_its_order(table):
    title, first, count = HEADS[table]
    lines = lines_from(paper_text("sa_softmax"), title, first)
    start = 2 if table == "I" else 3  # name and venue; switches, or name and hyper-parameters
    cells = [cell.replace("<b>", "").replace("</b>", "").replace(" ", "") for line in lines for cell in line[start:]]
    assert len(lines) == count
    assert numbers([filter(None, cells)]) == values(ROWS, table=table)


def test_table_3_is_not_in_the_text_and_no_number_is_made_up_for_it():
    assert {p.table for p in ROWS} == {"I", "II", "IV"}


def rank1(slots):
    return set(values(ROWS, slots=slots, protocol="sysu-all", metric="rank1"))


def test_each_claim_of_its_tables_has_the_printed_sign():
    own = [claim for claim in claims() if claim.paper == "sa_softmax"]
    for claim in own:
        if claim.better_slots.startswith(("recipe=rfm ", "recipe=tmpa ")):  # suggested beside Table I, not printed
            continue
        if claim.table == "III":  # "the performance decreased": the text says it, its numbers are lost
            assert (claim.id, claim.sign, rank1(claim.better_slots)) == ("sas-wm", -1, set())
            continue
        (better,), (worse,) = rank1(claim.better_slots), rank1(claim.worse_slots)
        assert (better - worse) * claim.sign > 0, claim.id
        assert any((p.table, p.slots) == (claim.table, claim.better_slots) for p in ROWS), claim.id
    first = [claim.id for claim in own if claim.priority == 1]
    assert first == ["sas-sas", "sas-fm", "sas-ast", "sas-wm", "sas-circle", "sas-all"]


@pytest.mark.parametrize("method", ["rfm", "tmpa"])
def test_plugged_into_a_method_it_takes_the_place_of_the_softmax_and_of_nothing_else(method):
    """1 L_softmax becomes 0.3 L_softmax + 0.7 L_sas + 1 L_AST, times the weight that the method gives the softmax."""
    (claim,) = (c for c in claims() if (c.paper, c.id) == ("sa_softmax", f"sas-{method}"))
    plugged, alone = parse_slots(claim.better_slots), parse_slots(claim.worse_slots)
    losses, before = (parse_slot(slots.pop("losses")) for slots in (plugged, alone))
    assert plugged == alone == {k: v for k, v in own_slots(method).items() if k in alone}
    softmax = before.pop("ce") or 1.0
    weights = [losses.pop(name) for name in ("ce", "sas_fm", "ast")]
    assert weights == pytest.approx([0.3 * softmax, 0.7 * softmax, softmax]) and losses == before
    assert "suggests it and does not try it" in claim.text and claim.priority == 2


def own_slots(method):
    """The slots of the whole method, by its preset."""
    return {"recipe": method, **choose_settings(method, "tiny").slots}


def test_its_framework_is_a_diagram():
    assert [f.kind for f in figures() if (f.paper, f.figure) == ("sa_softmax", "2")] == ["diagram"]
