"""The stand-in for ImageNet: a backbone that has seen many people, in visible light only, and never the benchmark."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from vireid_lab.augment.pipeline import build_augment
from vireid_lab.data.batch import Batch
from vireid_lab.data.kept import one_maker
from vireid_lab.data.records import VISIBLE
from vireid_lab.models.agw import AGW
from vireid_lab.models.backbone import build_backbone
from vireid_lab.models.weights import save_backbone_weights, visible_weights_path
from vireid_lab.runtime import InputError, progress, seed_torch, select_device
from vireid_lab.spectra.world import VERSION, World
from vireid_lab.train.loop import fit
from vireid_lab.train.schedule import Schedule, build_optimiser, parameter_groups

from .criterion import Criterion

CAMERAS = (1, 2, 4, 5)
IMAGES_PER_CAMERA = 2
BATCH_SIZE = 32


def make_visible_weights(
    backbone: str = "resnet10",
    size: tuple[int, int] = (96, 48),
    ids: int = 400,
    steps: int = 1000,
    seed: int = 0,
    out: str | Path | None = None,
    force: bool = False,
    device: str = "auto",
) -> Path:
    """Trains a backbone to tell synthetic people apart in visible light, and saves it as weights `visible`.

    Like ImageNet weights it has never seen the infrared, nor anyone of the benchmark: garments and dyes come from the
    wardrobe "pretraining". Images are rendered in memory; flip and crop, cross-entropy, AdamW 3e-3, cosine.

    Args:
        backbone: name of the backbone.
        size: (height, width) of the images, pixels.
        ids: number of synthetic identities.
        steps: optimiser steps of 32 images.
        seed: of people, weights, batches and augmentations.
        out: file to write; by default where `weights=visible` looks.
        force: make it again although it is there.
        device: "auto", "cpu", "cuda" or "cuda:N".

    Returns:
        The file.

    Raises:
        InputError: an argument that cannot be used.
    """
    path = Path(out or visible_weights_path(backbone))
    if ids < 2 or steps < 1:
        raise InputError(f"ids={ids}, steps={steps}: give at least 2 identities and 1 step")
    place = select_device(device)
    with one_maker(path) as to_be_made:  # runs of a batch that start together make it once
        if not (to_be_made or force):
            print(f"{path} is there already (make it again with --force)")
            return path
        model = train_visible(backbone, size, ids, steps, seed, place)
        note = (
            f"stand-in for ImageNet: {ids} synthetic people in visible light, none of the benchmark; "
            f"{steps} steps at {size[0]}x{size[1]}, seed {seed}, world {VERSION}"
        )
        save_backbone_weights(model.backbone, path, note)
    return path


def train_visible(backbone: str, size: tuple[int, int], ids: int, steps: int, seed: int, device: torch.device) -> AGW:
    """The training of `make_visible_weights`."""
    seed_torch(seed)
    model = AGW(build_backbone(backbone), ids).to(device)
    images, labels = render_people(World(seed, size=size, wardrobe="pretraining"), ids)
    fit(
        model,
        Criterion("ce"),
        random_batches(images, labels, steps, seed),
        optimiser=build_optimiser("adamw", parameter_groups(model, 3e-3), weight_decay=0.01),
        schedule=Schedule(steps, "cosine", warmup=0.05),
        device=device,
        augment=build_augment("flip+crop:3"),
        seed=seed,
        log_every=50,
    )
    return model


def render_people(world: World, ids: int) -> tuple[Tensor, Tensor]:
    """Renders visible images of identities 1..ids: (M, 3, H, W) uint8 and their labels 0..ids-1 (M,) int64."""
    shots = [(pid, camera, i) for pid in range(1, ids + 1) for camera in CAMERAS for i in range(IMAGES_PER_CAMERA)]
    images = np.stack([world.render(pid, cam, VISIBLE, i).image for pid, cam, i in progress(shots, "rendering people")])
    labels = torch.tensor([pid - 1 for pid, _, _ in shots])
    return torch.from_numpy(images).permute(0, 3, 1, 2), labels


def random_batches(images: Tensor, labels: Tensor, steps: int, seed: int) -> Callable[[int], Iterator[Batch]]:
    """Batches of images drawn with replacement, as `fit` asks for them: a function of (seed, step)."""

    def batches(start: int) -> Iterator[Batch]:
        for step in range(start, steps):
            rows = torch.from_numpy(np.random.default_rng([seed, step]).integers(len(images), size=BATCH_SIZE))
            same = torch.zeros(BATCH_SIZE, dtype=torch.int64)
            yield Batch(images[rows], labels[rows], modality=same + VISIBLE, camids=same)

    return batches
