"""The notebooks: their form, and headless runs at the smallest scale, each in its own process."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PICTURES = {
    "00_start_here": [
        "01_contact_sheet", "02_masks", "03_training", "04_rank1", "05_cmc", "06_tsne", "07_distances", "08_top10",
        "09_gradcam",
    ],
    "01_reflection_prior": [
        "01_fig1_lines", "02_fig2_band_ratios", "03_explained", "04_encoding", "05_limits", "06_factors",
        "07_fig3_tsne", "08_fig6_discrepancy",
    ],
    "02_rfm": [
        "01_fig5_motivation", "02_fig9_ltg", "03_fig7_losses", "04_ltg_length", "05_training", "06_claims",
        "07_fig8_lambda", "08_fig10_mam", "09_control_worlds",
    ],
    "03_tmpa": [
        "01_fig3_mixes", "02_training", "03_claims", "04_fig4_ratio", "05_fig5_balance", "06_fig6_tsne",
        "07_fig7_gradcam", "08_fig8_top10", "09_mft_attention",
    ],
    "04_idkl": [
        "01_training", "02_modality", "03_masks", "04_fig3_graphs", "05_fig6_tsne", "06_fig4_gradcam", "07_claims",
        "08_fig5_lambda",
    ],
    "05_sa_softmax": [
        "01_fig1_geometry", "02_fig3_mask", "03_training", "04_fig6_features", "05_fig5_prototypes", "06_claims",
        "07_fig4_weights",
    ],
    "06_cal": [
        "01_training", "02_agreement", "03_graph", "04_regions", "05_fig4_attention", "06_materials", "07_upper_bound",
        "08_claims", "09_fig3_sweeps",
    ],
    "07_compare": [
        "01_measured", "02_claims", "03_methods", "04_cost", "05_robustness", "06_components", "07_two_by_two",
        "08_best",
    ],
    "08_your_data": ["01_images", "02_found", "03_ladder", "04_pairs"],
    "09_one_run": ["01_training", "02_cmc"],
}  # fmt: skip

every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def code_cells(path: Path) -> list:
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def parameter_cells(path: Path) -> list:
    return [cell for cell in code_cells(path) if "parameters" in cell.metadata.get("tags", [])]


def test_the_pictures_of_every_notebook_are_known():
    assert [path.stem for path in NOTEBOOKS] == list(PICTURES)


@every_notebook
def test_it_is_valid_and_was_saved_without_outputs(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code_cells(path))


@every_notebook
def test_it_begins_with_its_title(path):
    first = nbformat.read(path, as_version=4).cells[0]
    assert first.cell_type == "markdown" and first.source.startswith("# ")


@every_notebook
def test_its_parameters_are_plain_literals_in_one_cell(path):
    (cell,) = parameter_cells(path)
    values = {}
    for node in ast.parse(cell.source).body:
        assert isinstance(node, ast.Assign), ast.dump(node)
        values[node.targets[0].id] = ast.literal_eval(node.value)
    assert values["scale"] in ("smoke", "tiny", "small")
    assert not any(isinstance(value, tuple) for value in values.values())  # papermill turns them into texts
    assert all(not str(value).startswith("/") for value in values.values())


@every_notebook
def test_it_only_calls_the_library(path):
    for cell in code_cells(path):
        nodes = list(ast.walk(ast.parse(cell.source)))
        assert not any(isinstance(n, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) for n in nodes)
        assert len(cell.source.splitlines()) <= 45, cell.source


@every_notebook
def test_prose_stands_between_the_steps(path):
    cells = nbformat.read(path, as_version=4).cells
    kinds = "".join(cell.cell_type[0] for cell in cells)
    assert "cccc" not in kinds and kinds.count("m") >= len(kinds) // 3


def run_notebook(name: str, out: Path, scale: str = "smoke", **parameters: str) -> subprocess.CompletedProcess:
    notebook = ROOT / "notebooks" / f"{name}.ipynb"
    command = [sys.executable, "-m", "papermill", "--kernel", "python3", "--cwd", str(notebook.parent), str(notebook)]
    command.append(str(out / "executed.ipynb"))
    for key, value in {"scale": scale, "out": str(out), **parameters}.items():
        command += ["-p", key, value]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def pictures_folder(name: str, out: Path) -> Path:
    """Each notebook has a folder of its own for its pictures."""
    return out / "figures" / name


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Name of a notebook -> the folder of its headless run, which happens once."""
    runs: dict[str, Path] = {}

    def finish(name: str) -> Path:
        if name not in runs:
            out = tmp_path_factory.mktemp(name)
            done = run_notebook(name, out)
            assert done.returncode == 0, done.stderr[-3000:]
            runs[name] = out
        return runs[name]

    return finish


def check_pictures(folder: Path, names: list[str], out: Path) -> None:
    assert sorted(path.stem for path in folder.glob("*.png")) == names
    for name in names:
        record = json.loads((folder / f"{name}.json").read_text())
        assert len(record["alt"]) > 60 and "smoke: no findings" in record["label"]
        assert str(out) not in json.dumps(record)  # pictures travel; the place they were made in does not
        with Image.open(folder / f"{name}.png") as image:
            image.load()
            assert image.width >= 1000 and image.text["Description"] == record["alt"]
        assert (folder / f"{name}.pdf").stat().st_size > 1000
    page = (folder / "index.html").read_text()
    assert all(f"{name}.png" in page for name in names)


@pytest.mark.slow
@pytest.mark.parametrize("name", PICTURES)
def test_a_headless_run_writes_every_picture_with_its_words_and_origin(finished, name):
    out = finished(name)
    folder = pictures_folder(name, out)
    check_pictures(folder, PICTURES[name], out)
    labels = {json.loads(path.read_text())["label"] for path in folder.glob("*.json")}
    assert labels == {"synthetic benchmark · smoke: no findings"}


@pytest.mark.slow
@pytest.mark.parametrize("name", PICTURES)
def test_a_headless_run_keeps_the_parameters_tag_and_shows_the_pictures(finished, name):
    executed = finished(name) / "executed.ipynb"
    (cell,) = parameter_cells(executed)
    assert 'scale = "tiny"' in cell.source  # papermill puts its own cell behind it
    shown = [
        output["data"]["text/html"]
        for cell in code_cells(executed)
        for output in cell.outputs
        if "<img" in output.get("data", {}).get("text/html", "")
    ]
    assert len(shown) == len(PICTURES[name]) and all('alt="' in html for html in shown)


@pytest.mark.slow
def test_a_second_run_uses_the_finished_training_and_draws_the_same_pictures(finished):
    out = finished("00_start_here")
    (checkpoint,) = out.glob("runs/*/checkpoints/last.pt")
    kept = [checkpoint, *(out / "data").rglob("*.jpg")]
    times = [path.stat().st_mtime_ns for path in kept]
    before = {path.name: path.read_bytes() for path in (out / "figures" / "00_start_here").iterdir()}
    done = run_notebook("00_start_here", out)
    assert done.returncode == 0, done.stderr[-3000:]
    assert [path.stat().st_mtime_ns for path in kept] == times
    assert {path.name: path.read_bytes() for path in (out / "figures" / "00_start_here").iterdir()} == before


@pytest.mark.slow
def test_pairs_without_masks_are_measured_as_a_person_would_give_them(finished, tmp_path):
    (scenes,) = (finished("01_reflection_prior") / "data").iterdir()
    own = tmp_path / "own"
    shutil.copytree(scenes, own, ignore=shutil.ignore_patterns("masks", "scenes.json"))
    out = tmp_path / "out"
    out.mkdir()
    done = run_notebook("01_reflection_prior", out, pairs=str(own))
    assert done.returncode == 0, done.stderr[-3000:]
    folder = pictures_folder("01_reflection_prior", out)
    check_pictures(folder, PICTURES["01_reflection_prior"], out)
    labels = {path.stem: json.loads(path.read_text())["label"] for path in folder.glob("*.json")}
    of_the_pairs = [name for name, label in labels.items() if "synthetic" not in label]
    assert sorted(of_the_pairs) == PICTURES["01_reflection_prior"][:4]
    assert not (out / "data").exists()  # nothing was rendered in their place


def own_folder(images: Path, target: Path) -> Path:
    """Images of the synthetic folder as a person would have them: nothing says that they are synthetic."""
    shutil.copytree(images, target, ignore=shutil.ignore_patterns("benchmark.json", "manifest.csv"))
    return target


def check_own(folder: Path, out: Path, names: list[str]) -> list[str]:
    """What a finished run with somebody's folder has printed; the folder itself was only read."""
    assert {path.suffix for path in folder.rglob("*.*")} == {".jpg"}
    figures = pictures_folder("08_your_data", out)
    check_pictures(figures, names, out)
    assert {json.loads(path.read_text())["label"] for path in figures.glob("*.json")} == {"smoke: no findings"}
    cells = code_cells(out / "executed.ipynb")
    return [output["text"] for cell in cells for output in cell.outputs if output.get("name") == "stdout"]


@pytest.mark.slow
def test_a_folder_without_labels_is_searched_and_not_scored(finished, tmp_path):
    made = finished("08_your_data")
    (images,), (run,) = (made / "data").glob("folder-*"), (made / "runs").iterdir()
    own, out = own_folder(images, tmp_path / "own"), tmp_path / "out"
    out.mkdir()
    done = run_notebook("08_your_data", out, images=str(own), pattern="", run=str(run))
    assert done.returncode == 0, done.stderr[-3000:]
    said = "".join(check_own(own, out, ["01_images", "02_found"]))
    assert "modality read from the pixels" in said and "0 people" in said
    assert "No scores: images have no identity" in said and "No ladder: a score needs identities" in said
    assert "they are not registered pairs" in said
    assert not list(out.glob("data/sysu-*"))  # nothing was rendered in their place


@pytest.mark.slow
def test_a_folder_with_labels_is_scored_with_a_model_of_another_code_base(finished, tmp_path):
    import torch
    import torchvision

    torch.save(torchvision.models.resnet18().state_dict(), tmp_path / "net.pth")
    (images,) = (finished("08_your_data") / "data").glob("folder-*")
    own, out = own_folder(images, tmp_path / "own"), tmp_path / "out"
    out.mkdir()
    done = run_notebook("08_your_data", out, images=str(own), checkpoint=str(tmp_path / "net.pth"))
    assert done.returncode == 0, done.stderr[-3000:]
    said = " ".join("".join(check_own(own, out, ["01_images", "02_found", "03_ladder"])).split())
    assert "left over in the file: fc.weight, fc.bias" in said and "10 identities" in said
    assert "; synthetic no" in said and "no checkpoint was kept to pick a step among" in said


@pytest.mark.slow
@pytest.mark.parametrize("name", PICTURES)
def test_a_misspelt_scale_is_named_before_anything_is_written(tmp_path, name):
    done = run_notebook(name, tmp_path, scale="smok")
    assert done.returncode == 1
    assert "unknown scale 'smok': did you mean 'smoke'?" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["executed.ipynb"]
