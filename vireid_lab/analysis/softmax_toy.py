"""Softmax and SA-Softmax in the plane: points and prototypes move under a recipe's losses (Tan et al. 2023, Fig. 1).

Every point is a parameter of its own: there is no network between images and features, so that only the geometry of the
losses is seen, and nothing about unseen people.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn

from vireid_lab.data.batch import Batch
from vireid_lab.data.records import INFRARED, VISIBLE
from vireid_lab.losses.spectral_softmax import SpectralSoftmax
from vireid_lab.models.output import ReIDOutput
from vireid_lab.recipes.criterion import SPECTRAL_LOSSES, Criterion
from vireid_lab.runtime import InputError

PEOPLE, IMAGES = 3, 6  # identities; images of each in each modality
SPREAD = 8.0  # standard deviation of the images' directions, degrees
STEPS = 200
POINT_RATE, PROTOTYPE_RATE = 0.03, 0.1  # of the gradient descent; features follow more slowly than their classifier


class PlanePoints(nn.Module):
    """The "model": features (B, 2) that are free to move, and a classifier without bias.

    Args:
        points: (B, 2), where they start.
        n_ids: number of identities N.
    """

    def __init__(self, points: Tensor, n_ids: int):
        super().__init__()
        self.points = nn.Parameter(points.clone())
        self.classifier = nn.Parameter(1e-3 * torch.eye(n_ids, 2, dtype=points.dtype))

    def forward(self) -> ReIDOutput:
        return ReIDOutput(self.points, self.points, self.points @ self.classifier.T, self.points)


@dataclass(frozen=True)
class ToyTrace:
    """A descent, step by step.

    Attributes:
        losses: the slot that was descended on.
        ids: (B,) int64.
        modality: (B,) int64, 0 visible and 1 infrared.
        points: (T + 1, B, 2) float64, before and after each of T steps.
        identity: (T + 1, N, 2) the classifier's prototypes; they stay where the slot has no `ce`.
        spectral: (T + 1, 2 N, 2) the modality prototypes, visible ones first; None where the slot has none.
    """

    losses: str
    ids: Tensor
    modality: Tensor
    points: Tensor
    identity: Tensor
    spectral: Tensor | None = None

    @cached_property
    def angles(self) -> tuple[Tensor, Tensor]:
        """θ1 and θ2 of the paper's Fig. 1, of each infrared query after each step, degrees.

        Returns:
            (T + 1, Q) angle to the nearest visible point of the same identity, and (T + 1, Q) to the nearest of another
            one: a query is answered rightly (rank-1) where θ1 < θ2.
        """
        unit = nn.functional.normalize(self.points, dim=2)
        query, gallery = self.modality == INFRARED, self.modality == VISIBLE
        angle = (unit[:, query] @ unit[:, gallery].mT).clamp(-1, 1).acos().rad2deg()
        same = self.ids[query][:, None] == self.ids[gallery]
        return angle.where(same, math.inf).amin(2), angle.where(~same, math.inf).amin(2)

    def rank1(self, step: int) -> float:
        """Share of the infrared queries whose nearest visible point is of the same identity."""
        own, other = self.angles
        return float((own[step] < other[step]).double().mean())

    def classified(self, step: int) -> float:
        """Share of the points whose largest product is with a prototype of their own identity."""
        prototypes = self.identity[step] if self.spectral is None else self.spectral[step]
        nearest = (self.points[step] @ prototypes.T).argmax(1) % PEOPLE
        return float((nearest == self.ids).double().mean())


def plane_points(gap: float, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Points near the unit circle: three people, the modalities of each a gap apart, in the same sense for all.

    Args:
        gap: angle between the modalities of a person, degrees; people are 120 degrees apart.
        seed: of the directions and lengths.

    Returns:
        points (B, 2) float64, ids (B,) and modality (B,) int64, the visible half first.

    Raises:
        InputError: the gap is not in [0, 120).
    """
    if not 0 <= gap < 360 / PEOPLE:
        raise InputError(f"gap={gap}: give degrees from 0 to below {360 // PEOPLE}, the angle between two people")
    rng = torch.Generator().manual_seed(seed)
    modality, ids, _ = torch.cartesian_prod(torch.arange(2), torch.arange(PEOPLE), torch.arange(IMAGES)).T
    degrees = 90 + ids * 360 / PEOPLE + (modality - 0.5) * gap
    degrees = degrees + SPREAD * torch.randn(len(ids), generator=rng, dtype=torch.float64)
    length = 1 + 0.1 * torch.randn(len(ids), generator=rng, dtype=torch.float64)
    return _directions(degrees) * length[:, None], ids, modality


def _directions(degrees: Tensor) -> Tensor:
    """Points (B, 2) of the unit circle."""
    return torch.stack([degrees.deg2rad().cos(), degrees.deg2rad().sin()], 1)


def descend(losses: str, gap: float = 70.0, seed: int = 0, steps: int = STEPS) -> ToyTrace:
    """Plain gradient descent of the points and all prototypes on a slot of losses.

    Losses are means over the images, so that a point's gradient is a share of what one image would get alone; points
    therefore take steps B times as long.

    Args:
        losses: a recipe's slot, such as "ce" or "ce:0.3+sas_fm:0.7+ast:1".
        gap, seed: of `plane_points`.
        steps: number of steps T.

    Raises:
        InputError: the slot or the gap cannot be used.
    """
    points, ids, modality = plane_points(gap, seed)
    model = PlanePoints(points, PEOPLE)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        criterion = Criterion(losses, n_ids=PEOPLE, dim=2).double()
    batch = Batch(points, ids, modality, torch.zeros_like(ids))
    rest = [model.classifier, *criterion.parameters()]
    rates = [{"params": [model.points], "lr": POINT_RATE * len(ids)}, {"params": rest, "lr": PROTOTYPE_RATE * PEOPLE}]
    optimiser = torch.optim.SGD(rates)
    moving = {"points": model.points, "identity": model.classifier}
    if criterion.prototype_name in SPECTRAL_LOSSES:
        moving["spectral"] = criterion.prototype_loss.prototypes[0]
    states = {name: [value.detach().clone()] for name, value in moving.items()}
    for _ in range(steps):
        optimiser.zero_grad()
        criterion(model(), batch)["total"].backward()
        optimiser.step()
        for name, value in moving.items():
            states[name].append(value.detach().clone())
    return ToyTrace(losses, ids, modality, **{name: torch.stack(values) for name, values in states.items()})


@dataclass(frozen=True)
class MaskStep:
    """One step of a visible and an infrared point of a person on L^F.

    Attributes:
        before, after: (2, 2) float64 points, the visible one first.
        prototypes: (2, 2) of this person, the visible one first; they are held.
    """

    before: Tensor
    after: Tensor
    prototypes: Tensor

    @property
    def pair(self) -> tuple[float, float]:
        """Distance of the two points before and after: d1 and d2 of the paper's Fig. 3."""
        return tuple(float((places[0] - places[1]).norm()) for places in (self.before, self.after))

    @property
    def target(self) -> tuple[float, float]:
        """Mean distance of the points to the prototype of the other modality, before and after."""
        other = self.prototypes.flip(0)
        return tuple(float((places - other).norm(dim=1).mean()) for places in (self.before, self.after))


def mask_step(feature_mask: bool, length: float = 0.35) -> MaskStep:
    """Two points between the modality prototypes of their person go a step down the gradient of L^F (Eq. 6 or 8).

    A second person's prototypes lie on the other side.

    Args:
        feature_mask: with the mask of Eq. 8.
        length: of the step of each point; the prototypes have length 2, the points 1.
    """
    loss = SpectralSoftmax(2, 2, feature_mask=feature_mask).double()
    degrees = torch.tensor([102.0, -78, 78, -102], dtype=torch.float64)  # W^v of both people, then W^n
    loss.prototypes.data = 2 * _directions(degrees)[None]
    degrees = torch.tensor([96.0, 84], dtype=torch.float64)
    before = _directions(degrees).requires_grad_()
    loss(before, torch.tensor([0, 0]), torch.tensor([0, 1])).backward()
    after = before.detach() - length * nn.functional.normalize(before.grad, dim=1)
    return MaskStep(before.detach(), after, loss.prototypes.detach()[0, ::2])
