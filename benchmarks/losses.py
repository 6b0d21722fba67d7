"""A training step of a method beside the same step of its baseline: SA-Softmax (PCB, softmax), CAL (ResNet-50).

Usage: python benchmarks/losses.py
"""

from __future__ import annotations

import statistics
import time

import torch

from vireid_lab.data.batch import Batch
from vireid_lab.recipes.catalogue import RECIPES, choose_settings
from vireid_lab.train.schedule import build_optimiser, parameter_groups

N_IDS = 395  # of SYSU-MM01's training set
COMPARISONS = (  # the baseline first
    {"softmax": ("sa_softmax", {"losses": "ce"}), "SA-Softmax": ("sa_softmax", {"losses": "ce:0.3+sas_fm:0.7+ast:1"})},
    {"baseline": ("baseline", {"losses": "ce", "size": "384x192"}), "CAL": ("cal", {})},
)
ON_CPU, ON_GPU = (8, 4), (128, 30)  # images in a batch, rounds


class Step:
    """A model of the preset `paper` and its optimiser; calling it trains one step on random images.

    Args:
        recipe: its name.
        overrides: settings that differ from the preset's.
        device: where to train; under bfloat16 on a GPU, as `train.loop.fit` does.
        images: in the batch, half of them infrared.
    """

    def __init__(self, recipe: str, overrides: dict[str, str], device: torch.device, images: int):
        settings = choose_settings(recipe, "paper", overrides)
        torch.manual_seed(0)
        self.method = RECIPES[recipe].build(settings, N_IDS)
        model = self.method.model.to(device, memory_format=torch.channels_last)
        groups = parameter_groups(model, settings.lr)
        self.optimiser = build_optimiser(settings.optimiser, groups, settings.weight_decay)
        half = torch.arange(images // 2, device=device) % N_IDS
        modality = torch.arange(images, device=device) // (images // 2)
        pixels = torch.randn(images, 3, *settings.size, device=device).to(memory_format=torch.channels_last)
        self.batch = Batch(pixels, half.repeat(2), modality, modality)

    def __call__(self) -> None:
        batch, device = self.batch, self.batch.images.device.type
        with torch.autocast(device, dtype=torch.bfloat16, enabled=device == "cuda"):
            output = self.method.model(batch.images, batch.modality)
        self.method.criterion(output, batch)["total"].backward()
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)

    def seconds(self) -> float:
        """Of one step: wall time on a GPU, CPU time of this process elsewhere, so that others count little."""
        on_gpu = self.batch.images.device.type == "cuda"
        clock = time.perf_counter if on_gpu else time.process_time
        began = clock()
        self()
        if on_gpu:
            torch.cuda.synchronize()
        return clock() - began


def main() -> None:
    torch.set_num_threads(1)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    images, rounds = ON_GPU if device.type == "cuda" else ON_CPU
    for comparison in COMPARISONS:
        steps = {name: Step(*made, device, images) for name, made in comparison.items()}
        times = {name: [] for name in steps}
        for _ in range(rounds):  # turn by turn, so that a slow moment meets both
            for name, step in steps.items():
                times[name].append(step.seconds())
        medians = {name: statistics.median(values[1:]) for name, values in times.items()}  # the first pays for memory
        shown = ", ".join(f"{name} {1000 * value:.0f} ms" for name, value in medians.items())
        print(f"{device.type}, {images} images of 384x192, {N_IDS} identities: {shown}")
        baseline, method = medians.values()
        print(f"ratio {method / baseline:.3f}")


if __name__ == "__main__":
    main()
