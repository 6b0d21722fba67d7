"""`vireid weights make visible`: trains the stand-in for ImageNet weights."""

from __future__ import annotations

import argparse
import json


def add_command(commands, common) -> None:
    """Adds the command to the command line."""
    parser = commands.add_parser("weights", help="make starting weights", description="Makes starting weights.")
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
    make.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
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
