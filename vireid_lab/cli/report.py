"""`vireid report`: finished runs beside the published tables."""

from __future__ import annotations

import argparse
import json
from pathlib import Path


def add_command(commands: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:
    """Adds `vireid report`."""
    parser = commands.add_parser(
        "report",
        parents=[common],
        help="finished runs beside the published tables, with verdicts",
        description="Writes report.html, one page that needs nothing else, and report.md: the papers' tables with "
        "published and measured numbers, a verdict for each claim, figures, failures. With --json: runs counts the "
        "trained models, failed the notebooks that did not come to their end.",
    )
    parser.add_argument("folder", metavar="DIR", type=Path, help="folder with runs anywhere below it")
    parser.add_argument("--out", metavar="FILE.html|FOLDER", type=Path, help="where to write (default: DIR)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Runs the command."""
    from vireid_lab.batch.report import write_pages
    from vireid_lab.batch.report.content import collect

    content = collect(arguments.folder)
    page = write_pages(content, arguments.out or arguments.folder)
    verdicts = {verdict.claim.id: verdict for paper in content.papers for verdict in paper.verdicts}
    for verdict in (each for paper in content.papers for each in paper.looked_at):
        print(f"{verdict.claim.paper} Table {verdict.claim.table}: {verdict.claim.text}\n  {verdict.text}")
    print(f"{len(content.runs)} trained models, {len(content.failures)} failed notebooks\n{page}")
    if arguments.json:
        result = {
            "report": str(page),
            "markdown": str(page.with_suffix(".md")),
            "runs": len(content.runs),
            "failed": len(content.failures),
            "claims": {name: verdict.verdict for name, verdict in verdicts.items()},
        }
        print(json.dumps(result))
    return 0
