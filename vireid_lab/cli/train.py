"""`vireid train`: trains a recipe into a run folder."""

from __future__ import annotations

import argparse
import json
from typing import Any

RECIPES = (
    "baseline, agw, pcb, rfm, tmpa, sa_softmax, idkl or cal; or compose, any combination of their parts: "
    "--set model=tmpa augment=ltg+channel losses=ce+wrt+cross_center, the rest as in the recipe of the model"
)


def add_command(commands, common) -> None:
    """Adds the command to the command line."""
    parser = commands.add_parser(
        "train",
        parents=[common],
        help="train a recipe",
        description="Trains a recipe into a run folder: config.json, run.json, metrics.jsonl, checkpoints. Where "
        "several GPUs are visible, a process on each of them trains the same model with ids_per_batch identities "
        "of its own (--device cuda:0: only one). Several machines: torchrun ... -m vireid_lab train ...",
    )
    parser.add_argument("recipe", metavar="RECIPE", help=RECIPES)
    parser.add_argument("--data", required=True, metavar="ROOT", help="data set in any known layout, or a manifest")
    parser.add_argument("--preset", default="tiny", help="paper (as published), small (one GPU), tiny (CPU; default)")
    parser.add_argument("--out", metavar="RUN", help="run folder (default: runs/RECIPE/<hash of settings and data>)")
    parser.add_argument(
        "--set",
        nargs="+",
        action="extend",
        default=[],
        metavar="key=value",
        help="settings of the recipe to change, e.g. steps=300 losses=ce+triplet; a misspelt one lists them all",
    )
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint, if there is one")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N")
    parser.add_argument("--processes", type=int, metavar="N", help="default: one a GPU, one on the CPU")
    parser.add_argument("--trial", type=int, default=1, metavar="1..10", help="split of RegDB")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Trains, and says where the run is."""
    from vireid_lab.recipes.run import open_run
    from vireid_lab.recipes.training import train
    from vireid_lab.train.ranks import count_processes, is_rank_zero, rank_zero_first, start_ranks, under_torchrun

    if not under_torchrun():
        processes = count_processes(arguments.device, arguments.processes)
        if processes > 1:
            return start_ranks(one_rank(arguments), processes)
    with rank_zero_first():
        out = train(**asked(arguments))
    if not is_rank_zero():
        return 0
    if arguments.json:
        print(json.dumps({"run": str(out), **open_run(out).summary}))
    else:
        print(f"trained: {out}\nscore it with: vireid evaluate {out}")
    return 0


def asked(arguments: argparse.Namespace) -> dict[str, Any]:
    """The arguments that `train` and `train_command` both take."""
    alike = {name: getattr(arguments, name) for name in ("recipe", "preset", "out", "resume", "device", "trial")}
    return {**alike, "data_root": arguments.data, "overrides": arguments.set}


def one_rank(arguments: argparse.Namespace) -> list[str]:
    """What follows `python` on the command line of each of several processes."""
    from vireid_lab.recipes.launch import train_command

    return train_command(**asked(arguments)) + ["--json"] * arguments.json + ["--debug"] * arguments.debug
