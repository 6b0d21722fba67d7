import random

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.tv_tensors import Mask

from vireid_lab.data.layouts import open_dataset
from vireid_lab.data.loader import image_loader, train_loader
from vireid_lab.data.records import Record
from vireid_lab.data.sampler import CrossModalSampler
from vireid_lab.data.transforms import normalise, to_float
from vireid_lab.runtime import InputError

SIZE = (40, 32)


@pytest.fixture(scope="module")
def dataset(made):
    return open_dataset(made("llcm"))


@pytest.fixture
def sampler(dataset):
    return CrossModalSampler(dataset.select("train"), ids_per_batch=3, images_per_id=2, seed=0)


def pixels(dataset, record):
    return torch.from_numpy(np.array(Image.open(dataset.root / record.path).convert("RGB"))).permute(2, 0, 1)


def test_batches_are_the_samplers_images_with_labels(dataset, sampler):
    loader = train_loader(dataset, sampler, SIZE, steps=4)
    assert len(loader) == 4
    for step, batch in enumerate(loader):
        rows = [sampler.records[position] for position in sampler.batch(step)]
        assert batch.images.shape == (12, 3, *SIZE) and batch.images.dtype == torch.uint8
        assert all((batch.images[i] == pixels(dataset, record)).all() for i, record in enumerate(rows))
        assert batch.ids.tolist() == [dataset.train_ids.index(record.pid) for record in rows]
        assert batch.modality.tolist() == [0] * 6 + [1] * 6 and batch.modality.dtype == torch.int64
        assert batch.camids.tolist() == [record.camid for record in rows]
        assert (batch.ids[:6] == batch.ids[6:]).all() and batch.masks is None


def test_a_resumed_loader_goes_on_with_the_same_batches_whatever_the_workers(dataset, sampler):
    whole = list(train_loader(dataset, sampler, SIZE, steps=6))
    rest = list(train_loader(dataset, sampler, SIZE, steps=6, start_step=4, workers=2))
    assert len(rest) == 2
    for a, b in zip(whole[4:], rest, strict=True):
        assert torch.equal(a.images, b.images) and torch.equal(a.ids, b.ids)


@pytest.mark.parametrize("workers", [0, 1])
def test_global_generators_are_not_touched(dataset, sampler, workers):
    before = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()
    list(train_loader(dataset, sampler, SIZE, steps=2, workers=workers))
    list(image_loader(dataset, dataset.records[:5], SIZE, workers=workers))
    assert torch.equal(torch.get_rng_state(), before[0])
    assert (np.random.get_state()[1] == before[1]).all() and random.getstate() == before[2]


@pytest.mark.parametrize("workers", [0, 1])
def test_masks_come_along(dataset, sampler, workers):
    (batch,) = train_loader(dataset, sampler, SIZE, steps=1, masks=True, workers=workers)
    assert isinstance(batch.masks, Mask) and batch.masks.shape == (12, *SIZE)
    for i, position in enumerate(sampler.batch(0)):
        expected = np.asarray(Image.open(dataset.root / sampler.records[position].mask))
        assert (batch.masks[i].numpy() == expected).all()


def test_image_loader_keeps_the_order_of_the_records(dataset):
    records = [*dataset.select("test", modality=1)[::-1], *dataset.select("train")[:3]]
    batches = list(image_loader(dataset, records, SIZE, batch_size=10))
    assert [len(batch) for batch in batches] == [10] * (len(records) // 10) + [len(records) % 10]
    assert torch.cat([batch.ids for batch in batches]).tolist() == [record.pid for record in records]
    images = torch.cat([batch.images for batch in batches])
    assert all((images[i] == pixels(dataset, record)).all() for i, record in enumerate(records))


def test_all_loaders_of_a_data_set_share_one_cache(made, tmp_path, monkeypatch):
    monkeypatch.setenv("VIREID_CACHE", str(tmp_path))
    for trial in (1, 2):  # RegDB's ten splits are of the same images
        dataset = open_dataset(made("regdb"), trial=trial)
        train_loader(dataset, CrossModalSampler(dataset.select("train"), 2, 1, seed=0), SIZE, steps=1)
        image_loader(dataset, dataset.select("test", modality=0), SIZE)
    assert len(list((tmp_path / "images").glob("*.npy"))) == 1


def test_transform_is_applied_to_the_images(dataset, sampler):
    (plain,) = train_loader(dataset, sampler, SIZE, steps=1)
    (turned,) = train_loader(dataset, sampler, SIZE, steps=1, transform=lambda images: 255 - images)
    assert torch.equal(turned.images, 255 - plain.images)


def test_no_records_no_batches(dataset):
    assert list(image_loader(dataset, [], SIZE)) == []


def test_a_record_of_another_data_set_is_named(dataset):
    with pytest.raises(InputError, match="x.jpg"):
        image_loader(dataset, [Record("x.jpg", 1, 1, 0, "test")], SIZE)


def test_to_float_and_normalise():
    images = torch.tensor([0, 51, 255], dtype=torch.uint8).view(1, 3, 1, 1)
    assert to_float(images).flatten().tolist() == pytest.approx([0, 0.2, 1])
    expected = [(0 - 0.485) / 0.229, (0.2 - 0.456) / 0.224, (1 - 0.406) / 0.225]
    assert normalise(to_float(images)).flatten().tolist() == pytest.approx(expected)
