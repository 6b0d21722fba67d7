"""`vireid evaluate`: scores a run, or the feature file of any code base."""

from __future__ import annotations

import argparse
import json
from pathlib import Path


def add_command(commands: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    """Adds `vireid evaluate`."""
    parser = commands.add_parser(
        "evaluate",
        parents=[common],
        help="score a run or a feature file",
        description="Scores a run (extracting its features first) or a feature file. Every condition that changes the "
        "numbers is printed with them.",
    )
    parser.add_argument("source", metavar="RUN|FEATURES.npz", type=Path, help="run folder, or feature file")
    parser.add_argument(
        "--protocol",
        help="sysu-all, sysu-indoor, regdb-v2t, regdb-t2v, llcm-v2n, llcm-n2v, diagnostic-v2v, none (default: by the "
        "layout; none for a feature file)",
    )
    parser.add_argument("--shots", type=int, help="gallery images for each identity and camera: 1 (default) or 10")
    parser.add_argument("--trials", type=int, help="galleries to draw (default 10)")
    parser.add_argument(
        "--gallery",
        help="official (rand_perm_cam.mat) or seeded (random.seed(trial)); default: official where the file is there",
    )
    parser.add_argument("--llcm-reading", help="paper (default), released-transposed, full-gallery")
    parser.add_argument("--no-l2", action="store_true", help="Euclidean distance of the features as they are")
    parser.add_argument("--rerank", action="store_true", help="k-reciprocal re-ranking (k1=20, k2=6, lambda=0.3)")
    parser.add_argument("--data", type=Path, metavar="ROOT", help="folder of the data set (a run knows its own)")
    of_run = parser.add_argument_group("for a run")
    of_run.add_argument("--flip", action="store_true", help="average the features of each image and its mirror image")
    of_run.add_argument("--neck", help="features after (default) or before the neck")
    of_run.add_argument("--checkpoint", help="last, best on held-out identities, or step_N (default: best or last)")
    of_run.add_argument("--device", help="auto (default), cpu, cuda")
    of_run.add_argument(
        "--ladder",
        action="store_true",
        help="score the last step, and what each choice alone adds to it; on any data set, nothing goes on record",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Runs the command."""
    from vireid_lab.evaluate.scoring import Options

    options = Options(
        gallery=arguments.gallery,
        shots=arguments.shots,
        trials=arguments.trials,
        llcm_reading=arguments.llcm_reading,
        l2=not arguments.no_l2,
        rerank=arguments.rerank,
    )
    if arguments.ladder:
        score = _climb
    else:
        score = _score_run if arguments.source.is_dir() else _score_file
    result = score(arguments, options)
    print(result.to_text())
    if arguments.json:
        print(json.dumps(result.to_json()))
    return 0


def _score_file(arguments: argparse.Namespace, options):
    from vireid_lab.evaluate.feature_file import evaluate_npz
    from vireid_lab.runtime import InputError

    for name in ("flip", "neck", "checkpoint", "device"):
        if getattr(arguments, name):
            raise InputError(f"--{name}: {arguments.source} is no run folder, its features are taken as they are")
    return evaluate_npz(arguments.source, arguments.protocol or "none", options, arguments.data)


def _score_run(arguments: argparse.Namespace, options):
    from vireid_lab.evaluate.runs import evaluate_run
    from vireid_lab.recipes.run import open_run
    from vireid_lab.runtime import select_device

    return evaluate_run(
        open_run(arguments.source),
        arguments.protocol,
        options,
        device=select_device(arguments.device or "auto"),
        flip=arguments.flip,
        neck=arguments.neck or "after",
        root=arguments.data,
        checkpoint=arguments.checkpoint or "result",
    )


def _climb(arguments: argparse.Namespace, options):
    from vireid_lab.data.layouts import open_dataset
    from vireid_lab.evaluate.ladder import climb
    from vireid_lab.evaluate.scoring import DEFAULTS
    from vireid_lab.recipes.run import open_run
    from vireid_lab.runtime import InputError, select_device

    if options != DEFAULTS or arguments.flip or arguments.neck or arguments.checkpoint:
        raise InputError("--ladder makes the choices itself: leave all but --protocol, --data and --device out")
    trained = open_run(arguments.source)
    dataset = open_dataset(arguments.data) if arguments.data else trained.dataset()
    return climb(trained, dataset, arguments.protocol, device=select_device(arguments.device or "auto"))
