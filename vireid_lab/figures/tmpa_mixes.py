"""What TMPA's mixes make of pairs of images (Guo et al. 2023, Fig. 3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from matplotlib.figure import Figure

from vireid_lab.augment.mixes import Attention, AttentiveCutMix, CutMix, Mixup, PatchMix
from vireid_lab.augment.pedmix import PedMix
from vireid_lab.data.transforms import to_pictures, to_unit_images
from vireid_lab.spectra.labels import FIRST_PERSON

from .samples import draw_montage
from .style import DOUBLE, drawn

VERSION = 1


@dataclass(frozen=True)
class Mixed:
    """What a mix makes of N pairs: 2N images, the visible ones first.

    Attributes:
        images: (2N, H, W, 3) uint8.
        taken: (2N, H, W) the share of each pixel that is from the other image of the pair.
    """

    images: np.ndarray
    taken: np.ndarray


def mix_pairs(images: np.ndarray, attention: Attention, seed: int | Sequence[int]) -> dict[str, Mixed]:
    """Mixes pairs by PedMix and its four rivals, in the order of Fig. 3; each mix begins with the same seed.

    Args:
        images: (2N, H, W, 3) uint8, N visible ones and then N infrared ones, image i of both of one identity.
        attention: of Attentive CutMix, see there.
        seed: of the draws.
    """
    visible, infrared = to_unit_images(images).chunk(2)
    mixes = {
        "Mixup": Mixup(),
        "CutMix": CutMix(),
        "PatchMix": PatchMix(),
        "Attentive\nCutMix": AttentiveCutMix(attention=attention),
        "PedMix": PedMix(),
    }
    mixed = {}
    for name, mix in mixes.items():
        parameters = mix.draw(tuple(visible.shape), np.random.default_rng(seed))
        made = torch.cat(mix.apply(visible, infrared, parameters))
        taken = torch.cat(
            [
                mask.float().expand(len(visible), 1, *visible.shape[2:])
                for mask in mix.masks(visible, infrared, parameters)
            ]
        )
        mixed[name] = Mixed(to_pictures(made), taken[:, 0].numpy())
    return mixed


@drawn
def mix_sheet(images: np.ndarray, mixed: Mapping[str, Mixed], people: Sequence[str]) -> Figure:
    """Fig. 3: a row for each image of each person, its original first.

    Args:
        images: (2N, H, W, 3) uint8, visible ones first.
        mixed: from `mix_pairs`.
        people: N labels.
    """
    cells, rows, number = [], [], len(people)
    for place, person in enumerate(people):
        for m, modality in enumerate(("vis", "ir")):
            row = place + m * number
            cells.append([images[row], *(made.images[row] for made in mixed.values())])
            rows.append(f"{person}\n{modality}")
    return draw_montage(cells, rows, ["original", *mixed], DOUBLE)[0]


def describe_taken(mixed: Mapping[str, Mixed], masks: np.ndarray) -> str:
    """How much of the person, and of what is around, each mix takes from the other image: a line for each.

    Args:
        mixed: from `mix_pairs`.
        masks: (2N, H, W) material labels.
    """
    person = masks >= FIRST_PERSON
    lines = []
    for name, made in mixed.items():
        on, off = 100 * made.taken[person].mean(), 100 * made.taken[~person].mean()
        lines.append(f"{name.replace(chr(10), ' ')}: {on:.0f} % of the person, {off:.0f} % of the rest")
    return "\n".join(lines)
