"""PedMix's rivals beside explicit loops and torchvision, and what a batch becomes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from torchvision.transforms import v2

from vireid_lab.augment.mixes import MIXES, AttentiveCutMix, BackboneAttention, CutMix, Mixup, PatchMix
from vireid_lab.augment.mixing import mix_batch
from vireid_lab.augment.pedmix import PedMix
from vireid_lab.augment.pipeline import build_augment
from vireid_lab.data.batch import Batch
from vireid_lab.data.transforms import normalise
from vireid_lab.runtime import InputError

SIZE = (48, 24)


def pairs(number=4, size=SIZE):
    rng = torch.Generator().manual_seed(0)
    return (torch.rand(number, 3, *size, generator=rng) for _ in range(2))


def batch_of_pairs(ids=(3, 3, 5, 5)):
    images = torch.cat(list(pairs(len(ids))))
    modality = torch.arange(2).repeat_interleave(len(ids))
    return Batch(images, torch.tensor(ids * 2), modality, modality, masks=torch.ones(len(images), *SIZE))


def cells_of_means(images, modality):
    """(N, 6, 3): the mean of each 8 x 8 cell."""
    return images.mean(1).unflatten(2, (3, 8)).unflatten(1, (6, 8)).mean((2, 4))


def test_mixup_is_a_weighted_mean():
    visible, infrared = pairs()
    mixup = Mixup(0.4)
    kept = mixup.draw(tuple(visible.shape), np.random.default_rng(0))
    mixed = mixup.apply(visible, infrared, kept)
    for n, share in enumerate(kept.tolist()):
        torch.testing.assert_close(mixed[0][n], share * visible[n] + (1 - share) * infrared[n])
        torch.testing.assert_close(mixed[1][n], share * infrared[n] + (1 - share) * visible[n])
    many = mixup.draw((20000, 3, 2, 2), np.random.default_rng(1))
    assert abs(many.mean() - 0.5) < 0.01 and abs(many.var() - 1 / (4 * (2 * 0.4 + 1))) < 0.005  # of Beta(a, a)


def test_cutmix_exchanges_one_rectangle():
    visible, infrared = pairs()
    cutmix = CutMix()
    rectangles = cutmix.draw(tuple(visible.shape), np.random.default_rng(0))
    expected = visible.clone(), infrared.clone()
    for n, (top, left, bottom, right) in enumerate(rectangles):
        expected[0][n, :, top:bottom, left:right] = infrared[n, :, top:bottom, left:right]
        expected[1][n, :, top:bottom, left:right] = visible[n, :, top:bottom, left:right]
    mixed = cutmix.apply(visible, infrared, rectangles)
    assert not torch.equal(mixed[0], visible) and all(map(torch.equal, mixed, expected))


def test_the_rectangles_of_cutmix_are_those_of_torchvision():
    """The same distribution of areas; torchvision's transform draws from torch's global generator."""
    ours = CutMix().draw((4000, 3, *SIZE), np.random.default_rng(0))
    areas = (ours[:, 2] - ours[:, 0]) * (ours[:, 3] - ours[:, 1]) / np.prod(SIZE)
    theirs, transform = [], v2.CutMix(num_classes=2)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        for _ in range(4000):
            theirs.append(1 - transform.make_params([torch.zeros(2, 3, *SIZE)])["lam_adjusted"])
    levels = np.linspace(0.1, 0.9, 9)
    assert np.abs(np.quantile(areas, levels) - np.quantile(theirs, levels)).max() < 0.04
    assert ours.min() == 0 and ours[:, 2].max() == SIZE[0] and ours[:, 3].max() == SIZE[1]


def test_patchmix_takes_an_exact_share_of_the_whole_image():
    visible, infrared = pairs()
    patchmix = PatchMix(0.3, patch=4)
    exchanged = patchmix.draw(tuple(visible.shape), np.random.default_rng(0))
    assert exchanged.shape == (4, 12, 6) and (exchanged.sum((1, 2)) == 22).all()  # 0.3 of 72 is 21.6
    expected = visible.clone()
    for n, row, column in zip(*exchanged.nonzero(), strict=True):
        place = np.s_[n, :, 4 * row : 4 * row + 4, 4 * column : 4 * column + 4]
        expected[place] = infrared[place]
    assert torch.equal(patchmix.apply(visible, infrared, exchanged)[0], expected)
    often = patchmix.draw((4000, 3, *SIZE), np.random.default_rng(1)).mean(0)
    assert np.abs(often - 22 / 72).max() < 5 * np.sqrt(0.3 * 0.7 / 4000)  # no patch is preferred


def test_attentive_cutmix_takes_what_stands_out_in_the_other_image():
    visible, infrared = pairs()
    mix = AttentiveCutMix(5 / 18, cells_of_means)
    mixed = mix(visible, infrared, np.random.default_rng(0))
    for ours, own, other in zip(mixed, (visible, infrared), (infrared, visible), strict=True):
        for n in range(len(visible)):
            expected, cells = own[n].clone(), {}
            for row, column in np.ndindex(6, 3):
                place = np.s_[:, 8 * row : 8 * row + 8, 8 * column : 8 * column + 8]
                cells[float(other[n][place].mean())] = place
            for mean in sorted(cells)[-5:]:
                expected[cells[mean]] = other[n][cells[mean]]
            assert torch.equal(ours[n], expected)
    with pytest.raises(InputError, match="no network"):
        AttentiveCutMix()(visible, infrared, np.random.default_rng(0))


def test_attention_is_the_mean_activation_without_a_trace():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm = nn.BatchNorm2d(3)

        def forward(self, images, modality):
            assert not self.training
            return self.norm(images) * (1 + modality[:, None, None, None])

    (images, _), net, modality = pairs(), Net(), torch.tensor([0, 0, 1, 1])
    attention = BackboneAttention(net)(images, modality)
    expected = normalise(images) / (1 + 1e-5) ** 0.5 * (1 + modality[:, None, None, None])
    torch.testing.assert_close(attention, expected.abs().mean(1))
    assert net.training and not attention.requires_grad and net.norm.num_batches_tracked == 0


@pytest.mark.parametrize("mix", [Mixup(), CutMix(), PatchMix(), AttentiveCutMix(attention=cells_of_means), PedMix()])
def test_what_all_mixes_promise(mix):
    visible, infrared = pairs()
    parameters = mix.draw(tuple(visible.shape), np.random.default_rng(4))
    masks, mixed = mix.masks(visible, infrared, parameters), mix.apply(visible, infrared, parameters)
    for mask, ours, own, other in zip(masks, mixed, (visible, infrared), (infrared, visible), strict=True):
        assert mask.min() >= 0 and mask.max() <= 1 and ours.shape == own.shape
        torch.testing.assert_close(ours, (1 - mask) * own + mask * other)
    again = mix(visible, infrared, np.random.default_rng(4))
    assert all(map(torch.equal, mixed, again))
    with pytest.raises(InputError, match="no pairs"):
        mix(visible[:3], infrared, np.random.default_rng(0))


def test_mixed_images_stand_beside_the_originals():
    batch = batch_of_pairs()
    out = build_augment("channel+pedmix:4")(batch, np.random.default_rng(0))
    rng = np.random.default_rng(0)
    exchanged = build_augment("channel")(batch, rng).images
    expected = torch.cat(PedMix(4)(exchanged[:4], exchanged[4:], rng))
    assert torch.equal(out.images, exchanged) and torch.equal(out.extra["mixed"], expected)
    assert out.ids is batch.ids and out.masks is batch.masks and batch.extra == {}


def test_mixed_images_replace_the_originals():
    batch = batch_of_pairs()
    out = build_augment("mixup+replace")(batch, np.random.default_rng(0))
    beside = build_augment("mixup")(batch, np.random.default_rng(0))
    assert torch.equal(out.images, beside.extra["mixed"]) and out.extra == {} and out.masks is None
    with pytest.raises(InputError, match="unknown mode of a mix 'instead'"):
        mix_batch(batch, Mixup(), np.random.default_rng(0), "instead")


@pytest.mark.parametrize(
    ("ids", "modality", "named"),
    [
        ((1, 2, 1, 3), (0, 0, 1, 1), "identity 2 has no infrared image"),
        ((1, 2, 1, 2, 7), (0, 0, 1, 1, 1), "identity 7 has no visible image"),
        ((1, 2, 2, 1, 2), (0, 0, 0, 1, 1), "3 visible and 2 infrared images"),
        ((1, 2, 2, 1), (0, 0, 1, 1), "same identity in row i"),
        ((1, 1, 2, 2), (0, 1, 0, 1), "visible half of the batch first"),
    ],
)
def test_a_batch_without_pairs(ids, modality, named):
    batch = Batch(torch.zeros(len(ids), 3, *SIZE), torch.tensor(ids), torch.tensor(modality), torch.tensor(modality))
    with pytest.raises(InputError, match=named):
        build_augment("pedmix")(batch, np.random.default_rng(0))


def test_names_and_numbers_of_the_slot():
    made = {name: build_augment(f"flip+{name}").mix for name in MIXES}
    assert [type(mix) for mix in made.values()] == [Mixup, CutMix, PatchMix, AttentiveCutMix, *[PedMix] * 4]
    assert build_augment("mixup:0.2").mix.alpha == 0.2 and build_augment("cutmix:3").mix.alpha == 3
    assert build_augment("patchmix:0.25").mix.share == 0.25 and build_augment("pedmix:16").mix.patch == 16
    attentive = build_augment("attentive_cutmix:0.5", attention=cells_of_means).mix
    assert attentive.share == 0.5 and attentive.attention is cells_of_means
    assert build_augment("flip").mix is None and build_augment("pedmix").mode == "beside"


@pytest.mark.parametrize(
    ("slot", "named"),
    [
        ("pedmix+flip", "'flip' stands behind a mix"),
        ("pedmix+cutmix", "'cutmix' stands behind a mix"),
        ("flip+replace", "'replace' stands behind a mix and without a number"),
        ("pedmix+replace:0.5", "'replace' stands behind a mix and without a number"),
        ("pedmx", "did you mean 'pedmix'"),
        ("mixup:0", "alpha = 0"),
        ("cutmix:-1", "alpha = -1"),
        ("patchmix:1.5", "share 1.5"),
        ("attentive_cutmix:-0.1", "share -0.1"),
        ("pedmix:2.5", "patch 2.5"),
    ],
)
def test_slots_that_cannot_be(slot, named):
    with pytest.raises(InputError, match=named):
        build_augment(slot)
