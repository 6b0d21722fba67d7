"""TMPA's rows and claims: beside the text, beside what can be trained, and with what is odd about them."""

import pytest
from table_text import diagrams, lines_below, numbers, paper_text, values

from vireid_lab.papers.reader import claims, published
from vireid_lab.papers.slots import parse_slots
from vireid_lab.recipes import tmpa
from vireid_lab.recipes.catalogue import choose_settings

ROWS = [row for row in published() if row.paper == "tmpa"]
CLAIMS = [claim for claim in claims() if claim.paper == "tmpa"]
COLUMNS = {"I": 12, "II": 4, "III": 4, "IV": 4, "V": 2, "VI": 4, "VII": 4}

SAMPLE = [  # read from the paper by eye
    ("I", "cm-SSFT", "regdb-t2v", "mAP", 71.7),
    ("I", "DML", "regdb-v2t", "mAP", 84.3),
    ("I", "SPANet", "sysu-indoor", "mAP", 80.05),
    ("I", "TMPA(ours)", "sysu-all", "rank1", 68.84),
    ("I", "TMPA(ours)", "regdb-v2t", "rank1", 88.69),
    ("II", "B+CA", "regdb-t2v", "rank1", 76.83),
    ("II", "B+CA+PedMix+MFT", "regdb-t2v", "mAP", 79.77),
    ("III", "center, sub-center", "regdb-t2v", "rank20", 95.34),
    ("IV", "B+CutMix", "regdb-t2v", "rank1", 75.92),
    ("IV", "DART+PedMix", "regdb-t2v", "rank10", 94.07),
    ("V", "TMPA (w/o MFT)", "regdb-t2v", "mAP", 77.86),
    ("VI", "B_DA+CBMA", "regdb-t2v", "rank1", 84.27),
    ("VII", "8x8", "regdb-t2v", "rank20", 94.03),
]


@pytest.mark.parametrize("table, row, protocol, metric, printed", SAMPLE)
def test_printed_values_of_tmpa(table, row, protocol, metric, printed):
    assert values(ROWS, table=table, row=row, protocol=protocol, metric=metric) == [printed]


@pytest.mark.parametrize("table", COLUMNS)
def test_every_number_of_tmpas_tables_is_there_in_its_order(table):
    lines = [line[-COLUMNS[table] :] for line in lines_below(paper_text("tmpa"), f"\nTABLE {table}  \n")]
    cells = [line for line in lines if line[0][:1].isdigit()]  # without the heads, whose cells are words or empty
    printed = numbers(cells)
    assert printed == values(ROWS, table=table) and len(printed) >= COLUMNS[table]


def test_own_rows_have_slots_and_other_authors_rows_have_none():
    others = {"DART", "DART+PedMix", "AlignGAN", "JSIA"}
    in_pixels = {"8x8", "16x16"}
    for p in ROWS:
        own = p.row == "TMPA(ours)" if p.table == "I" else p.row not in others | in_pixels
        assert bool(p.slots) == own, p
    notes = {p.row: p.note for p in ROWS if p.table == "VII"}
    assert "pedmix:8 at 288x144" in notes["8x8"] and "pedmix:16 at 288x144" in notes["16x16"]


SLOTS = sorted({p.slots for p in ROWS if p.slots})


@pytest.mark.parametrize("slots", SLOTS)
def test_every_own_row_can_be_built_by_its_slots(slots):
    recipe, *overrides = (f"{key}={value}" for key, value in parse_slots(slots).items())
    assert recipe == "recipe=tmpa"
    settings = choose_settings("tmpa", "tiny", overrides)
    assert tmpa.build(settings, n_ids=3).model is not None


def test_the_papers_preset_is_its_last_row():
    full = next(p.slots for p in ROWS if p.row == "B+CA+PedMix+MFT")
    for preset in tmpa.PRESETS.values():
        assert parse_slots(full).items() <= {"recipe": "tmpa", **preset.slots}.items()


def test_each_claim_of_tmpa_joins_two_rows_of_one_table_and_has_the_printed_sign():
    for claim in CLAIMS:
        of = {p.slots: p.value for p in ROWS if p.slots and (p.protocol, p.metric) == ("regdb-t2v", claim.metric)}
        assert (of[claim.better_slots] - of[claim.worse_slots]) * claim.sign > 0, claim.id
        assert claim.better_slots in {p.slots for p in ROWS if p.table == claim.table}, claim.id
        assert claim.modality == "thermal"


def test_six_claims_of_tables_2_to_4_get_a_verdict():
    first = [claim for claim in CLAIMS if claim.priority == 1]
    assert len(first) == 6 and {claim.table for claim in first} == {"II", "III", "IV"}


def test_what_is_odd_about_tmpas_tables_is_said():
    notes = {(p.table, p.row, p.protocol, p.metric): p.note for p in ROWS if p.note}
    assert "68.34" in notes["I", "TMPA(ours)", "sysu-all", "rank1"]
    above = {key[1:3] for key, note in notes.items() if "above TMPA's" in note}
    assert above == {("DML", "regdb-v2t"), ("DML", "regdb-t2v"), ("CMTR", "regdb-t2v")}
    assert "48.3 M" in notes["V", "TMPA", "regdb-t2v", "rank1"]
    best = {p.protocol: p.value for p in ROWS if (p.row, p.metric) == ("TMPA(ours)", "mAP")}
    for p in ROWS:
        if p.table == "I" and p.metric == "mAP" and p.dataset == "regdb" and p.row != "TMPA(ours)":
            assert (p.value > best[p.protocol]) == ((p.row, p.protocol) in above), p


def test_the_diagrams_of_tmpa_are_named():
    assert diagrams("tmpa") == {"1", "2"}
