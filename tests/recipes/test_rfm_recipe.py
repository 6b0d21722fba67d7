"""RFM's criterion against Eq. 8-9 written out, and the settings by which every row of its tables is reached."""

import pytest
import torch
from torch.nn import functional as F

from vireid_lab.data.batch import Batch
from vireid_lab.losses.center import CrossCenter
from vireid_lab.losses.triplet import BatchHardTriplet
from vireid_lab.recipes import rfm
from vireid_lab.recipes.catalogue import choose_settings

IDS = torch.tensor([0, 0, 3, 3] * 2)
BATCH = Batch(torch.zeros(8, 3, 4, 4), IDS, torch.arange(8) // 4, torch.ones(8, dtype=torch.int64))
IMAGES = torch.rand(8, 3, 96, 48, generator=torch.Generator().manual_seed(0))


def method(**overrides):
    torch.manual_seed(0)
    return rfm.build(choose_settings("rfm", "tiny", overrides), n_ids=5)


def test_the_loss_is_that_of_eq_8_for_each_part_and_of_eq_9_in_all():
    built = method()
    output = built.model(IMAGES, BATCH.modality)
    losses = built.criterion(output, BATCH)
    total = torch.zeros(())
    for m in (0, 1):
        rows = BATCH.modality == m
        total = total + F.cross_entropy(output.high_logits[rows], IDS[rows])
    for k, part in enumerate(output.features.split(64, dim=1)):
        identity = F.cross_entropy(output.logits[:, k], IDS)
        triplet = BatchHardTriplet()(part, IDS, BATCH.modality)
        total = total + identity + triplet + 3 * CrossCenter()(part, IDS, BATCH.modality)
    assert losses["total"].item() == pytest.approx(total.item(), rel=1e-5)
    assert losses.keys() == {"total", "ce", "triplet", "cross_center", "id_visible", "id_infrared", "accuracy"}


@pytest.mark.parametrize("attention", ["none", "cbam", "mam"])
@pytest.mark.parametrize(
    "losses", ["ce+triplet", "ce+triplet+center:3", "ce+triplet+hetero_center:0.5", "ce+triplet+hetero_center_mean:3"]
)
def test_every_row_of_tables_2_4_and_5_can_be_trained(attention, losses):
    built = method(attention=attention, losses=losses)
    built.criterion(built.model(IMAGES, BATCH.modality), BATCH)["total"].backward()
    assert [n for n, p in built.model.named_parameters() if p.requires_grad and p.grad is None] == []


@pytest.mark.parametrize("augment", ["flip", "flip+ltg", "flip+ltg_beta3", "flip+ltg_uniform", "flip+erasing"])
def test_every_row_of_table_3_can_be_built(augment):
    assert method(augment=augment).augment is not None


def test_learned_centers_are_kept_with_the_model():
    built = method(losses="ce+center")
    names = [name for name in built.model.state_dict() if "centers" in name]
    assert len(names) == 6 and set(names) <= set(dict(built.model.named_parameters()))
