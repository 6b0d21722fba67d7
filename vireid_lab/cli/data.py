"""`vireid data`: `make` writes the synthetic benchmark, `manifest` a table of images, `check` looks them over."""

from __future__ import annotations

import json
import re
from argparse import Namespace

from vireid_lab.runtime import InputError


def add_command(commands, common) -> None:
    data = commands.add_parser("data", help="make the synthetic benchmark, list your own images, check a data set")
    actions = data.add_subparsers(dest="action", required=True, metavar="ACTION")

    make = actions.add_parser(
        "make",
        parents=[common],
        help="write the synthetic benchmark in the layout of a real data set",
        description="Renders the synthetic benchmark as image files in the layout of a real data set, with true masks.",
    )
    make.add_argument("out", metavar="OUT", help="the folder to make")
    make.add_argument("--layout", default="sysu", help="sysu, regdb or llcm (default sysu)")
    make.add_argument("--ids", type=int, default=64, help="training identities, and as many test identities (64)")
    make.add_argument("--images", type=int, default=4, help="images of each identity and camera (4)")
    make.add_argument("--size", default="96x48", metavar="HxW", help="height and width in pixels (96x48)")
    make.add_argument("--seed", type=int, default=0, help="same seed, same bytes (0)")
    make.add_argument("--difficulty", default="medium", help="easy, medium or hard (medium)")
    make.add_argument("--infrared", help="nir or thermal (default thermal for regdb, nir for the others)")
    make.add_argument("--control", default="none", help="a control world: glossy, equal_k or random_k (default none)")
    make.add_argument("--counts", metavar="FILE", help='JSON of test images: {"camera,identity": number} (sysu)')
    make.add_argument("--workers", type=int, help="processes (default: all processors)")
    make.set_defaults(run=run_make)

    manifest = actions.add_parser(
        "manifest",
        parents=[common],
        help="write the manifest of a folder of your own images",
        description="Writes a manifest, a data set for all other commands, of a folder of images: the pattern says "
        "where their paths tell identity, camera, modality and split. Without a pattern nobody is known, and grey "
        "images are taken as infrared: enough for a search.",
    )
    manifest.add_argument("folder", metavar="FOLDER", help="folder of images, at any depth")
    manifest.add_argument(
        "--pattern",
        default="",
        help="of a path without its suffix, with {pid}, {camid}, {modality}, {split}, and * for anything, such as "
        "'{modality}/{pid}_c{camid}_*'",
    )
    manifest.add_argument("--out", metavar="FILE", help="the table, a new .csv (default: FOLDER/manifest.csv)")
    manifest.add_argument("--train", type=float, default=0.0, help="share of the identities to train on (default 0)")
    manifest.add_argument("--seed", type=int, default=0, help="of the draw of these (0)")
    manifest.set_defaults(run=run_manifest)

    check = actions.add_parser(
        "check",
        parents=[common],
        help="list unreadable, missing and mislabelled files",
        description="Says what a folder is, counts its images, and lists unreadable, missing and mislabelled files. "
        "Exit code 1 if there are faults.",
    )
    check.add_argument("root", metavar="ROOT", help="folder of the data set, or a manifest file")
    check.set_defaults(run=run_check)


def parse_size(text: str) -> tuple[int, int]:
    """ "96x48" -> (96, 48): height, width."""
    match = re.fullmatch(r"(\d+)x(\d+)", text)
    if not match:
        raise InputError(f"size '{text}': give height x width in pixels, such as 96x48")
    return int(match[1]), int(match[2])


def run_make(arguments: Namespace) -> int:
    from vireid_lab.data.layouts import open_dataset
    from vireid_lab.data.make import make_benchmark

    options = ("layout", "ids", "images", "seed", "difficulty", "infrared", "control", "counts", "workers")
    out = make_benchmark(
        arguments.out, size=parse_size(arguments.size), **{name: getattr(arguments, name) for name in options}
    )
    dataset = open_dataset(out)
    test_ids = {record.pid for record in dataset.records if record.split == "test"}
    print(f"Wrote a synthetic benchmark (rendered, no photographs) in the layout {dataset.layout}: {out}")
    print(f"  {len(dataset.records)} images at {arguments.size}, each with its material mask in {out / 'masks'}")
    print(f"  {len(dataset.train_ids)} training and {len(test_ids)} test identities; how it was made: benchmark.json")
    print(f"  fingerprint: {dataset.fingerprint}")
    print(f"Next: vireid train baseline --data {out} --preset tiny --out runs/first")
    if arguments.json:
        summary = {
            "out": str(out),
            "layout": dataset.layout,
            "images": len(dataset.records),
            "ids": len(dataset.train_ids) + len(test_ids),
            "fingerprint": dataset.fingerprint,
            "synthetic": True,
        }
        print(json.dumps(summary))
    return 0


def run_manifest(arguments: Namespace) -> int:
    from vireid_lab.data.folder import write_manifest

    made = write_manifest(
        arguments.folder, arguments.pattern, arguments.out, train=arguments.train, seed=arguments.seed
    )
    print(f"{made.to_text()}\nNext: vireid data check {made.table}")
    if arguments.json:
        summary = {"manifest": str(made.table), "images": len(made.rows), "ids": made.ids}
        print(json.dumps({**summary, "left_out": made.left_out, "modality_by_colour": made.by_colour}))
    return 0


def run_check(arguments: Namespace) -> int:
    """Returns 1 when something is wrong (notes are not), 0 otherwise."""
    from vireid_lab.data.check import check_dataset

    report = check_dataset(arguments.root)
    print(f"{arguments.root}: layout {report.layout}, {report.images} images, {report.ids} identities")
    print(f"  fingerprint: {report.fingerprint}")
    for problem in report.problems:
        print(f"  {problem.kind}: {problem.path}: {problem.hint}")
    print(f"{len(report.faults)} problems" if report.faults else "Nothing is wrong: every image could be decoded.")
    if arguments.json:
        print(json.dumps(report.as_dict()))
    return 1 if report.faults else 0
