"""IDKL's tables and claims as transcribed, beside what was read from the paper by eye and beside its text."""

import pytest
from table_text import diagrams, lines_from, numbers, paper_text, values

from vireid_lab.papers.reader import claims, published

ROWS = [p for p in published() if p.paper == "idkl"]

SAMPLE = [  # read from the paper by eye
    ("1", "Zero-Padding [32]", "sysu-all", "rank1", 14.80),
    ("1", "AlignGAN [28]", "sysu-indoor-multi", "mAP", 45.3),
    ("1", "MID [12]", "sysu-indoor", "rank10", 96.12),
    ("1", "FMCNet [42]", "sysu-all-multi", "mAP", 56.06),
    ("1", "SAAI [3]", "sysu-indoor-multi", "rank1", 90.73),
    ("1", "IDKL", "sysu-all-multi", "rank1", 84.34),
    ("1", "IDKL", "sysu-indoor", "mAP", 89.37),
    ("2", "cm-SSFT [21]", "regdb-t2v", "rank1", 71.0),
    ("2", "IDKL", "regdb-v2t", "mAP", 90.19),
    ("3", "DEEN [43]", "llcm-n2v", "rank1", 54.9),
    ("3", "IDKL", "llcm-v2n", "rank1", 72.22),
    ("4", "L_b", "sysu-all", "rank1", 67.60),
    ("4", "L_b+L_tgsa", "sysu-all", "mAP", 67.30),
    ("4", "L_b+L_ip+L_csa", "sysu-all", "rank1", 76.28),
    ("4", "L_b+L_ip+L_mdr", "sysu-all", "mAP", 75.66),
]


@pytest.mark.parametrize("table, row, protocol, metric, printed", SAMPLE)
def test_printed_values_of_idkl(table, row, protocol, metric, printed):
    assert values(ROWS, table=table, row=row, protocol=protocol, metric=metric) == [printed]


HEADS = {"1": ("Zero-Padding", 1, 20), "2": ("Zero-Padding", 1, 17), "3": ("DDAG", 1, 4), "4": ("✓\t×", 5, 6)}


@pytest.mark.parametrize("table", HEADS)
def test_every_number_of_its_text_is_there_in_its_order(table):
    first, start, count = HEADS[table]
    lines = lines_from(paper_text("idkl"), f"\nTable {table}. ", first)
    assert len(lines) == count
    assert numbers(line[start:] for line in lines) == values(ROWS, table=table)


def test_the_terms_of_a_row_of_table_4_are_its_ticks():
    text = paper_text("idkl")
    for line in text[text.index("\nTable 4. ") :].splitlines():
        if line.startswith("✓"):
            *ticks, value, _ = line.split("\t")
            (slots,) = {p.slots for p in ROWS if (p.table, p.value) == ("4", float(value))}
            names = [part.partition(":")[0] for part in slots.partition("losses=")[2].split("+")]
            assert names[:4] == ["ce", "triplet", "confuser", "discriminator"]
            assert [name in names for name in ("ip", "tgsa", "csa", "mdr")] == [tick == "✓" for tick in ticks[1:]]


def test_own_rows_have_slots_and_the_full_method_the_weights_of_eq_21():
    full = "recipe=idkl losses=ce+triplet+confuser+discriminator+ip:0.1+tgsa:0.6+csa:0.8+mdr"
    for p in ROWS:
        assert bool(p.slots) == (p.table == "4" or p.row == "IDKL"), p
        assert p.table == "4" or p.slots in ("", full)
    assert {p.protocol for p in ROWS if p.table == "3"} == {"llcm-v2n", "llcm-n2v"}


def test_what_is_odd_is_said():
    notes = {(p.table, p.row): p.note for p in ROWS if p.note}
    assert "re-ranks" in notes["1", "IDKL"] and "re-ranks" in notes["3", "IDKL"] and ("2", "IDKL") not in notes
    assert "as they are" in notes["4", "L_b+L_tgsa"] and "other way round" in notes["2", "MPANet [33]"]


def rank1(slots):
    (value,) = values(ROWS, table="4", slots=slots, metric="rank1")
    return value


def test_each_claim_of_idkl_joins_two_rows_of_table_4_and_has_the_printed_sign():
    own = [claim for claim in claims() if claim.paper == "idkl"]
    assert len([claim for claim in own if claim.priority == 1]) == 6
    plain = "recipe=idkl losses=ce+triplet+confuser+discriminator"
    for claim in own:
        assert (rank1(claim.better_slots) - rank1(claim.worse_slots)) * claim.sign > 0, claim.id
        assert (claim.table, claim.metric, claim.baseline_slots, claim.modality) == ("4", "rank1", plain, "nir")


def test_its_diagrams_are_named():
    assert diagrams("idkl") == {"1", "2"}
