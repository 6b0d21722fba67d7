"""Which components add up and what choosing the best is worth, where the answer is known in closed form."""

from __future__ import annotations

import numpy as np
import pytest
from made_runs import write_run
from scipy import stats

from vireid_lab.analysis.best_arm import choose_best
from vireid_lab.analysis.complementarity import COMPONENTS, PLAIN, combine, complementarity, with_components
from vireid_lab.analysis.composition import arm_of, find_arms
from vireid_lab.recipes.catalogue import choose_settings
from vireid_lab.runtime import InputError


def test_gains_that_add_up_have_no_interaction():
    rng = np.random.default_rng(0)
    plain, first, second = rng.normal(size=(3, 6))
    made = combine(plain, plain + first, plain + second, plain + first + second)
    assert (made.interaction.mean, made.interaction.low, made.interaction.high) == pytest.approx((0, 0, 0), abs=1e-12)
    assert made.both.mean == pytest.approx(first.mean() + second.mean())
    assert made.extra.mean == pytest.approx(min(first.mean(), second.mean()))


def test_components_that_do_the_same_give_nothing_together():
    plain, gain = np.random.default_rng(1).normal(size=(2, 5))
    made = combine(plain, plain + gain, plain + gain, plain + gain)
    assert made.extra.mean == pytest.approx(0) and made.interaction.mean == pytest.approx(-gain.mean())


def test_intervals_are_those_of_the_pairs():
    plain, first, second, both = np.random.default_rng(2).normal(size=(4, 7))
    made = combine(plain, first + 1, second, both)
    for effect, values in ((made.extra, both - first - 1), (made.interaction, both - first - 1 - second + plain)):
        half = stats.t.ppf(0.975, 6) * values.std(ddof=1) / np.sqrt(7)
        assert (effect.mean, effect.low, effect.high) == pytest.approx(
            (values.mean(), values.mean() - half, values.mean() + half)
        )
        assert effect.n == 7


@pytest.mark.parametrize("second", COMPONENTS, ids=lambda each: each.name)
@pytest.mark.parametrize("first", COMPONENTS, ids=lambda each: each.name)
def test_all_components_can_be_composed_two_by_two(first, second):
    slots = with_components(PLAIN, [first] if first == second else [first, second])
    settings = choose_settings("compose", "tiny", slots)
    assert {name: getattr(settings, name) for name in slots} == slots


def test_a_component_stands_beside_what_is_there_or_in_its_place():
    ltg, _, cutmix, center, softmax = COMPONENTS
    assert with_components(PLAIN, [ltg, cutmix])["augment"] == "flip+ltg+cutmix+replace"
    assert with_components({**PLAIN, "augment": "none"}, [ltg])["augment"] == "ltg"
    assert with_components(PLAIN, [center, softmax])["losses"] == "triplet+cross_center:3+ce:0.3+sas_fm:0.7"
    assert with_components(PLAIN, []) == PLAIN


def write_arms(folder, gains, seeds=range(3)):
    """Runs on RFM's plain arm: number in COMPONENTS -> gain; base rank-1 differs from seed to seed."""
    for numbers, gain in gains.items():
        slots = with_components(PLAIN, [COMPONENTS[number] for number in numbers])
        for seed in seeds:
            name = f"{'-'.join(map(str, numbers)) or 'plain'}-{seed}"
            extra = gain(seed) if callable(gain) else gain
            write_run(
                folder / name, recipe="compose", seed=seed, world=seed, last=0.4 + 0.05 * seed + extra,
                head="parts:6+reduce:64", two_stream="none", **slots,
            )  # fmt: skip


@pytest.fixture
def arms(tmp_path):
    from vireid_lab.analysis.run_results import read_runs

    def make(gains, *more):
        write_arms(tmp_path, gains)
        for seeds, others in more:
            write_arms(tmp_path, others, seeds)
        return find_arms(read_runs(tmp_path))

    return make


def test_cells_are_filled_where_all_four_arms_were_run(arms):
    gains = {(): 0.0, (0,): 0.06, (1,): 0.04, (2,): -0.02, (0, 1): 0.08, (0, 4): 0.1}
    found = complementarity(arms(gains))
    assert found.components == tuple(each.name for each in COMPONENTS)
    assert {name: effect.mean for name, effect in found.single.items()} == pytest.approx(
        {COMPONENTS[0].name: 0.06, COMPONENTS[1].name: 0.04, COMPONENTS[2].name: -0.02}
    )
    ((names, made),) = found.pairs.items()
    assert names == (COMPONENTS[0].name, COMPONENTS[1].name)
    assert (made.both.mean, made.extra.mean, made.interaction.mean) == pytest.approx((0.08, 0.02, -0.02))
    assert made.both.n == 3


def test_two_pairs_are_no_first_look_and_no_runs_are_none(arms):
    found = complementarity(arms({}, (range(2), {(): 0.0, (0,): 0.1, (1,): 0.1, (0, 1): 0.2})))
    assert found.single == {} and found.pairs == {}
    assert complementarity([]).pairs == {}


def test_the_best_is_chosen_on_some_seeds_and_tested_on_all_others(arms):
    lucky = [0.20, 0.16, 0.18, 0.02, 0.05, -0.01]  # on seeds 0 to 2, and then
    steady = [0.10, 0.11, 0.12, 0.10, 0.11, 0.12]
    gains = {(): 0.0, (0,): lucky.__getitem__, (1,): steady.__getitem__}
    made = arms({}, (range(6), gains), (range(2), {(2,): 0.9}))
    chosen = choose_best(made, arm_of(made, PLAIN), (0, 1, 2))
    assert chosen.arm.slots["augment"] == "flip+ltg" and chosen.candidates == 2
    assert (chosen.chosen_on, chosen.tested_on) == ((0, 1, 2), (3, 4, 5))
    assert (chosen.lead.mean, chosen.fresh.mean) == pytest.approx((0.18, 0.02))
    assert chosen.optimism == pytest.approx(0.16) and chosen.fresh.low < 0 < chosen.fresh.high


def test_without_fresh_runs_nothing_is_said_of_them(arms):
    made = arms({}, (range(5), {(): 0.0}), (range(5), {(0,): 0.1}))
    chosen = choose_best(made, arm_of(made, PLAIN), (0, 1, 2))
    assert chosen.tested_on == (3, 4) and chosen.fresh is None and chosen.optimism is None


def test_choosing_takes_seeds_and_candidates(arms):
    made = arms({(): 0.0})
    with pytest.raises(InputError, match="choosing takes 3 at least"):
        choose_best(made, made[0], (0, 1))
    assert choose_best(made, made[0], (0, 1, 2)) is None and choose_best(made, None, (0, 1, 2)) is None
    two = arms({}, (range(2), {(0,): 0.1}))
    assert choose_best(two, arm_of(two, PLAIN), (0, 1, 2)) is None


def test_the_lead_of_the_best_of_many_alike_is_the_choosings(arms):
    """Arms of pure noise: the chosen one leads, and on fresh seeds it leads by nothing."""
    from vireid_lab.analysis.composition import Arm

    rng = np.random.default_rng(5)

    def noise(count):
        metrics = {("sysu-all", "last"): {"protocol": "sysu-all"}}
        runs = {("data", seed): type("Run", (), {
            "benchmark": None, "seed": seed, "data_seed": seed, "settings": {"layout": "sysu"},
            "metrics": {k: {**v, "rank1": rng.normal(0.5, 0.03)} for k, v in metrics.items()},
        })() for seed in range(count)}  # fmt: skip
        return Arm("rfm", runs)

    found = [choose_best([noise(8) for _ in range(10)], noise(8), range(4)) for _ in range(60)]
    assert np.mean([each.lead.mean for each in found]) > 0.015
    assert abs(np.mean([each.fresh.mean for each in found])) < 0.008
