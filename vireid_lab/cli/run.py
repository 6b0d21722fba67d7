"""`vireid run`: notebooks as batch jobs."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from vireid_lab.runtime import InputError

if TYPE_CHECKING:
    from vireid_lab.batch.resume import Decision
    from vireid_lab.batch.runner import Result

EXAMPLES = """\
examples:
  vireid run 00_start_here -p scale smoke --out work/first
  vireid run 09_one_run --grid augment=flip,flip+ltg attention=none,mam --seeds 0,1,2 --jobs 2 --out work/ablation
  vireid run 09_one_run --grid augment=flip,flip+ltg attention=none,mam --seeds 0,1,2 --out work/ablation --resume

Every run has a folder of its own below DIR: the executed notebook, log.txt, record.json, and what the notebook writes
(its parameter `out`, unless you give it). --resume goes on after Ctrl-C, a failure or a power cut.
exit code: 0 all runs finished, 1 a run did not, 2 nothing was started, 130 interrupted"""


def add_command(commands, common) -> None:
    """Adds the command to the command line."""
    parser = commands.add_parser(
        "run",
        parents=[common],
        help="run notebooks as batch jobs",
        description="Runs notebooks without a screen, each with every combination of the parameters given: several at "
        "a\ntime, to be resumed, with a table and a report at the end.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("notebooks", nargs="+", metavar="NOTEBOOK", help="a path, or a name such as 00_start_here")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder of the batch")
    parser.add_argument(
        "-p", nargs=2, action="append", default=[], metavar=("KEY", "VALUE"), help="a parameter that all runs share"
    )
    parser.add_argument(
        "--grid", nargs="+", action="extend", default=[], metavar="KEY=A,B,...", help="parameters to vary"
    )
    parser.add_argument("--seeds", metavar="0,1,2", help="values of the parameter `seed`")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="how many run at a time (default 1)")
    parser.add_argument("--timeout", type=float, metavar="SECONDS", help="the most that each run may take")
    parser.add_argument(
        "--engine", default="local", metavar="ENGINE", help="local (default), dask, dask=ADDRESS or slurm"
    )
    parser.add_argument(
        "--slurm", nargs="+", action="extend", default=[], metavar="KEY=VALUE", help="e.g. partition=gpu time=240"
    )
    parser.add_argument("--dry-run", action="store_true", help="print the table of runs, write nothing")
    parser.add_argument("--resume", action="store_true", help="skip what is finished and unchanged, run the rest")
    parser.add_argument("--yes", action="store_true", help="allow a batch of more than 500 runs")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Returns 0 if all runs finished, 1 if one did not, 130 if interrupted."""
    from vireid_lab.batch.engines import find_engine
    from vireid_lab.batch.folder import check_folder
    from vireid_lab.batch.parameters import find_notebook
    from vireid_lab.batch.plan import LIMIT, plan_runs
    from vireid_lab.batch.runner import run_batch

    check_numbers(arguments.jobs, arguments.timeout)
    engine = find_engine(arguments.engine, arguments.slurm)
    runs = plan_runs(
        [find_notebook(name) for name in arguments.notebooks],
        [tuple(pair) for pair in arguments.p],
        [read_axis(text) for text in arguments.grid],
        None if arguments.seeds is None else read_seeds(arguments.seeds),
        None if arguments.yes else LIMIT,
    )
    out = Path(arguments.out).absolute()
    check_folder(out, arguments.resume)
    if arguments.dry_run:
        return show_plan(out, runs, arguments)
    engine.check()
    result = run_batch(out, runs, engine, arguments.jobs, arguments.timeout, arguments.resume, say)
    if result.interrupted:
        say("\ninterrupted: the same command with --resume goes on")
    if arguments.json:
        say(json.dumps(as_dict(out, result)))
    return 130 if result.interrupted else 0 if result.all_finished() else 1


def say(text: str) -> None:
    """Prints at once. When whoever read has gone (`vireid run ... | head`), the batch goes on without a word."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def check_numbers(jobs: int, timeout: float | None) -> None:
    if jobs < 1:
        raise InputError(f"--jobs {jobs}: give 1 or more")
    if timeout is not None and not timeout > 0:
        raise InputError(f"--timeout {timeout:g}: give more than 0 seconds")


def read_axis(text: str) -> tuple[str, list[str]]:
    """ "losses=ce,ce+triplet" -> ("losses", ["ce", "ce+triplet"]); commas inside brackets do not separate."""
    key, equals, values = text.partition("=")
    if not (key and equals):
        raise InputError(f"--grid '{text}': give key=a,b,c")
    return key, split_values(values)


def split_values(text: str) -> list[str]:
    """Splits at the commas outside of brackets and quotes; blank text has no values."""
    parts, depth, quote = [""], 0, ""
    for letter in text:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        else:
            depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth == 0 and not quote:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts] if text.strip() else []


def read_seeds(text: str) -> list[int]:
    """ "0,1,2" -> [0, 1, 2]."""
    if text.strip() and not re.fullmatch(r"\s*\d+\s*(,\s*\d+\s*)*", text):
        raise InputError(f"--seeds '{text}': give whole numbers with commas between, such as 0,1,2")
    return [int(seed) for seed in text.split(",") if seed.strip()]


def show_plan(out: Path, runs: list, arguments: argparse.Namespace) -> int:
    """Prints what would be done; writes nothing."""
    from vireid_lab.batch.progress import plan_table
    from vireid_lab.batch.resume import decide_all
    from vireid_lab.batch.runner import announce_others

    decisions = decide_all(out, runs, arguments.timeout, threads=None)
    todo = sum(not decision.skipped for decision in decisions)
    print(plan_table(decisions))
    print(f"{todo} of {len(decisions)} to run, {arguments.jobs} at a time, into {out}; nothing was written")
    announce_others(out, decisions, print)
    if arguments.json:
        rows = [planned_dict(decision) for decision in decisions]
        print(json.dumps({"out": str(out), "runs": rows, "to_run": todo}))
    return 0


def planned_dict(decision: Decision) -> dict:
    return {
        "name": decision.run.name,
        "notebook": decision.job.notebook,
        "parameters": decision.job.parameters,
        "skipped": decision.skipped,
        "reason": decision.reason,
    }


def as_dict(out: Path, result: Result) -> dict:
    """The result for `--json`."""
    from vireid_lab.batch.record import read_record

    rows = []
    for decision in result.decisions:
        record = read_record(decision.folder)
        outcome = {"state": record.state, "seconds": record.seconds, "cell": record.cell, "error": record.error}
        rows.append(planned_dict(decision) | outcome)
    finished = sum(row["state"] == "finished" for row in rows)
    return {
        "out": str(out),
        "runs": rows,
        "finished": finished,
        "failed": len(rows) - finished,
        "report": str(result.report) if result.report else None,
    }
