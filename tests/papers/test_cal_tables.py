"""CAL's rows and claims: beside the text, beside one another, and with what is odd about them."""

from pathlib import Path

import pytest

from vireid_lab.papers.reader import claims, figures, published

TEXT = Path(__file__).parents[3] / "shared" / "papers" / "cal.txt"
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
    found = [p.value for p in ROWS if (p.table, p.row, p.protocol, p.metric) == (table, row, protocol, metric)]
    assert found == [printed]


@pytest.mark.parametrize("table", COLUMNS)
def test_every_number_of_cals_tables_is_there_in_its_order(table):
    if not TEXT.exists():
        pytest.skip("cal.txt does not lie beside the checkout")
    below = TEXT.read_text().split(f"\nTable {table}. ", 1)[1].split("\n\n", 2)[1].splitlines()
    lines = [line.split("\t")[-COLUMNS[table] :] for line in below]
    cells = [line for line in lines if line[0][:1].isdigit() or line[0] == "-"]  # without the heads
    numbers = [float(cell) for line in cells for cell in line if cell != "-"]
    assert numbers == [p.value for p in ROWS if p.table == table] and len(cells) == N_ROWS[table]


def test_cals_own_rows_have_slots_and_other_authors_rows_have_none():
    for p in ROWS:
        assert bool(p.slots) == (p.table not in "12" or p.row == "CAL (Ours)"), p
    assert len({p.slots for p in ROWS if p.row in ("CAL (Ours)", "L_kd1 + L_kd2 + CQM")}) == 1


def test_what_is_odd_about_cals_tables_is_said():
    notes = {p.row: p.note for p in ROWS if p.note}
    t2v = {p.row: [q.value for q in ROWS if (q.row, q.protocol) == (p.row, "regdb-t2v")] for p in ROWS}
    assert t2v["AGW [44]"] == t2v["MCLNet [7]"] and "MCLNet" in notes["AGW [44]"]
    same = [row for row, note in notes.items() if "same numbers" in note]
    values = [[p.value for p in ROWS if (p.table, p.row) == ("4", row)] for row in same]
    assert len(same) == 3 and values[0] == values[1] == values[2]


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
    assert {f.figure for f in figures() if (f.paper, f.kind) == ("cal", "diagram")} == {"1", "2"}
