"""A model that looks at pixels, on changed queries and galleries, against distances of the pixels themselves."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from vireid_lab.data.kept import kept_benchmark
from vireid_lab.data.layouts import open_dataset
from vireid_lab.data.relit import UNSEEN, relit_images
from vireid_lab.evaluate import robustness
from vireid_lab.evaluate.corruptions import occlude
from vireid_lab.evaluate.evaluation_plan import plan_evaluation
from vireid_lab.evaluate.features import raw_pixels
from vireid_lab.evaluate.robustness import CROPS, under_crops, under_difficulties, under_lights
from vireid_lab.runtime import InputError

SIZE = (40, 32)


class Pixels(nn.Module):
    """Embeds an image as its pixels, normalised."""

    def __init__(self):
        super().__init__()
        self.unused = nn.Parameter(torch.zeros(1))

    def embed(self, images, modality, neck="after"):
        return images.flatten(1)


class Dark(Pixels):
    """Embeds the darkness of pixels: not what Pixels says of them."""

    def embed(self, images, modality, neck="after"):
        return (3 - images.flatten(1)).relu()


MODELS = {"pixels": Pixels(), "dark": Dark()}


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("VIREID_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture
def dataset():
    return open_dataset(kept_benchmark("regdb", 5, 3, SIZE, seed=2, infrared="nir"))


def normalised(pixels):
    """(N, 3, H, W) in [0, 1] -> what a network takes, by hand, as unit vectors."""
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    flat = ((pixels - mean[:, None, None]) / std[:, None, None]).reshape(len(pixels), -1)
    return flat / np.linalg.norm(flat, axis=1, keepdims=True)


def found_first(queries, gallery, query_ids, gallery_ids):
    nearest = np.argmin(((queries[:, None] - gallery[None]) ** 2).sum(2), axis=1)
    return np.mean(gallery_ids[nearest] == query_ids)


def sides(dataset):
    """Pixels in [0, 1] and identities of visible queries and of the infrared gallery (regdb-v2t)."""
    evaluation = plan_evaluation(dataset)
    features = raw_pixels(dataset, evaluation.records, SIZE)
    pixels = features.features.reshape(-1, 3, *SIZE).astype(np.float64)
    of = [features.modality == kind for kind in (0, 1)]
    return [
        (pixels[rows], features.ids[rows], [p for p, r in zip(features.paths, rows, strict=True) if r]) for rows in of
    ]


def test_hidden_queries_are_scored_against_the_gallery_as_it_is(dataset):
    (visible, ids, _), (infrared, gallery_ids, _) = sides(dataset)
    found = under_crops(MODELS, dataset, SIZE, seed=4)
    for change, (_, levels) in CROPS.items():
        assert {name: list(of) for name, of in found[change].items()} == dict.fromkeys(MODELS, list(levels))
    for share, score in found["share of the query hidden"]["pixels"].items():
        images = torch.from_numpy(np.round(255 * visible).astype(np.uint8))
        hidden = occlude(images, share, np.random.default_rng(4)).double().numpy() / 255
        assert score == pytest.approx(found_first(normalised(hidden), normalised(infrared), ids, gallery_ids))


def test_without_a_change_all_crops_score_alike(dataset):
    found = under_crops(MODELS, dataset, SIZE)
    for name in MODELS:
        plain = {models[name][0.0 if 0.0 in models[name] else 1.0] for models in found.values()}
        assert len(plain) == 1


def test_the_visible_side_is_lit_anew_and_the_other_is_not(dataset):
    (_, ids, paths), (infrared, gallery_ids, _) = sides(dataset)
    found = under_lights(MODELS, dataset, SIZE)["pixels"]
    by_path = {record.path: record for record in dataset.records}
    assert list(found) == ["own light", *UNSEEN]
    for name, light in UNSEEN.items():
        images = relit_images(dataset, [by_path[path] for path in paths], light, SIZE).double().numpy() / 255
        assert found[name] == pytest.approx(found_first(normalised(images), normalised(infrared), ids, gallery_ids))


def test_difficulties_are_the_people_that_are_made_with_them(dataset):
    found = under_difficulties(MODELS, dataset, SIZE)["pixels"]
    assert list(found) == ["easy", "medium", "hard"]
    for difficulty, score in found.items():
        root = kept_benchmark("regdb", 5, 3, SIZE, seed=2, infrared="nir", difficulty=difficulty)
        (visible, ids, _), (infrared, gallery_ids, _) = sides(open_dataset(root))
        assert score == pytest.approx(found_first(normalised(visible), normalised(infrared), ids, gallery_ids))


def test_a_wrong_number_of_images_and_photographs_are_named(dataset, tmp_path):
    evaluation = robustness._evaluations(MODELS, dataset, SIZE)["pixels"]
    few = torch.zeros(2, 3, *SIZE, dtype=torch.uint8)
    with pytest.raises(InputError, match="2 images for the 15 of the query: give one for each"):
        robustness.with_images(evaluation, "query", Pixels(), few, torch.zeros(2))
    object.__setattr__(dataset, "benchmark", None)
    with pytest.raises(InputError, match="has no difficulty: give a synthetic data set"):
        under_difficulties(MODELS, dataset, SIZE)


def test_all_changes_together_are_each_by_itself(dataset):
    found = robustness.robustness(MODELS, dataset, SIZE, seed=4)
    lights, difficulties = under_lights(MODELS, dataset, SIZE), under_difficulties(MODELS, dataset, SIZE)
    assert list(found) == [*CROPS, "light on the visible images", "difficulty of the people"]
    assert found["share of the query hidden"]["pixels"] != found["share of the query hidden"]["dark"]
    assert list(found.values()) == [*under_crops(MODELS, dataset, SIZE, seed=4).values(), lights, difficulties]
