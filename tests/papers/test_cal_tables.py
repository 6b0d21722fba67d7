"""CAL's rows and claims: beside the text, beside one another, and with what is odd about them."""

import pytest
from table_text import diagrams, lines_below, numbers, paper_text, values

from vireid_lab.papers.reader import claims, published

ROWS = [row for row in published() if row.paper == "cal"]
CLAIMS = [claim for claim in claims() if claim.paper == "cal"]
COLUMNS = {"1": 12, "2": 6, "3": 3, "4": 3, "5": 3}
N_ROWS = {"1": 14, "2": 14, "3": 3, "4": 14, "5": 5}

SAMPLE = [  # read from the paper by eye
    ("1", "Zero-Pad [38]", "sysu-indoor-multi", "rank10", 75.86),
    ("1", "cm-SSFT† [22]", "sysu-all", "mAP", 54.1),
    ("1", "MAUM [20]", "sysu-indoor", "rank1", 76.97),
    ("1", "CAL (Ours)", "sysu-all-multi", "mAP", 64.86),
    ("2", "CMT [12]", "regdb-v2t", "rank1", 95.17),
    ("2", "CAL (Ours)", "regdb-t2v", "mAP", 87.61),
    ("3", "Baseline", "sysu-all", "rank1", 57.82),
    ("3", "Baseline + TCA", "sysu-all", "mAP", 67.4),
    ("4", "DRM -> HS (n = 4)", "sysu-all", "rank1", 73.15),
    ("4", "TSAA (SD) w/o CA", "sysu-all", "mAP", 67.77),
    ("4", "PCL -> ICA&CCA [7]", "sysu-all", "rank10", 95.21),
    ("5", "L_kd2", "sysu-all", "rank1", 72.26),
    ("5", "L_kd1 + L_kd2", "sysu-all", "mAP", 70.61),
]


@pytest.mark.parametrize("table, row, protocol, metric, printed", SAMPLE)
def test_printed_values_of_cal(table, row, protocol, metric, printed):
    assert values(ROWS, table=table, row=row, protocol=protocol, metric=metric) == [printed]


@pytest.mark.parametrize("table", COLUMNS)
def test_every_number_of_cals_tables_is_there_in_its_order(table):
    lines = [line[-COLUMNS[table] :] for line in lines_below(paper_text("cal"), f"\nTable {table}. ")]
    cells = [line for line in lines if line[0][:1].isdigit() or line[0] == "-"]  # without the heads
    assert numbers(cells) == values(ROWS, table=table) and len(cells) == N_ROWS[table]


def test_cals_own_rows_have_slots_and_other_authors_rows_have_none():
    for p in ROWS:
        assert bool(p.slots) == (p.table not in "12" or p.row == "CAL (Ours)"), p
    assert len({p.slots for p in ROWS if p.row in ("CAL (Ours)", "L_kd1 + L_kd2 + CQM")}) == 1


def test_what_is_odd_about_cals_tables_is_said():
    notes = {p.row: p.note for p in ROWS if p.note}
    t2v = {p.row: values(ROWS, row=p.row, protocol="regdb-t2v") for p in ROWS}
    assert t2v["AGW [44]"] == t2v["MCLNet [7]"] and "MCLNet" in notes["AGW [44]"]
    same = [row for row, note in notes.items() if "same numbers" in note]
    printed = [values(ROWS, table="4", row=row) for row in same]
    assert len(same) == 3 and printed[0] == printed[1] == printed[2]


def test_each_claim_of_cal_joins_two_rows_of_its_table_and_has_the_printed_sign():
    for claim in CLAIMS:
        of = {p.slots: p.value for p in ROWS if (p.protocol, p.metric) == ("sysu-all", claim.metric)}
        assert (of[claim.better_slots] - of[claim.worse_slots]) * claim.sign > 0, claim.id
        assert claim.baseline_slots == next(p.slots for p in ROWS if p.row == "Baseline")
        for slots in (claim.better_slots, claim.worse_slots):
            assert any((p.table, p.slots) == (claim.table, slots) for p in ROWS), claim.id


def test_six_claims_of_cal_get_a_verdict():
    first = [claim.id.removeprefix("cal-") for claim in CLAIMS if claim.priority == 1]
    assert first == ["tca", "match-distill", "cqm", "drm-stripes", "tsaa-dot", "pcl"]


def test_the_diagrams_of_cal_are_named():
    assert diagrams("cal") == {"1", "2"}
