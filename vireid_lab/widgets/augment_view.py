"""A chain of augmentations on one pair of images, step by step, as training applies it to a batch."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from matplotlib.axes import Axes
from torch import Tensor

from vireid_lab.augment.mixes import Attention
from vireid_lab.augment.mixing import mix_batch
from vireid_lab.augment.pipeline import Pipeline, build_augment
from vireid_lab.data.batch import Batch
from vireid_lab.data.images import read_image
from vireid_lab.data.records import MODALITY_NAMES
from vireid_lab.data.transforms import resize
from vireid_lab.figures.style import style
from vireid_lab.runtime import InputError

from .explorer import View
from .given_images import image_tensor, pixels_of
from .picture_page import open_page, pixels_on_screen, put
from .picture_pointer import encode_png

WIDTH, COLUMNS = 6.4, 6  # of the page in inches, and steps beside each other
GAP, HEAD, FOOT = 0.1, 0.25, 0.17  # between images, above and below each, inches


class Step(NamedTuple):
    """The pair (2, 3, H, W) after one augmentation, and the share of pixels (2,) that it changed in each image."""

    name: str
    images: Tensor
    changed: Tensor


def render_augment(
    visible: np.ndarray,
    infrared: np.ndarray,
    masks: np.ndarray | None = None,
    slot: str = "flip",
    seed: int = 0,
    attention: Attention | None = None,
) -> View:
    """Shows a pair before and after each augmentation of a slot.

    Args:
        visible: (H, W, 3) float in [0, 1], before normalisation.
        infrared: (H, W, 3) or (H, W), likewise, of the same identity.
        masks: (2, H, W) uint8 material labels of both images, for the augmentations that need them.
        slot: e.g. "flip+channel+pedmix", see `build_augment`.
        seed: of all draws.
        attention: for `attentive_cutmix`, see there.

    Raises:
        InputError: the slot cannot be read or its augmentations cannot take the images.
    """
    steps = play_slot(visible, infrared, masks, slot, seed, attention)
    lines = [f"--set augment={slot}", "", f"{'':24}{'changed pixels':>25}{'mean brightness':>22}"]
    lines.append(f"{'after':24}" + "".join(f"{name:>{width}}" for width in (14, 11) for name in MODALITY_NAMES))
    for step in steps:
        changed = (f"{share:.1%}" for share in step.changed.tolist())
        means = (f"{mean:.3f}" for mean in step.images.mean((1, 2, 3)).tolist())
        lines.append(f"{step.name:24}" + "".join(f"{c:>14}" for c in changed) + "".join(f"{m:>11}" for m in means))
    names = ", then ".join(step.name for step in steps)
    return View(encode_png(_draw(steps)), "\n".join(lines), f"A visible and an infrared image: {names}")


def play_slot(
    visible: np.ndarray,
    infrared: np.ndarray,
    masks: np.ndarray | None,
    slot: str,
    seed: int,
    attention: Attention | None = None,
) -> list[Step]:
    """The original pair and the pair after each augmentation of the slot; the arguments are those of `render_augment`.

    With the same generator the steps draw what the whole pipeline draws.
    """
    pipeline = build_augment(slot, attention)
    pair = [image_tensor(*both, "augment") for both in (("visible", visible), ("infrared", infrared))]
    if pair[0].shape != pair[1].shape:
        raise InputError(f"images of {pair[0].shape[1:]} and {pair[1].shape[1:]} pixels are no pair; give equal sizes")
    images, zeros = torch.stack(pair), torch.zeros(2, dtype=torch.int64)
    labels = None if masks is None else torch.from_numpy(np.ascontiguousarray(masks))
    batch = Batch(images, ids=zeros, modality=torch.arange(2), camids=zeros, masks=labels)
    names = [] if slot == "none" else [part.strip() for part in slot.split("+")]
    steps, rng = [Step("original", images, torch.zeros(2))], np.random.default_rng(seed)
    for name, augmentation in zip(names, pipeline.augmentations, strict=False):
        batch = Pipeline([augmentation])(batch, rng)
        steps.append(_step(name, steps[-1].images, batch.images))
    if pipeline.mix:
        mixed = mix_batch(batch, pipeline.mix, rng, "replace").images
        steps.append(_step(names[len(pipeline.augmentations)], batch.images, mixed))
    return steps


def read_pair(visible: str | Path, infrared: str | Path, size: tuple[int, int] = (288, 144)) -> tuple[np.ndarray, ...]:
    """Two image files as `render_augment` takes them: (H, W, 3) float in [0, 1], resized as training resizes.

    Raises:
        InputError: a file is missing or no image.
    """
    visible, infrared = (np.asarray(resize(read_image(path), size)) / np.float32(255) for path in (visible, infrared))
    return visible, infrared


def _step(name: str, before: Tensor, after: Tensor) -> Step:
    return Step(name, after, (before != after).any(1).float().mean((1, 2)))


def _draw(steps: list[Step]) -> np.ndarray:
    """(h, w, 3) uint8: visible above infrared, at most COLUMNS steps in a row."""
    columns = min(max(len(steps), 4), COLUMNS)
    height, width = steps[0].images.shape[2:]
    step = (WIDTH - GAP) / columns
    box = (step - GAP, min((step - GAP) * height / width, 2.4))
    row = 2 * (box[1] + FOOT) + HEAD
    rows = [steps[first : first + columns] for first in range(0, len(steps), columns)]
    with style():
        page = open_page((WIDTH, len(rows) * row + GAP))
        for number, some in enumerate(rows):
            top = page.get_ylim()[1] - number * row - HEAD
            for column, one in enumerate(some):
                _pair(page, one, GAP + column * step, top, box)
        return pixels_on_screen(page.figure)


def _pair(page: Axes, step: Step, left: float, top: float, box: tuple[float, float]) -> None:
    for number, (image, share) in enumerate(zip(step.images, step.changed.tolist(), strict=True)):
        below = top - number * (box[1] + FOOT)
        put(page, pixels_of(image), left, below, box, "" if number else step.name)
        said = "unchanged" if share == 0 else f"{share:.0%} changed"
        said = MODALITY_NAMES[number] if step.name == "original" else said
        page.text(left + box[0] / 2, below - box[1] - 0.03, said, ha="center", va="top", fontsize=6.5, color="0.35")
