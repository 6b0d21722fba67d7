"""A checkpoint of another code base becomes a run."""

import json

import pytest
import torch
import torchvision

from vireid_lab.analysis.run_results import read_run
from vireid_lab.cli import main
from vireid_lab.recipes.run import open_run


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("foreign") / "resnet18.pth"
    torch.save({"state_dict": torchvision.models.resnet18().state_dict(), "epoch": 1}, path)
    return path


def weights_import(capsys, *arguments):
    """Exit code and the JSON of the last line, or the errors."""
    code = main(["weights", "import", *map(str, arguments), "--json"])
    out, err = capsys.readouterr()
    return code, json.loads(out.splitlines()[-1]) if code == 0 else err


def test_an_imported_model_is_evaluated_and_counts_as_not_trained(toy_root, checkpoint, tmp_path, capsys):
    out = tmp_path / "run"
    code, report = weights_import(capsys, checkpoint, "--data", toy_root, "--out", out, "--set", "size=32x16")
    assert code == 0 and report["run"] == str(out)
    assert len(report["matched"]) == 100 and report["left_over"] == ["fc.weight", "fc.bias"]
    run = open_run(out)
    assert (run.settings.backbone, run.settings.two_stream, run.settings.size) == ("resnet18", "none", (32, 16))
    kept = torch.load(checkpoint, weights_only=True)["state_dict"]["layer4.1.conv2.weight"]
    assert torch.equal(run.model().backbone.layer4[1].conv2.weight, kept)
    assert main(["evaluate", str(out)]) == 0
    result = read_run(out)
    assert not result.finished and result.metrics and result.start.startswith("imported from ")


def test_what_cannot_be_imported_leaves_nothing(toy_root, checkpoint, tmp_path, capsys):
    strangers, stemless = tmp_path / "strangers.pt", tmp_path / "stemless.pt"
    torch.save({"a.weight": torch.ones(1)}, strangers)
    tensors = torch.load(checkpoint, weights_only=True)["state_dict"]
    torch.save({name: t for name, t in tensors.items() if name.startswith("layer")}, stemless)
    for file, change, message in (
        (strangers, [], "nothing in"),
        (stemless, [], "lacks 5 tensors of a whole resnet18"),
        (tmp_path / "none.pt", [], "none.pt is not there"),
        (checkpoint, ["--set", "sise=32x16"], "did you mean 'size'"),
        (checkpoint, ["--set", "backbone=resnet34"], "of a whole resnet34"),
        (checkpoint, ["--data", "/nowhere"], "/nowhere"),
    ):
        out = tmp_path / "run"
        code, error = weights_import(capsys, file, "--data", toy_root, "--out", out, *change)
        assert code == 2 and message in error and len(error.splitlines()) == 1, error
        assert not out.exists()
