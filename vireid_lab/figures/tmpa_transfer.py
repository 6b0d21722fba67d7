"""Which places of the shared map TMPA's specific queries read (Guo et al. 2023, Eq. 10), drawn on the image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from matplotlib.figure import Figure

from vireid_lab.data.transforms import from_pictures
from vireid_lab.models.inference import inference
from vireid_lab.models.tmpa import TMPA

from .heat_maps import ENDS, draw_scale, overlay, person_cover, stretch
from .samples import GAP, draw_montage
from .style import DOUBLE, drawn

VERSION = 1
PLACES = {"head": (0.12, 0.5), "chest": (0.35, 0.5), "legs": (0.7, 0.5), "corner": (0.06, 0.08)}  # shares of the image


def transfer_weights(model: TMPA, images: np.ndarray, modality: Sequence[int]) -> np.ndarray:
    """(N, h, w, h, w): how much the query (y, x) reads from each place of the shared map; the last two axes sum to 1.

    Args:
        model: with the transfer "mft" or "cross".
        images: (N, H, W, 3) uint8.
        modality: N numbers, 0 visible, 1 infrared.
    """
    with inference(model) as device:
        modality = torch.tensor(list(modality), device=device)
        weights = model.attention_weights(from_pictures(images).to(device), modality)
    return weights.float().cpu().numpy()


@dataclass(frozen=True)
class Reading:
    """How N images' queries read, means over the images.

    Attributes:
        tokens: number of places of the shared map.
        effective: exp of the entropy of a query's weights: how many tokens it reads, if it reads them alike.
        area: share of the image that is person.
        from_person: share that queries on the person read from places on the person.
        from_rest: the same of the other queries.
    """

    tokens: int
    effective: float
    area: float
    from_person: float
    from_rest: float

    def __str__(self) -> str:
        return (
            f"a query reads {self.effective:.1f} of {self.tokens} tokens; queries on the person read "
            f"{100 * self.from_person:.0f} % from the person, the others {100 * self.from_rest:.0f} % "
            f"(area {100 * self.area:.0f} %)"
        )


def measure_reading(weights: np.ndarray, masks: np.ndarray) -> Reading:
    """Measures weights (N, h, w, h, w) by material labels (N, H, W).

    A place of the map counts as person to the share of its pixels that show one.
    """
    size = weights.shape[1:3]
    covered = person_cover(masks, size).reshape(len(masks), -1)  # (N, h * w)
    flat = weights.reshape(len(weights), size[0] * size[1], -1).astype(np.float64)
    entropy = -(flat * np.log(np.maximum(flat, 1e-300))).sum(2)
    read = (flat * covered[:, None, :]).sum(2)
    return Reading(
        tokens=flat.shape[2],
        effective=float(np.exp(entropy).mean()),
        area=float(covered.mean()),
        from_person=float((read * covered).sum() / covered.sum()),
        from_rest=float((read * (1 - covered)).sum() / (1 - covered).sum()),
    )


@drawn
def transfer_sheet(images: np.ndarray, weights: np.ndarray, rows: Sequence[str]) -> Figure:
    """A row for each image: the image with the queries of PLACES marked, and what each of them reads.

    Each map is stretched from its smallest to its largest value.

    Args:
        images: (N, H, W, 3) uint8.
        weights: (N, h, w, h, w), from `transfer_weights`.
        rows: N labels.
    """
    height, width = images.shape[1:3]
    queries = [query_at(place, weights.shape[1:3]) for place in PLACES.values()]
    cells = [
        [image, *(overlay(image, stretch(weights[row][query], (height, width))) for query in queries)]
        for row, image in enumerate(images)
    ]
    total = min(DOUBLE, 4.6)
    figure, axes = draw_montage(cells, rows, ["image", *(f"{name}\nreads" for name in PLACES)], total, right=0.75)
    for number, (y, x) in enumerate(queries):
        middle = np.array([(x + 0.5) * width / weights.shape[2], (y + 0.5) * height / weights.shape[1]]) - 0.5
        for row in range(len(images)):
            for column in (0, number + 1):
                corner = np.array([column * (width + GAP), row * (height + GAP)])
                look = {"markerfacecolor": "none", "markeredgecolor": "white", "markeredgewidth": 2.0, "markersize": 6}
                axes.plot(*(corner + middle), "s", **look)
                axes.plot(*(corner + middle), "s", **{**look, "markeredgecolor": "black", "markeredgewidth": 0.7})
    draw_scale(axes, ENDS)
    return figure


def query_at(place: tuple[float, float], size: tuple[int, int]) -> tuple[int, int]:
    """Row and column of the query at a place, as shares of height and width, on a map (h, w)."""
    return int(place[0] * size[0]), int(place[1] * size[1])
