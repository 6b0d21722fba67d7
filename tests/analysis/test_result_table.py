"""A table of runs gives back what the run folders say, so that every verdict is the same from both."""

import csv
import dataclasses

import pytest
from made_runs import write_run

from vireid_lab.analysis.claims import judge_claims
from vireid_lab.analysis.result_table import KEPT, read_results, write_results
from vireid_lab.analysis.run_results import read_runs
from vireid_lab.papers.reader import claims
from vireid_lab.runtime import InputError


@pytest.fixture
def folder(tmp_path):
    """Five pairs with and without LTG, one run without a best checkpoint and one that is not finished."""
    for seed in range(5):
        for augment, rank1 in (("flip", 0.3), ("flip+ltg", 0.4)):
            write_run(
                tmp_path / "runs" / f"{augment}-{seed}", augment=augment, seed=seed, world=seed,
                last=rank1 + 0.01 * seed**2, best=None if (augment, seed) == ("flip", 4) else rank1 + 0.02 * seed,
            )  # fmt: skip
    write_run(tmp_path / "runs" / "cut-off", seed=9, finished=False)
    return tmp_path


def test_rows_are_what_the_folders_say(folder):
    runs = read_runs(folder / "runs")
    (folder / "kept").mkdir()
    write_results(runs, folder / "kept" / "rfm.runs.csv")
    read = read_runs(folder / "kept")
    given = [run for run in runs if run.finished]
    assert [run.path.name for run in read] == [run.path.name for run in given]
    for one, other in zip(read, given, strict=True):
        for name in (
            "recipe",
            "slots",
            "seed",
            "data_seed",
            "data",
            "benchmark",
            "start",
            "finished",
            "world",
            "scale",
        ):
            assert getattr(one, name) == getattr(other, name), name
        assert one.settings == {k: v for k, v in other.settings.items() if k != "data_root"}
        assert one.metrics.keys() == other.metrics.keys()
        for key, values in one.metrics.items():
            assert {k: values[k] for k in KEPT if k in values} == pytest.approx(
                {k: other.metrics[key][k] for k in KEPT if k in other.metrics[key]}
            )


def test_a_table_leads_to_the_same_verdicts_as_the_folders(folder):
    runs = read_runs(folder / "runs")
    table = read_results(write_results(runs, folder / "a.runs.csv"))
    assert [v.text for v in judge_claims(claims(), table)] == [v.text for v in judge_claims(claims(), runs)]
    assert any("n = " in v.text or v.effects for v in judge_claims(claims(), table))


def test_it_names_no_folder_of_this_machine(folder):
    text = write_results(read_runs(folder / "runs"), folder / "a.runs.csv").read_text()
    assert str(folder) not in text and "/data/" not in text


def test_the_start_keeps_its_hash_without_its_folder(folder):
    run = dataclasses.replace(
        read_runs(folder / "runs")[-1], start="resnet10: 50 tensors from /x/y.pt (note) sha256=ab"
    )
    (read,) = read_results(write_results([run], folder / "a.runs.csv"))
    assert read.start == "y.pt (note) sha256=ab"


def test_the_model_of_a_composed_run_is_kept_and_a_table_without_models_can_be_read(folder):
    composed = write_run(folder / "composed", recipe="compose", model="tmpa")
    path = write_results([composed, *read_runs(folder / "runs")], folder / "a.runs.csv")
    first, *others = read_results(path)
    assert first.slots == composed.slots and first.slots["model"] == "tmpa"
    assert others and all("model" not in run.slots for run in others)
    rows = list(csv.DictReader(path.open()))[1:]
    with path.open("w", newline="") as file:  # as tables were before there was a model to choose
        writer = csv.DictWriter(file, [name for name in rows[0] if name != "model"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    assert read_results(path) == others


def test_bad_tables_are_named(folder):
    with pytest.raises(InputError, match=r"a table of runs is called NAME.runs.csv"):
        write_results(read_runs(folder / "runs"), folder / "a.csv")
    with pytest.raises(InputError, match="no finished and evaluated run"):
        write_results([], folder / "a.runs.csv")
    path = write_results(read_runs(folder / "runs"), folder / "a.runs.csv")
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:3], lines[3].replace("{", "", 1)]))
    with pytest.raises(InputError, match="line 4: not a row of a table of runs"):
        read_results(path)
    with pytest.raises(InputError, match="gone.runs.csv cannot be read"):
        read_results(folder / "gone.runs.csv")
