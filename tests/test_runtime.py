"""Errors, atomic writing, optional packages, devices."""

import json

import pytest

from vireid_lab import runtime
from vireid_lab.runtime import InputError


def test_atomic_path_leaves_the_old_file_when_the_block_fails(tmp_path):
    target = tmp_path / "deep" / "result.json"
    runtime.write_json(target, {"a": 1})
    with pytest.raises(RuntimeError), runtime.atomic_path(target) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert json.loads(target.read_text()) == {"a": 1}
    assert [p.name for p in target.parent.iterdir()] == ["result.json"]


def test_atomic_path_keeps_the_suffix_and_usual_permissions(tmp_path):
    plain = tmp_path / "plain.txt"
    plain.write_text("")
    with runtime.atomic_path(tmp_path / "image.png") as temporary:
        assert temporary.suffix == ".png"
    assert (tmp_path / "image.png").stat().st_mode == plain.stat().st_mode


def test_read_json_names_the_file(tmp_path):
    with pytest.raises(InputError, match="missing.json is not there"):
        runtime.read_json(tmp_path / "missing.json")
    (tmp_path / "half.json").write_text('{"a":')
    with pytest.raises(InputError, match="half.json cannot be read as JSON"):
        runtime.read_json(tmp_path / "half.json")


def test_unknown_names_the_nearest():
    message = str(runtime.unknown("preset", "tinny", ["paper", "small", "tiny"]))
    assert message == "unknown preset 'tinny': did you mean 'tiny'? known: paper, small, tiny"
    assert "did you mean" not in str(runtime.unknown("preset", "xyz", ["paper", "small", "tiny"]))


def test_wrapped_breaks_between_words_and_keeps_what_is_short():
    table = "a    1.5 ± 0.1\n\n  b  -"
    assert runtime.wrapped(table) == table
    words = [f"near-infrared{i}" for i in range(30)]
    lines = runtime.wrapped("  " + " ".join(words)).split("\n")
    assert [word for line in lines for word in line.split()] == words  # none is broken, none is lost
    assert len(lines) > 1 and max(map(len, lines)) <= 110
    assert [len(line) - len(line.lstrip()) for line in lines] == [2] + [6] * (len(lines) - 1)
    path = "/home/" + 150 * "x"
    assert runtime.wrapped(path) == path  # a path can still be copied


def test_require_names_the_pip_command():
    with pytest.raises(InputError, match=r'pip install "vireid-lab\[search\]"'):
        runtime.require("a_package_that_is_not_there", extra="search")
    assert runtime.require("json", extra="none") is json


def test_cache_dir_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("VIREID_CACHE", str(tmp_path))
    assert runtime.cache_dir() == tmp_path
    monkeypatch.delenv("VIREID_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert runtime.cache_dir() == tmp_path / "xdg" / "vireid_lab"


def test_select_device():
    import torch

    assert runtime.select_device("cpu") == torch.device("cpu")
    assert runtime.select_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    with pytest.raises(InputError, match="known: auto, cpu"):
        runtime.select_device("gpu")
    if not torch.cuda.is_available():
        with pytest.raises(InputError, match="no CUDA device"):
            runtime.select_device("cuda")


def test_environment_card_is_plain_json():
    card = runtime.environment_card()
    assert json.loads(json.dumps(card)) == card
    assert card["versions"]["torch"]
