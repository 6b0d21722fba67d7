"""The baselines: shapes, what is before and after the neck, and that they learn."""

import pytest
import torch
from torch.nn import functional as F

from vireid_lab.models.agw import AGW
from vireid_lab.models.backbone import build_backbone
from vireid_lab.models.pcb import PCB
from vireid_lab.runtime import InputError

IMAGES = torch.randn(4, 3, 96, 48, generator=torch.Generator().manual_seed(0))
MODALITY = torch.tensor([0, 1, 1, 0])


def agw(**options) -> AGW:
    torch.manual_seed(0)
    return AGW(build_backbone("resnet10", **options), n_ids=9)


def pcb(**options) -> PCB:
    torch.manual_seed(0)
    return PCB(build_backbone("resnet10"), n_ids=9, **options)


def test_agw_shapes():
    output = agw(two_stream="stem", attention="nonlocal")(IMAGES, MODALITY)
    assert output.maps.shape == (4, 256, 6, 3)
    assert output.features.shape == output.embedding.shape == (4, 256)
    assert output.logits.shape == (4, 9)


@pytest.mark.parametrize(("reduction", "width"), [(32, 32), (None, 256)])
def test_pcb_concatenates_parts_from_top_to_bottom(reduction, width):
    model = pcb(parts=6, reduction=reduction).eval()
    output = model(IMAGES, MODALITY)
    assert output.features.shape == output.embedding.shape == (4, 6 * width)
    assert output.logits.shape == (4, 6, 9)
    for k in range(6):
        feature = model.reductions[k](output.maps[:, :, k].mean(2))
        embedding, logits = model.necks[k](feature)
        assert torch.allclose(output.features[:, k * width : (k + 1) * width], feature, atol=1e-6)
        assert torch.allclose(output.embedding[:, k * width : (k + 1) * width], embedding, atol=1e-6)
        assert torch.allclose(output.logits[:, k], logits, atol=1e-6)


def test_pcb_refuses_parts_that_do_not_divide_the_rows():
    with pytest.raises(InputError, match="parts=4 does not divide the 6 rows"):
        pcb(parts=4)(IMAGES, MODALITY)


@pytest.mark.parametrize("build", [agw, pcb])
def test_embed_before_and_after_the_neck(build):
    model = build().eval()
    output = model(IMAGES, MODALITY)
    assert torch.equal(model.embed(IMAGES, MODALITY), output.embedding)
    assert torch.equal(model.embed(IMAGES, MODALITY, neck="before"), output.features)
    assert not torch.allclose(output.embedding, output.features)
    with pytest.raises(InputError, match="unknown neck 'befor': did you mean 'before'"):
        model.embed(IMAGES, MODALITY, neck="befor")


@pytest.mark.parametrize("build", [agw, pcb])
def test_every_trained_parameter_gets_a_gradient_and_four_images_are_learned(build):
    model = build(**({"two_stream": "stem", "attention": "nonlocal"} if build is agw else {}))
    parameters = {name: p for name, p in model.named_parameters() if p.requires_grad}
    optimiser = torch.optim.SGD(parameters.values(), lr=0.05, momentum=0.9)
    ids = torch.arange(4)
    for _ in range(15):
        optimiser.zero_grad()
        logits = model(IMAGES, MODALITY).logits.reshape(4, -1, 9)
        F.cross_entropy(logits.flatten(0, 1), ids.repeat_interleave(logits.shape[1])).backward()
        optimiser.step()
    assert [name for name, p in parameters.items() if p.grad is None] == []
    assert (logits.mean(1).argmax(1) == ids).all()
