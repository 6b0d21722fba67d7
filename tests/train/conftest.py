from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn

from vireid_lab.data.batch import Batch


@dataclass
class Output:
    features: Tensor
    logits: Tensor
    maps: Tensor


class Net(nn.Module):
    """A small network with everything that a training must keep: batch norm's running values and dropout's draws."""

    def __init__(self, n_ids=6, dropout=0.3):
        super().__init__()
        self.backbone = nn.Sequential(nn.Conv2d(3, 4, 3, 2), nn.BatchNorm2d(4), nn.ReLU())
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(4, n_ids)

    def forward(self, images, modality):
        maps = self.backbone(images)
        features = self.dropout(maps.mean((2, 3)))
        return Output(features, self.classifier(features), maps)


class Sampler:
    """Stands for the real one: batches follow from (seed, step)."""

    def __init__(self, seed=0):
        self.seed = seed

    def state_dict(self):
        return {"seed": self.seed}

    def load_state_dict(self, state):
        assert state == self.state_dict()

    def batches(self, total):
        def start(first):
            for step in range(first, total):
                draw = torch.Generator().manual_seed(1000 * self.seed + step)
                ids = torch.randperm(6, generator=draw)[:4].repeat(2)
                images = torch.randint(0, 256, (8, 3, 12, 8), generator=draw, dtype=torch.uint8)
                images[:, 0] = (ids * 40).to(torch.uint8)[:, None, None]
                modality = torch.arange(8) // 4
                yield Batch(images, ids, modality, modality + 1)

        return start


def cross_entropy(output, batch):
    loss = nn.functional.cross_entropy(output.logits, batch.ids)
    return {"total": 2 * loss, "ce": loss}


@pytest.fixture
def net():
    torch.manual_seed(0)
    return Net()


@pytest.fixture
def toys():
    """The pieces of a training in memory."""

    class Toys:
        pass

    Toys.Net, Toys.Sampler, Toys.Output, Toys.criterion = Net, Sampler, Output, staticmethod(cross_entropy)
    return Toys
