"""`vireid figure`: makes one figure of a paper."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path


def add_command(commands, common) -> None:
    """Adds the command to the command line."""
    parser = commands.add_parser(
        "figure",
        parents=[common],
        help="make one figure of a paper",
        description="Makes one figure of a paper on the synthetic benchmark, by running the notebook that draws it as "
        "far as the cell that saves it. Writes a PNG, a PDF, and a JSON that says what made it.",
    )
    parser.add_argument("paper", metavar="PAPER", help="short name, e.g. rfm")
    parser.add_argument("number", metavar="NUMBER", help="of the figure, as printed, e.g. 6")
    parser.add_argument("--out", required=True, metavar="DIR", type=Path, help="folder for the three files")
    parser.add_argument(
        "--runs", metavar="DIR", type=Path, help="use data and trainings in this folder again, and leave new ones"
    )
    parser.add_argument("--scale", default="tiny", help="smoke (seconds, no findings), tiny (CPU) or small (a GPU)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Returns 1 when the notebook failed."""
    from vireid_lab.batch.paper_figure import find_figure, make_figure
    from vireid_lab.figures.gallery import list_pictures, read_picture
    from vireid_lab.papers.reader import figures

    figure = find_figure(figures(), arguments.paper, arguments.number)
    if not arguments.json:
        print(f"running {figure.notebook} at scale {arguments.scale} ...", flush=True)
    record = make_figure(figure, arguments.out, arguments.runs, arguments.scale)
    if record.state != "finished":
        where = f", code cell {record.cell}" if record.cell else ""
        print(f"vireid: {figure.notebook} {record.state}{where}\n{record.error}", file=sys.stderr)
        return 1
    picture = read_picture(arguments.out / f"{figure.file}.json")
    if arguments.json:
        facts = {"png": str(picture.png), "title": picture.title, "alt": picture.alt, "label": picture.label}
        print(json.dumps({"paper": figure.paper, "figure": figure.figure, **facts}))
    else:
        print(list_pictures([picture]))
    return 0
