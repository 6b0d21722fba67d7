"""RFM's picture of the center losses (Fig. 7): gradients against formulas, ways against geometry, and the arrows."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgba

from vireid_lab.figures import rfm_losses
from vireid_lab.losses.center import CrossCenter
from vireid_lab.runtime import InputError


@pytest.fixture
def toy():
    return rfm_losses.toy_features(np.random.default_rng(0))


def test_the_gradients_are_those_of_the_formulas(toy):
    means = torch.stack([toy.points[toy.ids == i].mean(0) for i in (0, 1)])
    number = len(toy.points)
    torch.testing.assert_close(rfm_losses.gradient("center", toy), (toy.points - means[toy.ids]) / number)
    of = {(i, m): toy.points[(toy.ids == i) & (toy.modality == m)] for i in (0, 1) for m in (0, 1)}
    hetero = rfm_losses.gradient("hetero_center", toy)
    cross = rfm_losses.gradient("cross_center", toy)
    for row, (i, m) in enumerate(zip(toy.ids.tolist(), toy.modality.tolist(), strict=True)):
        away = of[i, m].mean(0) - of[i, 1 - m].mean(0)
        torch.testing.assert_close(hetero[row], 2 * away / len(of[i, m]))
        for axis in (0, 1):
            moved = [toy.points.clone() for _ in range(2)]
            moved[0][row, axis] += 1e-6
            moved[1][row, axis] -= 1e-6
            high, low = (CrossCenter()(points, toy.ids, toy.modality) for points in moved)
            assert float(cross[row, axis]) == pytest.approx(float(high - low) / 2e-6, abs=1e-7)


def test_a_loss_that_is_not_there_is_named(toy):
    with pytest.raises(InputError, match="cross_centre.*did you mean 'cross_center'"):
        rfm_losses.gradient("cross_centre", toy)


def test_the_center_loss_keeps_the_shape_the_hetero_center_the_spread_and_the_cross_center_neither(toy):
    center, hetero, cross = (rfm_losses.descend(loss, toy, 0.4 * toy.gap) for loss in rfm_losses.LOSSES)
    assert center.gap < toy.gap and center.gap / center.spread == pytest.approx(toy.gap / toy.spread)
    assert hetero.gap < toy.gap and hetero.spread == pytest.approx(toy.spread)
    assert cross.gap / cross.spread < toy.gap / toy.spread and cross.spread < toy.spread
    way = (hetero.points - toy.points).square().sum(1).mean().sqrt()
    assert float(way) == pytest.approx(0.4 * toy.gap, rel=1e-6)  # straight
    assert rfm_losses.describe_way(toy, hetero).startswith(f"gap {toy.gap:.2f} → {hetero.gap:.2f}, spread ")
    words = rfm_losses.describe_ways(toy, (center, hetero, cross))
    assert f"hetero-center: gap {toy.gap:.2f} → {hetero.gap:.2f}, spread " in words and words.startswith("center: gap")


def test_gap_and_spread_of_two_pairs_of_points():
    points = torch.tensor([[0.0, 0], [2, 0], [1, 3], [1, 5]], dtype=torch.float64)
    square = rfm_losses.Toy(points, torch.zeros(4, dtype=torch.int64), torch.tensor([0, 0, 1, 1]))
    assert (square.gap, square.spread) == pytest.approx((4, 1))


def test_arrows_are_the_gradients_and_points_wear_person_and_modality(toy):
    ends = [rfm_losses.descend(loss, toy, 0.3) for loss in rfm_losses.LOSSES]
    figure = rfm_losses.loss_sheet(toy, ends)
    for (loss, _), above, below, end in zip(
        rfm_losses.LOSSES.items(), figure.axes[:3], figure.axes[3:], ends, strict=True
    ):
        *clouds, arrows, _ = above.collections
        pull = -rfm_losses.gradient(loss, toy).numpy()
        lengths = np.hypot(arrows.U, arrows.V)
        np.testing.assert_allclose(arrows.get_offsets(), toy.points.numpy())
        np.testing.assert_allclose(np.stack([arrows.U, arrows.V], 1) / lengths.max(), pull / np.hypot(*pull.T).max())
        looks = [(tuple(c.get_edgecolor()[0]), len(c.get_paths()[0].vertices)) for c in clouds]
        assert len(set(looks)) == 4 and {look[0] for look in looks} == {to_rgba(c) for c in rfm_losses.ID_COLOURS}
        shown = np.concatenate([cloud.get_offsets() for cloud in below.collections[:4]])
        np.testing.assert_allclose(shown, end.points.numpy())  # they stand person by person, visible first
