"""Two processes against one: the same gradients, on the CPU through gloo."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from vireid_lab.data.batch import Batch
from vireid_lab.losses.triplet import BatchHardTriplet, WeightedRegularizationTriplet
from vireid_lab.models.agw import AGW
from vireid_lab.models.backbone import build_backbone
from vireid_lab.train.distributed import join_world

N_IDS, RANKS = 5, 2


def model_and_batches():
    """A float64 model with batch norm in eval mode, and one batch for each rank with identities of its own."""
    torch.manual_seed(0)
    model = AGW(build_backbone("resnet10", two_stream="stem"), N_IDS).double().eval()
    draw = torch.Generator().manual_seed(1)
    modality = torch.arange(8) // 4
    batches = []
    for identities in ([0, 0, 3, 3], [1, 1, 4, 4]):
        images = torch.rand(8, 3, 32, 16, generator=draw, dtype=torch.float64)
        batches.append(Batch(images, torch.tensor(identities * 2), modality, modality + 1))
    return model, batches


def criterion(output, batch):
    ce = torch.nn.functional.cross_entropy(output.logits, batch.ids)
    losses = [loss(output.features, batch.ids, batch.modality) for loss in (BatchHardTriplet(0.3), WEIGHTED)]
    return ce + sum(losses)


WEIGHTED = WeightedRegularizationTriplet()


def gradients(model):
    return {name: p.grad for name, p in model.named_parameters() if p.grad is not None}


def rank_main(out):
    """What each process of the test does."""
    torch.set_num_threads(1)
    model, batches = model_and_batches()
    with join_world(torch.device("cpu")) as (world, device):
        wrapped = world.wrap(model, device)
        batch = batches[world.rank]
        output, everyone = world.gather(wrapped(batch.images, batch.modality), batch)
        criterion(output, everyone).backward()
        ranks = world.gather_objects(world.rank)
        world.wait()
        torch.save({"ids": everyone.ids, "modality": everyone.modality, "ranks": ranks}, f"{out}/batch{world.rank}.pt")
        torch.save(gradients(model), f"{out}/rank{world.rank}.pt")


@pytest.mark.slow
def test_two_processes_have_the_gradients_of_one_with_the_whole_batch(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    processes = []
    for rank in range(RANKS):
        address = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "OMP_NUM_THREADS": "1"}
        names = {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(RANKS), "TORCHELASTIC_RUN_ID": "test"}
        command = [sys.executable, __file__, str(tmp_path)]
        processes.append(subprocess.Popen(command, env={**os.environ, **address, **names}))
    assert [process.wait(timeout=300) for process in processes] == [0, 0]

    model, batches = model_and_batches()
    halves = [[getattr(b, name).chunk(2) for b in batches] for name in ("images", "ids", "modality", "camids")]
    whole = Batch(*(torch.cat([rank[half] for half in (0, 1) for rank in ranks]) for ranks in halves))
    criterion(model(whole.images, whole.modality), whole).backward()
    expected = gradients(model)
    assert any(g.abs().max() > 1e-3 for g in expected.values())
    for rank in range(RANKS):
        gathered = torch.load(tmp_path / f"batch{rank}.pt")
        assert torch.equal(gathered["ids"], whole.ids) and torch.equal(gathered["modality"], whole.modality)
        assert gathered["ranks"] == [0, 1]
        found = torch.load(tmp_path / f"rank{rank}.pt")
        assert found.keys() == expected.keys()
        for name, gradient in expected.items():
            assert (found[name] - gradient).abs().max() < 1e-6, name


def test_alone_nothing_is_gathered(monkeypatch):
    monkeypatch.delenv("TORCHELASTIC_RUN_ID", raising=False)
    model, batches = model_and_batches()
    with join_world(torch.device("cpu")) as (world, device):
        assert (world.rank, world.size, device.type) == (0, 1, "cpu")
        assert world.wrap(model, device) is model
        output = model(batches[0].images, batches[0].modality)
        assert world.gather(output, batches[0]) == (output, batches[0])
        assert world.gather_objects("x") == ["x"]


if __name__ == "__main__":
    rank_main(Path(sys.argv[1]))
