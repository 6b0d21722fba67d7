"""PedMix beside explicit loops over patches, with exact counts and masks that partition the image."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch

from vireid_lab.augment.mixes import MIXES
from vireid_lab.augment.pedmix import REGIONS, PedMix, ratios_from
from vireid_lab.runtime import InputError

PAPER_BOXES = ((Fraction(2, 3), Fraction(1, 3)), (Fraction(5, 6), Fraction(2, 3)))


def pairs(number=3, size=(48, 24), dtype=torch.float32):
    rng = torch.Generator().manual_seed(0)
    return (torch.rand(number, 3, *size, generator=rng, dtype=dtype) for _ in range(2))


def region_of(row: int, column: int, patch: int, size: tuple[int, int], boxes=PAPER_BOXES) -> int:
    """Exact arithmetic: 0, 1, 2 for a patch whose centre is in the first box, in the second, in none."""
    centre = [Fraction(2 * place + 1, 2) * patch for place in (row, column)]
    for number, box in enumerate(boxes):
        edges = [((1 - share) * length / 2, (1 + share) * length / 2) for share, length in zip(box, size, strict=True)]
        if all(low <= place < high for place, (low, high) in zip(centre, edges, strict=True)):
            return number
    return 2


@pytest.mark.parametrize(
    ("size", "patch", "patches", "exchanged"),
    [  # the counts of the paper's setting, and of the patch sizes of its Table VII
        ((288, 144), 12, (64, 96, 128), (42, 67, 96)),
        ((288, 144), 16, (36, 54, 72), (23, 38, 54)),
        ((288, 144), 8, (144, 216, 288), (94, 151, 216)),
        ((96, 48), None, (64, 96, 128), (42, 67, 96)),
    ],
)
def test_counts_of_the_paper(size, patch, patches, exchanged):
    pedmix = PedMix(patch)
    counts = pedmix.counts(size)
    assert tuple(counts) == REGIONS
    assert tuple(count.patches for count in counts.values()) == patches
    assert tuple(count.exchanged for count in counts.values()) == exchanged
    drawn = pedmix.draw((5, 3, *size), np.random.default_rng(0))
    for region, count in enumerate(exchanged):
        assert (drawn[:, pedmix.regions(size) == region].sum(1) == count).all()


@pytest.mark.parametrize(("size", "patch"), [((288, 144), 12), ((288, 144), 16), ((288, 144), 6), ((60, 100), 20)])
def test_a_patch_is_in_the_region_of_its_centre(size, patch):
    regions = PedMix(patch).regions(size)
    assert regions.shape == (size[0] // patch, size[1] // patch)
    for row, column in np.ndindex(regions.shape):
        assert regions[row, column] == region_of(row, column, patch, size), (row, column)


def test_regions_of_other_boxes():
    boxes = (Fraction(1, 2), Fraction(1)), (Fraction(1, 2), Fraction(1))
    regions = PedMix(4, *(tuple(map(float, box)) for box in boxes)).regions((32, 16))
    assert {region_of(r, c, 4, (32, 16), boxes) for r, c in np.ndindex(regions.shape)} == {0, 2}
    for row, column in np.ndindex(regions.shape):
        assert regions[row, column] == region_of(row, column, 4, (32, 16), boxes)
    assert PedMix(4, *(tuple(map(float, box)) for box in boxes)).counts((32, 16))["sub-center"] == (0, 0)


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_patches_change_places_and_nothing_else(memory_format):
    visible, infrared = (images.contiguous(memory_format=memory_format) for images in pairs())
    pedmix = PedMix(4)
    exchanged = pedmix.draw(tuple(visible.shape), np.random.default_rng(1))
    expected = [visible.clone(), infrared.clone()]
    for n, row, column in np.ndindex(exchanged.shape):
        if exchanged[n, row, column]:
            place = np.s_[n, :, row * 4 : row * 4 + 4, column * 4 : column * 4 + 4]
            expected[0][place], expected[1][place] = infrared[place], visible[place]
    before = visible.clone(), infrared.clone()
    mixed = pedmix.apply(visible, infrared, exchanged)
    assert all(torch.equal(ours, loop) for ours, loop in zip(mixed, expected, strict=True))
    assert torch.equal(visible, before[0]) and torch.equal(infrared, before[1])


def test_the_masks_of_both_images_and_the_regions_partition_the_image():
    visible, infrared = pairs()
    pedmix = PedMix(4)
    exchanged = pedmix.draw(tuple(visible.shape), np.random.default_rng(2))
    of_visible, of_infrared = pedmix.masks(visible, infrared, exchanged)
    mixed_visible, mixed_infrared = pedmix.apply(visible, infrared, exchanged)
    assert of_visible.shape == (3, 1, 48, 24) and set(of_visible.unique().tolist()) == {0.0, 1.0}
    taken = of_visible.bool().expand_as(visible)
    assert torch.equal(of_visible, of_infrared)
    assert torch.equal(mixed_visible[taken], infrared[taken]) and torch.equal(mixed_visible[~taken], visible[~taken])
    assert torch.equal(mixed_visible + mixed_infrared, visible + infrared)  # every pixel is in one of the two
    sides = np.stack([pedmix.regions((48, 24)) == region for region in range(3)])
    assert (sides.sum(0) == 1).all()
    shares = [of_visible[0, 0].numpy()[np.kron(side, np.ones((4, 4))) > 0].sum() / 16 for side in sides]
    assert shares == [count.exchanged for count in pedmix.counts((48, 24)).values()]


def test_every_patch_of_a_region_is_as_likely_as_the_others():
    pedmix = PedMix(12)
    drawn = pedmix.draw((4000, 3, 288, 144), np.random.default_rng(3))
    regions = pedmix.regions((288, 144))
    for region, count in enumerate(pedmix.counts((288, 144)).values()):
        share = count.exchanged / count.patches
        often = drawn.mean(0)[regions == region]
        assert np.abs(often - share).max() < 5 * np.sqrt(share * (1 - share) / 4000)
    assert len({draw.tobytes() for draw in drawn[:100]}) == 100  # each pair has a draw of its own


def test_the_same_seed_gives_the_same_images():
    visible, infrared = pairs()
    first, again, other = (PedMix(4)(visible, infrared, np.random.default_rng(seed)) for seed in (5, 5, 6))
    assert all(map(torch.equal, first, again)) and not torch.equal(first[0], other[0])


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16])
def test_other_float_types(dtype):
    visible, infrared = pairs(dtype=dtype)
    mixed, _ = PedMix(4)(visible, infrared, np.random.default_rng(0))
    assert mixed.dtype == dtype and ((mixed == visible) | (mixed == infrared)).all()


@pytest.mark.gpu
def test_it_runs_on_the_device_of_the_images():
    visible, infrared = pairs()
    on_cpu = PedMix(4)(visible, infrared, np.random.default_rng(5))
    on_gpu = PedMix(4)(visible.cuda(), infrared.cuda(), np.random.default_rng(5))
    assert all(ours.is_cuda and torch.equal(ours.cpu(), theirs) for ours, theirs in zip(on_gpu, on_cpu, strict=True))


def test_ratios_of_nought_and_one():
    visible, infrared = pairs()
    rng = np.random.default_rng(0)
    alone = PedMix(4, ratios=(0, 0, 0))(visible, infrared, rng)
    assert torch.equal(alone[0], visible) and torch.equal(alone[1], infrared)
    whole = PedMix(4, ratios=(1, 1, 1))(visible, infrared, rng)
    assert torch.equal(whole[0], infrared) and torch.equal(whole[1], visible)


def test_the_rows_of_the_tables_by_name():
    assert MIXES["pedmix_center"]().ratios == (0.65, 0, 0)
    assert MIXES["pedmix_inner"](8).ratios == (0.65, 0.70, 0) and MIXES["pedmix_inner"](8).patch == 8
    assert MIXES["pedmix_ratio"](0.35).ratios == pytest.approx((0.35, 0.40, 0.45))
    assert ratios_from(0.65) == pytest.approx(PedMix().ratios)
    assert ratios_from(0.97) == pytest.approx((0.97, 1, 1))
    with pytest.raises(InputError, match="ratio 1.2 of the center"):
        ratios_from(1.2)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"ratios": (0.5, 1.1, 0.5)}, r"ratios \(0.5, 1.1, 0.5\)"),
        ({"ratios": (0.5, float("nan"), 0.5)}, "nan"),
        ({"ratios": (0.5, 0.5)}, r"ratios \(0.5, 0.5\) are not three"),
        ({"sub_center": (1.2, 0.5)}, r"sub_center = \(1.2, 0.5\) has shares outside"),
        ({"center": (0, 0.3)}, r"center = \(0, 0.3\) has shares outside"),
        ({"center": (0.9, 0.3)}, r"center = \(0.9, 0.3\) is larger than sub_center = \(0.833, 0.667\)"),
        ({"patch": 2.5}, "patch 2.5"),
        ({"patch": 0}, "patch 0"),
    ],
)
def test_options_that_cannot_be(options, named):
    with pytest.raises(InputError, match=named):
        PedMix(**options)


@pytest.mark.parametrize(
    ("patch", "size", "named"),
    [(12, (100, 48), "height 100 .* 12 pixels"), (7, (28, 48), "width 48 .* 7 pixels"), (None, (100, 48), "100.* 24")],
)
def test_a_size_that_is_no_multiple_of_the_patch(patch, size, named):
    with pytest.raises(InputError, match=named):
        PedMix(patch)(*pairs(2, size), np.random.default_rng(0))


def test_unequal_numbers_are_no_pairs():
    visible, infrared = pairs()
    with pytest.raises(InputError, match=r"\(3, 3, 48, 24\) and infrared images \(2, 3, 48, 24\) are no pairs"):
        PedMix()(visible, infrared[:2], np.random.default_rng(0))
    with pytest.raises(InputError, match="no pairs"):
        PedMix()(visible[0], infrared[0], np.random.default_rng(0))
