"""`vireid weights`: makes the stand-in for ImageNet weights, and takes models of other code bases over."""

from __future__ import annotations

import argparse
import json


def add_command(commands, common) -> None:
    """Adds the command to the command line."""
    parser = commands.add_parser(
        "weights", help="make starting weights, import models", description="Makes and imports weights."
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    make = actions.add_parser(
        "make",
        parents=[common],
        help="train the stand-in for ImageNet",
        description="Trains a backbone on visible images of synthetic people that are not in the benchmark, and keeps "
        "it in the cache folder (VIREID_CACHE) as weights=visible. Takes a minute or two on a CPU.",
    )
    make.add_argument("kind", choices=["visible"])
    make.add_argument("--backbone", default="resnet10", help="default: resnet10")
    make.add_argument("--ids", type=int, default=400, help="synthetic identities (default: 400)")
    make.add_argument("--steps", type=int, default=1000, help="steps of 32 images (default: 1000)")
    make.add_argument("--seed", type=int, default=0, help="of people and training (0)")
    make.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N")
    make.add_argument("--force", action="store_true", help="make them again although they are there")
    make.set_defaults(run=run_make)
    take = actions.add_parser(
        "import",
        parents=[common],
        help="make a run of a checkpoint of another code base",
        description="Makes a run folder of a trained model of AGW's code and its descendants, or of a torchvision "
        "ResNet, and says which tensors matched, which are missing and which are left over. `vireid evaluate` and "
        "`vireid search` take it as they take runs of this library. Of the file, only tensors are read.",
    )
    take.add_argument("file", metavar="FILE", help="the checkpoint (torch.save)")
    take.add_argument("--data", required=True, metavar="ROOT", help="data set to evaluate it on")
    take.add_argument("--out", metavar="RUN", help="run folder (default: runs/RECIPE/<hash>)")
    take.add_argument(
        "--set",
        nargs="+",
        action="extend",
        default=[],
        metavar="key=value",
        help="settings that differ from the preset paper, e.g. size=288x144, the size of its images",
    )
    take.add_argument("--trial", type=int, default=1, metavar="1..10", help="split of RegDB")
    take.set_defaults(run=run_import)


def run_make(arguments: argparse.Namespace) -> int:
    """Makes the weights, and says where they are."""
    from vireid_lab.recipes.pretrain import make_visible_weights

    path = make_visible_weights(
        arguments.backbone,
        ids=arguments.ids,
        steps=arguments.steps,
        seed=arguments.seed,
        force=arguments.force,
        device=arguments.device,
    )
    print(json.dumps({"weights": str(path)}) if arguments.json else f"weights=visible for {arguments.backbone}: {path}")
    return 0


def run_import(arguments: argparse.Namespace) -> int:
    """Imports a checkpoint, and says what came over."""
    from dataclasses import asdict

    from vireid_lab.recipes.imported import import_run

    out, transfer = import_run(arguments.file, arguments.data, arguments.out, arguments.set, arguments.trial)
    print(f"imported: {out}\n{transfer.to_text()}\nscore it with: vireid evaluate {out}")
    if arguments.json:
        print(json.dumps({"run": str(out), **asdict(transfer)}))
    return 0
