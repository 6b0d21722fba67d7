import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from vireid_lab.data.layouts import open_dataset
from vireid_lab.evaluate.features import Features, extract, extract_cached, raw_pixels
from vireid_lab.runtime import InputError

SIZE = (32, 16)


class Columns(nn.Module):
    """Means over channels and rows, each half of the columns apart: it sees a mirrored image as another one."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(2.0))
        self.drop = nn.Dropout(0.5)
        self.calls = 0

    def embed(self, images, modality, neck="after"):
        self.calls += 1
        halves = images.mean((1, 2)).unflatten(1, (2, -1)).mean(2)
        features = torch.cat([halves, modality[:, None].to(halves)], 1) * self.scale
        return self.drop(features) + (neck == "before")


@pytest.fixture(scope="module")
def dataset(sysu_root):
    return open_dataset(sysu_root)


def expected_row(dataset, record):
    """What `Columns` makes of one image file."""
    pixels = np.asarray(Image.open(dataset.root / record.path).convert("RGB"), dtype=np.float64) / 255
    pixels = (pixels - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    return [2 * pixels[:, :8].mean(), 2 * pixels[:, 8:].mean(), 2 * record.modality]


def test_features_are_those_of_the_normalised_images_in_the_order_of_the_records(dataset):
    records = list(dataset.records)[::-7]
    features = extract(Columns().train(), dataset, records, SIZE, batch_size=5)
    assert features.features.dtype == np.float32
    np.testing.assert_allclose(features.features, [expected_row(dataset, r) for r in records], atol=1e-5)
    assert features.paths == [r.path for r in records]
    columns = np.stack([features.ids, features.cams, features.modality], 1).tolist()
    assert columns == [[r.pid, r.camid, r.modality] for r in records]


def test_flip_averages_both_halves(dataset):
    records = dataset.records[:5]
    plain = extract(Columns(), dataset, records, SIZE).features
    flipped = extract(Columns(), dataset, records, SIZE, flip=True).features
    np.testing.assert_allclose(flipped[:, 0], plain[:, :2].mean(1), atol=1e-5)
    np.testing.assert_allclose(flipped[:, 0], flipped[:, 1], atol=1e-5)


def test_the_mode_of_the_model_is_kept(dataset):
    for training in (True, False):
        model = Columns().train(training)
        extract(model, dataset, dataset.records[:2], SIZE)
        assert model.training == training


def test_nan_features_are_counted(dataset):
    model = Columns()
    model.scale.data.fill_(float("nan"))
    with pytest.raises(InputError, match="9 NaN .* in 3 of 3 rows"):
        extract(model, dataset, dataset.records[:3], SIZE)


def test_raw_pixels(dataset):
    features = raw_pixels(dataset, dataset.records[:4], SIZE)
    pixels = np.asarray(Image.open(dataset.root / dataset.records[3].path).convert("RGB")) / 255
    np.testing.assert_allclose(features.features[3], pixels.transpose(2, 0, 1).ravel(), atol=1e-6)


def test_features_of_some_people_keep_their_rows():
    ids = np.array([5, 6, 5, 7])
    few = Features(np.arange(8.0).reshape(4, 2), ids, ids + 1, ids % 2, list("abcd")).of([5, 7])
    assert few.features.tolist() == [[0, 1], [4, 5], [6, 7]] and few.paths == ["a", "c", "d"]
    assert (few.ids.tolist(), few.cams.tolist(), few.modality.tolist()) == ([5, 5, 7], [6, 6, 8], [1, 1, 1])


def test_saved_features_come_back(dataset, tmp_path):
    features = extract(Columns(), dataset, dataset.records[:4], SIZE)
    features.save(tmp_path / "f.npz")
    again = Features.load(tmp_path / "f.npz")
    assert again.paths == features.paths
    for name in ("features", "ids", "cams", "modality"):
        np.testing.assert_array_equal(getattr(again, name), getattr(features, name))


def test_features_are_computed_once_for_the_same_weights_images_and_options(dataset, tmp_path):
    model = Columns()
    records = dataset.records[:4]

    def calls(**options):
        before = model.calls
        result = extract_cached(tmp_path, model, dataset, options.pop("records", records), SIZE, **options)
        return model.calls - before, result.features

    first = calls()
    second = calls()
    assert (first[0], second[0]) == (1, 0)
    np.testing.assert_array_equal(first[1], second[1])
    assert calls(neck="before")[0] == 1
    assert calls(flip=True)[0] == 2
    assert calls(records=dataset.records[:3])[0] == 1
    model.scale.data.fill_(3.0)
    assert calls()[0] == 1
    assert sorted(p.suffix for p in tmp_path.iterdir()) == [".npz"] * 5


def test_a_changed_image_is_noticed(tmp_path):
    (tmp_path / "manifest.csv").write_text("path,pid,camid,modality,split\na.png,1,1,0,train\nb.png,1,2,1,train\n")
    for name in "ab":
        Image.new("RGB", (16, 32), "gray").save(tmp_path / f"{name}.png")
    model, cache = Columns(), tmp_path / "features"
    dataset = open_dataset(tmp_path)
    before = extract_cached(cache, model, dataset, dataset.records, SIZE).features
    Image.effect_noise((16, 32), 90).convert("RGB").save(tmp_path / "a.png")
    after = extract_cached(cache, model, open_dataset(tmp_path), dataset.records, SIZE).features
    assert np.abs(after - before).max() > 0.01
