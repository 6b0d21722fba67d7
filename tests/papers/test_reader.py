from collections import Counter
from pathlib import Path

import pytest
from table_text import numbers, paper_text, values

from vireid_lab.papers.reader import claims, figures, published
from vireid_lab.papers.slots import matches
from vireid_lab.runtime import InputError

ROOT = Path(__file__).parents[2]
RFM = {
    "recipe": "rfm", "augment": "flip+ltg", "backbone": "resnet50", "head": "parts:12+reduce:256", "attention": "mam",
    "losses": "ce+triplet+cross_center:3.0",
}  # fmt: skip

SAMPLE = [  # read from the paper by eye
    ("I", "Zero-Padding [20]", "regdb-v2t", "rank10", 34.2),
    ("I", "cmGAN [7]", "sysu-indoor", "mAP", 42.2),
    ("I", "SSFT [10]", "regdb-t2v", "mAP", 71.7),
    ("I", "X-Modality [13]", "regdb-t2v", "mAP", 49.9),  # shifted, as printed
    ("I", "RFM", "regdb-v2t", "rank1", 93.5),
    ("I", "RFM", "sysu-indoor", "rank20", 100.0),
    ("II", "Baseline", "sysu-all", "rank1", 60.3),
    ("II", "+LTG", "sysu-all", "mAP", 62.0),
    ("II", "+LTG+MAM", "sysu-all", "rank10", 95.8),
    ("III", "LTG Equal weight", "sysu-all", "rank1", 69.2),
    ("III", "Random Erasing [31] Constant", "sysu-all", "mAP", 68.0),
    ("IV", "Baseline(+LTG) HC-Loss*(3.0)", "sysu-all", "rank20", 99.0),
    ("V", "RFM Spatial-Attention [43]", "sysu-all", "rank1", 69.6),
]


def of_rfm():
    return [p for p in published() if p.paper == "rfm"]


@pytest.mark.parametrize("table, row, protocol, metric, printed", SAMPLE)
def test_printed_values(table, row, protocol, metric, printed):
    assert values(of_rfm(), table=table, row=row, protocol=protocol, metric=metric) == [printed]


def printed_rows(text: str, table: str) -> list[list[str]]:
    """Cells of a table of the text, without the rows of its head."""
    text = text.replace("<b>", "").replace("</b>", "")
    below = text[text.index(f"\nTABLE {table}") :].split("\nModel\t", 1)[1].split("\n\n", 1)[0]
    return [line.split("\t") for line in below.splitlines() if not line.startswith("\t")][1:]


@pytest.mark.parametrize(
    "table, rows, columns", [("I\n", 20, 16), ("II ", 5, 4), ("III ", 4, 4), ("IV ", 4, 4), ("V ", 3, 4)]
)
def test_every_number_of_the_text_is_there_in_its_order(table, rows, columns):
    printed = printed_rows(paper_text("rfm"), table)
    assert len(printed) == rows
    assert numbers(row[-columns:] for row in printed) == values(of_rfm(), table=table.strip())


def test_what_is_odd_is_said():
    notes = {(p.table, p.row): p.note for p in of_rfm() if p.note}
    assert "shifted" in notes["I", "X-Modality [13]"] and "LTG" in notes["II", "+LTG"]
    assert all("caption" in p.note for p in of_rfm() if p.table == "IV")


def test_other_authors_rows_have_no_slots_and_the_papers_own_have():
    for p in of_rfm():
        assert bool(p.slots) == (p.table != "I" or p.row == "RFM"), p
    assert {p.protocol for p in of_rfm()} == {"sysu-all", "sysu-indoor", "regdb-v2t", "regdb-t2v"}


def test_each_claim_joins_two_rows_and_has_the_printed_sign():
    for claim in [claim for claim in claims() if claim.paper == "rfm"]:
        of_metric = [p for p in of_rfm() if (p.protocol, p.metric) == ("sysu-all", claim.metric)]
        better, worse = (
            next(p.value for p in of_metric if p.slots == slots) for slots in (claim.better_slots, claim.worse_slots)
        )
        assert (better - worse) * claim.sign > 0, claim.id
        assert any((p.table, p.slots) == (claim.table, claim.better_slots) for p in of_metric), claim.id


def test_at_most_six_claims_of_a_paper_get_a_verdict():
    first = [claim.id for claim in claims() if (claim.paper, claim.priority) == ("rfm", 1)]
    assert first == ["rfm-ltg", "rfm-beta-uniform", "rfm-ltg-erasing", "rfm-cc", "rfm-mam", "rfm-mam-cbam"]
    assert max(Counter(claim.paper for claim in claims() if claim.priority == 1).values()) <= 6


def test_the_figures_that_are_named_are_there():
    made = [figure for figure in figures() if figure.kind == "computed"]
    assert {figure.figure for figure in made} >= {"1", "2", "3", "6"}
    for figure in made:
        assert (ROOT / "notebooks" / f"{figure.notebook}.ipynb").exists(), figure
        assert (ROOT / "figures" / figure.notebook / f"{figure.file}.png").exists(), figure


@pytest.mark.parametrize(
    "slots, expected",
    [
        ("recipe=rfm augment=flip+ltg attention=mam losses=ce+triplet+cross_center:3", True),
        ("recipe=rfm losses=cross_center:3+ce+triplet", True),  # losses in any order
        ("augment=ltg+flip", False),  # augmentations in their order
        ("losses=ce+triplet+cross_center:0.3", False),
        ("losses=ce+triplet", False),
        ("recipe=pcb augment=flip+ltg", False),
        ("augment=flip+ltg_uniform", False),
        ("", False),
    ],
)
def test_rows_match_runs_by_the_slots_they_name(slots, expected):
    assert matches(slots, RFM) is expected


HEADS = {
    published: "paper,table,row,slots,dataset,mode,metric,value,note",
    claims: "id,paper,text,table,better_slots,worse_slots,baseline_slots,metric,sign,priority,modality",
    figures: "paper,figure,notebook,file,kind,caption",
}


@pytest.mark.parametrize(
    "read, row, message",
    [
        (published, "rfm,II,Baseline,,sysu,all,rank1,60.3", "8 cells for 9 columns"),
        (published, "rfm,II,Baseline,,sysu,all,rank1,sixty,", "sixty"),
        (published, "rfm,II,Baseline,,sysu,all,rank1,603,", "value 603.0"),
        (published, "rfm,II,Baseline,,sysu,all,rank1,nan,", "value nan"),
        (published, "rfm,II,Baseline,,sysu,all,rank-1,60.3,", "did you mean 'rank1'"),
        (published, "rfm,II,Baseline,losess=ce,sysu,all,rank1,60.3,", "did you mean 'losses'"),
        (published, "rfm,II,Baseline,losses,sysu,all,rank1,60.3,", "name=value"),
        (published, "rfm,,Baseline,,sysu,all,rank1,60.3,", "give paper, table, row"),
        (claims, "a,rfm,text,II,augment=ltg,augment=flip,augment=flip,rank1,2,1,nir", "unknown sign '2'"),
        (claims, "a,rfm,text,II,augment=ltg,augment=flip,augment=flip,rank1,1,0,nir", "unknown priority '0'"),
        (claims, "a,rfm,text,II,augment=ltg,augment=flip,augment=flip,rank1,1,1,infrared", "unknown modality"),
        (claims, "a,rfm,text,II,augment=ltg,augment=ltg,augment=ltg,rank1,1,1,nir", "differ in one"),
        (claims, "a,rfm,text,II,augment=ltg,losses=ce,losses=ce,rank1,1,1,nir", "name the same slots"),
        (claims, "a,rfm,text,II,augment=ltg,augment=flip,,rank1,1,1,nir", "baseline_slots is empty"),
        (figures, "rfm,1,,,computed,caption", "name notebook and file"),
        (figures, "rfm,4,02_rfm,file,diagram,caption", "of no diagram"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_with_its_line(tmp_path, read, row, message):
    path = tmp_path / "rows.csv"
    good = HEADS[read] + "\n" + ('rfm,I,"a ""quoted"", name",,sysu,all,mAP,1.0,\n' if read is published else "")
    path.write_text(good + row + "\n")
    with pytest.raises(InputError, match=f"rows.csv line {len(good.splitlines()) + 1}: ") as caught:
        read(path)
    assert message in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("read", HEADS)
def test_wrong_columns_a_repeated_row_and_a_missing_file_are_named(tmp_path, read):
    path = tmp_path / "rows.csv"
    path.write_text("paper,value\n")
    with pytest.raises(InputError, match="line 1: the columns must be"):
        read(path)
    lines = (ROOT / "vireid_lab" / "papers" / f"{read.__name__}.csv").read_text().splitlines()
    path.write_text("\n".join([*lines[:3], lines[1]]) + "\n")
    with pytest.raises(InputError, match="line 4: the same .* as in line 2"):
        read(path)
    with pytest.raises(InputError, match="cannot be read"):
        read(tmp_path / "none.csv")
