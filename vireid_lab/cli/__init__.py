"""The command `vireid`. Each module of this package adds one command and imports what it needs only when it runs."""

from __future__ import annotations

import argparse
import os
import sys

from vireid_lab import __version__
from vireid_lab.runtime import InputError

from . import data, evaluate, figure, report, run, search, train, weights

COMMANDS = (data, train, evaluate, search, run, report, weights, figure)


def build_parser() -> argparse.ArgumentParser:
    """The whole command line, without importing torch."""
    parser = argparse.ArgumentParser(
        prog="vireid", description="Visible-infrared person re-identification: data, training, evaluation."
    )
    parser.add_argument("--version", action="version", version=f"vireid_lab {__version__}")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--json", action="store_true", help="print one JSON object on the last line")
    common.add_argument("--debug", action="store_true", help="show the traceback of an error")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in COMMANDS:
        module.add_command(commands, common)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Runs one command.

    Returns:
        0; 1 when the command ran and found faults; 2 when it could not start; 130 when interrupted.
    """
    arguments = build_parser().parse_args(argv)
    try:
        return arguments.run(arguments) or 0
    except InputError as error:
        if arguments.debug:
            raise
        print(f"vireid: error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("vireid: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
