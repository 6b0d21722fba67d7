"""Wall time of `vireid run` for 12 short notebooks, two at a time against one at a time.

Usage: python benchmarks/batch.py
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat

RUNS = 12
CPU_SECONDS = 2.0
WORK = f"""\
import time
began = time.process_time()
while time.process_time() - began < {CPU_SECONDS}:
    sum(range(10_000))"""


def write_notebook(path: Path) -> None:
    """A notebook that computes on one core for `CPU_SECONDS` of its time, however busy the machine is."""
    cells = [nbformat.v4.new_code_cell("seed = 0", metadata={"tags": ["parameters"]}), nbformat.v4.new_code_cell(WORK)]
    kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)


def seconds(folder: Path, jobs: int) -> float:
    """Wall time of the whole command, from its start to its report."""
    command = [sys.executable, "-m", "vireid_lab", "run", "short.ipynb", "--seeds", ",".join(map(str, range(RUNS)))]
    began = time.perf_counter()
    done = subprocess.run([*command, "--jobs", str(jobs), "--out", f"jobs{jobs}"], cwd=folder, capture_output=True)
    if done.returncode != 0:
        sys.exit(done.stdout.decode() + done.stderr.decode())
    return time.perf_counter() - began


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_notebook(folder / "short.ipynb")
        times = {jobs: seconds(folder, jobs) for jobs in (1, 2)}
    load, cores = os.getloadavg()[1], len(os.sched_getaffinity(0))
    for jobs, wall in times.items():
        print(f"--jobs {jobs}: {wall:6.1f} s for {RUNS} notebooks of {CPU_SECONDS:g} s of computing")
    print(f"ratio: {times[2] / times[1]:.2f} ({cores} cores; load of the machine over the last 5 minutes: {load:.1f})")


if __name__ == "__main__":
    main()
