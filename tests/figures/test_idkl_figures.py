"""IDKL's classifier curves, its small batches and its heat maps, against what was given."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from vireid_lab.figures import idkl_modality, match_saliency
from vireid_lab.figures.idkl_graph import paired_images
from vireid_lab.models.backbone import build_backbone
from vireid_lab.models.idkl import IDKL
from vireid_lab.models.idkl_branch import IDKLBranch
from vireid_lab.runtime import InputError

LOGS = {
    "L_b": [{"step": s, "confuser_accuracy": c, "discriminator_accuracy": d} for s, c, d in ((2, 1, 0.5), (4, 0.6, 1))],
    "IDKL": [{"step": s, "confuser_accuracy": 0.4, "discriminator_accuracy": 0.9} for s in (2, 4)],
}
TOLD = {"L_b": {"shared": 0.7, "specific": 0.95}, "IDKL": {"shared": 0.55, "specific": 0.99, "purified": 0.8}}


def test_every_training_has_both_classifiers_and_a_new_one_of_each_at_its_end():
    figure = idkl_modality.accuracy_curves(LOGS, TOLD)
    for axes, (title, rows) in zip(figure.axes, LOGS.items(), strict=True):
        confuser, shared, discriminator, specific, guessing = axes.lines
        assert axes.get_title() == title and guessing.get_ydata() == [50, 50]
        for line, key in ((confuser, "confuser_accuracy"), (discriminator, "discriminator_accuracy")):
            np.testing.assert_allclose(line.get_xydata(), [[row["step"], 100 * row[key]] for row in rows])
        for sign, branch in ((shared, "shared"), (specific, "specific")):
            ((x, y),) = sign.get_xydata()
            assert x > 4 and y == pytest.approx(100 * TOLD[title][branch]) and branch in sign.get_label()


def test_the_words_are_of_the_last_third_and_of_every_branch():
    first, second = idkl_modality.describe_accuracy(LOGS, TOLD).splitlines()
    confuser, discriminator = first.split("; ")
    assert confuser == "L_b: confuser, on shared features 60 %, a new one 70 %"
    assert discriminator == "discriminator, on specific features 100 %, a new one 95 %"
    assert second.endswith("a new one 99 %; a new one on purified features 80 %")


def test_a_small_batch_pairs_images_of_each_person():
    ids, modality = np.array([5, 2, 5, 2, 2, 5, 2, 5, 2, 8]), np.array([0, 0, 1, 1, 0, 0, 0, 1, 1, 0])
    rows = paired_images(ids, modality, people=2)
    assert rows.tolist() == [[1, 6, 0, 5], [3, 8, 2, 7]]  # the first and the last of each
    assert (ids[rows[0]] == ids[rows[1]]).all() and (modality[rows].T == [0, 1]).all()
    assert paired_images(ids, modality, people=1, images=1).shape == (2, 1)
    with pytest.raises(InputError, match="identity 8 has 1 images of modality 0: give images=1 or less"):
        paired_images(ids, modality)


def test_the_heat_of_a_branch_is_that_of_its_own_layer():
    torch.manual_seed(0)
    model = IDKL(build_backbone("resnet10"), 3).eval()
    model.specific_neck.load_state_dict(model.neck.state_dict())
    images = np.random.default_rng(0).integers(0, 256, (4, 64, 32, 3)).astype(np.uint8)
    rows = np.array([1, 2, 1, 2]), np.array([0, 0, 1, 1])
    heats = {name: match_saliency.match_maps(IDKLBranch(model, name), images, *rows) for name in ("shared", "specific")}
    np.testing.assert_allclose(heats["shared"], heats["specific"], atol=1e-4)  # the layers start equal
    with torch.no_grad():
        model.backbone.layer4["specific"][0].conv1.weight.mul_(-1)
    changed = match_saliency.match_maps(IDKLBranch(model, "specific"), images, *rows)
    same = match_saliency.match_maps(IDKLBranch(model, "shared"), images, *rows)
    np.testing.assert_allclose(same, heats["shared"], atol=1e-5)
    assert np.abs(changed - heats["specific"]).max() > 0.05
