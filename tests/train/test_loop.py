from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from torch import nn

from vireid_lab.augment.pipeline import build_augment
from vireid_lab.runtime import InputError
from vireid_lab.train.checkpoint import checkpoint_path, load_checkpoint
from vireid_lab.train.log import read_metrics
from vireid_lab.train.loop import RunState, fit
from vireid_lab.train.schedule import Schedule, build_optimiser, parameter_groups

CPU = torch.device("cpu")


def train(toys, folder=None, steps=12, seed=0, config=None, n_ids=6, optimiser="adamw", **options):
    """A whole training with its own model; returns the model."""
    torch.manual_seed(seed)
    model = toys.Net(n_ids)
    sampler = toys.Sampler(seed)
    run = RunState(folder, config or {"lr": 0.01}, sampler) if folder else None
    options = {"criterion": toys.criterion, "checkpoint_every": 5, "log_every": 2, "run": run, "seed": seed, **options}
    criterion = options.pop("criterion")
    total = steps * options.get("accumulate", 1)
    fit(
        model,
        criterion,
        sampler.batches(total),
        optimiser=build_optimiser(optimiser, parameter_groups(model, 0.01), 1e-4),
        schedule=options.pop("schedule", Schedule(steps, "cosine", warmup=0.25)),
        augment=build_augment("flip+crop:2"),
        device=CPU,
        **options,
    )
    return model


def same(a, b):
    return all(torch.equal(x, y) for x, y in zip(a.state_dict().values(), b.state_dict().values(), strict=True))


class Stop(Exception):
    pass


def stop_after(step):
    def callback(done, model):
        if done == step:
            raise Stop

    return callback


@pytest.mark.parametrize("optimiser", ["adamw", "sgd"])
@pytest.mark.parametrize("stopped", [3, 5, 11])
def test_a_stopped_and_resumed_training_ends_with_the_same_weights(toys, tmp_path, stopped, optimiser):
    whole = train(toys, tmp_path / "whole", optimiser=optimiser)
    with pytest.raises(Stop):
        train(toys, tmp_path / "parts", callbacks=[stop_after(stopped)], optimiser=optimiser)
    resumed = train(toys, tmp_path / "parts", resume=True, optimiser=optimiser)
    assert same(whole, resumed)
    rows = [read_metrics(tmp_path / name / "metrics.jsonl") for name in ("whole", "parts")]
    assert [r["step"] for r in rows[1]] == [2, 4, 6, 8, 10, 12]
    for row in (*rows[0], *rows[1]):
        row.pop("images_per_s")
    assert rows[0] == rows[1]


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(toys):
    assert same(train(toys, seed=1), train(toys, seed=1))
    assert not same(train(toys, seed=1), train(toys, seed=2))


def test_the_last_step_has_a_checkpoint_that_loads_with_weights_only(toys, tmp_path):
    model = train(toys, tmp_path, steps=7)
    checkpoint = load_checkpoint(checkpoint_path(tmp_path))
    assert checkpoint["step"] == 7 and checkpoint["sampler"] == {"seed": 0}
    assert all(torch.equal(checkpoint["model"][name], tensor) for name, tensor in model.state_dict().items())
    assert [p.name for p in checkpoint_path(tmp_path).parent.iterdir()] == ["last.pt"]


def test_what_the_model_sees_is_the_normalised_image(toys):
    seen = []

    class Spy(toys.Net):
        def forward(self, images, modality):
            seen.append((images.clone(), modality.clone()))
            return super().forward(images, modality)

    model, sampler = Spy(), toys.Sampler()
    optimiser = build_optimiser("sgd", parameter_groups(model, 0.0), 0.0)
    batches = sampler.batches(1)
    fit(model, toys.criterion, batches, optimiser=optimiser, schedule=Schedule(1, "constant"), device=CPU)
    batch = next(iter(batches(0)))
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    expected = (batch.images.numpy() / 255 - mean[:, None, None]) / std[:, None, None]
    assert np.allclose(seen[0][0].numpy(), expected, atol=1e-5)
    assert torch.equal(seen[0][1], batch.modality)


def test_accumulated_gradients_are_the_mean_over_the_batches(toys):
    """One SGD step over two batches against the two gradients computed by hand."""
    torch.manual_seed(0)
    model = toys.Net(dropout=0.0)
    reference = toys.Net(dropout=0.0)
    reference.load_state_dict(model.state_dict())
    sampler = toys.Sampler()
    optimiser = torch.optim.SGD([{"params": model.parameters(), "lr": 0.1, "initial_lr": 0.1}])
    fit(
        model,
        toys.criterion,
        sampler.batches(2),
        optimiser=optimiser,
        schedule=Schedule(1, "constant"),
        accumulate=2,
        device=CPU,
    )
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    for batch in sampler.batches(2)(0):
        images = (batch.images / 255 - mean[:, None, None]) / std[:, None, None]
        loss = 2 * nn.functional.cross_entropy(reference(images, batch.modality).logits, batch.ids)
        (loss / 2).backward()
    for ours, theirs in zip(model.parameters(), reference.parameters(), strict=True):
        assert torch.allclose(ours, theirs - 0.1 * theirs.grad, atol=1e-6)


def test_it_learns_what_can_be_learnt(toys, tmp_path):
    train(toys, tmp_path, steps=300, log_every=1, checkpoint_every=300)
    rows = read_metrics(tmp_path / "metrics.jsonl")
    first, last = (np.mean([row["ce"] for row in part]) for part in (rows[:20], rows[-20:]))
    assert last < 0.8 * first and first == pytest.approx(np.log(6), rel=0.2)
    assert rows[-1]["total"] == pytest.approx(2 * rows[-1]["ce"])


def test_a_loss_that_is_not_finite_names_the_step_and_keeps_the_weights(toys, tmp_path):
    def criterion(output, batch):
        criterion.calls += 1
        loss = toys.criterion(output, batch)
        return {"total": loss["total"] * (float("nan") if criterion.calls == 8 else 1), "ce": loss["ce"]}

    criterion.calls = 0
    with pytest.raises(InputError, match=r"step 8 is not finite \(total nan, ce .*lower lr"):
        train(toys, tmp_path, criterion=criterion)
    assert load_checkpoint(checkpoint_path(tmp_path))["step"] == 5


def test_another_configuration_or_model_is_refused_by_name(toys, tmp_path):
    train(toys, tmp_path)
    with pytest.raises(InputError, match=r"lr \(0.01 there, 0.02 asked\)"):
        train(toys, tmp_path, resume=True, config={"lr": 0.02})
    with pytest.raises(InputError, match="of another model: 2 tensors differ .*classifier"):
        train(toys, tmp_path, resume=True, n_ids=7)


@pytest.mark.parametrize("damage", ["cut", "foreign", "text"])
def test_a_damaged_checkpoint_is_named(toys, tmp_path, damage):
    train(toys, tmp_path)
    path = checkpoint_path(tmp_path)
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:1000])
    elif damage == "foreign":
        torch.save({"weights": torch.zeros(2)}, path)
    else:
        path.write_text("not a checkpoint")
    with pytest.raises(InputError, match="last.pt") as error:
        train(toys, tmp_path, resume=True)
    assert "\n" not in str(error.value)


def test_progress_is_printed_where_there_is_no_terminal(toys, capsys):
    train(toys, steps=4)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["step 2/4", "step 4/4"]
    assert "total" in lines[0] and "images_per_s" in lines[0]


def test_callbacks_see_every_step_and_may_evaluate(toys):
    seen = []

    def callback(done, model):
        model.eval()
        seen.append(done)

    model = train(toys, steps=3, callbacks=[callback])
    assert seen == [1, 2, 3]
    assert same(model, train(toys, steps=3))  # batch norm went on in training mode


def test_each_batch_has_a_generator_of_its_own_for_the_augmentations(toys):
    model, sampler, drawn = toys.Net(), toys.Sampler(), []

    def augment(batch, rng):
        drawn.append(rng.random())
        return batch

    optimiser = build_optimiser("sgd", parameter_groups(model, 0.01), 0.0)
    options = {"optimiser": optimiser, "schedule": Schedule(2, "constant"), "device": CPU, "augment": augment}
    fit(model, toys.criterion, sampler.batches(4), **options, accumulate=2, seed=7)
    assert drawn == [np.random.default_rng([7, 1, number, 0]).random() for number in range(4)]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_gpu_trains_in_bfloat16_and_goes_on_from_its_checkpoint(toys, tmp_path):
    model, sampler, seen = toys.Net().cuda(), toys.Sampler(), []

    def criterion(output, batch):
        seen.append((output.features.dtype, batch.images.is_contiguous(memory_format=torch.channels_last)))
        return toys.criterion(output, batch)

    for steps in (3, 5):
        fit(
            model,
            criterion,
            sampler.batches(5),
            optimiser=build_optimiser("adamw", parameter_groups(model, 0.01), 0.0),
            schedule=Schedule(steps, "constant"),
            device=torch.device("cuda"),
            run=RunState(tmp_path, {}, sampler),
            resume=True,
        )
    assert seen == [(torch.float32, True)] * 5
    assert [row["step"] for row in read_metrics(tmp_path / "metrics.jsonl")] == [3, 5]
    assert load_checkpoint(checkpoint_path(tmp_path))["generators"][0].keys() == {"cpu", "cuda"}


def test_half_precision_outputs_reach_the_criterion_as_float32(toys):
    from vireid_lab.train.step import in_full_precision

    output = toys.Output(torch.ones(2, 3, dtype=torch.bfloat16), torch.ones(2, 4), torch.ones(2, 1, 1, 1).double())
    types = [getattr(in_full_precision(output), f.name).dtype for f in dataclasses.fields(output)]
    assert types == [torch.float32, torch.float32, torch.float64]
