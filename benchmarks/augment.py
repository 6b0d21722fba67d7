"""LTG in a batch beside the explicit loop of Alg. 1, the mixes, and both beside a ResNet-50 training step on a GPU.

Usage: python benchmarks/augment.py
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np
import torch
from torchvision.models import resnet50

from vireid_lab.augment.ltg import LTG
from vireid_lab.augment.ltg_batch import BatchLTG
from vireid_lab.augment.mixes import CutMix, Mixup, PatchMix
from vireid_lab.augment.pedmix import PedMix

IMAGES, ROUNDS = 16, 9
STEP_IMAGES, STEP_SIZE = 112, (384, 192)  # P = 7 identities x (8 visible + 8 infrared), as in RFM
MIX_IMAGES, MIX_SIZE = 64, (288, 144)  # P = 8 identities x (4 visible + 4 infrared), as in TMPA
MIXES = (PedMix(), PatchMix(), CutMix(), Mixup())


def cpu_milliseconds(call: Callable[[], object]) -> float:
    """Median over rounds of the CPU time of this process, for each image: other processes count little."""
    times = []
    for round_ in range(ROUNDS + 3):
        began = time.process_time()
        call()
        if round_ >= 3:  # the first ones pay for fresh memory
            times.append(time.process_time() - began)
    return statistics.median(times) * 1000 / IMAGES


def on_the_cpu(size: tuple[int, int]) -> None:
    """One core; uniform noise in [0, 0.8]; every image transformed, drawing included."""
    noise = torch.rand(IMAGES, 3, *size, generator=torch.Generator().manual_seed(0)) * 0.8
    batch_form = BatchLTG(p=1.0)
    last = noise.contiguous(memory_format=torch.channels_last)
    batched = cpu_milliseconds(lambda: batch_form(last, np.random.default_rng(0)))
    cells = []
    for images in (last, noise):
        image_form = LTG(np.random.default_rng(0), p=1.0)
        cells.append(cpu_milliseconds(lambda images=images, form=image_form: [form(image) for image in images]))
    loops = " ".join(f"{loop:>12.2f} ({loop / batched:.1f}x)" for loop in cells)
    print(f"{size[0]:>4}x{size[1]:<4} {batched:>8.2f} {loops}", flush=True)


def mixes_on_the_cpu() -> None:
    """One core, drawing included; half of the images are visible, and each of both halves becomes a mixed one."""
    for mix in MIXES:
        times = []
        for layout in (torch.channels_last, torch.contiguous_format):
            rng = torch.Generator().manual_seed(0)
            noise = torch.rand(IMAGES, 3, *MIX_SIZE, generator=rng).contiguous(memory_format=layout)
            pair, draws = noise.chunk(2), np.random.default_rng(0)
            times.append(cpu_milliseconds(lambda mix=mix, pair=pair, draws=draws: mix(*pair, draws)))
        print(f"{type(mix).__name__:>10} {times[0]:>8.3f} channels last, {times[1]:.3f} channels first", flush=True)


def on_the_gpu(augment: Callable[[torch.Tensor], object], name: str, number: int, size: tuple[int, int]) -> None:
    """Share of an augmentation in a training step of ResNet-50 under autocast."""
    images = torch.rand(number, 3, *size, device="cuda").contiguous(memory_format=torch.channels_last)
    model = resnet50(num_classes=395).cuda().to(memory_format=torch.channels_last)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.01)

    def step() -> None:
        with torch.autocast("cuda", dtype=torch.bfloat16):
            loss = model(images).float().logsumexp(1).mean()
        loss.backward()
        optimiser.step()
        optimiser.zero_grad()

    def milliseconds(call: Callable[[], object]) -> float:
        times = []
        for _ in range(20):
            torch.cuda.synchronize()
            began = time.perf_counter()
            call()
            torch.cuda.synchronize()
            times.append(time.perf_counter() - began)
        return statistics.median(times[5:]) * 1000

    own, training = milliseconds(lambda: augment(images)), milliseconds(step)
    card = torch.cuda.get_device_name()
    print(f"{card}: {name} {own:.2f} ms, training step {training:.1f} ms: {own / training:.2%}", flush=True)


def main() -> None:
    torch.set_num_threads(1)
    print("     size  batched  loop, channels last   loop, channels first   ms an image on one core")
    for size in ((384, 192), (288, 144), (96, 48)):
        on_the_cpu(size)
    print(f"\nms a mixed image on one core at {MIX_SIZE[0]}x{MIX_SIZE[1]}")
    mixes_on_the_cpu()
    if torch.cuda.is_available():
        rng = np.random.default_rng(0)
        on_the_gpu(lambda images: BatchLTG()(images, rng), "LTG", STEP_IMAGES, STEP_SIZE)
        for mix in MIXES:
            name = type(mix).__name__
            on_the_gpu(lambda images, mix=mix: mix(*images.chunk(2), rng), name, MIX_IMAGES, MIX_SIZE)
    else:
        print("no CUDA device here: the share of a training step is not measured")


if __name__ == "__main__":
    main()
