"""`vireid run --engine slurm` under a real SLURM of one node, which this file starts and stops: `make test-slurm`."""

import getpass
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

from vireid_lab.batch.record import read_record

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scancel", "scontrol")

CONFIGURATION = """
ClusterName=vireid
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
# A job put back into the queue waits as long as a credential is good (cred_expire): two minutes by default.
AuthInfo=socket={folder}/munge.socket,cred_expire=10
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SchedulerType=sched/builtin
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
ReturnToService=2
KillWait=10
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} State=UNKNOWN
PartitionName=small Nodes={host} Default=YES MaxTime=60 State=UP
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A SLURM of this one node, and the environment in which its programs find it."""
    if not os.environ.get("VIREID_TEST_SLURM"):
        pytest.skip("starts a SLURM of its own: make test-slurm")
    missing = [program for program in PROGRAMS if not shutil.which(program)]
    assert not missing, f"{missing} not found: apt-get install slurmctld slurmd slurm-client munge"
    folder = tmp_path_factory.mktemp("cluster")
    for name in ("state", "spool"):
        (folder / name).mkdir()
    facts = {"host": socket.gethostname().split(".")[0], "user": getpass.getuser(), "ports": free_ports(2)}
    (folder / "slurm.conf").write_text(CONFIGURATION.format(folder=folder, cpus=os.cpu_count(), **facts))
    key = folder / "munge.key"
    key.write_bytes(os.urandom(128))
    key.chmod(0o400)
    environment = {**os.environ, "SLURM_CONF": str(folder / "slurm.conf")}
    files = [f"--{kind}={folder}/munge.{kind.removesuffix('-file')}" for kind in ("socket", "pid-file", "seed-file")]
    commands = (
        ["munged", "--foreground", "--force", f"--key-file={key}", *files],
        ["slurmctld", "-D", "-c"],
        ["slurmd", "-D", "-c"],
    )
    daemons = []
    try:
        for command in commands:
            with open(folder / f"{command[0]}.log", "w") as log:
                daemons.append(subprocess.Popen(command, env=environment, stdout=log, stderr=log))
            time.sleep(1)
        wait_for(lambda: "idle" in ask(environment, "sinfo", "--noheader", "--format=%T"), f"the logs are in {folder}")
        yield environment
    finally:
        for daemon in reversed(daemons):
            daemon.terminate()
            daemon.wait(30)


def free_ports(count: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def ask(environment: dict, *command: str) -> str:
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300).stdout


def wait_for(condition, otherwise: str = "", seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.2)


@pytest.fixture
def run(cluster, tmp_path):
    """run("0,1") starts a batch of one run for each number of seconds; a negative number is a run that fails."""
    cells = [nbformat.v4.new_code_cell("seconds = 0.0", metadata={"tags": ["parameters"]})]
    cells.append(nbformat.v4.new_code_cell("import time; time.sleep(seconds)"))
    kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), tmp_path / "nap.ipynb")

    def start(seconds: str) -> subprocess.Popen:
        command = [
            sys.executable,
            "-m",
            "vireid_lab",
            "run",
            "nap.ipynb",
            "--grid",
            f"seconds={seconds}",
            "--jobs",
            "2",
        ]
        command += ["--engine", "slurm", "--slurm", "time=10", "partition=small", "--out", "out"]
        return subprocess.Popen(command, cwd=tmp_path, env=cluster, stdout=subprocess.PIPE, text=True)

    return start


def records(batch: Path) -> dict:
    """The records of a batch by the number of seconds."""
    folders = [path.parent for path in batch.glob("*/job.json")]
    return {folder.name.split("=")[-1]: read_record(folder) for folder in folders}


def all_running(batch: Path, count: int) -> bool:
    return [record.state for record in records(batch).values()].count("running") == count


def test_runs_go_through_sbatch(run, tmp_path):
    batch = run("0,1,-1")
    said, _ = batch.communicate(timeout=300)
    assert batch.returncode == 1, said
    ended = records(tmp_path / "out")
    assert {key: record.state for key, record in ended.items()} == {"0": "finished", "1": "finished", "-1": "failed"}
    assert [record.attempts for record in ended.values()] == [1, 1, 1]
    (script,) = (tmp_path / "out" / "slurm").glob("*_submission.sh")
    assert "#SBATCH --array=0-2%2" in script.read_text()
    begins = sorted((record.started, record.ended) for record in ended.values())
    assert begins[2][0] >= min(end for _, end in begins[:2])  # two at a time


def test_preempted_runs_are_done_again(run, cluster, tmp_path):
    batch = run("15,16")
    wait_for(lambda: all_running(tmp_path / "out", 2))
    (array,) = set(ask(cluster, "squeue", "--noheader", "--format=%F").split())
    ask(cluster, "scancel", "--signal=USR2", f"{array}_0")  # the warning: submitit puts the run into the queue again
    ask(cluster, "scontrol", "requeue", f"{array}_1")  # without warning: SLURM does it
    said, _ = batch.communicate(timeout=300)
    assert batch.returncode == 0, said
    ended = records(tmp_path / "out")
    assert [(record.state, record.attempts) for record in ended.values()] == [("finished", 2)] * 2
    assert ended["15"].seconds > 15


def test_ctrl_c_cancels_the_array(run, cluster, tmp_path):
    batch = run("100,101,102")
    wait_for(lambda: all_running(tmp_path / "out", 2))
    pids = [record.pid for record in records(tmp_path / "out").values() if record.pid]
    batch.send_signal(signal.SIGINT)
    batch.communicate(timeout=300)
    assert batch.returncode == 130
    assert ask(cluster, "squeue", "--noheader", "--states=PENDING,RUNNING") == ""
    assert "finished" not in [record.state for record in records(tmp_path / "out").values()]
    assert len(pids) == 2 and not any(Path(f"/proc/{pid}").exists() for pid in pids)
