"""A branch of IDKL by itself gives what the whole network gives for it."""

import pytest
import torch

from vireid_lab.models.backbone import build_backbone
from vireid_lab.models.idkl import IDKL
from vireid_lab.models.idkl_branch import IDKLBranch
from vireid_lab.runtime import InputError

IMAGES = torch.randn(4, 3, 96, 48, generator=torch.Generator().manual_seed(0))
MODALITY = torch.tensor([0, 1, 1, 0])


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    model = IDKL(build_backbone("resnet10"), 9).eval()
    with torch.no_grad():
        for p in model.backbone.layer4["specific"].parameters():
            p.mul_(1.2)
    return model


@pytest.mark.parametrize("name", ["shared", "specific", "purified"])
def test_features_before_and_after_the_neck_are_those_of_the_branch(model, name):
    output, branch = model(IMAGES, MODALITY), IDKLBranch(model, name)
    before = output.features if name == "shared" else getattr(output, name)
    after = output.embedding if name == "shared" else getattr(output, f"{name}_embedding")
    assert torch.equal(branch.embed(IMAGES, MODALITY, "before"), before)
    assert torch.equal(branch.embed(IMAGES, MODALITY), after)
    layer = model.backbone.layer4["shared" if name == "shared" else "specific"]
    assert branch.last_layer is layer


def test_the_shared_branch_is_what_retrieval_takes(model):
    assert torch.equal(IDKLBranch(model, "shared").embed(IMAGES, MODALITY), model.embed(IMAGES, MODALITY))


def test_branches_do_not_share_the_names_of_their_weights(model):
    names = [set(IDKLBranch(model, name).state_dict()) for name in ("shared", "specific")]
    assert not names[0] & names[1] and len(names[0]) == len(model.state_dict())


def test_a_branch_that_is_not_there_is_named(model):
    with pytest.raises(InputError, match="unknown branch 'specifc': did you mean 'specific'"):
        IDKLBranch(model, "specifc")
    with pytest.raises(InputError, match="unknown branch 'purified'"):
        IDKLBranch(IDKL(build_backbone("resnet10"), 9, "none"), "purified")
