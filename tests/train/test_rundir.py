from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest

from vireid_lab.runtime import InputError, write_json
from vireid_lab.train.rundir import claim

HOLDER = """
import sys, time
from pathlib import Path
from vireid_lab.train.rundir import claim
with claim(Path(sys.argv[1]), {"lr": 1}, resume=False):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_new_folder_gets_its_configuration(tmp_path):
    with claim(tmp_path / "a" / "b", {"lr": 0.1}, resume=False):
        assert json.loads((tmp_path / "a" / "b" / "config.json").read_text()) == {"lr": 0.1}


def test_a_folder_in_use_is_refused_and_a_killed_process_frees_it(tmp_path):
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path / "run")], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(InputError, match="in use"), claim(tmp_path / "run", {"lr": 1}, resume=True):
            pass
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    with claim(tmp_path / "run", {"lr": 1}, resume=True):
        pass


def test_a_run_is_not_overwritten(tmp_path):
    with claim(tmp_path, {"lr": 1}, resume=False):
        pass
    with pytest.raises(InputError, match="unfinished run: add --resume"), claim(tmp_path, {"lr": 1}, resume=False):
        pass
    write_json(tmp_path / "run.json", {"finished": True})
    with (
        pytest.raises(InputError, match="a finished run: add --resume to keep it"),
        claim(tmp_path, {"lr": 1}, resume=False),
    ):
        pass


def test_another_configuration_is_refused_with_the_differing_keys(tmp_path):
    with claim(tmp_path, {"lr": 1, "seed": 0, "log_every": 10}, resume=False):
        pass
    with pytest.raises(InputError, match=r"lr \(1 there, 2 asked\)") as error:
        with claim(tmp_path, {"lr": 2, "seed": 0, "log_every": 20}, resume=True):
            pass
    assert "seed" not in str(error.value) and "log_every" not in str(error.value)


def test_a_folder_with_other_things_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(InputError, match="not a run"), claim(tmp_path, {}, resume=True):
        pass
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]
