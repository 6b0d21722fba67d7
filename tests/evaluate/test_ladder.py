"""The ladder: each rung is one evaluation that differs from the default in one condition, and nothing is recorded."""

import json

import pytest

from vireid_lab.cli import main
from vireid_lab.data.folder import write_manifest
from vireid_lab.data.layouts import open_dataset
from vireid_lab.data.make import make_benchmark
from vireid_lab.evaluate.ladder import NONE_KEPT, climb
from vireid_lab.evaluate.runs import evaluate_model, evaluate_run
from vireid_lab.recipes.run import open_run
from vireid_lab.recipes.training import train
from vireid_lab.runtime import InputError

TOY = ("weights=none", "size=32x16", "ids_per_batch=2", "steps=6", "checkpoint_every=2", "keep_checkpoints=true")
NUMBERS = {"rank1", "rank5", "rank10", "rank20", "mAP", "mINP", "std", "queries", "invalid_queries", "gallery_size"}


@pytest.fixture(scope="module")
def run(sysu_root, tmp_path_factory):
    return open_run(train("baseline", sysu_root, "tiny", tmp_path_factory.mktemp("runs") / "kept", TOY, device="cpu"))


@pytest.fixture(scope="module")
def ladder(run):
    return climb(run, run.dataset())


def differing(ladder):
    """choice -> names of the conditions that are not the default's."""
    default = vars(ladder.default.conditions)
    conditions = {choice: vars(result.conditions) for choice, result in ladder.rungs[1:]}
    return {choice: {key for key in default if each[key] != default[key]} for choice, each in conditions.items()}


def test_each_rung_differs_in_one_thing(ladder):
    *others, step = differing(ladder).values()
    assert others == [{"flip"}, {"neck"}, {"l2"}, {"rerank"}] and step <= {"checkpoint"}
    assert ladder.default.conditions.checkpoint == "last" and ladder.missing == ""


def test_a_rung_is_what_the_evaluation_of_its_choice_gives(run, ladder):
    results = dict(ladder.rungs)
    one = evaluate_model(run.model(), run.dataset(), None, (32, 16), flip=True)
    assert results["mean with the mirror image (flip)"].metrics == one.metrics
    assert (
        ladder.gains("mAP")["mean with the mirror image (flip)"] == one.metrics["mAP"] - ladder.default.metrics["mAP"]
    )


def test_the_picked_step_is_the_best_of_those_that_were_kept(run, ladder):
    assert run.kept_steps == [2, 4, 6]
    scores = {
        s: evaluate_model(run.model(checkpoint=f"step_{s}"), run.dataset(), None, (32, 16)) for s in run.kept_steps
    }
    rank1 = {step: result.metrics["rank1"] for step, result in scores.items()}
    choice, picked = ladder.rungs[-1]
    assert picked.metrics["rank1"] == max(rank1.values()) >= rank1[6] == ladder.default.metrics["rank1"]
    names = {2: "2", 4: "4", 6: "the last"}
    (step,) = (s for s, name in names.items() if choice == f"step picked on the test set ({name}, among 3)")
    assert rank1[step] == max(rank1.values())
    assert picked.conditions.checkpoint == ("last" if step == 6 else f"step_{step}")


def test_a_kept_step_is_evaluated_under_a_label_of_its_own(run):
    result = evaluate_run(run, checkpoint="step_4")
    assert result.conditions.label == "sysu-all gallery=seeded shots=1 step_4"
    with pytest.raises(InputError, match="unknown checkpoint 'step_5'.*did you mean 'step_.*known: result, last, best"):
        evaluate_run(run, checkpoint="step_5")


def test_a_run_that_kept_no_steps_says_how_to(sysu_root, tmp_path):
    plain = open_run(train("baseline", sysu_root, "tiny", tmp_path / "run", TOY[:-1], device="cpu"))
    ladder = climb(plain, plain.dataset())
    assert ladder.missing == NONE_KEPT and "checkpoint" not in set().union(*differing(ladder).values())
    assert ladder.to_text().endswith(NONE_KEPT)


def test_llcm_has_a_rung_for_each_other_reading_and_sysu_for_the_other_gallery(run, tmp_path):
    llcm = climb(run, open_dataset(make_benchmark(tmp_path / "llcm", "llcm", 4, 1, (32, 32), workers=1)))
    readings = {choice: keys for choice, keys in differing(llcm).items() if choice.startswith("LLCM")}
    assert list(readings) == ["LLCM read as released-transposed", "LLCM read as full-gallery"]
    drawn = {"gallery", "shots", "trials"}
    assert all("llcm_reading" in keys and keys <= {"llcm_reading", "removal"} | drawn for keys in readings.values())
    assert "numbers of the synthetic benchmark, of no real data set" in llcm.to_text()
    sysu = climb(run, open_dataset(make_benchmark(tmp_path / "sysu", "sysu", 4, 2, (32, 32), workers=1)))
    assert differing(sysu)["seeded gallery, not official"] == {"gallery"}


def test_the_command_prints_it_and_records_nothing(run, capsys):
    before = (run.path / "run.json").read_bytes()
    assert main(["evaluate", str(run.path), "--ladder", "--protocol", "sysu-indoor", "--json"]) == 0
    text, last = capsys.readouterr().out.strip().rsplit("\n", 1)
    values = json.loads(last)["ladder"]
    assert values["default"]["protocol"] == "sysu-indoor" and NUMBERS <= set(values["default"])
    gain = 100 * (values["k-reciprocal re-ranking"]["rank1"] - values["default"]["rank1"])
    (line,) = (line for line in text.splitlines() if line.startswith("k-reciprocal"))
    assert line.split()[2] == f"{gain:+.2f}"
    assert (run.path / "run.json").read_bytes() == before


def test_what_the_command_refuses(run, sysu_root, tmp_path, capsys):
    write_manifest(sysu_root, "cam*/*", tmp_path / "nameless.csv")
    for arguments, message in (
        (["--flip"], "--ladder makes the choices itself"),
        (["--gallery", "seeded"], "--ladder makes the choices itself"),
        (["--data", tmp_path / "nameless.csv"], "queries have no identity: they can be searched, and not scored"),
    ):
        assert main(["evaluate", str(run.path), "--ladder", *map(str, arguments)]) == 2
        error = capsys.readouterr().err
        assert message in error and len(error.splitlines()) == 1
