from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from vireid_lab.runtime import InputError
from vireid_lab.train.schedule import Schedule, build_optimiser, parameter_groups


def test_the_published_schedule_of_agw_in_epochs():
    per_epoch = 10
    schedule = Schedule(60 * per_epoch, "multistep", warmup=10 / 60, milestones=(20 / 60, 50 / 60))
    for epoch in range(10, 60):
        expected = 1.0 if epoch < 20 else 0.1 if epoch < 50 else 0.01
        for step in (epoch * per_epoch, (epoch + 1) * per_epoch - 1):
            assert schedule.factor(step) == pytest.approx(expected)
    rising = [schedule.factor(step) for step in range(100)]
    assert rising == pytest.approx([(s + 1) / 100 for s in range(100)])


def test_cosine_goes_from_one_to_nearly_zero_and_is_half_in_the_middle():
    schedule = Schedule(200, "cosine")
    assert schedule.factor(0) == 1 and schedule.factor(100) == pytest.approx(0.5)
    assert schedule.factor(199) == pytest.approx(0.5 * (1 - math.cos(math.pi / 200)))
    with_warmup = Schedule(200, "cosine", warmup=0.1)
    assert with_warmup.factor(19) == 1 and with_warmup.factor(110) == pytest.approx(0.5)


def test_constant_stays():
    assert {Schedule(5, "constant").factor(step) for step in range(5)} == {1.0}


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"kind": "cosin"}, "did you mean 'cosine'"),
        ({"warmup": 1.5}, "1.5 is not in"),
        ({"milestones": (0.5, 20.0)}, "20 is not in"),
    ],
)
def test_bad_schedules_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        Schedule(10, **arguments)


def test_the_backbone_has_its_own_rate_and_every_parameter_is_in_one_group(net):
    groups = parameter_groups(net, lr=0.1, backbone_lr_factor=0.1)
    optimiser = build_optimiser("sgd", groups, weight_decay=0.0)
    assert Schedule(10, "constant", warmup=0.2).set_rate(optimiser, 0) == pytest.approx(0.05)
    rate = {id(p): group["lr"] for group in optimiser.param_groups for p in group["params"]}
    assert len(rate) == sum(1 for _ in net.parameters())
    for name, parameter in net.named_parameters():
        assert rate[id(parameter)] == pytest.approx(0.005 if name.startswith("backbone") else 0.05)


@pytest.mark.parametrize("name, kind", [("sgd", "SGD"), ("adam", "Adam"), ("adamw", "AdamW")])
def test_optimisers(name, kind):
    optimiser = build_optimiser(name, parameter_groups(nn.Linear(2, 2), 0.1), weight_decay=0.3)
    assert type(optimiser) is getattr(torch.optim, kind) and optimiser.param_groups[0]["weight_decay"] == 0.3


def test_an_unknown_optimiser_names_the_nearest():
    with pytest.raises(InputError, match="did you mean 'adamw'"):
        build_optimiser("adamww", parameter_groups(nn.Linear(2, 2), 0.1), 0.0)
