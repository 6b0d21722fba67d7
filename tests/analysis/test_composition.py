"""Which runs are one composition, and which of them are pairs, on made-up runs with known numbers."""

from __future__ import annotations

import pytest
from made_runs import write_run

from vireid_lab.analysis.composition import arm_of, find_arms, methods, shared_pairs, shared_scores
from vireid_lab.analysis.run_results import read_runs

PLAIN = {"model": "rfm", "augment": "flip", "losses": "ce+triplet"}


def run(folder, number, recipe="rfm", seed=0, **settings):
    head = {"head": "gem+bnneck", "two_stream": "none", "recipe": recipe}
    return write_run(folder / str(number), seed=seed, **{"world": seed, **head, **settings})


def test_a_recipe_and_the_same_composition_are_one_arm(tmp_path):
    runs = [
        run(tmp_path, 0, seed=0, last=0.3),
        run(tmp_path, 1, "compose", model="rfm", seed=1, last=0.5),
        run(tmp_path, 2, "compose", model="rfm", seed=1, last=0.9),  # repeats it
        run(tmp_path, 3, "compose", model="rfm", losses="triplet+ce", seed=2, last=0.7),  # losses in another order
        run(tmp_path, 4, "compose", model="pcb", seed=1, last=0.1),
        run(tmp_path, 5, "sa_softmax", two_stream="conv", seed=1, last=0.2),
        run(tmp_path, 6, "compose", model="pcb", two_stream="conv", seed=2, last=0.4),
    ]
    arms = find_arms(runs)
    assert [(arm.model, len(arm.runs)) for arm in arms] == [("rfm", 3), ("pcb", 1), ("pcb", 2)]
    pairs = shared_pairs([arms[0]])
    assert [seed for _, seed in pairs] == [0, 1, 2]
    assert arms[0].scores(pairs) == pytest.approx([0.3, 0.5, 0.7])
    assert arm_of(arms, PLAIN) is arms[0] and arm_of(arms, {"model": "pcb"}) is arms[2]
    assert arm_of(arms, {**PLAIN, "augment": "flip+ltg"}) is None


def test_the_order_of_augmentations_is_a_part_of_what_was_composed(tmp_path):
    runs = [run(tmp_path, 0, augment="ltg+channel"), run(tmp_path, 1, augment="channel+ltg")]
    assert len(find_arms(runs)) == 2


def test_other_conditions_stand_apart_and_those_with_most_runs_count(tmp_path):
    many = [run(tmp_path, seed, seed=seed) for seed in range(2)]
    others = [
        run(tmp_path, 10, steps=300), run(tmp_path, 11, lr=0.1), run(tmp_path, 12, start="none sha256=2"),
        run(tmp_path, 13, control="glossy"), run(tmp_path, 14, infrared="thermal"), run(tmp_path, 15, finished=False),
        run(tmp_path, 16, layout="regdb", infrared="thermal"), run(tmp_path, 17, last=None),
        run(tmp_path, 18, labels=("sysu-indoor gallery=seeded shots=1",)),
    ]  # fmt: skip
    (arm,) = find_arms([*others, *many])
    assert [run.path.name for run in arm.runs.values()] == ["0", "1"]
    assert find_arms([]) == []


def test_pairs_are_shared_and_do_not_share_people(tmp_path):
    one = [run(tmp_path, s, seed=s, last=0.1 * s) for s in (3, 1, 2)]
    one += [run(tmp_path, 9, seed=4, world=1)]  # other seed, the people of seed 1
    other = [run(tmp_path, 20 + s, augment="flip+ltg", seed=s, last=0.2 * s) for s in (1, 2, 4)]
    first, second = find_arms([*one, *other])
    pairs = shared_pairs([first, second])
    assert [seed for _, seed in pairs] == [1, 2]
    assert second.scores(pairs) - first.scores(pairs) == pytest.approx([0.1, 0.2])
    assert [seed for _, seed in shared_pairs([first], (1, 3, 4))] == [1, 3]


def test_the_plainest_evaluation_is_read(tmp_path):
    label = "sysu-all gallery=seeded shots=1"
    made = run(tmp_path, 0, last=0.4, labels=(label,))
    made.metrics[f"{label} rerank", "last"] = {**made.metrics[label, "last"], "rank1": 0.8}
    (arm,) = find_arms([made])
    assert arm.scores(shared_pairs([arm])) == pytest.approx([0.4])
    assert arm.scores(shared_pairs([arm]), "mAP", "best") == pytest.approx([0.15])


def test_methods_are_the_recipes_as_their_presets_have_them(tmp_path):
    own = {"augment": "flip+ltg", "attention": "mam", "head": "parts:6+reduce:64"}
    runs = [
        run(tmp_path, 0, "compose", model="rfm", losses="ce+triplet+cross_center:3", **own),
        run(tmp_path, 1, "rfm", losses="ce+triplet+cross_center:1", **own),
        run(tmp_path, 2, "baseline", losses="ce+wrt", two_stream="stem"),
        run(tmp_path, 3, "agw", losses="ce+wrt", attention="nonlocal", two_stream="stem"),
    ]
    found = {
        name: arm and [run.path.name for run in arm.runs.values()] for name, arm in methods(find_arms(runs)).items()
    }
    assert found == {
        "rfm": ["0"], "baseline": ["2"], "agw": ["3"], "pcb": None, "cal": None, "idkl": None, "sa_softmax": None,
        "tmpa": None,
    }  # fmt: skip


def test_methods_are_compared_on_the_seeds_that_all_of_them_have(tmp_path):
    for recipe, seeds in (("rfm", (0, 1, 2)), ("pcb", (1, 2, 3)), ("idkl", (7,))):
        for seed in seeds:
            run(tmp_path, f"{recipe}{seed}", recipe, seed=seed, last=0.1 * seed + 0.05 * (recipe == "pcb"))
    first, second, third = sorted(find_arms(read_runs(tmp_path)), key=lambda arm: "rfm pcb idkl".index(arm.model))
    found = shared_scores({"rfm": first, "pcb": second, "cal": None})
    assert found["rfm"] == pytest.approx([0.1, 0.2]) and found["pcb"] == pytest.approx([0.15, 0.25])
    assert found["cal"] is None
    assert set(shared_scores({"rfm": first, "idkl": third}).values()) == {None}
    assert shared_scores({"cal": None}) == {"cal": None}
