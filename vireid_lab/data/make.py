"""Writing the synthetic benchmark as image files in the layout of a real data set, with true material masks."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from vireid_lab.runtime import InputError, new_folder, progress, read_json, unknown, write_json
from vireid_lab.spectra.labels import LABELS
from vireid_lab.spectra.world import VERSION, World

from . import plans, sysu
from .records import BENCHMARK, INFRARED
from .scan import MASK_TABLE, mask_path

INDEXES = {"sysu": plans.index_sysu, "regdb": plans.index_regdb, "llcm": plans.index_llcm}


def make_benchmark(
    out: str | Path,
    layout: str = "sysu",
    ids: int = 64,
    images: int = 4,
    size: tuple[int, int] = (96, 48),
    seed: int = 0,
    difficulty: str = "medium",
    infrared: str | None = None,
    counts: str | Path | None = None,
    workers: int | None = None,
    control: str = "none",
) -> Path:
    """Renders and writes a benchmark; the same arguments give the same bytes, whatever the number of workers.

    Training identities are 1..ids and test identities follow them. Images lie under the layout's own names, infrared
    ones with a single channel; masks under masks/<same path>.png with their table masks/materials.json; and
    benchmark.json says how it was made. All of it appears at once when it is finished.

    Args:
        out: the folder to make; it must not be there yet, or be empty.
        layout: "sysu", "regdb" or "llcm".
        ids: training identities, and as many test identities.
        images: of each identity and camera (llcm: and modality; regdb: of each modality).
        size: (height, width) in pixels.
        seed: of everything; not negative.
        difficulty: "easy", "medium" or "hard".
        infrared: "nir" (reflection) or "thermal" (emission); by default thermal in regdb and nir elsewhere.
        counts: JSON file of {"camera,identity": images} that sets the test identities and their images (sysu only).
        workers: processes; by default as many as there are processors.
        control: "none", or a control world of `spectra.control`.

    Returns:
        The folder.

    Raises:
        InputError: an argument cannot be used, or the folder cannot be written.
    """
    out = Path(out)
    plan = plan_benchmark(layout, ids, images, None if counts is None else read_counts(counts))
    workers = (os.cpu_count() or 1) if workers is None else workers
    if workers < 1:
        raise InputError(f"workers {workers}: at least one process is needed")
    infrared = infrared or default_infrared(layout)
    settings = {"seed": seed, "size": tuple(size), "difficulty": difficulty, "infrared": infrared}
    if control != "none":
        settings["control"] = control
    World(**settings)  # bad settings are known before anything is written
    facts = {"synthetic": True, "generator_version": VERSION, "layout": layout, "ids": ids, "images": images}
    with new_folder(out) as folder:
        _render(folder, plan, settings, workers)
        INDEXES[layout](folder, [planned.record for planned in plan], seed)
        write_json(folder / MASK_TABLE, LABELS)
        write_json(folder / BENCHMARK, {**facts, **settings, "given_counts": counts is not None})
    return out


def default_infrared(layout: str) -> str:
    """What the infrared of a layout is unless it is chosen: as that of the real data set."""
    return "thermal" if layout == "regdb" else "nir"


def plan_benchmark(
    layout: str, ids: int, images: int, counts: dict[tuple[int, int], int] | None = None
) -> list[plans.Planned]:
    """The images of a benchmark, identity after identity."""
    if layout not in INDEXES:
        raise unknown("layout", layout, INDEXES)
    for name, value, most in (("ids", ids, 4999), ("images", images, 9999)):
        if not 1 <= value <= most:  # names have four digits
            raise InputError(f"{name} = {value}: from 1 to {most}")
    if counts is not None and layout != "sysu":
        raise InputError(f"counts are numbers of images for each of SYSU-MM01's cameras: layout {layout} has none")
    test = sorted({pid for _, pid in counts}) if counts else list(range(ids + 1, 2 * ids + 1))
    train = [pid for pid in range(1, ids + len(test) + 1) if pid not in set(test)][:ids]
    if layout == "sysu":
        given = counts or {(camera, pid): images for camera in sysu.CAMERAS for pid in test}
        return plans.plan_sysu(train, test, {**{(c, pid): images for c in sysu.CAMERAS for pid in train}, **given})
    return (plans.plan_regdb if layout == "regdb" else plans.plan_llcm)(train, test, images)


def read_counts(path: str | Path) -> dict[tuple[int, int], int]:
    """Reads {"camera,identity": images} as {(camera, identity): images}."""
    table = read_json(path)
    if not isinstance(table, dict) or not table:
        raise InputError(f'{path}: expected a JSON object such as {{"1,6": 42}} ("camera,identity": images)')
    counts = {}
    for key, number in table.items():
        words = key.split(",")
        if len(words) != 2 or not all(word.strip().isdecimal() for word in words) or type(number) is not int:
            raise InputError(f"{path}: '{key}': {number!r} is not of the form 'camera,identity': images")
        camera, pid = map(int, words)
        if camera not in sysu.CAMERAS or not 1 <= pid <= 9999 or not 1 <= number <= 9999:
            raise InputError(f"{path}: '{key}': {number}: cameras are 1 to 6, identities and images 1 to 9999")
        counts[camera, pid] = number
    return counts


_world: World  # of a worker process


def _start_worker(settings: dict) -> None:
    global _world
    _world = World(**settings)


def _ignore_interrupts(settings: dict) -> None:
    """Ctrl-C reaches all processes of a terminal: the parent alone answers it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _start_worker(settings)


def _render_identity(folder: Path, planned: list[plans.Planned]) -> None:
    for item in planned:
        record = item.record
        shot = _world.render(record.pid, record.camid, record.modality, item.index, item.moment)
        image = Image.fromarray(shot.image[..., 0] if record.modality == INFRARED else shot.image)
        for path, picture in ((record.path, image), (mask_path(record.path), Image.fromarray(shot.mask))):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            options = {"quality": shot.quality} if path.endswith(".jpg") else {}
            picture.save(folder / path, **options)


def _render(folder: Path, plan: list[plans.Planned], settings: dict, workers: int) -> None:
    """Renders one identity after the other, in this process or in a pool."""
    by_identity = defaultdict(list)
    for planned in plan:
        by_identity[planned.record.pid].append(planned)
    jobs = list(by_identity.values())
    folders = [folder] * len(jobs)
    Image.preinit()  # not between two images: Python ends by the signal where Ctrl-C meets an import
    workers = min(workers, len(jobs))
    if workers == 1:
        _start_worker(settings)
        _wait(map(_render_identity, folders, jobs), len(jobs))
        return
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    with ProcessPoolExecutor(workers, context, _ignore_interrupts, (settings,)) as pool:
        try:
            with _interrupts_later():  # one inside a queue's lock would leave it locked
                results = pool.map(_render_identity, folders, jobs)
            _wait(results, len(jobs))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


@contextmanager
def _interrupts_later() -> Iterator[None]:
    """Puts Ctrl-C off until the end of the block."""
    if threading.current_thread() is not threading.main_thread():  # Ctrl-C is for the main thread alone
        yield
        return
    caught: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: caught.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if caught:
        signal.raise_signal(signal.SIGINT)


def _wait(results: Iterator[None], number: int) -> None:
    for _ in progress(results, "rendering", number, "identity"):
        pass
